import Base
import EventLoop
import Glibc
import Statements
import Synchronization

/// A statement on disk, read in pieces away from the event loops: its parsing takes time on the CPU.
package final class StatementFile: Sendable {
    static let pieceBytes = 256 << 10

    private let file: SpoolFile
    /// Where its bytes are read, and what is made of them.
    let pool: BlockingPool

    private init(_ file: SpoolFile, pool: BlockingPool) {
        self.file = file
        self.pool = pool
    }

    package static func open(_ path: String, pool: BlockingPool) throws(Refusal) -> StatementFile {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Refusal(.invalid, "FILE_UNREADABLE", "\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Refusal(.invalid, "FILE_UNREADABLE", "\(path) is not a file.")
        }
        return StatementFile(SpoolFile(descriptor: descriptor), pool: pool)
    }

    /// Keeps an upload on disk while it is read.
    package static func spool(
        in directory: String, limit: Int, pool: BlockingPool, next: () async throws -> [UInt8]?
    ) async throws -> StatementFile {
        let file = StatementFile(try SpoolFile.create(in: directory), pool: pool)
        var total = 0
        while let piece = try await next() {
            total += piece.count
            guard total <= limit else {
                throw Refusal(
                    .tooLarge, "FILE_TOO_LARGE", "The file is larger than \(limit) bytes, the most that is taken.")
            }
            try await pool.run { try file.file.append(piece) }
        }
        return file
    }

    /// The bytes as they are, from there on; empty at the end.
    package func bytes(at offset: Int) async throws -> [UInt8] {
        try await pool.run { try self.file.bytes(at: offset, atMost: Self.pieceBytes) }
    }

    /// In bytes.
    package var size: Int { file.size }

    /// Reads the whole from its beginning and hands over what each piece holds, in order.
    package func read(
        _ reader: StatementReader, events: ([StatementEvent]) async throws -> Void
    ) async throws -> StatementReader {
        let found = Mutex<[StatementEvent]>([])
        return try await read(
            reader, take: { event in found.withLock { $0.append(event) } },
            after: { _ in
                let taken = found.withLock { found in
                    defer { found = [] }
                    return found
                }
                if !taken.isEmpty { try await events(taken) }
            })
    }

    /// Reads the whole from its beginning. `take` gets each event on a thread of the pool, in the order of the file;
    /// `after` runs once a piece has been read, beside the reading of the next one: two at most are on their way.
    ///
    /// - Parameter after: told how many bytes have been read.
    package func read(
        _ reader: StatementReader, take: @escaping @Sendable (StatementEvent) throws -> Void,
        after: (Int) async throws -> Void
    ) async throws -> StatementReader {
        let state = ReadState(reader)
        var offset = 0
        var count = try await pool.run { try self.piece(at: 0, state, take) }
        while count > 0 {
            offset += count
            let next = offset
            async let following = pool.run { try self.piece(at: next, state, take) }
            try await after(offset)
            count = try await following
        }
        try await after(offset)
        return state.reader.withLock { $0 }
    }

    private final class ReadState: Sendable {
        let reader: Mutex<StatementReader>
        init(_ reader: StatementReader) { self.reader = Mutex(reader) }
    }

    /// Returns how many bytes were read; after the last one, the reader has finished.
    private func piece(
        at offset: Int, _ state: ReadState, _ take: (StatementEvent) throws -> Void
    ) throws -> Int {
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 16) { buffer in
            var count = pread(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            while count < 0 && errno == EINTR {
                count = pread(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            }
            guard count >= 0 else { throw SystemError(code: errno, operation: "pread") }
            try state.reader.withLock { reader in
                if count == 0 {
                    try reader.finish(emit: take)
                } else {
                    try reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]), emit: take)
                }
            }
            return count
        }
    }
}
