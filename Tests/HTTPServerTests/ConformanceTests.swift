import HTTPServer
import Testing

/// Bytes in; the answers and the fate of the connection out.
struct Row: Sendable, CustomTestStringConvertible {
    enum Fate: Sendable {
        /// The next request on the connection is served.
        case open
        case closed
        /// No answer yet: the server waits for more.
        case waiting
    }

    let name: String
    let input: String
    let statuses: [Int]
    let fate: Fate
    /// What the handler understood, for the last answer.
    let says: String?

    init(_ name: String, _ input: String, _ statuses: Int..., fate: Fate? = nil, says: String? = nil) {
        self.name = name
        self.input = input
        self.statuses = statuses
        self.fate = fate ?? (statuses.isEmpty ? .waiting : statuses.allSatisfy { $0 < 400 } ? .open : .closed)
        self.says = says
    }

    var testDescription: String { name }
}

private let host = "Host: a\r\n"

private let lines: [Row] = [
    Row("a plain request", "GET / HTTP/1.1\r\n\(host)\r\n", 200, says: "GET / a []"),
    Row("an empty line before the request", "\r\nGET / HTTP/1.1\r\n\(host)\r\n", 200, says: "GET / a []"),
    Row("three empty lines before the request", "\r\n\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
    Row("a bare LF after the request line", "GET / HTTP/1.1\n\(host)\r\n", 400),
    Row("a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    Row("a bare LF as the empty line", "GET / HTTP/1.1\r\n\(host)\n", 400),
    Row("a bare CR in a value", "GET / HTTP/1.1\r\n\(host)X: a\rb\r\n\r\n", 400),
    Row("a bare CR in the target", "GET /a\rb HTTP/1.1\r\n\(host)\r\n", 400),
    Row("NUL in a value", "GET / HTTP/1.1\r\n\(host)X: a\0b\r\n\r\n", 400),
    Row("NUL in a name", "GET / HTTP/1.1\r\n\(host)X\0: a\r\n\r\n", 400),
    Row("a control character in a value", "GET / HTTP/1.1\r\n\(host)X: a\u{1}b\r\n\r\n", 400),
    Row("DEL in a value", "GET / HTTP/1.1\r\n\(host)X: a\u{7f}b\r\n\r\n", 400),
    Row("a tab in a value", "GET / HTTP/1.1\r\n\(host)X: a\tb\r\n\r\n", 200),
    Row("bytes beyond ASCII in a value", "GET / HTTP/1.1\r\n\(host)X: \u{e9}\r\n\r\n", 200),
    Row("a folded value", "GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n", 400),
    Row("a folded value with a tab", "GET / HTTP/1.1\r\n\(host)X: a\r\n\tb\r\n\r\n", 400),
    Row("a blank before the first field", "GET / HTTP/1.1\r\n \(host)\r\n", 400),
    Row("a blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    Row("a tab before the colon", "GET / HTTP/1.1\r\n\(host)X\t: a\r\n\r\n", 400),
    Row("a field without a name", "GET / HTTP/1.1\r\n\(host): a\r\n\r\n", 400),
    Row("a field without a colon", "GET / HTTP/1.1\r\n\(host)X\r\n\r\n", 400),
    Row("a name with a slash", "GET / HTTP/1.1\r\n\(host)X/Y: a\r\n\r\n", 400),
    Row("an empty value", "GET / HTTP/1.1\r\n\(host)X:\r\n\r\n", 200),
    Row("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", 400),
    Row("nothing but half a head", "GET / HTTP/1.1\r\nHost: a\r\n"),
    Row("nothing but half a line end", "GET / HTTP/1.1\r\nHost: a\r\n\r"),
]

private let requestLines: [Row] = [
    Row("an unknown method", "BREW /pot HTTP/1.1\r\n\(host)\r\n", 200, says: "BREW /pot a []"),
    Row("a method in lower case", "get / HTTP/1.1\r\n\(host)\r\n", 200, says: "get / a []"),
    Row("a method of 32 letters", "\(String(repeating: "A", count: 32)) / HTTP/1.1\r\n\(host)\r\n", 200),
    Row("a method of 33 letters", "\(String(repeating: "A", count: 33)) / HTTP/1.1\r\n\(host)\r\n", 501),
    Row("a method that is no token", "G@T / HTTP/1.1\r\n\(host)\r\n", 400),
    Row("no method", " / HTTP/1.1\r\n\(host)\r\n", 400),
    Row("CONNECT", "CONNECT a:80 HTTP/1.1\r\n\(host)\r\n", 501),
    Row("HTTP/0.9", "GET /\r\n", 400),
    Row("two blanks before the target", "GET  / HTTP/1.1\r\n\(host)\r\n", 400),
    Row("two blanks before the version", "GET /  HTTP/1.1\r\n\(host)\r\n", 400),
    Row("a blank after the version", "GET / HTTP/1.1 \r\n\(host)\r\n", 400),
    Row("a tab between the parts", "GET\t/\tHTTP/1.1\r\n\(host)\r\n", 400),
    Row("HTTP/2.0", "GET / HTTP/2.0\r\n\(host)\r\n", 505),
    Row("the greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    Row("HTTP/1.2", "GET / HTTP/1.2\r\n\(host)\r\n", 505),
    Row("HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\(host)\r\n", 505),
    Row("a version in lower case", "GET / http/1.1\r\n\(host)\r\n", 400),
    Row("a version without a minor", "GET / HTTP/1\r\n\(host)\r\n", 400),
    Row("a version of two digits", "GET / HTTP/1.10\r\n\(host)\r\n", 400),
    Row("another protocol", "GET / SIP/2.0\r\n\(host)\r\n", 400),
    Row("a query", "GET /a?b=c&d HTTP/1.1\r\n\(host)\r\n", 200, says: "GET /a?b=c&d a []"),
    Row("an empty query", "GET /a? HTTP/1.1\r\n\(host)\r\n", 200, says: "GET /a? a []"),
    Row("percent signs stay", "GET /%2e%2E/%00 HTTP/1.1\r\n\(host)\r\n", 200, says: "GET /%2e%2E/%00 a []"),
    Row("a fragment", "GET /a#b HTTP/1.1\r\n\(host)\r\n", 400),
    Row("a target beyond ASCII", "GET /\u{e9} HTTP/1.1\r\n\(host)\r\n", 400),
    Row("a control character in the target", "GET /\u{1} HTTP/1.1\r\n\(host)\r\n", 400),
    Row("a target that is no path", "GET a HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an absolute target", "GET http://b/c?d HTTP/1.1\r\n\(host)\r\n", 200, says: "GET /c?d b []"),
    Row("an absolute target without a path", "GET http://b HTTP/1.1\r\n\(host)\r\n", 200, says: "GET / b []"),
    Row("an absolute target with a port", "GET HTTP://b:81/ HTTP/1.1\r\n\(host)\r\n", 200, says: "GET / b:81 []"),
    Row("an absolute target with a user", "GET http://u@b/ HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an absolute target without a host", "GET http:///c HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an absolute target of another scheme", "GET ftp://b/ HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an absolute target without Host", "GET http://b/ HTTP/1.1\r\n\r\n", 400),
    Row("an authority as the target", "GET b:80 HTTP/1.1\r\n\(host)\r\n", 400),
    Row("OPTIONS of the server", "OPTIONS * HTTP/1.1\r\n\(host)\r\n", 200, says: "OPTIONS * a []"),
    Row("GET of the server", "GET * HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an asterisk with more", "OPTIONS *a HTTP/1.1\r\n\(host)\r\n", 400),
]

private let hosts: [Row] = [
    Row("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    Row("two Hosts", "GET / HTTP/1.1\r\n\(host)\(host)\r\n", 400),
    Row("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    Row("a Host with a port", "GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", 200, says: "GET / a.example:8080 []"),
    Row("a Host of IPv6", "GET / HTTP/1.1\r\nhOST: [::1]:80\r\n\r\n", 200, says: "GET / [::1]:80 []"),
    Row("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    Row("a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    Row("a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    Row("a Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    Row("a Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    Row("a Host with too high a port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400),
    Row("a Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
]

private let lengths: [Row] = [
    Row("a body", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", 200, says: "POST / a [abc]"),
    Row("a body of nothing", "POST / HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", 200, says: "POST / a []"),
    Row("a length with leading zeros", "POST / HTTP/1.1\r\n\(host)Content-Length: 003\r\n\r\nabc", 200),
    Row("an empty length", "POST / HTTP/1.1\r\n\(host)Content-Length:\r\n\r\n", 400),
    Row("a negative length", "POST / HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n", 400),
    Row("a length with a plus", "POST / HTTP/1.1\r\n\(host)Content-Length: +3\r\n\r\nabc", 400),
    Row("a length in hex", "POST / HTTP/1.1\r\n\(host)Content-Length: 0x3\r\n\r\nabc", 400),
    Row("a length with a fraction", "POST / HTTP/1.1\r\n\(host)Content-Length: 3.0\r\n\r\nabc", 400),
    Row("a length list", "POST / HTTP/1.1\r\n\(host)Content-Length: 3, 3\r\n\r\nabc", 400),
    Row("a length with a blank inside", "POST / HTTP/1.1\r\n\(host)Content-Length: 1 1\r\n\r\nabc", 400),
    Row(
        "differing lengths", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    Row(
        "one length twice", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc", 400),
    Row("a length over 64 bits", "POST / HTTP/1.1\r\n\(host)Content-Length: 18446744073709551616\r\n\r\n", 400),
    Row("a length over the limit", "POST / HTTP/1.1\r\n\(host)Content-Length: 2000001\r\n\r\n", 413),
    Row("a length over the handler's limit", "POST / HTTP/1.1\r\n\(host)Content-Length: 1500000\r\n\r\n", 413),
    Row("half a body", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\na"),
]

private let post = "POST / HTTP/1.1\r\n\(host)"
private let chunkedPost = "\(post)Transfer-Encoding: chunked\r\n\r\n"

private let codings: [Row] = [
    Row("chunks", "\(chunkedPost)3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, says: "POST / a [abcde]"),
    Row("a coding in upper case", "\(post)Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200, says: "POST / a []"),
    Row("chunks with extensions", "\(chunkedPost)3;a=b;c=\"d\"\r\nabc\r\n0;e\r\n\r\n", 200, says: "POST / a [abc]"),
    Row("trailers", "\(chunkedPost)1\r\na\r\n0\r\nX: y\r\nZ: \r\n\r\n", 200, says: "POST / a [a]"),
    Row("a size in hex", "\(chunkedPost)00A\r\n0123456789\r\n0\r\n\r\n", 200, says: "POST / a [0123456789]"),
    Row("a length with chunks", "\(post)Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Row("chunks with a length", "\(post)Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    Row("two codings", "\(post)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    Row("an unknown coding", "\(post)Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n", 501),
    Row("identity", "\(post)Transfer-Encoding: identity\r\n\r\n", 501),
    Row("chunked twice", "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Row("a coding with a parameter", "\(post)Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501),
    Row("an empty coding", "\(post)Transfer-Encoding:\r\n\r\n", 400),
    Row("a coding with a vertical tab", "\(post)Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", 400),
    Row("chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Row("a size that is none", "\(chunkedPost)x\r\nabc\r\n0\r\n\r\n", 400),
    Row("an empty size", "\(chunkedPost)\r\nabc\r\n0\r\n\r\n", 400),
    Row("a negative size", "\(chunkedPost)-1\r\n\r\n", 400),
    Row("a size with 0x", "\(chunkedPost)0x3\r\nabc\r\n0\r\n\r\n", 400),
    Row("a size with a blank", "\(chunkedPost)3 \r\nabc\r\n0\r\n\r\n", 400),
    Row("a size over 64 bits", "\(chunkedPost)fffffffffffffffff\r\n", 400),
    Row("a size of many zeros", "\(chunkedPost)\(String(repeating: "0", count: 40))3\r\nabc\r\n", 400),
    Row("a size over the limit", "\(chunkedPost)1e8482\r\n\(String(repeating: "a", count: 2_000_002))\r\n", 413),
    Row("a bare LF after the size", "\(chunkedPost)3\nabc\r\n0\r\n\r\n", 400),
    Row("a bare LF in an extension", "\(chunkedPost)3;a\nabc\r\n0\r\n\r\n", 400),
    Row("a bare CR in an extension", "\(chunkedPost)3;a\rb\r\nabc\r\n0\r\n\r\n", 400),
    Row("a chunk that is too long", "\(chunkedPost)3\r\nabcd\r\n0\r\n\r\n", 400),
    Row("a chunk that ends in LF", "\(chunkedPost)3\r\nabc\n0\r\n\r\n", 400),
    Row("a long extension", "\(chunkedPost)3;\(String(repeating: "a", count: 300))\r\nabc\r\n0\r\n\r\n", 400),
    Row("a folded trailer", "\(chunkedPost)0\r\nX: y\r\n z\r\n\r\n", 400),
    Row("a trailer with a blank before the colon", "\(chunkedPost)0\r\nX : y\r\n\r\n", 400),
    Row("a trailer without a colon", "\(chunkedPost)0\r\nX\r\n\r\n", 400),
    Row("NUL in a trailer", "\(chunkedPost)0\r\nX: \0\r\n\r\n", 400),
    Row("trailers without end", "\(chunkedPost)0\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n", 400),
    Row("half of the last chunk", "\(chunkedPost)3\r\nabc\r\n0\r\n"),
]

private let sizes: [Row] = [
    Row("a target at its limit", "GET /\(String(repeating: "a", count: 8191)) HTTP/1.1\r\n\(host)\r\n", 200),
    Row("a target too long by one", "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\n\(host)\r\n", 414),
    Row("a target without end", "GET /\(String(repeating: "a", count: 9000))", 414),
    Row("a value of 15 KB", "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 15_000))\r\n\r\n", 200),
    Row("a value too long", "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431),
    Row("a name without end", "GET / HTTP/1.1\r\n\(host)\(String(repeating: "a", count: 17_000))", 431),
    Row("100 fields", "GET / HTTP/1.1\r\n\(host)\(String(repeating: "X: y\r\n", count: 99))\r\n", 200),
    Row("101 fields", "GET / HTTP/1.1\r\n\(host)\(String(repeating: "X: y\r\n", count: 100))\r\n", 431),
]

private let connections: [Row] = [
    Row("close", "GET / HTTP/1.1\r\n\(host)Connection: close\r\n\r\n", 200, fate: .closed),
    Row("close in a list", "GET / HTTP/1.1\r\n\(host)Connection: x , CLOSE\r\n\r\n", 200, fate: .closed),
    Row(
        "close before keep-alive", "GET / HTTP/1.1\r\n\(host)Connection: close\r\nConnection: keep-alive\r\n\r\n", 200,
        fate: .closed),
    Row("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200, fate: .closed, says: "GET / - []"),
    Row("HTTP/1.0 that stays", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, fate: .open),
    Row("two at once", "GET /1 HTTP/1.1\r\n\(host)\r\nGET /2 HTTP/1.1\r\n\(host)\r\n", 200, 200, says: "GET /2 a []"),
    Row(
        "a body and another request", "\(post)Content-Length: 1\r\n\r\nxGET /2 HTTP/1.1\r\n\(host)\r\n", 200, 200,
        says: "GET /2 a []"),
    Row(
        "chunks and another request", "\(chunkedPost)1\r\nx\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\(host)\r\n", 200, 200,
        says: "GET /2 a []"),
    Row("a good one and a bad one", "GET / HTTP/1.1\r\n\(host)\r\nGET / HTTP/3\r\n\(host)\r\n", 200, 400),
    Row("a bad one and a good one", "GET /\n\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
    Row("an unknown expectation", "\(post)Expect: tea\r\nContent-Length: 1\r\n\r\nx", 417),
    Row(
        "an expectation with its body", "\(post)Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", 200,
        says: "POST / a [x]"),
    Row("a body with GET", "GET / HTTP/1.1\r\n\(host)Content-Length: 1\r\n\r\nx", 200, says: "GET / a [x]"),
]

@Suite struct `The server answers` {
    @Test(arguments: lines + requestLines + hosts + lengths + codings + sizes + connections)
    func `as the standard says`(row: Row) async throws {
        try await check(row, inPieces: false)
    }

    @Test(arguments: (lines + requestLines + hosts + lengths + codings + connections).filter { $0.input.count < 300 })
    func `the same when every byte comes alone`(row: Row) async throws {
        try await check(row, inPieces: true)
    }

    private func check(_ row: Row, inPieces: Bool) async throws {
        try await withServer {
            $0.maxBodyBytes = 2_000_000
        } _: { running in
            let client = try await RawClient(port: running.port)
            if inPieces {
                for byte in row.input.utf8 {
                    // A refusal may come, and the connection go, before the end of the input.
                    do { try await client.send([byte]) } catch { break }
                }
            } else {
                try await client.send(row.input)
            }
            for (index, status) in row.statuses.enumerated() {
                let reply = try await client.response()
                #expect(reply.status == status, "\(reply.text)")
                if index == row.statuses.count - 1 {
                    if let says = row.says { #expect(reply.text == says) }
                    if row.fate == .closed { #expect(reply["connection"] == "close") }
                }
                #expect(reply["date"]?.hasSuffix(" GMT") == true)
            }
            switch row.fate {
            case .open:
                try await client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().text == "GET /next a []")
            case .closed:
                #expect(try await client.isClosedByServer())
                #expect(client.leftover.isEmpty)
            case .waiting:
                #expect(try await !client.isClosedByServer(within: 100))
                #expect(client.leftover.isEmpty)
            }
        }
    }
}
