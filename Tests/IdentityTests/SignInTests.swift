import Base
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Signing in` {
    @Test func `works with the right password, however the address is written`() async throws {
        try await TestApp.run { app in
            let registered = try await app.registerAda()
            for email in ["ada@example.org", " ADA@EXAMPLE.ORG "] {
                let answer = try await app.post(
                    "/auth/login", #"{"email":"\#(email)","password":"\#(TestApp.password)"}"#)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.data["user"]?["id"] == registered.data["user"]?["id"])
                #expect(answer.data["book"]?["id"] == registered.data["book"]?["id"])
                #expect(try await app.get("/api/v1/users/me", bearer: answer.accessToken).status == 200)
            }
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.login'") == 2)
        }
    }

    @Test func `tells an unknown address and a wrong password alike`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let wrong = try await app.signInAda("wrong password")
            let unknown = try await app.post(
                "/auth/login", #"{"email":"nobody@example.org","password":"wrong password"}"#)
            #expect(wrong.status == 401)
            #expect(unknown.status == 401)
            #expect(wrong.code == "INVALID_CREDENTIALS")
            #expect(wrong.code == unknown.code)
            #expect(wrong.json["message"] == unknown.json["message"])
            let log = try app.logText()
            #expect(!log.contains("wrong password"))
            #expect(!log.contains("nobody@example.org"))
        }
    }

    @Test(arguments: [
        ("  Blanks And CASE  ", ["Blanks And CASE", "  blanks and case  ", "  Blanks And CASE "]),
        // Of two letters, and as one.
        ("cafe\u{301} au lait", ["caf\u{e9} au lait", "cafe au lait"]),
    ])
    func `takes a password exactly as it was chosen`(password: String, others: [String]) async throws {
        try await TestApp.run { app async throws in
            func send(_ path: String, _ password: String) async throws -> Int {
                try await app.post(path, #"{"email":"zoe@example.org","password":"\#(password)"}"#).status
            }
            #expect(try await send("/auth/register", password) == 201)
            for other in others { #expect(try await send("/auth/login", other) == 401, "\(other)") }
            #expect(try await send("/auth/login", password) == 200)
        }
    }

    @Test func `works with a password of ten years ago, and asks for no other`() async throws {
        try await TestApp.run { app in
            let registered = try await app.registerAda()
            app.clock.advance(by: .seconds(3652 * 86_400))
            let answer = try await app.signInAda()
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.data.object?.map(\.key) == registered.data.object?.map(\.key))
            #expect(try await app.get("/api/v1/users/me", bearer: answer.accessToken).status == 200)
        }
    }

    static let noAttempts = [
        "{}", #"{"email":"ada@example.org"}"#, #"{"password":"x"}"#, #"{"email":"ada@example.org","password":""}"#,
        #"{"email":"ada@example.org","password":null}"#, #"{"email":"ada@example.org","password":["x"]}"#,
        #"{"email":{"$ne":null},"password":"x"}"#, #"{"email":"' OR 1=1 --","password":"x"}"#,
    ]

    @Test func `refuses what is no attempt`() async throws {
        try await TestApp.run { app in
            for body in Self.noAttempts {
                let answer = try await app.post("/auth/login", body)
                #expect(answer.status == 400, "\(body)")
            }
        }
    }

    @Test func `refuses a disabled account, but only with its password`() async throws {
        try await TestApp.run { app in
            let registered = try await app.registerAda()
            let ada = try EmailAddress("ada@example.org")
            try await app.accounts.setActive(false, ada)
            #expect(try await app.get("/api/v1/users/me", bearer: registered.accessToken).status == 401)
            #expect(try await app.refresh(registered.refreshToken).status == 401)
            #expect(try await app.signInAda("wrong password").code == "INVALID_CREDENTIALS")
            let right = try await app.signInAda()
            #expect(right.status == 403)
            #expect(right.code == "ACCOUNT_DISABLED")
            try await app.accounts.setActive(true, ada)
            #expect(try await app.signInAda().status == 200)
        }
    }

    @Test func `with a new password ends the sessions of the old one`() async throws {
        try await TestApp.run { app in
            let registered = try await app.registerAda()
            let ada = try EmailAddress("ada@example.org")
            try await app.accounts.setPassword(try Password(new: "another horse", for: ada), of: ada)
            #expect(try await app.get("/api/v1/users/me", bearer: registered.accessToken).status == 401)
            #expect(try await app.refresh(registered.refreshToken).status == 401)
            #expect(try await app.signInAda().status == 401)
            #expect(try await app.signInAda("another horse").status == 200)
        }
    }

    @Test func `hashes anew what was hashed with other parameters`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let old = try Argon2id.hash(
                Array(TestApp.password.utf8), parameters: .init(memoryKiB: 128, iterations: 1, lanes: 1))
            try await app.database.write(["UPDATE users SET password_hash = \(old)"])
            #expect(try await app.signInAda().status == 200)
            let new: String? = try await app.database.first("SELECT password_hash FROM users")?.get(0)
            #expect(new?.contains("m=64,") == true)
            #expect(try await app.signInAda().status == 200)
        }
    }

    @Test func `keeps a bounded number of sessions`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            try await app.database.write([
                """
                INSERT INTO sessions
                    (id, user_id, transport, created_at, last_used_at, expires_at, ends_at, authenticated_at)
                SELECT gen_random_uuid(), users.id, 'bearer', now(), '2000-01-01', '2100-01-01', '2100-01-01', now()
                FROM users, generate_series(1, 150)
                """
            ])
            #expect(try await app.signInAda().status == 200)
            #expect(try await app.count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 100)
        }
    }
}

@Suite(.accounts) struct `Failed attempts` {
    @Test func `lock the account for their address, and nobody else out`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            for _ in 0..<5 { #expect(try await app.signInAda("wrong password").status == 401) }
            let locked = try await app.signInAda()
            #expect(locked.status == 429)
            #expect(locked.code == "TOO_MANY_ATTEMPTS")
            #expect(locked["retry-after"] == "900")
            // Ada herself, elsewhere.
            #expect(try await app.signInAda(from: "198.51.100.7").status == 200)
            app.clock.advance(by: .seconds(899))
            #expect(try await app.signInAda().status == 429)
            app.clock.advance(by: .seconds(1))
            #expect(try await app.signInAda().status == 200)
        }
    }

    @Test func `are forgotten by a success`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            for _ in 0..<5 {
                for _ in 0..<4 { #expect(try await app.signInAda("wrong password").status == 401) }
                #expect(try await app.signInAda().status == 200)
            }
        }
    }

    @Test func `for an address without an account lock just the same`() async throws {
        try await TestApp.run { app in
            let body = #"{"email":"nobody@example.org","password":"wrong password"}"#
            var codes: [String?] = []
            for _ in 0..<6 { codes.append(try await app.post("/auth/login", body).code) }
            #expect(codes == Array(repeating: "INVALID_CREDENTIALS", count: 5) + ["TOO_MANY_ATTEMPTS"])
        }
    }

    @Test func `sent at once get no more guesses than one after the other`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask { try await app.signInAda("wrong password \(number)").status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == 5)
            #expect(statuses.filter { $0 == 429 }.count == 35)
            #expect(try await app.signInAda().status == 429)
            #expect(try await app.count("SELECT failures FROM login_failures WHERE scope = 'pair'") == 5)
        }
    }

    @Test func `do not hinder many right ones at once`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await app.signInAda().status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 })
        }
    }

    @Test func `from many addresses slow strangers down, not the owner where she has been before`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            #expect(try await app.signInAda(from: "198.51.100.7").status == 200)
            for number in 0..<30 {
                #expect(try await app.signInAda("wrong password", from: "203.0.113.\(number)").status == 401)
            }
            #expect(try await app.signInAda(from: "203.0.113.99").status == 429)
            #expect(try await app.signInAda(from: "198.51.100.7").status == 200)
            app.clock.advance(by: .seconds(61))
            #expect(try await app.signInAda(from: "203.0.113.99").status == 200)
        }
    }

    @Test func `leave neither addresses nor e-mails behind`() async throws {
        try await TestApp.run { app in
            _ = try await app.post("/auth/login", #"{"email":"my.password@example.org","password":"oops oops"}"#)
            let rows = try await app.database.query("SELECT login_failures::text FROM login_failures")
            #expect(rows.count == 2)
            for row in rows {
                let text: String = try row.get(0)
                #expect(!text.contains("my.password"))
                #expect(!text.contains("127.0.0.1"))
            }
        }
    }
}

@Suite(.accounts) struct `The limit on attempts to prove who one is` {
    @Test func `answers 429 with the standard fields`() async throws {
        try await TestApp.run(rateLimits: RateLimits(credentials: 3)) { app in
            for _ in 0..<3 { #expect(try await app.post("/auth/login", "{}").status == 400) }
            let answer = try await app.post("/auth/login", "{}")
            #expect(answer.status == 429)
            #expect(answer["retry-after"] != nil)
            #expect(answer["ratelimit-remaining"] == "0")
        }
    }
}
