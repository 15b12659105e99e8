import Base
import Database
import EventLoop
import HTTPServer
import Runtime
import Synchronization

/// Writes large exports: all of one state of the database, whatever happens to the book meanwhile.
///
/// A snapshot holds a connection and keeps PostgreSQL from tidying up, so it must not last as long as the slowest
/// reader: the rows go to a file as fast as they can be read, and to the client from there, while they are still coming.
package final class ExportDesk: Sendable {
    /// Files of exports at once, and of one person: they take room on the disk until their readers have them.
    package static let limit = 8
    package static let limitOfOne = 2
    /// Rows that are read at once, as `FETCH` says.
    static let batch = 1000
    private static let pieceBytes = 256 << 10

    private let database: Database
    private let pool: BlockingPool
    private let directory: String
    /// Reading holds a connection; most of them stay free for everybody else.
    private let turnstile = Turnstile(width: 2, queueLimit: limit)
    private let readers = Mutex<[UserID: Int]>([:])

    /// - Parameter directory: where files are kept while they are read.
    package init(database: Database, pool: BlockingPool, directory: String) {
        self.database = database
        self.pool = pool
        self.directory = directory
    }

    /// One of the places, for as long as it is kept.
    final class Place: Sendable {
        private let leave: @Sendable () -> Void
        fileprivate init(leave: @escaping @Sendable () -> Void) { self.leave = leave }
        deinit { leave() }
    }

    /// - Throws: 503 when too many are being read.
    func place(for user: UserID) throws(Refusal) -> Place {
        let isTaken = readers.withLock { readers in
            guard readers.values.reduce(0, +) < Self.limit, readers[user, default: 0] < Self.limitOfOne else {
                return false
            }
            readers[user, default: 0] += 1
            return true
        }
        guard isTaken else {
            throw Refusal(
                .unavailable, "TOO_BUSY", "Too many exports are under way at the moment. Try again when one has ended.",
                retryAfter: 10)
        }
        return Place { [weak self] in
            self?.readers.withLock { readers in
                let rest = readers[user, default: 0] - 1
                readers[user] = rest > 0 ? rest : nil
            }
        }
    }

    /// The body of the answer: what `append` makes of each row that `rows` selects.
    func write(
        _ rows: SQL, head: [UInt8], to writer: HTTPBodyWriter,
        append: @escaping @Sendable (Row, inout [UInt8]) throws -> Void
    ) async throws {
        let directory = directory
        let file = try await pool.run { try SpoolFile.create(in: directory) }
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { signal.finish() }
                try await self.turnstile.pass {
                    try await self.fill(file, rows, head: head, signal: signal, append: append)
                }
            }
            var offset = 0
            func send() async throws {
                while true {
                    let start = offset
                    let bytes = try await pool.run { try file.bytes(at: start, atMost: Self.pieceBytes) }
                    guard !bytes.isEmpty else { return }
                    offset += bytes.count
                    try await writer.write(bytes)
                }
            }
            for await _ in signals { try await send() }
            // What failed on the way ends the body before its end, which the client notices.
            try await group.next()
            try await send()
        }
    }

    private func fill(
        _ file: SpoolFile, _ rows: SQL, head: [UInt8], signal: AsyncStream<Void>.Continuation,
        append: @escaping @Sendable (Row, inout [UInt8]) throws -> Void
    ) async throws {
        try await database.snapshot { transaction in
            // Run again after a lost connection, it would begin a second time behind the first.
            guard file.size == 0 else { throw ExportInterrupted() }
            _ = try await transaction.pipeline([
                "SELECT set_config('statement_timeout', '15min', true), set_config('work_mem', '64MB', true)",
                "DECLARE export NO SCROLL CURSOR FOR \(rows)",
            ])
            var bytes = head
            while true {
                let batch = try await transaction.query("FETCH 1000 FROM export")
                bytes.reserveCapacity(batch.count * 256)
                for row in batch { try append(row, &bytes) }
                let piece = bytes
                try await self.pool.run { try file.append(piece) }
                signal.yield()
                guard batch.count == Self.batch else { return }
                bytes = []
            }
        }
    }
}

private struct ExportInterrupted: Error {}
