import CPQ
import EventLoop

/// One step of the schema: a `.sql` file, known by its name and run once.
package struct Migration: Sendable {
    /// Begins with a letter and a timestamp, by which migrations are ordered: `M20260301_1200__books`.
    package let name: String
    package let sql: [UInt8]
    /// Run by the administrator of the database where there is one, so that what it makes is not the server's own.
    package let asAdmin: Bool

    package init(name: String, sql: [UInt8], asAdmin: Bool = false) {
        self.name = name
        self.sql = sql
        self.asAdmin = asAdmin
    }
}

package struct MigrationError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Brings a database's schema forward. Several servers may try at once: one does it, the others wait.
package enum Migrator {
    /// Any number will do, as long as nothing else uses it.
    private static let lock = 7_075_736_821

    /// Applies what is missing, each migration in a transaction of its own, and returns the names of those. Refuses a
    /// database that has migrations this program does not know, or knows with other content, and changes nothing then.
    ///
    /// - Parameter admin: how to reach the same database as its administrator; nil where the server's role does all.
    @discardableResult
    package static func apply(
        _ migrations: [Migration], to configuration: DatabaseConfiguration, admin: DatabaseConfiguration? = nil,
        patience: Duration = .seconds(120)
    ) async throws -> [String] {
        let threads = BlockingPool(threads: 1, queueLimit: 1, name: "migrate")
        return try await threads.run { try apply(migrations, configuration, admin, patience) }
    }

    @discardableResult
    package static func apply(_ migrations: [Migration], to database: Database) async throws -> [String] {
        try await apply(migrations, to: database.configuration)
    }

    /// The names of those that the database lacks, for a readiness check.
    package static func pending(_ migrations: [Migration], in database: Database) async throws -> [String] {
        let exists: Bool =
            try await database.first("SELECT to_regclass('schema_migrations') IS NOT NULL")?.get(0) ?? false
        guard exists else { return migrations.map(\.name).sorted() }
        let applied = Set(
            try await database.query("SELECT name FROM schema_migrations").map { try $0.get(0) as String })
        return migrations.map(\.name).sorted().filter { !applied.contains($0) }
    }

    private static func apply(
        _ migrations: [Migration], _ configuration: DatabaseConfiguration, _ admin: DatabaseConfiguration?,
        _ patience: Duration
    ) throws -> [String] {
        let ordered = migrations.sorted { $0.name < $1.name }
        for (one, next) in zip(ordered, ordered.dropFirst()) where one.name == next.name {
            throw MigrationError("two migrations have the name \(one.name)")
        }
        let opened = try Connector.connect(configuration, .maintenance)
        guard let connection = opened.take() else { throw DatabaseError.closed }
        // The lock goes with the session.
        defer { PQfinish(connection) }
        try takeLock(connection, patience)
        try execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """, on: connection)

        let applied = try known(connection)
        let names = Set(ordered.map(\.name))
        let unknown = applied.keys.filter { !names.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw MigrationError(
                "the database has migrations that this version does not know (\(unknown.joined(separator: ", "))): "
                    + "it was used by a newer one; run that version, or restore a backup")
        }
        let checksums = try ordered.map { try checksum(of: $0.sql, connection) }
        for (migration, checksum) in zip(ordered, checksums) {
            guard let known = applied[migration.name], known != checksum else { continue }
            throw MigrationError(
                "the migration \(migration.name) was changed after it had been applied; a change needs a new migration")
        }

        var done: [String] = []
        for (migration, checksum) in zip(ordered, checksums) where applied[migration.name] == nil {
            do {
                if migration.asAdmin, let admin {
                    let opened = try Connector.connect(admin, .maintenance)
                    guard let connection = opened.take() else { throw DatabaseError.closed }
                    defer { PQfinish(connection) }
                    try run(migration, checksum, connection)
                } else {
                    try run(migration, checksum, connection)
                }
            } catch {
                throw MigrationError("the migration \(migration.name) failed: \(error)")
            }
            done.append(migration.name)
            configuration.log(.info, "applied the migration \(migration.name)")
        }
        return done
    }

    /// The migration and the note of it, in one transaction.
    private static func run(_ migration: Migration, _ checksum: String, _ connection: OpaquePointer) throws {
        do {
            try execute("BEGIN", on: connection)
            try execute(String(decoding: migration.sql, as: UTF8.self), on: connection)
            guard PQtransactionStatus(connection) == PQTRANS_INTRANS else {
                throw MigrationError("it ends its transaction by itself")
            }
            try record(migration.name, checksum, connection)
            try execute("COMMIT", on: connection)
        } catch {
            _ = try? execute("ROLLBACK", on: connection)
            throw error
        }
    }

    private static func takeLock(_ connection: OpaquePointer, _ patience: Duration) throws {
        let deadline = ContinuousClock.now + patience
        while true {
            let result = try execute("SELECT pg_try_advisory_lock(\(lock))", on: connection)
            if let value = PQgetvalue(result.pointer, 0, 0), value.pointee == CChar(bitPattern: UInt8(ascii: "t")) {
                return
            }
            guard ContinuousClock.now < deadline else {
                throw MigrationError("another server has been migrating this database for \(patience)")
            }
            poll(nil, 0, 50)
        }
    }

    private static func known(_ connection: OpaquePointer) throws -> [String: String] {
        let result = try execute("SELECT name, checksum FROM schema_migrations", on: connection)
        var known: [String: String] = [:]
        for row in 0..<Int32(result.count) {
            guard let name = PQgetvalue(result.pointer, row, 0), let sum = PQgetvalue(result.pointer, row, 1) else {
                continue
            }
            known[String(cString: name)] = String(cString: sum)
        }
        return known
    }

    private static func checksum(of sql: [UInt8], _ connection: OpaquePointer) throws -> String {
        let result = try execute(
            "SELECT encode(sha256($1::text::bytea), 'hex')", [String(decoding: sql, as: UTF8.self).escapedForBytea],
            on: connection)
        return PQgetvalue(result.pointer, 0, 0).map { String(cString: $0) } ?? ""
    }

    private static func record(_ name: String, _ checksum: String, _ connection: OpaquePointer) throws {
        try execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", [name, checksum], on: connection)
    }
}

extension String {
    /// A backslash begins an escape in bytea's text form.
    fileprivate var escapedForBytea: String {
        split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
    }
}

/// Runs one statement with text parameters. Blocks.
@discardableResult
func execute(_ text: String, _ values: [String], on pointer: OpaquePointer) throws -> QueryResult {
    let result = withCStrings(values) { addresses in
        PQexecParams(pointer, text, Int32(values.count), nil, addresses, nil, nil, 0)
    }
    guard let result else { throw DatabaseError.closed }
    let owned = QueryResult(result)
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return owned
    default: throw DatabaseError(result: result)
    }
}
