/// A request that is refused before anybody sees it; the connection is closed after the answer.
struct WireRefusal: Error, Equatable {
    let status: Int
    let reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

struct HeadLimits: Equatable {
    var headBytes = 16 * 1024
    var fields = 100
    var targetBytes = 8 * 1024
    var bodyBytes = Int.max
}

enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// The head of a request, as ranges of the bytes it was parsed from.
struct ParsedHead: Equatable {
    struct Field: Equatable {
        var name: ByteRange
        var value: ByteRange
    }

    var method = ByteRange(0, 0)
    var target = ByteRange(0, 0)
    /// Empty when an absolute target has no path, which then means "/".
    var path = ByteRange(0, 0)
    /// Without its question mark; nil when there is none.
    var query: ByteRange?
    var isHTTP10 = false
    var keepsAlive = true
    var expectsContinue = false
    var framing = BodyFraming.none
    var fields: ContiguousArray<Field> = []
}

/// Reads the head of a request, strictly as RFC 9112 says, in one pass over its bytes, however these arrive: what has
/// been read is not read again. Each decision depends on the bytes up to it alone, so splitting the input anywhere
/// changes nothing.
struct HeadParser {
    enum Outcome: Equatable {
        /// More bytes are needed. Call again with the same bytes and more behind them.
        case incomplete
        /// The head ends here; what follows is the body.
        case complete(length: Int)
        case refused(WireRefusal)
    }

    private(set) var head = ParsedHead()
    private let limits: HeadLimits

    private var lineStart = 0
    private var scanned = 0
    private var start = 0
    private var emptyLines = 0
    private var hasRequestLine = false
    private var host: Int?
    private var authority: ByteRange?
    private var contentLength: Int?
    private var isChunked = false
    /// "close" wins, whatever else is said before or after it.
    private var closes = false

    private static let methodLimit = 32

    init(limits: HeadLimits) { self.limits = limits }

    /// Forgets the request, and keeps the memory.
    mutating func reset() {
        var fields = head.fields
        fields.removeAll(keepingCapacity: true)
        head = ParsedHead()
        head.fields = fields
        lineStart = 0
        scanned = 0
        start = 0
        emptyLines = 0
        hasRequestLine = false
        host = nil
        authority = nil
        contentLength = nil
        isChunked = false
        closes = false
    }

    mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        do throws(WireRefusal) {
            while let lineEnd = try endOfLine(in: bytes) {
                let line = ByteRange(lineStart, lineEnd)
                lineStart = lineEnd + 2
                scanned = lineStart
                if hasRequestLine {
                    if line.isEmpty {
                        try finish(in: bytes)
                        return .complete(length: lineStart)
                    }
                    try readField(line, in: bytes)
                } else if line.isEmpty {
                    // RFC 9112 2.2: an empty line before the request is skipped; a flood of them is not.
                    emptyLines += 1
                    if emptyLines > 2 { throw WireRefusal(400, "empty lines before the request") }
                    start = lineStart
                } else {
                    try readRequestLine(line, in: bytes)
                    hasRequestLine = true
                }
            }
            return .incomplete
        } catch {
            return .refused(error)
        }
    }

    // MARK: Lines

    /// Where the line that starts at `lineStart` ends, or nil while that is not known.
    private mutating func endOfLine(in bytes: UnsafeRawBufferPointer) throws(WireRefusal) -> Int? {
        var limit = start + limits.headBytes
        if !hasRequestLine { limit = min(limit, start + limits.targetBytes + Self.methodLimit + 12) }
        let end = min(bytes.count, limit)
        var index = scanned
        while index < end, !isControlByte(bytes[index]) { index += 1 }
        scanned = index
        if index >= limit {
            throw hasRequestLine ? WireRefusal(431, "head too large") : WireRefusal(414, "target too long")
        }
        guard index < bytes.count else { return nil }
        guard bytes[index] == 0x0d else {
            throw WireRefusal(400, bytes[index] == 0x0a ? "bare LF" : "control character")
        }
        guard index + 1 < bytes.count else { return nil }
        guard bytes[index + 1] == 0x0a else { throw WireRefusal(400, "bare CR") }
        return index
    }

    // MARK: The request line

    private mutating func readRequestLine(
        _ line: ByteRange, in bytes: UnsafeRawBufferPointer
    ) throws(WireRefusal) {
        var index = line.lower
        while index < line.upper, isTokenByte(bytes[index]) { index += 1 }
        guard index > line.lower, index < line.upper, bytes[index] == UInt8(ascii: " ") else {
            throw WireRefusal(400, "malformed method")
        }
        head.method = ByteRange(line.lower, index)
        guard head.method.count <= Self.methodLimit else { throw WireRefusal(501, "method too long") }

        let targetStart = index + 1
        index = targetStart
        while index < line.upper, bytes[index] > 0x20, bytes[index] < 0x7f, bytes[index] != UInt8(ascii: "#") {
            index += 1
        }
        guard index > targetStart, index < line.upper, bytes[index] == UInt8(ascii: " ") else {
            throw WireRefusal(400, "malformed target")
        }
        head.target = ByteRange(targetStart, index)
        try readVersion(ByteRange(index + 1, line.upper), in: bytes)
        guard head.target.count <= limits.targetBytes else { throw WireRefusal(414, "target too long") }
        try readTarget(in: bytes)
    }

    private mutating func readVersion(
        _ version: ByteRange, in bytes: UnsafeRawBufferPointer
    ) throws(WireRefusal) {
        let at = version.lower
        guard version.count == 8, bytes.matches(ByteRange(at, at + 5), "HTTP/"), isDigit(bytes[at + 5]),
            bytes[at + 6] == UInt8(ascii: "."), isDigit(bytes[at + 7])
        else { throw WireRefusal(400, "malformed version") }
        guard bytes[at + 5] == UInt8(ascii: "1"), bytes[at + 7] <= UInt8(ascii: "1") else {
            throw WireRefusal(505, "unknown version")
        }
        head.isHTTP10 = bytes[at + 7] == UInt8(ascii: "0")
        head.keepsAlive = !head.isHTTP10
    }

    private mutating func readTarget(in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        if bytes.matches(head.method, "CONNECT") { throw WireRefusal(501, "CONNECT") }
        let target = head.target
        switch bytes[target.lower] {
        case UInt8(ascii: "/"):
            splitPath(from: target.lower, in: bytes)
        case UInt8(ascii: "*"):
            guard target.count == 1, bytes.matches(head.method, "OPTIONS") else {
                throw WireRefusal(400, "malformed target")
            }
            head.path = target
        default:
            try readAbsoluteTarget(in: bytes)
        }
    }

    /// `http://host/path`, as a proxy sends it.
    private mutating func readAbsoluteTarget(in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        let target = head.target
        var start = target.lower
        if target.count > 7, bytes.matches(ByteRange(start, start + 7), ignoringCase: "http://") {
            start += 7
        } else if target.count > 8, bytes.matches(ByteRange(start, start + 8), ignoringCase: "https://") {
            start += 8
        } else {
            throw WireRefusal(400, "malformed target")
        }
        var end = start
        while end < target.upper, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
        let authority = ByteRange(start, end)
        guard isHost(authority, in: bytes) else { throw WireRefusal(400, "malformed target") }
        self.authority = authority
        splitPath(from: end, in: bytes)
    }

    private mutating func splitPath(from start: Int, in bytes: UnsafeRawBufferPointer) {
        let end = head.target.upper
        var index = start
        while index < end, bytes[index] != UInt8(ascii: "?") { index += 1 }
        head.path = ByteRange(start, index)
        head.query = index < end ? ByteRange(index + 1, end) : nil
    }

    // MARK: Fields

    private mutating func readField(_ line: ByteRange, in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        var index = line.lower
        while index < line.upper, isTokenByte(bytes[index]) { index += 1 }
        // A fold begins with a blank, and a blank before the colon ends the name: neither gets past here.
        guard index > line.lower, index < line.upper, bytes[index] == UInt8(ascii: ":") else {
            throw WireRefusal(400, "malformed field")
        }
        guard head.fields.count < limits.fields else { throw WireRefusal(431, "too many fields") }
        let name = ByteRange(line.lower, index)
        let value = bytes.trimmed(ByteRange(index + 1, line.upper))
        head.fields.append(ParsedHead.Field(name: name, value: value))
        switch name.count {
        case 4: if bytes.matches(name, ignoringCase: "host") { try readHost(value, in: bytes) }
        case 6: if bytes.matches(name, ignoringCase: "expect") { try readExpect(value, in: bytes) }
        case 10: if bytes.matches(name, ignoringCase: "connection") { readConnection(value, in: bytes) }
        case 14: if bytes.matches(name, ignoringCase: "content-length") { try readLength(value, in: bytes) }
        case 17: if bytes.matches(name, ignoringCase: "transfer-encoding") { try readCoding(value, in: bytes) }
        default: break
        }
    }

    private mutating func readHost(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        guard host == nil else { throw WireRefusal(400, "two Host fields") }
        guard isHost(value, in: bytes) else { throw WireRefusal(400, "malformed Host") }
        host = head.fields.count - 1
    }

    private mutating func readExpect(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        guard bytes.matches(value, ignoringCase: "100-continue") else { throw WireRefusal(417, "unknown expectation") }
        head.expectsContinue = !head.isHTTP10
    }

    private mutating func readConnection(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) {
        var start = value.lower
        while start <= value.upper {
            var end = start
            while end < value.upper, bytes[end] != UInt8(ascii: ",") { end += 1 }
            let option = bytes.trimmed(ByteRange(start, end))
            if bytes.matches(option, ignoringCase: "close") {
                head.keepsAlive = false
                closes = true
            } else if !closes, bytes.matches(option, ignoringCase: "keep-alive") {
                head.keepsAlive = true
            }
            start = end + 1
        }
    }

    private mutating func readLength(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        guard contentLength == nil else { throw WireRefusal(400, "two Content-Length fields") }
        guard value.count > 0, value.count <= 18 else { throw WireRefusal(400, "malformed Content-Length") }
        var length = 0
        for index in value.lower..<value.upper {
            guard isDigit(bytes[index]) else { throw WireRefusal(400, "malformed Content-Length") }
            length = length &* 10 &+ Int(bytes[index] &- UInt8(ascii: "0"))
        }
        contentLength = length
    }

    private mutating func readCoding(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        guard !isChunked, !value.isEmpty else { throw WireRefusal(400, "malformed Transfer-Encoding") }
        guard bytes.matches(value, ignoringCase: "chunked") else { throw WireRefusal(501, "unknown transfer coding") }
        isChunked = true
    }

    // MARK: The whole

    private mutating func finish(in bytes: UnsafeRawBufferPointer) throws(WireRefusal) {
        if host == nil, !head.isHTTP10 { throw WireRefusal(400, "missing Host") }
        // RFC 9112 3.2.2: the host of an absolute target wins over the field.
        if let authority, let host { head.fields[host].value = authority }
        if isChunked {
            // What one hop reads by length and the next by chunks is how requests are smuggled.
            if contentLength != nil { throw WireRefusal(400, "Content-Length with Transfer-Encoding") }
            if head.isHTTP10 { throw WireRefusal(400, "Transfer-Encoding in HTTP/1.0") }
            head.framing = .chunked
        } else if let contentLength, contentLength > 0 {
            if contentLength > limits.bodyBytes { throw WireRefusal(413, "body too large") }
            head.framing = .length(contentLength)
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// `name`, `name:port`, `[v6]` or `[v6]:port`.
    private func isHost(_ value: ByteRange, in bytes: UnsafeRawBufferPointer) -> Bool {
        var index = value.lower
        let end = value.upper
        if index < end, bytes[index] == UInt8(ascii: "[") {
            index += 1
            let first = index
            while index < end,
                hexValue(bytes[index]) != nil || bytes[index] == UInt8(ascii: ":")
                    || bytes[index] == UInt8(ascii: ".")
            {
                index += 1
            }
            guard index > first, index < end, bytes[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < end, isHostByte(bytes[index]) { index += 1 }
            guard index > value.lower else { return false }
        }
        guard index < end else { return true }
        guard bytes[index] == UInt8(ascii: ":"), end - index <= 6 else { return false }
        var port = 0
        for digit in (index + 1)..<end {
            guard isDigit(bytes[digit]) else { return false }
            port = port * 10 + Int(bytes[digit] &- UInt8(ascii: "0"))
        }
        return port <= 65_535
    }
}
