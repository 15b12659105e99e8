import EventLoop
import Synchronization

/// Whatever a store can run a statement on.
package protocol Queryable: Sendable {
    func query(_ sql: SQL) async throws -> Rows
    /// For what changes something; returns how many rows it affected.
    @discardableResult func run(_ sql: SQL) async throws -> Int
}

extension Queryable {
    package func first(_ sql: SQL) async throws -> Row? { try await query(sql).first }

    @discardableResult package func run(_ sql: SQL) async throws -> Int { try await query(sql).affected }
}

/// A PostgreSQL database, reached over connections that belong to the event loops. A task that runs on a loop uses
/// that loop's connections without a hop; any other task is lent a loop.
package final class Database: Queryable {
    package let configuration: DatabaseConfiguration
    let connector: Connector
    let parts: [LoopDatabase]
    let listener: Listener
    private let turn = Atomic<Int>(0)

    init(_ configuration: DatabaseConfiguration, loops: EventLoopGroup) {
        self.configuration = configuration
        let threads = BlockingPool(threads: 4, queueLimit: 256, name: "connect")
        let connector = Connector(configuration: configuration, threads: threads)
        self.connector = connector
        parts = loops.loops.map { LoopDatabase(loop: $0, loops: loops.loops.count, connector: connector) }
        listener = Listener(loop: loops.loops[0], connector: connector)
    }

    /// Opens the first connection, so that a database that cannot be reached is told at once.
    package static func connect(
        _ configuration: DatabaseConfiguration, loops: EventLoopGroup
    ) async throws -> Database {
        let database = Database(configuration, loops: loops)
        try await database.parts[0].reads.openFirst()
        for part in database.parts { part.start() }
        return database
    }

    /// One that opens its connections when they are first needed: nothing is reached, nothing can fail.
    package static func unopened(_ configuration: DatabaseConfiguration, loops: EventLoopGroup) -> Database {
        Database(configuration, loops: loops)
    }

    /// The current loop's part, else each in turn.
    var part: LoopDatabase {
        if let loop = EventLoop.current, loop.index < parts.count, parts[loop.index].loop === loop {
            return parts[loop.index]
        }
        let count = turn.wrappingAdd(1, ordering: .relaxed).newValue
        return parts[Int(UInt(bitPattern: count) % UInt(parts.count))]
    }

    // MARK: Reading

    /// One statement that reads. The connection refuses writes, so a read may be repeated when a connection is lost.
    /// A cancelled task still waits for the answer, which the statement timeout bounds.
    package func query(_ sql: SQL) async throws -> Rows {
        let part = self.part
        return try await withUnsafeThrowingContinuation { continuation in
            part.run(Unit(sql, nature: .read, .one(continuation)), in: part.reads)
        }
    }

    /// Statements that read, in one round trip.
    package func pipeline(_ statements: [SQL]) async throws -> [Rows] {
        try await submit(statements, .read) { $0.reads }
    }

    // MARK: Writing

    /// Statements that are one transaction and one round trip: all of them happen, or none.
    @discardableResult
    package func write(_ statements: [SQL]) async throws -> [Rows] {
        try await submit(statements, .write) { $0.writes }
    }

    @discardableResult
    package func write(_ statement: SQL) async throws -> Rows {
        let part = self.part
        return try await withUnsafeThrowingContinuation { continuation in
            part.run(Unit(statement, nature: .write, .one(continuation)), in: part.writes)
        }
    }

    @discardableResult
    package func run(_ sql: SQL) async throws -> Int { try await write(sql).affected }

    private func submit(
        _ statements: [SQL], _ nature: Unit.Nature, _ pool: (LoopDatabase) -> SharedPool
    ) async throws -> [Rows] {
        guard let first = statements.first else { return [] }
        let part = self.part
        let pool = pool(part)
        return try await withUnsafeThrowingContinuation { continuation in
            part.run(Unit(first, Array(statements.dropFirst()), nature: nature, .many(continuation)), in: pool)
        }
    }

    // MARK: Ending

    /// Waits for what is in flight, at most `grace`, then closes every connection. Later calls are refused.
    package func close(grace: Duration = .seconds(5)) async {
        await listener.close()
        for part in parts { await part.close(grace: grace) }
        let threads = connector.threads
        ClusterThread.start { threads.shutdown() }
    }
}
