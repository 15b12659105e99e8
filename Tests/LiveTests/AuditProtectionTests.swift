import Base
import Database
import TestSupport
import Testing

@testable import Audit

@Suite(.tags(.store)) struct `The audit log and the server's own role` {
    /// A database that belongs to the server's role, as the embedded one does, with all tables.
    private static func withDatabase(
        protected: Bool, _ body: (Database) async throws -> Void
    ) async throws {
        let cluster = try await TestCluster.cluster()
        let name = "audit_\(UInt32.random(in: 0...UInt32.max))"
        try await Maintenance.run("CREATE DATABASE \(name) OWNER purser", url: cluster.superuserConnectionString())
        let url = cluster.directory.connectionString(database: name, user: "purser")
        let admin = cluster.superuserConnectionString(database: name)
        var configuration = DatabaseConfiguration(url: url)
        configuration.readConnections = 1
        configuration.writeConnections = 1
        configuration.leases = 1
        try await Migrator.apply(
            allMigrations, to: configuration, admin: protected ? DatabaseConfiguration(url: admin) : nil)
        if protected { try await AuditProtection.apply(url: url, admin: admin) }
        let database = try await Database.connect(configuration, loops: try await TestCluster.loops())
        do { try await body(database) } catch {
            await database.close(grace: .seconds(1))
            throw error
        }
        await database.close(grace: .seconds(1))
        try await Maintenance.run("DROP DATABASE \(name) WITH (FORCE)", url: cluster.superuserConnectionString())
    }

    @Test func `the server's role adds, reads and seals, and every other statement is refused`() async throws {
        try await Self.withDatabase(protected: true) { database in
            #expect(try await database.first("SELECT current_user::text")?.get(0, as: String.self) == "purser")
            try await database.writer.record(
                AuditRecord(.init("MEMBER_ADDED"), module: "members", record: "1", by: .system))
            #expect(try await AuditChain(database: database).seal(.recent) == 1)
            #expect(try await AuditChain(database: database).verify().problem == nil)

            let attempts: [SQL] = [
                "UPDATE audit.log SET action = 'NOTHING'", "DELETE FROM audit.log", "TRUNCATE audit.log CASCADE",
                "UPDATE audit.chain SET number = 2", "DELETE FROM audit.chain", "TRUNCATE audit.chain",
                "ALTER TABLE audit.log DISABLE TRIGGER ALL", "DROP TRIGGER log_is_kept ON audit.log",
                "ALTER TABLE audit.log OWNER TO purser", "DROP TABLE audit.chain", "DROP SCHEMA audit CASCADE",
                "ALTER TABLE audit.log RENAME TO other", "CREATE TABLE audit.log2 (id int)",
                "CREATE TRIGGER t BEFORE INSERT ON audit.log FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()",
                "CREATE RULE r AS ON INSERT TO audit.log DO INSTEAD NOTHING",
                "CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
                "ALTER SCHEMA audit RENAME TO other",
                "ALTER TABLE audit.log DROP COLUMN reason", "SET ROLE postgres",
                "WITH x AS (UPDATE audit.log SET reason = 'x' RETURNING 1) SELECT * FROM x",
                "INSERT INTO audit.log SELECT * FROM audit.log ON CONFLICT (id) DO UPDATE SET action = 'NOTHING'",
                "SELECT FROM audit.log FOR UPDATE",
            ]
            for attempt in attempts {
                let error = await #expect(throws: DatabaseError.self, "\(attempt.text)") {
                    _ = try await database.write(attempt)
                }
                #expect(error?.sqlState == "42501", "\(attempt.text): \(String(describing: error))")
            }
            // Whoever may not grant gets a warning, and grants nothing: the state below tells.
            _ = try await database.write("GRANT UPDATE ON audit.log TO purser")
            // The parameter that turns triggers off helps nobody who lacks the privilege.
            await #expect(throws: DatabaseError.self) {
                try await database.transaction { transaction in
                    _ = try await transaction.query("SET LOCAL session_replication_role = replica")
                    _ = try await transaction.query("DELETE FROM audit.log")
                }
            }
            #expect(try await database.first("SELECT count(*) FROM audit.log")?.get(0, as: Int64.self) == 1)
            #expect(try await AuditProtection.state(database) == .protected)
        }
    }

    @Test func `a log that belongs to the server's role is told, and is protected at the next start`() async throws {
        try await Self.withDatabase(protected: false) { database in
            guard case .open(let powers) = try await AuditProtection.state(database) else {
                Issue.record("the owner is not noticed")
                return
            }
            #expect(powers.count >= 2)
            // Even then a slip is refused by the triggers.
            await #expect(throws: DatabaseError.self) { try await database.write("DELETE FROM audit.log") }

            let name = try #require(
                try await database.first("SELECT current_database()::text")?.get(0, as: String.self))
            let admin = try await TestCluster.cluster().superuserConnectionString(database: name)
            try await AuditProtection.apply(url: database.configuration.url, admin: admin)
            // And once more, which changes nothing.
            try await AuditProtection.apply(url: database.configuration.url, admin: admin)
            #expect(try await AuditProtection.state(database) == .protected)
        }
    }
}
