import EventLoop
import Glibc
import HTTPServer
import Synchronization
import TestSupport
import Testing

@Suite struct `A client that leaves` {
    private func cancels(_ leave: @escaping (RawClient) -> Void) async throws -> Bool {
        let entered = Counter()
        let cancelled = Counter()
        return try await withServer { _ in
        } handler: { request in
            entered.add()
            do { try await request.loop.sleep(for: .seconds(30)) } catch { cancelled.add() }
            return .text("late")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            guard await eventually({ entered.value == 1 }) else { return false }
            leave(client)
            guard await eventually({ cancelled.value == 1 }) else { return false }
            return await eventually { running.server.statistics.open == 0 }
        }
    }

    @Test func `cancels its request when it closes`() async throws {
        #expect(try await cancels { $0.close() })
    }

    @Test func `cancels its request when it resets`() async throws {
        #expect(try await cancels { $0.reset() })
    }

    @Test func `fails the handler that waits for its body`() async throws {
        let failures = Counter()
        try await withServer { _ in
        } handler: { request in
            do throws(HTTPBodyError) {
                _ = try await request.body.collect(upTo: 100)
            } catch {
                if error == .disconnected { failures.add() }
            }
            return .text("x")
        } _: { running in
            for _ in 0..<2 {
                let client = try await RawClient(port: running.port)
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
                try await Task.sleep(for: .milliseconds(20))
                client.close()
            }
            #expect(await eventually { failures.value == 2 })
        }
    }

    @Test func `stops a stream of events`() async throws {
        let stopped = Counter()
        try await withServer { _ in
        } handler: { request in
            HTTPResponse(
                status: 200, fields: [("Content-Type", "text/event-stream")],
                body: .stream(length: nil) { writer in
                    defer { stopped.add() }
                    while true {
                        try await writer.write(Array("data: x\n\n".utf8))
                        try await request.loop.sleep(for: .milliseconds(20))
                    }
                })
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.responseHead()
            #expect(try await client.chunk() == Array("data: x\n\n".utf8))
            client.close()
            #expect(await eventually { stopped.value == 1 })
            #expect(await eventually { running.server.statistics.open == 0 })
        }
    }

    @Test func `still gets its answer when it only closed its sending half`() async throws {
        try await withServer { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finish()
            #expect(try await client.response().text == "GET /1 a []")
            #expect(try await client.response().text == "GET /2 a []")
            #expect(try await client.isClosedByServer())
        }
    }
}

@Suite struct `Requests on one connection` {
    @Test func `are answered before and after a rest in which the connection's task ends`() async throws {
        try await withServer { running in
            let client = try await RawClient(port: running.port)
            for number in 0..<6 {
                try await client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().text == "GET /\(number) a []")
                if number % 2 == 1 { try await Task.sleep(for: .milliseconds(400)) }
            }
        }
    }

    @Test func `are answered in order however long each takes`() async throws {
        try await withServer { _ in
        } handler: { request in
            let delay = Int(request.path.dropFirst()) ?? 0
            try? await request.loop.sleep(for: .milliseconds(delay % 3 * 15))
            return .text(request.path)
        } _: { running in
            let client = try await RawClient(port: running.port)
            let paths = (0..<40).map { "/\($0)" }
            try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for path in paths { #expect(try await client.response().text == path) }
        }
    }

    @Test(arguments: [true, false]) func `do not starve those on others`(onTheSpot: Bool) async throws {
        let shortcut: @Sendable (HTTPRequest) -> HTTPResponse? = { onTheSpot ? HTTPResponse.text($0.path) : nil }
        try await withServer(shortcut: shortcut) { running in
            // One client that never stops sending, whole batches at a time.
            let greedy = try await RawClient(port: running.port)
            let batch = String(repeating: "GET /g HTTP/1.1\r\nHost: a\r\n\r\n", count: 1_000)
            let sender = Task {
                while !Task.isCancelled { try await greedy.send(batch) }
            }
            let reader = Task {
                while !Task.isCancelled {
                    let bytes = try await greedy.receive(upTo: 1 << 20)
                    if bytes.isEmpty { break }
                }
            }
            let modest = try await RawClient(port: running.port)
            for _ in 0..<50 {
                try await modest.send("GET /m HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await modest.response().text.contains("/m"))
            }
            sender.cancel()
            reader.cancel()
            greedy.finish()
            _ = await sender.result
            _ = await reader.result
        }
    }

    @Test func `can be answered on the spot or by a task`() async throws {
        let shortcut: @Sendable (HTTPRequest) -> HTTPResponse? = { $0.path == "/now" ? .text("now") : nil }
        try await withServer(shortcut: shortcut) { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "now")
            #expect(try await client.response().text == "GET /later a []")
        }
    }

    @Test func `give their fields by name in any case, in order, and all of them`() async throws {
        try await withServer { _ in
        } handler: { request in
            var names: [String] = []
            request.fields.forEach { name, value in names.append("\(name)=\(value)") }
            let all = request.fields.all("cookie").joined(separator: "|")
            let missing = request.fields["x-none"] == nil
            return .text("\(request.fields["COOKIE"] ?? "-") \(all) \(missing) \(names.joined(separator: ","))")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: b=1\r\ncookie:  c=2 \r\n\r\n")
            #expect(try await client.response().text == "b=1 b=1|c=2 true Host=a,Cookie=b=1,cookie=c=2")
        }
    }
}

@Suite struct `A server` {
    @Test func `finishes what is in flight when it drains, and takes nothing new`() async throws {
        let entered = Counter()
        let released = Counter()
        try await withServer(loops: 2) { _ in
        } handler: { request in
            entered.add()
            while released.value == 0 { try? await request.loop.sleep(for: .milliseconds(10)) }
            return .text("done")
        } _: { running in
            let idle = try await RawClient(port: running.port)
            let busy = try await RawClient(port: running.port)
            try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { entered.value == 1 && running.server.statistics.open == 2 })
            async let drained: Void = running.server.drain(grace: .seconds(30))
            // The idle one goes first, so the drain has begun.
            #expect(try await idle.isClosedByServer())
            released.add()
            let reply = try await busy.response()
            #expect(reply.text == "done")
            #expect(reply["connection"] == "close")
            #expect(try await busy.isClosedByServer())
            await drained
            #expect(running.server.statistics.open == 0)
            await #expect(throws: ClientError.self) { _ = try await RawClient(port: running.port) }
        }
    }

    @Test func `cuts off and cancels what takes longer than the grace`() async throws {
        let entered = Counter()
        let cancelled = Counter()
        try await withServer { _ in
        } handler: { request in
            entered.add()
            do { try await request.loop.sleep(for: .seconds(30)) } catch { cancelled.add() }
            return .text("never")
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { entered.value == 1 })
            await running.server.drain(grace: .milliseconds(50))
            #expect(await eventually { cancelled.value == 1 })
            #expect(running.server.statistics.open == 0)
        }
    }

    @Test func `refuses an address that is taken`() async throws {
        try await withServer(loops: 2) { running in
            await #expect(throws: SystemError.self) {
                try await withServer(loops: 2) {
                    $0.port = running.port
                } _: { _ in
                }
            }
        }
    }

    @Test func `spreads connections over its loops`() async throws {
        try await withServer(loops: 2) { _ in
        } handler: { request in
            .text("\(request.loop.index) \(request.loop.isCurrent) \(request.peerAddress)")
        } _: { running in
            var seen: Set<String> = []
            for _ in 0..<64 {
                let client = try await RawClient(port: running.port)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                seen.insert(try await client.response().text)
            }
            #expect(seen == ["0 true 127.0.0.1", "1 true 127.0.0.1"])
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "0.0.0.0", "::"]) func `listens on`(host: String) async throws {
        try await withServer {
            $0.host = host
        } _: { running in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `listens on a Unix socket, replaces a dead one, and removes its own`() async throws {
        let path = "/tmp/purser-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        // What a server leaves behind that was killed.
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        Glibc.close(dead)
        try await withServer(loops: 2) {
            $0.unixSocketPath = path
        } handler: { request in
            .text(request.peerAddress)
        } _: { _ in
            for _ in 0..<8 {
                let client = try await RawClient(path: path)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().text == "unix")
            }
            await #expect(throws: SystemError.self) {
                try await withServer {
                    $0.unixSocketPath = path
                } _: { _ in
                }
            }
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func `survives whatever bytes come`() async throws {
        try await withServer(loops: 2) {
            $0.headTimeout = .milliseconds(200)
            $0.bodyTimeout = .milliseconds(200)
        } _: { running in
            var random = SeededGenerator(seed: 42)
            let parts = [
                "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "\n", "\0",
                "Content-Length: 5\r\n",
                "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n\r\n", "hello", ":", " ", "\u{e9}",
                "Expect: 100-continue\r\n", "Connection: close\r\n",
            ]
            for _ in 0..<150 {
                let client = try await RawClient(port: running.port)
                let count = Int.random(in: 1...12, using: &random)
                let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
                try? await client.send(text)
                if Bool.random(using: &random) { client.finish() }
                if Bool.random(using: &random) { client.reset() } else { client.close() }
            }
            let client = try await RawClient(port: running.port)
            try await client.send("GET /alive HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "GET /alive a []")
            client.close()
            #expect(await eventually { running.server.statistics.open == 0 })
        }
    }
}
