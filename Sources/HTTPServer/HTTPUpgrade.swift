import EventLoop
import Synchronization

/// A connection that has left HTTP behind: its bytes in both directions, until `run` of the response returns, which
/// closes it in an orderly way; an error breaks it off.
package final class HTTPUpgrade: Sendable {
    /// What the client sends. Without a deadline: silence is the protocol's to judge.
    package let input: HTTPBody
    package let output: HTTPBodyWriter
    package let loop: EventLoop
    private let connection: Connection
    private let source: BodySource
    private let request: UInt32

    init(connection: Connection, source: BodySource, request: UInt32) {
        self.connection = connection
        self.source = source
        self.request = request
        loop = connection.loop
        input = HTTPBody(contentLength: nil, source: source)
        output = HTTPBodyWriter(connection: connection, request: request)
    }

    /// Called on the loop when the server begins to stop.
    package func onDrain(_ body: @escaping @Sendable () -> Void) {
        onLoop { [self] in
            guard connection.isUpgraded(request) else { return }
            connection.drainNotice = body
            if connection.context.state.isDraining.load(ordering: .relaxed) { body() }
        }
    }

    /// Whoever waits for input gets an error instead.
    package func endInput() { onLoop { [self] in source.fail(.disconnected) } }

    /// The end, whatever has not been sent yet.
    package func abort() {
        onLoop { [self] in if connection.isUpgraded(request) { connection.abort() } }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.isCurrent { body() } else { loop.execute(body) }
    }
}

extension Connection {
    func isUpgraded(_ request: UInt32) -> Bool { phase == .handling && serial == request && isUpgraded }

    /// Sends the head with 101. Nil when this request cannot be upgraded: a body, HEAD, HTTP/1.0; it is then refused.
    func beginUpgrade(_ response: HTTPResponse, to name: String, of request: UInt32) -> HTTPUpgrade? {
        guard phase == .handling, serial == request else { return nil }
        guard !isHead, !isHTTP10, body == nil, streaming == nil else {
            respond(HTTPResponse(status: 400))
            return nil
        }
        streaming = .untilClose
        isUpgraded = true
        writeHead(response, length: .upgrade(name), isOver: false)
        keepsAlive = false
        // The last word is the close of the protocol; the client may still be sending when it gets it.
        lingers = true
        let source = BodySource(raw: self)
        body = source
        sendHead()
        return phase == .handling ? HTTPUpgrade(connection: self, source: source, request: request) : nil
    }
}
