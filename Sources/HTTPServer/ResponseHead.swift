/// Writes the head of a response into a buffer that one loop uses again and again.
struct ResponseHead {
    enum Length {
        case exactly(Int)
        case chunked
        /// The end of the connection is the end of the body.
        case untilClose
        /// 204 and 304 have none.
        case absent
        /// What follows is another protocol.
        case upgrade(String)
    }

    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(4096) }

    mutating func write(
        _ response: HTTPResponse, length: Length, keepsAlive: Bool, isHTTP10: Bool, dateLine: [UInt8],
        serverLine: [UInt8]
    ) {
        if bytes.capacity > 64 * 1024 { bytes = [] }
        bytes.removeAll(keepingCapacity: true)
        writeStatusLine(response.status)
        bytes.append(contentsOf: dateLine)
        bytes.append(contentsOf: serverLine)
        for (name, value) in response.fields where !Self.isOurs(name) {
            writeField(name, value)
        }
        switch length {
        case .exactly(let count):
            literal("Content-Length: ")
            number(count)
            literal("\r\n")
        case .chunked: literal("Transfer-Encoding: chunked\r\n")
        case .untilClose, .absent: break
        case .upgrade(let name):
            literal("Connection: Upgrade\r\n")
            writeField("Upgrade", name)
            literal("\r\n")
            return
        }
        if !keepsAlive {
            literal("Connection: close\r\n")
        } else if isHTTP10 {
            literal("Connection: keep-alive\r\n")
        }
        literal("\r\n")
    }

    /// What belongs to the connection, not to the handler.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.isSame(as: "date")
        case 10: name.isSame(as: "connection") || name.isSame(as: "keep-alive")
        case 14: name.isSame(as: "content-length")
        case 17: name.isSame(as: "transfer-encoding")
        default: false
        }
    }

    /// A handler may pass on what a user typed. A line break in it would start a field, or a response, of the user's
    /// own: so control characters become spaces, and a name that is none is left out.
    private mutating func writeField(_ name: String, _ value: String) {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else { return }
        bytes.append(contentsOf: name.utf8)
        literal(": ")
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        for index in start..<bytes.count where isControlByte(bytes[index]) { bytes[index] = UInt8(ascii: " ") }
        literal("\r\n")
    }

    private mutating func literal(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func number(_ value: Int) {
        if value >= 10 { number(value / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    private mutating func writeStatusLine(_ status: Int) {
        switch status {
        case 101: literal("HTTP/1.1 101 Switching Protocols\r\n")
        case 200: literal("HTTP/1.1 200 OK\r\n")
        case 201: literal("HTTP/1.1 201 Created\r\n")
        case 204: literal("HTTP/1.1 204 No Content\r\n")
        case 304: literal("HTTP/1.1 304 Not Modified\r\n")
        case 404: literal("HTTP/1.1 404 Not Found\r\n")
        default:
            literal("HTTP/1.1 ")
            // A status is three digits; anything else is the handler's defect, and 500 says so.
            let status = (200...999).contains(status) ? status : 500
            number(status)
            literal(" ")
            literal(Self.phrase(status))
            literal("\r\n")
        }
    }

    private static func phrase(_ status: Int) -> StaticString {
        switch status {
        case 202: "Accepted"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

extension String {
    /// Whether this is `name`, which is in lower case, in any case.
    func isSame(as name: StaticString) -> Bool {
        guard utf8.count == name.utf8CodeUnitCount else { return false }
        var index = 0
        for byte in utf8 {
            guard lowerCase(byte) == name.utf8Start[index] else { return false }
            index += 1
        }
        return true
    }
}

extension HTTPResponse {
    /// Whether the handler wants the connection closed.
    var closes: Bool {
        fields.contains { $0.0.isSame(as: "connection") && $0.1.isSame(as: "close") }
    }

    /// 1xx never get here; these two have no body by definition.
    var isBodiless: Bool { status == 204 || status == 304 }
}
