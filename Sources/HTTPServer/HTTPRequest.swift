import EventLoop

/// One request on one connection.
package final class HTTPRequest: Sendable {
    /// Still percent-encoded, without the query. "*" for the server as a whole.
    package let path: String
    package let fields: HTTPFields
    package let isHTTP10: Bool
    /// Without the port; "unix" for a Unix socket.
    package let peerAddress: String
    package let body: HTTPBody
    package let loop: EventLoop

    private let methodRange: ByteRange
    private let targetRange: ByteRange
    private let queryRange: ByteRange?

    init(head: ParsedHead, fields: HTTPFields, body: HTTPBody, peerAddress: String, loop: EventLoop) {
        self.fields = fields
        self.body = body
        self.peerAddress = peerAddress
        self.loop = loop
        isHTTP10 = head.isHTTP10
        methodRange = head.method
        targetRange = head.target
        queryRange = head.query
        path = head.path.isEmpty ? "/" : fields.text(head.path)
    }

    /// As sent: methods are case-sensitive, and unknown ones arrive here too.
    package var method: String { fields.text(methodRange) }
    /// The request target as sent.
    package var target: String { fields.text(targetRange) }
    /// Still percent-encoded; nil without a question mark.
    package var rawQuery: String? { queryRange.map(fields.text) }
}
