import Base
import Cryptography
import Database
import EventLoop
import Foundation
import HTTP
import HTTPServer
import JSON
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Identity

private func hash(_ text: String) -> String {
    SHA1.hash(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().uppercased()
}

/// A file of the lines, which is gone with the test's directory.
private func file(_ lines: [String], end: String = "\n", last: String = "\n") throws -> String {
    let path = TestDirectories.make("breached") + "/hashes.txt"
    try Data((lines.joined(separator: end) + last).utf8).write(to: URL(fileURLWithPath: path))
    return path
}

@Suite struct `A file of breached passwords` {
    /// Each line of files of every small size, with every kind of line, and what lies between the lines.
    @Test(arguments: ["\n", "\r\n"], ["", ":1", ":mixed"])
    func `is found in at each of its lines and nowhere else`(end: String, count: String) throws {
        var random = SystemRandomNumberGenerator()
        for size in Array(1...40) + [1000] {
            let present = (0..<size).map { "password \($0)" }
            let lines = present.map(hash).sorted().map { line in
                line + (count == ":mixed" ? ":\(random.next() >> UInt64.random(in: 0...63))" : count)
            }
            let file = try BreachedPasswordFile(
                try file(lines, end: end, last: size % 3 == 0 ? "" : size % 3 == 1 ? end : end + "\n"))
            for text in present { #expect(try file.contains(Array(hash(text).utf8)), "\(text) of \(size)") }
            for index in 0..<50 {
                #expect(try !file.contains(Array(hash("another \(index)").utf8)), "another \(index) of \(size)")
            }
            for edge in ["0", "F"] {
                #expect(try !file.contains(Array(String(repeating: edge, count: 40).utf8)))
            }
        }
    }

    @Test func `may have small letters`() throws {
        let lines = ["a", "b", "c"].map(hash).sorted().map { $0.lowercased() }
        let file = try BreachedPasswordFile(try file(lines))
        for text in ["a", "b", "c"] { #expect(try file.contains(Array(hash(text).utf8))) }
    }

    @Test func `that is none is refused at the start`() throws {
        let sorted = ["a", "b"].map(hash).sorted()
        for lines in [
            [], ["password"], ["password", "12345678"], [sorted[1], sorted[0]], [sorted[0].dropLast() + "G"],
        ] {
            #expect(throws: BreachedPasswords.Problem.self) { try BreachedPasswordFile(try file(lines)) }
        }
        for path in ["/nowhere/at/all", "/tmp", "/dev/zero"] {
            #expect(throws: BreachedPasswords.Problem.self) { try BreachedPasswordFile(path) }
        }
    }
}

@Suite(.accounts) struct `Breached passwords` {
    static let leaked = "plums under the snow"

    @Test func `are refused wherever somebody chooses one, and nothing is changed`() async throws {
        let place = try file([Self.leaked, "one", "two", "three"].map(hash).sorted().map { $0 + ":7" })
        try await TestApp.run(breached: place) { app in
            func isRefused(_ answer: Answer, _ field: String) -> Bool {
                answer.status == 400 && answer.json["errors"]?.array?.first?["field"]?.string == field
                    && answer.text.contains("has leaked")
            }
            let body = #"{"email":"bob@example.org","password":"\#(Self.leaked)"}"#
            #expect(isRefused(try await app.post("/auth/register", body), "password"))
            #expect(try await app.count("SELECT count(*) FROM users") == 0)

            let ada = try await app.registerAda()
            #expect(ada.status == 201)
            let change = try await app.post(
                "/auth/change-password",
                #"{"currentPassword":"\#(TestApp.password)","newPassword":"\#(Self.leaked)"}"#, bearer: ada.accessToken)
            #expect(isRefused(change, "newPassword"), "\(change.status) \(change.text)")

            _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
            let token = try await app.token("reset")
            func reset(_ password: String) async throws -> Answer {
                try await app.post("/auth/reset-password", #"{"token":"\#(token)","password":"\#(password)"}"#)
            }
            let refused = try await reset(Self.leaked)
            #expect(isRefused(refused, "password"), "\(refused.status) \(refused.text)")
            #expect(try await app.signInAda().status == 200)
            #expect(try await reset("a horse of another colour").status == 200)

            let email = try EmailAddress("ada@example.org")
            await #expect(throws: Refusal.self) {
                try await app.accounts.setPassword(try Password(new: Self.leaked, for: email), of: email)
            }
        }
    }

    /// A service as Have I Been Pwned runs one.
    private func withService(
        _ answer: @escaping @Sendable (String) async -> HTTPResponse, _ body: (String) async throws -> Void
    )
        async throws
    {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: TestDatabase.current.loops,
            handler: { await answer($0.path) }, onWireError: { status, _ in HTTPResponse(status: status) })
        let port = try await server.start()
        do {
            try await body("http://127.0.0.1:\(port)/range/")
            await server.drain(grace: .zero)
        } catch {
            await server.drain(grace: .zero)
            throw error
        }
    }

    @Test func `are asked for by the first five digits alone`() async throws {
        let asked = Mutex<[String]>([])
        let leaked = hash(Self.leaked)
        let padded = hash("only padding")
        let service: @Sendable (String) async -> HTTPResponse = { path in
            asked.withLock { $0.append(path) }
            let lines = [
                "0018A45C4D1DEF81644B54AB7F969B88D65:3", "\(padded.dropFirst(5)):0", "\(leaked.dropFirst(5)):12",
            ]
            return HTTPResponse(status: 200, body: .bytes(Array(lines.joined(separator: "\r\n").utf8)))
        }
        try await withService(service) { place in
            let list = try BreachedPasswords(place, allowsPlainLoopback: true, log: .silent)
            func contains(_ text: String) async throws -> Bool {
                await list.contains(try Password(new: text, for: try EmailAddress("a@example.org")))
            }
            #expect(try await contains(Self.leaked))
            #expect(try await !contains("only padding"))
            #expect(try await !contains(TestApp.password))
            #expect(
                asked.withLock { $0 }
                    == [Self.leaked, "only padding", TestApp.password].map { "/range/" + hash($0).prefix(5) })
        }
    }

    @Test(arguments: [500, 404, 302])
    func `keep nobody from having a password while the service does not answer`(status: Int) async throws {
        try await withService({ _ in HTTPResponse(status: status) }) { place in
            try await TestApp.run(breached: place) { app in
                let answer = try await app.registerAda()
                #expect(answer.status == 201, "\(answer.text)")
            }
        }
        try await TestApp.run(breached: "http://127.0.0.1:1/range/") { app in
            let answer = try await app.post(
                "/auth/register", #"{"email":"eve@example.org","password":"\#(Self.leaked)"}"#)
            #expect(answer.status == 201, "\(answer.text)")
        }
    }
}
