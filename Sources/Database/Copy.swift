import Base
import CPQ
import EventLoop

/// The rows on their way into a table.
package final class CopyWriter: @unchecked Sendable {
    private let connection: Connection
    @usableFromInline var buffer: [UInt8] = []
    @usableFromInline var isBinary = false
    /// What is gathered before it goes to the socket.
    @usableFromInline static var chunk: Int { 128 * 1024 }

    /// Whether the statement announces binary rows: then even no row at all has a frame around it.
    private let announcesBinary: Bool
    private var hasRaw = false

    init(_ connection: Connection, announcesBinary: Bool) {
        self.connection = connection
        self.announcesBinary = announcesBinary
        buffer.reserveCapacity(Self.chunk + 4096)
    }

    /// Text or CSV, or binary laid out by the caller. Suspends while the database is slower than the producer.
    package func write(_ bytes: [UInt8]) async throws {
        hasRaw = true
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.chunk { try await flush() }
    }

    /// Says that binary rows follow, be it none: a COPY in binary format is not valid without.
    package func beginBinary() {
        guard !isBinary else { return }
        var row = CopyRow(bytes: buffer)
        row.begin()
        buffer = row.bytes
        isBinary = true
    }

    /// One row for `COPY … (FORMAT binary)`: the values in the order of the columns.
    @inlinable package func row(columns: Int, _ body: (inout CopyRow) -> Void) async throws {
        var row = CopyRow(bytes: buffer)
        buffer = []
        if !isBinary {
            isBinary = true
            row.begin()
        }
        row.bytes.appendBigEndian(Int16(truncatingIfNeeded: columns))
        body(&row)
        precondition(row.count == columns, "a row of \(columns) columns got \(row.count) values")
        buffer = row.bytes
        if buffer.count >= Self.chunk { try await flush() }
    }

    @usableFromInline func flush() async throws {
        guard !buffer.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        buffer = try await connection.copyData(bytes)
    }

    func finish() async throws {
        if announcesBinary && !isBinary && !hasRaw {
            isBinary = true
            var frame = CopyRow(bytes: buffer)
            frame.begin()
            buffer = frame.bytes
        }
        if isBinary { buffer.appendBigEndian(Int16(-1)) }
        try await flush()
    }
}

/// A row of COPY's binary format under construction.
public struct CopyRow {
    @usableFromInline var bytes: [UInt8]
    @usableFromInline var count = 0

    @inlinable init(bytes: consuming [UInt8]) { self.bytes = bytes }

    @inlinable mutating func begin() {
        bytes.append(contentsOf: [80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0])  // PGCOPY\n\377\r\n\0
        bytes.appendBigEndian(Int64(0))
    }

    @inlinable public mutating func append<Value: SQLBindable>(_ value: Value?) {
        count += 1
        guard let value, !value.isSQLNull else { return bytes.appendBigEndian(Int32(-1)) }
        let start = bytes.count
        bytes.appendBigEndian(Int32(0))
        value.encodeSQL(into: &bytes)
        let size = UInt32(truncatingIfNeeded: bytes.count - start - 4)
        bytes[start] = UInt8(truncatingIfNeeded: size >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: size >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: size >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: size)
    }
}

/// Binary rows laid out away from the connection, on whatever thread has them, for `CopyWriter.write` after `beginBinary`.
public struct CopyRows: Sendable {
    @usableFromInline var bytes: [UInt8] = []

    public init() {}

    /// Returns where the row's bytes are.
    @discardableResult
    @inlinable public mutating func row(columns: Int, _ body: (inout CopyRow) -> Void) -> Range<Int> {
        let start = bytes.count
        var row = CopyRow(bytes: bytes)
        // Held once, or every row would copy all that are before it.
        bytes = []
        row.bytes.appendBigEndian(Int16(truncatingIfNeeded: columns))
        body(&row)
        precondition(row.count == columns, "a row of \(columns) columns got \(row.count) values")
        bytes = row.bytes
        return start..<bytes.count
    }

    /// Writes values over those that a row begins with. Each has as many bytes as the one that was laid out.
    @inlinable public mutating func replace(
        inRow row: Range<Int>, _ first: some SQLBindable, _ second: (some SQLBindable)?
    ) {
        var head = CopyRow(bytes: [])
        head.bytes.append(bytes[row.lowerBound])
        head.bytes.append(bytes[row.lowerBound + 1])
        head.append(first)
        if let second { head.append(second) }
        bytes.replaceSubrange(row.lowerBound..<(row.lowerBound + head.bytes.count), with: head.bytes)
    }

    /// The bytes of some of the rows, in their order.
    package func bytes(of rows: [Range<Int>]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(rows.reduce(0) { $0 + $1.count })
        for row in rows { kept.append(contentsOf: bytes[row]) }
        return kept
    }
}

/// Where a COPY stands, and who waits for its next step.
final class CopyState {
    enum Phase { case starting, sending, ending, failed }
    var phase = Phase.starting
    var error: DatabaseError?
    var affected = 0
    var started: UnsafeContinuation<Void, any Error>?
    var drained: UnsafeContinuation<[UInt8], any Error>?
    /// Given back to be filled again.
    var spare: [UInt8] = []
    var ended: UnsafeContinuation<Int, any Error>?
}

extension Transaction {
    /// Streams rows into a table and returns how many there were. `sql` is a `COPY … FROM STDIN` without parameters.
    /// When `produce` throws, or a row is refused, the whole transaction is rolled back.
    package func copyIn(_ sql: SQL, _ produce: (CopyWriter) async throws -> Void) async throws -> Int {
        precondition(sql.parameterCount == 0, "COPY takes no parameters")
        noteCopy()
        try await beginIfNeeded()
        return try await withTaskCancellationHandler {
            try await connection.startCopy(sql.text)
            let writer = CopyWriter(connection, announcesBinary: sql.text.lowercased().contains("binary"))
            do {
                try await produce(writer)
                try await writer.finish()
            } catch {
                _ = try? await connection.endCopy(refusing: "the producer of the rows failed")
                throw Task.isCancelled ? CancellationError() : error
            }
            return try await connection.endCopy(refusing: nil)
        } onCancel: {
            cancel()
        }
    }
}

extension Connection {
    /// Leaves the pipeline, in which COPY is not possible, until `endCopy`.
    func startCopy(_ text: String) async throws {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
            onLoop {
                guard let pointer = self.pointer else { return continuation.resume(throwing: DatabaseError.closed) }
                guard self.isIdle, PQexitPipelineMode(pointer) == 1, PQsendQuery(pointer, text) == 1 else {
                    let error = DatabaseError(.statement, "COPY cannot start: \(self.errorMessage(pointer))")
                    return continuation.resume(throwing: error)
                }
                let copy = CopyState()
                copy.started = continuation
                self.copy = copy
                self.flush(pointer)
            }
        }
    }

    /// Returns an empty buffer to fill next, once the socket has taken these bytes.
    func copyData(_ bytes: [UInt8]) async throws -> [UInt8] {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<[UInt8], any Error>) in
            onLoop {
                guard let pointer = self.pointer, let copy = self.copy, copy.phase == .sending else {
                    return continuation.resume(throwing: self.copy?.error ?? DatabaseError.closed)
                }
                let put = bytes.withUnsafeBytes { bytes in
                    PQputCopyData(pointer, bytes.assumingMemoryBound(to: CChar.self).baseAddress, Int32(bytes.count))
                }
                guard put == 1 else {
                    continuation.resume(throwing: DatabaseError.lost(self.errorMessage(pointer)))
                    return self.lose(.lost(self.errorMessage(pointer)))
                }
                self.flush(pointer)
                guard self.isOpen else { return continuation.resume(throwing: copy.error ?? DatabaseError.closed) }
                var spare = bytes
                spare.removeAll(keepingCapacity: true)
                if self.isFlushed { return continuation.resume(returning: spare) }
                copy.spare = spare
                copy.drained = continuation
            }
        }
    }

    @discardableResult
    func endCopy(refusing reason: String?) async throws -> Int {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Int, any Error>) in
            onLoop {
                guard let pointer = self.pointer, let copy = self.copy, copy.phase == .sending else {
                    return continuation.resume(throwing: self.copy?.error ?? DatabaseError.closed)
                }
                copy.phase = .ending
                copy.ended = continuation
                guard PQputCopyEnd(pointer, reason) == 1 else {
                    return self.lose(.lost(self.errorMessage(pointer)))
                }
                self.flush(pointer)
            }
        }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.isCurrent { body() } else { loop.execute(body) }
    }

    /// The connection has something to read, or has written what waited.
    func processCopy(_ pointer: OpaquePointer) {
        guard let copy else { return }
        if isFlushed, let drained = copy.drained {
            copy.drained = nil
            drained.resume(returning: copy.spare)
            copy.spare = []
        }
        // While data is sent, what the server says is read only after its end.
        guard copy.phase != .sending else { return }
        while isOpen, PQisBusy(pointer) == 0 {
            guard let result = PQgetResult(pointer) else { return leaveCopy(copy, pointer) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN:
                PQclear(result)
                copy.phase = .sending
                copy.started?.resume()
                copy.started = nil
                return
            case PGRES_COMMAND_OK:
                copy.affected = QueryResult(result).affected
            case PGRES_FATAL_ERROR:
                let error = DatabaseError(result: result)
                let ends = DatabaseError.endsConnection(result) || PQstatus(pointer) == CONNECTION_BAD
                PQclear(result)
                if ends { return lose(error.sqlState.isEmpty ? .lost(error.message) : error) }
                copy.error = copy.error ?? error
            default:
                PQclear(result)
                return lose(DatabaseError(.statement, "copyIn takes a COPY … FROM STDIN"))
            }
        }
    }

    private func leaveCopy(_ copy: CopyState, _ pointer: OpaquePointer) {
        self.copy = nil
        guard PQenterPipelineMode(pointer) == 1 else {
            resume(copy, throwing: copy.error ?? .closed)
            return lose(.lost(errorMessage(pointer)))
        }
        if let error = copy.error { return resume(copy, throwing: error) }
        if let started = copy.started {
            copy.started = nil
            return started.resume(throwing: DatabaseError(.statement, "copyIn takes a COPY … FROM STDIN"))
        }
        copy.ended?.resume(returning: copy.affected)
        copy.ended = nil
    }

    func failCopy(_ error: DatabaseError) {
        guard let copy else { return }
        self.copy = nil
        copy.phase = .failed
        resume(copy, throwing: copy.error ?? error)
    }

    private func resume(_ copy: CopyState, throwing error: DatabaseError) {
        copy.error = error
        copy.started?.resume(throwing: error)
        copy.drained?.resume(throwing: error)
        copy.ended?.resume(throwing: error)
        (copy.started, copy.drained, copy.ended) = (nil, nil, nil)
    }
}
