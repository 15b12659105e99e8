import EventLoop

/// What a handler answers. The server itself adds Date, Connection, and Content-Length or Transfer-Encoding; those
/// in `fields` are passed over, except that `Connection: close` closes.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// Runs when the head has been sent. With a length, exactly that many bytes must be written; an error or a
        /// wrong count breaks the connection off, so that the client cannot take the part for the whole.
        case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
        /// With 101: from here on the connection speaks another protocol, until this returns.
        case upgrade(to: String, @Sendable (HTTPUpgrade) async throws -> Void)
    }

    package var status: Int
    package var fields: [(String, String)]
    package var body: Body

    package init(status: Int, fields: [(String, String)] = [], body: Body = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// Where a streamed response goes. One writer at a time.
package final class HTTPBodyWriter: Sendable {
    /// The client left, or was too slow: there is nobody to write for.
    package struct Disconnected: Error {}
    /// More than the announced length.
    package struct TooLong: Error {}

    private enum Target: Sendable {
        case connection(Connection, request: UInt32)
        /// Of a request that came over no connection.
        case sink(@Sendable ([UInt8]) async throws -> Void)
    }

    private let target: Target

    init(connection: Connection, request: UInt32) { target = .connection(connection, request: request) }

    package init(sink: @escaping @Sendable ([UInt8]) async throws -> Void) { target = .sink(sink) }

    /// Returns when the bytes are sent or few enough to be kept for sending; so a slow client slows its producer.
    package func write(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        let connection: Connection
        let request: UInt32
        switch target {
        case .connection(let owner, let number): (connection, request) = (owner, number)
        case .sink(let take): return try await take(bytes)
        }
        let hasRoom: Bool
        if connection.loop.isCurrent {
            hasRoom = try connection.writePiece(bytes, of: request)
        } else {
            hasRoom = try await withUnsafeThrowingContinuation { continuation in
                connection.loop.execute {
                    continuation.resume(with: Result { try connection.writePiece(bytes, of: request) })
                }
            }
        }
        if hasRoom { return }
        try await withUnsafeThrowingContinuation { continuation in
            if connection.loop.isCurrent {
                connection.waitForRoom(continuation, of: request)
            } else {
                connection.loop.execute { connection.waitForRoom(continuation, of: request) }
            }
        }
    }
}
