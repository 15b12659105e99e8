import EventLoop
import Glibc
import HTTPServer
import Testing

/// Sends each piece of the request's body back as it comes.
@Sendable private func echo(_ request: HTTPRequest) async -> HTTPResponse {
    HTTPResponse(
        status: 200,
        body: .stream(length: request.body.contentLength) { writer in
            while let piece = try await request.body.next() { try await writer.write(piece) }
        })
}

@Suite struct `A body that streams` {
    @Test func `goes through in both directions without lying in memory`() async throws {
        let total = 200 << 20
        try await withServer(handler: echo) { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
            let before = residentBytes()
            let sender = Task {
                var piece = [UInt8](repeating: 0, count: 1 << 18)
                for turn in 0..<(total / piece.count) {
                    piece[0] = UInt8(truncatingIfNeeded: turn)
                    try await client.send(piece)
                }
            }
            #expect(try await client.responseHead().status == 200)
            var received = client.leftover.count
            var highest = 0
            while received < total {
                let bytes = try await client.receive(upTo: 1 << 18)
                if bytes.isEmpty { break }
                received += bytes.count
                highest = max(highest, residentBytes() - before)
            }
            #expect(received == total)
            try await sender.value
            // Other tests run in this process too; the body itself would be more than this.
            #expect(highest < 128 << 20)
        }
    }

    @Test func `holds back a client whose handler does not read`() async throws {
        let gate = AsyncStream.makeStream(of: Void.self)
        try await withServer {
            $0.bodyTimeout = .seconds(30)
        } handler: { request in
            for await _ in gate.stream { break }
            return await describe(request)
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
            let sent = Counter()
            let sender = Task {
                while true {
                    try await client.send([UInt8](repeating: 0, count: 65_536))
                    sent.add(65_536)
                }
            }
            // Until the buffers of both sockets are full.
            var once = -1
            for _ in 0..<100 where once != sent.value {
                once = sent.value
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(sent.value == once)
            #expect(once < 32 << 20)
            gate.continuation.yield()
            // 1 MiB is what the handler wants at most.
            #expect(try await client.response().status == 413)
            _ = await sender.result
        }
    }

    @Test func `is asked for with 100 Continue only when the handler reads it`() async throws {
        try await withServer { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(try await client.responseHead().status == 100)
            try await client.send("abc")
            #expect(try await client.response().text == "POST / a [abc]")
        }
        try await withServer { _ in
        } handler: { _ in
            .text("no, thank you")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            let reply = try await client.responseHead()
            #expect(reply.status == 200)
            #expect(reply["connection"] == "close")
        }
    }

    @Test(arguments: [3, 60_000]) func `is thrown away when small and not read`(size: Int) async throws {
        try await withServer { _ in
        } handler: { _ in
            .text("x")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            #expect(try await client.response().text == "x")
            try await client.send([UInt8](repeating: 0, count: size))
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "x")
        }
    }

    @Test(arguments: ["Content-Length: 90000000", "Transfer-Encoding: chunked"])
    func `ends the connection when large and not read, and the answer is not lost`(framing: String) async throws {
        try await withServer { _ in
        } handler: { _ in
            .text("enough")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            // Already on its way when the answer is made.
            try await client.send([UInt8](repeating: 0, count: 200_000))
            let reply = try await client.response()
            #expect(reply.text == "enough")
            #expect(reply["connection"] == "close")
            #expect(try await client.isClosedByServer())
        }
    }

    @Test func `may be read from another thread than the loop's`() async throws {
        try await withServer { _ in
        } handler: { request in
            await Task.detached {
                var count = 0
                while let piece = try? await request.body.next() { count += piece.count }
                return HTTPResponse.text("\(count)")
            }.value
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            try await client.send([UInt8](repeating: 0, count: 1_000_000))
            #expect(try await client.response().text == "1000000")
        }
    }

    @Test func `that is kept for later is not the next request's`() async throws {
        let kept = Kept()
        try await withServer { _ in
        } handler: { request in
            if let body = kept.body {
                do { return .text("\(try await body.next()?.count ?? -1)") } catch { return .text("\(error)") }
            }
            kept.body = request.body
            return .text("first")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            #expect(try await client.response().text == "first")
            try await client.send("abcPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ndef")
            #expect(try await client.response().text == "disconnected")
        }
    }

    private final class Kept: @unchecked Sendable { var body: HTTPBody? }
}

@Suite struct `A response` {
    @Test func `to HEAD has the length and no body`() async throws {
        try await withServer { _ in
        } handler: { request in
            switch request.path {
            case "/stream":
                HTTPResponse(status: 200, body: .stream(length: 7) { _ in Issue.record("nothing is to be produced") })
            case "/chunks":
                HTTPResponse(status: 200, body: .stream(length: nil) { _ in Issue.record("nothing is to be produced") })
            default: .text("seven!!")
            }
        } _: { running in
            let client = try await RawClient(port: running.port)
            for path in ["/", "/stream", "/chunks"] {
                try await client.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try await client.response(to: "HEAD")
                #expect(reply.status == 200)
                #expect(reply["content-length"] == (path == "/chunks" ? nil : "7"))
                #expect(client.leftover.isEmpty)
            }
        }
    }

    @Test func `of status 204 or 304 has neither body nor length`() async throws {
        try await withServer { _ in
        } handler: { request in
            HTTPResponse(status: request.path == "/304" ? 304 : 204, body: .bytes([1, 2, 3]))
        } _: { running in
            let client = try await RawClient(port: running.port)
            for path in ["/204", "/304"] {
                try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try await client.response()
                #expect("/\(reply.status)" == path)
                #expect(reply["content-length"] == nil)
                #expect(client.leftover.isEmpty)
            }
        }
    }

    @Test func `streams in chunks for 1.1 and to the end of the connection for 1.0`() async throws {
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    for piece in ["one", "", "two", String(repeating: "3", count: 20_000)] {
                        try await writer.write(Array(piece.utf8))
                        await Task.yield()
                    }
                })
        }
        try await withServer(handler: handler) { running in
            let client = try await RawClient(port: running.port)
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try await client.response()
                #expect(reply["transfer-encoding"] == "chunked")
                #expect(reply.text == "onetwo" + String(repeating: "3", count: 20_000))
            }
            let old = try await RawClient(port: running.port)
            try await old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let reply = try await old.response()
            #expect(reply["transfer-encoding"] == nil && reply["content-length"] == nil)
            #expect(reply["connection"] == "close")
            #expect(reply.text == "onetwo" + String(repeating: "3", count: 20_000))
        }
    }

    @Test(arguments: [0, 1, 2]) func `that breaks off is not taken for whole`(kind: Int) async throws {
        struct Broken: Error {}
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: kind == 0 ? nil : 5) { writer in
                    try await writer.write(Array("abc".utf8))
                    if kind == 0 { throw Broken() }
                    if kind == 1 { try await writer.write(Array("def".utf8)) }
                })
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await #expect(throws: ClientError.self) { try await client.response() }
        }
    }

    @Test func `cannot be split by what a user typed`() async throws {
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(
                status: 200,
                fields: [
                    ("Location", "/a\r\nSet-Cookie: b=c\r\n\r\nHTTP/1.1 200 OK"), ("Bad Name", "x"), ("", "y"),
                    ("Content-Length", "99"), ("transfer-encoding", "chunked"), ("Date", "never"),
                ], body: .bytes([65]))
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let reply = try await client.response()
            #expect(reply.fields.map { $0.name.lowercased() } == ["date", "location", "content-length"])
            #expect(reply["location"] == "/a  Set-Cookie: b=c    HTTP/1.1 200 OK")
            #expect(reply["content-length"] == "1")
        }
    }

    @Test func `of many megabytes arrives whole at a slow reader`() async throws {
        var whole: [UInt8] = []
        for block in 0..<320 { whole += [UInt8](repeating: UInt8(truncatingIfNeeded: block), count: 65_000) }
        let expected = whole
        let size = expected.count
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, body: .bytes(expected))
        } _: { running in
            let client = try await RawClient(port: running.port, receiveBuffer: 16_384)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.responseHead()["content-length"] == "\(size)")
            var body = client.leftover
            while body.count < size {
                let bytes = try await client.receive(upTo: 1 << 20)
                if bytes.isEmpty { break }
                body += bytes
            }
            #expect(body.count == size && memcmp(body, expected, size) == 0)
        }
    }
}

/// The memory of this process, by the kernel's count.
func residentBytes() -> Int {
    let descriptor = open("/proc/self/statm", O_RDONLY)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &buffer, buffer.count)
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
