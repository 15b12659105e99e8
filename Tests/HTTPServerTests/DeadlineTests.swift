import EventLoop
import HTTPServer
import Synchronization
import Testing

@Suite struct `A client that is too slow` {
    @Test func `is refused when its head comes a byte at a time`() async throws {
        try await withServer {
            $0.headTimeout = .milliseconds(150)
        } _: { running in
            let client = try await RawClient(port: running.port)
            let sender = Task {
                for byte in "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 500))\r\n\r\n".utf8 {
                    do { try await client.send([byte]) } catch { return }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(try await client.response().status == 408)
            #expect(try await client.isClosedByServer())
            sender.cancel()
            #expect(running.server.statistics.requests == 0)
        }
    }

    @Test(arguments: ["Content-Length: 5000", "Transfer-Encoding: chunked"])
    func `is refused when its body comes a byte at a time`(framing: String) async throws {
        try await withServer {
            $0.bodyTimeout = .milliseconds(150)
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            let sender = Task {
                for _ in 0..<500 {
                    do { try await client.send(framing.contains("chunked") ? "1\r\na\r\n" : "a") } catch { return }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(try await client.response().status == 408)
            #expect(try await client.isClosedByServer())
            sender.cancel()
        }
    }

    @Test func `is cut off when it does not read the response`() async throws {
        let produced = Counter()
        let stopped = Counter()
        try await withServer {
            $0.writeTimeout = .milliseconds(200)
        } handler: { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    defer { stopped.add() }
                    let piece = [UInt8](repeating: 0, count: 65_536)
                    while true {
                        try await writer.write(piece)
                        produced.add(piece.count)
                    }
                })
        } _: { running in
            let client = try await RawClient(port: running.port, receiveBuffer: 4096)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // Reads a byte now and then: not nothing, and far too little.
            let reader = Task {
                while !Task.isCancelled {
                    _ = try await client.receive(upTo: 1)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(await eventually { stopped.value == 1 })
            #expect(await eventually { running.server.statistics.open == 0 })
            #expect(running.server.statistics.refusals["response not read in time"] == 1)
            reader.cancel()
            _ = await reader.result
        }
    }

    @Test func `may take longer than a deadline in all, as long as it moves`() async throws {
        let size = 4 << 20
        try await withServer {
            $0.writeTimeout = .milliseconds(1_500)
            $0.bodyTimeout = .milliseconds(1_500)
        } handler: { request in
            var count = 0
            do throws(HTTPBodyError) {
                while let piece = try await request.body.next() { count += piece.count }
            } catch {
                return wireError(error.status, "\(error)")
            }
            return HTTPResponse(
                status: 200,
                body: .stream(length: size) { writer in
                    for _ in 0..<(size / 65_536) { try await writer.write([UInt8](repeating: 7, count: 65_536)) }
                })
        } _: { running in
            let client = try await RawClient(port: running.port, receiveBuffer: 65_536)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
            // Two seconds in all, an eighth of one for each 64 KiB.
            for _ in 0..<16 {
                try await client.send([UInt8](repeating: 1, count: 65_536))
                try await Task.sleep(for: .milliseconds(125))
            }
            #expect(try await client.responseHead().status == 200)
            var received = client.leftover.count
            while received < size {
                let bytes = try await client.receive(upTo: 131_072)
                if bytes.isEmpty { break }
                received += bytes.count
                try await Task.sleep(for: .milliseconds(25))
            }
            #expect(received == size)
        }
    }

    @Test func `is let go without a word when it stays idle`() async throws {
        try await withServer {
            $0.idleTimeout = .milliseconds(100)
        } _: { running in
            let fresh = try await RawClient(port: running.port)
            let used = try await RawClient(port: running.port)
            try await used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await used.response().status == 200)
            #expect(try await fresh.isClosedByServer())
            #expect(try await used.isClosedByServer())
            #expect(fresh.leftover.isEmpty && used.leftover.isEmpty)
        }
    }

    @Test func `is not given the time that a slow handler takes`() async throws {
        try await withServer {
            $0.headTimeout = .milliseconds(2000)
            $0.bodyTimeout = .milliseconds(2000)
            $0.idleTimeout = .milliseconds(2000)
        } handler: { request in
            try? await request.loop.sleep(for: .milliseconds(3000))
            return await describe(request)
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.response().text == "POST / a [abc]")
        }
    }
}

@Suite struct `A limit on connections` {
    @Test func `turns away what is over it, and admits again when one leaves`() async throws {
        try await withServer {
            $0.maxConnections = 2
        } _: { running in
            let first = try await RawClient(port: running.port)
            let second = try await RawClient(port: running.port)
            #expect(await eventually { running.server.statistics.open == 2 })
            let third = try await RawClient(port: running.port)
            #expect(try await third.response().status == 503)
            #expect(try await third.isClosedByServer())
            third.close()
            first.close()
            #expect(await eventually { running.server.statistics.open == 1 })
            let fourth = try await RawClient(port: running.port)
            try await fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await fourth.response().status == 200)
            second.close()
        }
    }

    @Test(arguments: [true, false]) func `holds for one address`(answers: Bool) async throws {
        try await withServer {
            $0.maxConnectionsPerAddress = 1
            $0.limitsLoopback = true
            $0.answersOverload = answers
        } _: { running in
            let first = try await RawClient(port: running.port)
            try await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await first.response().status == 200)
            let second = try await RawClient(port: running.port)
            if answers { #expect(try await second.response().status == 429) }
            #expect(try await second.isClosedByServer())
            #expect(running.server.statistics.refusals["too many connections from one address"] == 1)
        }
    }

    @Test func `spares the proxy on loopback`() async throws {
        try await withServer {
            $0.maxConnectionsPerAddress = 1
        } _: { running in
            let clients = [try await RawClient(port: running.port), try await RawClient(port: running.port)]
            for client in clients {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().status == 200)
            }
        }
    }

    @Test func `on the requests of one connection ends it in order`() async throws {
        try await withServer {
            $0.maxRequestsPerConnection = 2
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response()["connection"] == nil)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response()["connection"] == "close")
            #expect(try await client.isClosedByServer())
        }
    }
}
