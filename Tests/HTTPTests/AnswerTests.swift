import Base
import Foundation
import HTTPServer
import JSON
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite(.tags(.http)) struct `An answer` {
    @Test(arguments: [
        ("invalid", 400), ("unauthenticated", 401), ("forbidden", 403), ("notFound", 404), ("methodNotAllowed", 405),
        ("notAcceptable", 406), ("requestTimeout", 408), ("conflict", 409), ("gone", 410), ("preconditionFailed", 412),
        ("tooLarge", 413), ("unsupportedMediaType", 415), ("unprocessable", 422), ("locked", 423),
        ("tooManyRequests", 429),
        ("unavailable", 503),
    ]) func `that refuses has a status and an envelope`(kind: String, status: Int) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/refused/\(kind)", ("X-Request-Id", "r-1"))
            #expect(answer.status == status && answer["content-type"] == "application/json; charset=utf-8")
            let expected =
                #"{"success":false,"message":"A \"reason\".\n","code":"SOME_CODE","error":{"code":"SOME_CODE","message":"A \"reason\".\n","timestamp":"\#(TestApplication.now)","requestId":"r-1"},"errors":[{"field":"f","message":"m"}]}"#
            #expect(answer.json == (try JSONValue.parse(expected)))
        }
    }

    @Test func `that the server is not ready comes in time, though the database never says so`() async throws {
        let asked = Mutex(0)
        try await TestApplication.run(unready: {
            asked.withLock { $0 += 1 }
            try? await Task.sleep(for: .seconds(60))
            return []
        }) { app async throws in
            let start = ContinuousClock.now
            for _ in 0..<3 {
                let answer = try await app.get("/ready")
                #expect(answer.status == 503 && answer.code == "NOT_READY")
            }
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(asked.withLock { $0 } == 1)
        }
    }

    @Test func `covers every kind of refusal`() { #expect(Refusal.Kind.allCases.count == 17) }

    @Test func `tells nothing of what went wrong inside`() async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/broken")
            #expect(answer.status == 500 && answer.code == "INTERNAL_SERVER_ERROR")
            #expect(!answer.text.contains("hunter2") && !answer.text.contains("Broken"))
        }
    }

    @Test(arguments: ["r-1", "A_b.c-9", String(repeating: "x", count: 128)]) func `has the request's id`(id: String)
        async throws
    {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/things", ("X-Request-Id", id))["x-request-id"] == id)
            #expect(try await app.get("/nothing", ("X-Request-Id", id)).json["error"]?["requestId"] == .string(id))
        }
    }

    @Test(arguments: ["", "a b", "<script>", "é", "a\"b", "a\tb", "${jndi:x}", String(repeating: "x", count: 129)])
    func `has an id of its own where the request's is not one`(id: String) async throws {
        try await TestApplication.run { app async throws in
            let first = try await app.get("/api/v1/things", ("X-Request-Id", id))
            let second = try await app.get("/api/v1/things", ("X-Request-Id", id))
            let made = try #require(first["x-request-id"])
            #expect(BookID(made) != nil, "\(made) is no UUID")
            #expect(made != second["x-request-id"])
        }
    }

    @Test func `that nothing has changed leaves the stored headers alone`() async throws {
        try await TestApplication.run { app async throws in
            let first = try await app.get("/page")
            let tag = try #require(first["etag"])
            let second = try await app.get("/page", ("If-None-Match", tag))
            #expect(second.status == 304 && second["etag"] == tag)
            #expect(second["content-security-policy"] == nil, "it would replace the page's own policy")
            #expect(second["cache-control"] == first["cache-control"])
        }
    }

    @Test func `has the headers that protect a browser`() async throws {
        try await TestApplication.run { app async throws in
            for answer in [
                try await app.get("/api/v1/things"), try await app.get("/nothing"), try await app.get("/api/v1/broken"),
            ] {
                #expect(answer["x-content-type-options"] == "nosniff" && answer["x-frame-options"] == "DENY")
                #expect(answer["content-security-policy"]?.contains("default-src 'none'") == true)
                #expect(answer["cache-control"] == "no-store" && answer["strict-transport-security"] == nil)
            }
        }
    }
}

@Suite(.tags(.http)) struct `A tag` {
    @Test(arguments: ["\"v7\"", "W/\"v7\"", "\"x\", \"v7\"", "*", "\"x\",W/\"v7\""])
    func `that is known saves the body`(known: String) async throws {
        try await TestApplication.run { app async throws in
            for method in ["GET", "HEAD"] {
                let answer = try await app.send(method, "/api/v1/tagged", [("If-None-Match", known)])
                #expect(
                    answer.status == 304 && answer.body.isEmpty && answer["etag"] == "\"v7\""
                        && answer["content-type"] == nil)
            }
        }
    }

    @Test(arguments: ["\"v8\"", "v7", "\"V7\"", ""]) func `that is another one does not`(other: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/tagged", ("If-None-Match", other))
            #expect(answer.status == 200 && !answer.body.isEmpty)
        }
    }
}

@Suite(.tags(.http)) struct `Compressing` {
    private func unzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = TestDirectories.make("gzip") + "/body.gz"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", path]
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(output)
    }

    @Test(arguments: ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "br, *;q=0.1"]) func `is done where it is accepted`(
        accept: String
    ) async throws {
        try await TestApplication.run { app async throws in
            let plain = try await app.get("/api/v1/big?bytes=40000")
            let zipped = try await app.get("/api/v1/big?bytes=40000", ("Accept-Encoding", accept))
            #expect(zipped["content-encoding"] == "gzip" && zipped.body.count < plain.body.count / 2)
            #expect(zipped["content-length"] == "\(zipped.body.count)")
            #expect(try unzip(zipped.body) == plain.body)
            #expect(plain["etag"] == "\"big\"" && zipped["etag"] == "W/\"big\"")
            #expect(plain.all("vary").contains("Accept-Encoding") && zipped.all("vary").contains("Accept-Encoding"))
            let known = try await app.get(
                "/api/v1/big?bytes=40000", ("Accept-Encoding", accept), ("If-None-Match", "W/\"big\""))
            #expect(known.status == 304)
        }
    }

    @Test(arguments: ["", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "gzipped"])
    func `is not done otherwise`(accept: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/big?bytes=40000", ("Accept-Encoding", accept))
            #expect(answer["content-encoding"] == nil && answer.body.count == 40_000)
        }
    }

    @Test func `is not done where nothing is gained`() async throws {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/big?bytes=1016", ("Accept-Encoding", "gzip"))["content-encoding"] == nil)
            #expect(
                try await app.get("/api/v1/big?bytes=1024", ("Accept-Encoding", "gzip"))["content-encoding"] == "gzip")
            let noise = try await app.get("/api/v1/noise", ("Accept-Encoding", "gzip"))
            #expect(noise["content-encoding"] == nil && noise.body.count == 4000)
        }
    }
}

@Suite(.tags(.http)) struct `Pages of other origins` {
    @Test func `may not call, unless they are configured`() async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/things", ("Origin", "https://a.example"))
            #expect(answer["access-control-allow-origin"] == nil && answer["access-control-allow-credentials"] == nil)
        }
        try await TestApplication.run {
            $0.cors = CORS(origins: ["https://a.example"])
        } _: { app async throws in
            let allowed = try await app.get("/api/v1/things", ("Origin", "https://a.example"))
            #expect(
                allowed["access-control-allow-origin"] == "https://a.example" && allowed.all("vary").contains("Origin"))
            for other in [
                "https://b.example", "http://a.example", "https://a.example.evil.example", "null", "https://A.example",
            ] {
                let refused = try await app.get("/api/v1/things", ("Origin", other))
                #expect(
                    refused["access-control-allow-origin"] == nil && refused["access-control-allow-credentials"] == nil)
                #expect(refused.all("vary").contains("Origin"))
            }
        }
    }

    @Test func `are told before what they may send`() async throws {
        try await TestApplication.run {
            $0.cors = CORS(origins: ["https://a.example"])
        } _: { app async throws in
            let asks = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT")]
            let answer = try await app.send("OPTIONS", "/api/v1/things/x", asks)
            #expect(answer.status == 204 && answer["access-control-allow-origin"] == "https://a.example")
            #expect(answer["access-control-allow-methods"]?.contains("PUT") == true)
            #expect(answer["access-control-allow-headers"]?.contains("X-CSRF-Token") == true)
            let stranger = try await app.send(
                "OPTIONS", "/api/v1/things/x",
                [("Origin", "https://b.example"), ("Access-Control-Request-Method", "PUT")])
            #expect(stranger["access-control-allow-origin"] == nil && stranger["access-control-allow-methods"] == nil)
        }
    }
}

@Suite(.tags(.http)) struct `A client's address` {
    private func who(_ app: TestApplication, _ fields: (String, String)...) async throws -> (String?, String?) {
        let answer = try await app.send("GET", "/api/v1/who", fields)
        return (answer.data["address"]?.string, answer.data["secure"]?.string)
    }

    @Test func `is the peer's, whatever a header says`() async throws {
        try await TestApplication.run { app async throws in
            #expect(
                try await who(app, ("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-Proto", "https")) == (
                    "127.0.0.1", "false"
                ))
        }
        try await TestApplication.run {
            $0.trustedProxies = ["192.0.2.1"]
        } _: { app async throws in
            #expect(try await who(app, ("X-Forwarded-For", "192.0.2.9")).0 == "127.0.0.1")
        }
    }

    @Test func `is what a trusted proxy says it is, and no more than that`() async throws {
        try await TestApplication.run {
            $0.trustedProxies = ["127.0.0.1", "192.0.2.1"]
        } _: { app async throws in
            #expect(
                try await who(app, ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")) == (
                    "198.51.100.7", "true"
                ))
            // The left-most is what the client itself wrote.
            #expect(try await who(app, ("X-Forwarded-For", "1.1.1.1, 198.51.100.7, 192.0.2.1")).0 == "198.51.100.7")
            #expect(
                try await who(app, ("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "198.51.100.7")).0
                    == "198.51.100.7")
            #expect(try await who(app) == ("127.0.0.1", "false"))
            #expect(try await who(app, ("X-Forwarded-For", "192.0.2.1")).0 == "127.0.0.1")
        }
    }

    @Test func `behind a trusted proxy makes the answer insist on TLS`() async throws {
        try await TestApplication.run {
            $0.trustedProxies = ["127.0.0.1"]
        } _: { app async throws in
            #expect(
                try await app.get("/api/v1/who", ("X-Forwarded-Proto", "https"))["strict-transport-security"]
                    == "max-age=31536000")
        }
    }
}

@Suite(.tags(.http)) struct `A cookie` {
    @Test(
        arguments: [
            ("a=1", "a", "1"), ("a=1; b=2", "b", "2"), ("b=2;a=1", "a", "1"), ("xa=3; a=1", "a", "1"), ("a=", "a", ""),
            ("a=b=c", "a", "b=c"),
            ("a; a=1", "a", "1"), ("a=1; a=2", "a", "1"), (";;  a=1", "a", "1"), ("A=1", "a", nil), ("ab=1", "a", nil),
            ("=1", "a", nil), ("", "a", nil),
            ("b=\"a=7\"", "a", nil),
        ] as [(String, String, String?)]) func `is found by its whole name`(
            header: String, name: String, value: String?
        ) async throws
    {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/cookies/\(name)", ("Cookie", header)).data["value"]?.string == value)
        }
    }
}

@Suite(.tags(.http)) struct `Rate limits` {
    /// A clock that stands still until it is told to go on.
    private final class TestClock: Sendable {
        private let instant = Mutex(TestApplication.now)
        func advance(seconds: Int) { instant.withLock { $0 = $0 + .seconds(seconds) } }
        var clock: Clock { Clock { self.instant.withLock { $0 } } }
    }

    private static let limits = RateLimits(
        isEnabled: true, anonymous: 3, signedIn: 5, credentials: 2, window: .seconds(60))

    @Test func `count, tell, refuse, and begin anew`() async throws {
        let clock = TestClock()
        try await TestApplication.run({ $0.rateLimits = Self.limits }, clock: clock.clock) { app async throws in
            for left in [2, 1, 0] {
                let answer = try await app.get("/api/v1/things")
                #expect(
                    answer.status == 200 && answer["ratelimit-limit"] == "3"
                        && answer["ratelimit-remaining"] == "\(left)")
                #expect(answer["ratelimit-policy"] == "3;w=60" && answer["ratelimit-reset"] == "60")
            }
            clock.advance(seconds: 20)
            for _ in 0..<3 {
                let refused = try await app.get("/api/v1/things")
                #expect(refused.status == 429 && refused.code == "RATE_LIMIT_EXCEEDED")
                #expect(
                    refused["retry-after"] == "40" && refused["ratelimit-reset"] == "40"
                        && refused["ratelimit-remaining"] == "0")
            }
            clock.advance(seconds: 39)
            #expect(try await app.get("/api/v1/things").status == 429)
            clock.advance(seconds: 1)
            let anew = try await app.get("/api/v1/things")
            #expect(anew.status == 200 && anew["ratelimit-remaining"] == "2")
        }
    }

    @Test func `are each address's and each person's own`() async throws {
        try await TestApplication.run {
            $0.rateLimits = Self.limits
            $0.trustedProxies = ["127.0.0.1"]
        } _: { app async throws in
            for _ in 0..<3 {
                #expect(try await app.get("/api/v1/things", ("X-Forwarded-For", "192.0.2.1")).status == 200)
            }
            #expect(try await app.get("/api/v1/things", ("X-Forwarded-For", "192.0.2.1")).status == 429)
            #expect(try await app.get("/api/v1/things", ("X-Forwarded-For", "192.0.2.2")).status == 200)
            // Signed in, it is the person that counts, from wherever.
            for address in 1...5 {
                let answer = try await app.get(
                    "/api/v1/signed-in", ("X-Forwarded-For", "192.0.2.\(address)"), ("Authorization", "Bearer user"))
                #expect(answer.status == 200)
            }
            #expect(
                try await app.get(
                    "/api/v1/signed-in", ("X-Forwarded-For", "192.0.2.99"), ("Authorization", "Bearer user")
                ).status == 429)
            #expect(
                try await app.get(
                    "/api/v1/signed-in", ("X-Forwarded-For", "192.0.2.99"), ("Authorization", "Bearer admin")
                ).status == 200)
        }
    }

    @Test func `are tighter where somebody proves who they are, and count tokens that are wrong`() async throws {
        try await TestApplication.run {
            $0.rateLimits = Self.limits
        } _: { app async throws in
            for _ in 0..<2 { #expect(try await app.post("/api/v1/guess", "{}").status == 200) }
            #expect(try await app.post("/api/v1/guess", "{}").status == 429)
            // Apart from everyday calls.
            for _ in 0..<3 {
                #expect(try await app.get("/api/v1/signed-in", ("Authorization", "Bearer wrong")).status == 401)
            }
            #expect(try await app.get("/api/v1/signed-in", ("Authorization", "Bearer wrong")).status == 429)
        }
    }

    @Test func `leave out the probes`() async throws {
        try await TestApplication.run {
            $0.rateLimits = Self.limits
        } _: { app async throws in
            for _ in 0..<6 {
                let answer = try await app.get("/health")
                #expect(answer.status == 200 && answer["ratelimit-limit"] == nil)
            }
        }
    }

    @Test func `can be off`() async throws {
        try await TestApplication.run {
            $0.rateLimits = RateLimits(isEnabled: false, anonymous: 1, signedIn: 1, credentials: 1)
        } _: { app async throws in
            for _ in 0..<5 {
                let answer = try await app.post("/api/v1/guess", "{}")
                #expect(answer.status == 200 && answer["ratelimit-limit"] == nil)
            }
        }
    }

    @Test func `let through exactly as many as they say, when all come at once`() async throws {
        try await TestApplication.run {
            $0.rateLimits = RateLimits(isEnabled: true, anonymous: 10, window: .seconds(60))
        } _: { app async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await app.get("/api/v1/things").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 10 && statuses.count { $0 == 429 } == 30)
        }
    }
}

@Suite(.tags(.http)) struct `The OpenAPI document` {
    @Test func `has every route, once, and leads nowhere but to itself`() async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/openapi.json")
            #expect(answer.status == 200 && answer["content-type"]?.hasPrefix("application/json") == true)
            let document = try JSONValue.parse(answer.body)
            #expect(document["openapi"] == .string("3.1.0") && document["info"]?["version"] == .string("9.8.7"))
            let checker = OpenAPIChecker(document)
            #expect(checker.problemsOfDocument() == [])
            let declared = Set(app.application.routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" })
            #expect(checker.operationNames == declared && declared.count == app.application.routes.count)
            #expect(
                declared.isSuperset(of: [
                    "get /api/v1/openapi.json", "get /health", "get /api/v1/health", "get /metrics",
                ]))
        }
    }

    @Test func `has a page that shows every route`() async throws {
        try await TestApplication.run { app async throws in
            let page = try await app.get("/api/v1/docs").text
            for route in app.application.routes { #expect(page.contains(route.path), "\(route.path)") }
        }
    }
}
