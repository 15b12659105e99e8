import EventLoop

extension HTTPRequest {
    /// A request of this process to itself: over no socket, and answered by the same handler as any other.
    ///
    /// - Parameters:
    ///   - target: the path and the query, percent-encoded.
    ///   - contentLength: of the body, where it is known before.
    ///   - body: nil for a request without one.
    ///   - loop: where its handler runs.
    /// - Returns: nil when that is no well-formed head.
    package convenience init?(
        method: String, target: String, fields: [(String, String)], contentLength: Int? = nil,
        body supply: HTTPBody.Supply? = nil, loop: EventLoop
    ) {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: local\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        text += "\r\n"
        var parser = HeadParser(limits: HeadLimits(headBytes: 128 * 1024, targetBytes: 64 * 1024))
        let bytes = Array(text.utf8)
        let parsed = bytes.withUnsafeBytes { bytes -> HTTPFields? in
            guard case .complete(let length) = parser.parse(bytes), length == bytes.count else { return nil }
            return HTTPFields(head: parser.head, bytes: bytes, length: length)
        }
        guard let parsed else { return nil }
        self.init(
            head: parser.head, fields: parsed,
            body: supply.map { HTTPBody(contentLength: contentLength, supply: $0) } ?? .empty, peerAddress: "local",
            loop: loop)
    }
}
