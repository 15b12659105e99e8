import EventLoop
import HTTPServer
import TestSupport
import Testing

@testable import Outbound

@Suite(.accounts) struct `Asking other servers` {
    /// A server that answers as its paths say.
    private func run(_ body: (Int) async throws -> Void) async throws {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: TestDatabase.current.loops,
            handler: { request in
                switch request.path {
                case "/large": HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 65, count: 200_000)))
                case "/elsewhere": HTTPResponse(status: 302, fields: [("Location", "/large")])
                case "/slow":
                    await {
                        try? await Task.sleep(for: .seconds(20)); return HTTPResponse(status: 200)
                    }()
                case "/echo":
                    await {
                        HTTPResponse(status: 200, body: .bytes((try? await request.body.collect(upTo: 1000)) ?? []))
                    }()
                default: HTTPResponse(status: 404)
                }
            }, onWireError: { status, _ in HTTPResponse(status: status) })
        let port = try await server.start()
        do {
            try await body(port)
            await server.drain(grace: .zero)
        } catch {
            await server.drain(grace: .zero)
            throw error
        }
    }

    private func loopback(_ change: (inout HTTPClient.Policy) -> Void = { _ in }) -> HTTPClient {
        var policy = HTTPClient.Policy()
        policy.allowsPlainLoopback = true
        change(&policy)
        return HTTPClient(policy: policy)
    }

    @Test func `sends forms, follows no redirect, and takes no more than it can hold`() async throws {
        try await run { port in
            let base = "http://127.0.0.1:\(port)"
            let echoed = try await loopback().send(.init(base + "/echo", form: [("a b", "ü&=")]))
            #expect(String(decoding: echoed.body, as: UTF8.self) == "a%20b=%C3%BC%26%3D")
            #expect(try await loopback().send(.init(base + "/elsewhere")).status == 302)
            #expect(try await loopback().send(.init(base + "/large")).body.count == 200_000)
            await #expect(throws: HTTPClient.Failure("the answer is larger than 100000 bytes")) {
                try await loopback { $0.bodyLimit = 100_000 }.send(.init(base + "/large"))
            }
            let begun = ContinuousClock.now
            await #expect(throws: HTTPClient.Failure.self) {
                try await loopback { $0.timeout = .seconds(1) }.send(.init(base + "/slow"))
            }
            #expect(ContinuousClock.now - begun < .seconds(10))
        }
    }

    @Test func `asks nothing without https, and nothing in our own network that nobody named`() async throws {
        try await run { port in
            let strict = HTTPClient()
            await #expect(throws: HTTPClient.Failure("only https is asked: http://127.0.0.1:\(port)/echo")) {
                try await strict.send(.init("http://127.0.0.1:\(port)/echo"))
            }
            for host in ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"] {
                await #expect(
                    throws: HTTPClient.Failure(
                        "its address is within our own network, and the operator has not named it"), "\(host)"
                ) { try await strict.send(.init("https://\(host):\(port)/echo")) }
            }
            for url in ["file:///etc/passwd", "gopher://x", "https://", "https://a@b/", "https://a b/", "", "http//x"] {
                await #expect(throws: HTTPClient.Failure.self, "\(url)") { try await strict.send(.init(url)) }
            }
        }
    }

    @Test func `knows which addresses are on the Internet`() {
        for bytes: [UInt8] in [
            [127, 0, 0, 1], [10, 1, 2, 3], [172, 16, 0, 1], [172, 31, 255, 255], [192, 168, 1, 1],
            [169, 254, 169, 254],
            [100, 64, 0, 1], [0, 0, 0, 0], [224, 0, 0, 1], [255, 255, 255, 255], [198, 18, 0, 1],
        ] { #expect(!NetworkAddress.isPublic(v4: bytes), "\(bytes)") }
        for bytes: [UInt8] in [[1, 1, 1, 1], [172, 32, 0, 1], [100, 128, 0, 1], [192, 0, 3, 1], [8, 8, 8, 8]] {
            #expect(NetworkAddress.isPublic(v4: bytes), "\(bytes)")
        }
        func v6(_ head: [UInt8], _ tail: [UInt8] = []) -> [UInt8] {
            head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        }
        for bytes in [
            v6([], [1]), v6([]), v6([0xFE, 0x80], [1]), v6([0xFD, 0x12], [1]), v6([0xFF, 0x02], [1]),
            v6([0x20, 0x01, 0x0D, 0xB8], [1]), v6([], [0xFF, 0xFF, 10, 0, 0, 1]),
            v6([0, 0x64, 0xFF, 0x9B], [127, 0, 0, 1]),
            v6([0x20, 0x02, 0x7F], [1]),
        ] { #expect(!NetworkAddress.isPublic(v6: bytes), "\(bytes)") }
        #expect(NetworkAddress.isPublic(v6: v6([0x26, 0x06, 0x47], [0x11])))
        #expect(NetworkAddress.isPublic(v6: v6([], [0xFF, 0xFF, 8, 8, 8, 8])))
    }
}
