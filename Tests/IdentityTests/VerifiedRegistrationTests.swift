import Base
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Registering where only a letter opens an account` {
    private func run(_ body: (TestApp) async throws -> Void) async throws {
        try await TestApp.run({ $0.isLinkNeededToRegister = true }, body)
    }

    private func complete(
        _ app: TestApp, _ token: String, _ password: String = TestApp.password, _ more: String = ""
    ) async throws -> Answer {
        try await app.post("/auth/register/complete", #"{"token":"\#(token)","password":"\#(password)"\#(more)}"#)
    }

    /// Without the parts that are another's in each answer.
    private func shape(_ answer: Answer) -> String {
        "\(answer.status) \(answer.data) \(answer.json["message"]?.string ?? "") \(answer.fields.map(\.name).sorted())"
    }

    @Test func `answers the same for an address with an account and for one without`() async throws {
        try await run { app in
            let first = try await app.registerAda(#","currency":"GBP","timeZone":"Europe/London""#)
            #expect(first.status == 202 && first.data["pending"] == .bool(true), "\(first.text)")
            #expect(first.accessToken == nil && first.cookies.isEmpty)
            #expect(try await app.count("SELECT count(*) FROM users") == 0)
            let token = try await app.token("register")
            let opened = try await complete(app, token, TestApp.password, #","session":"cookie""#)
            #expect(opened.status == 201, "\(opened.text)")
            #expect(opened.data["user"]?["emailVerified"] == .bool(true))
            #expect(opened.data["user"]?["email"]?.string == "ada@example.org")
            #expect(opened.data["user"]?["firstName"]?.string == "Ada")
            #expect(opened.data["book"]?["currency"]?.string == "GBP")
            #expect(opened.jar[SessionCookies.access] != nil)
            #expect(try await app.signInAda().status == 200)

            app.clock.advance(by: .seconds(3601))
            let again = try await app.registerAda()
            #expect(shape(again) == shape(first))
            let letters = try await app.letters()
            #expect(letters.map(\.kind).contains("account-exists"), "\(letters.map(\.kind))")
            #expect(!letters.contains { $0.kind == "register" })
            let told = try #require(letters.first { $0.kind == "account-exists" })
            #expect(told.text.contains("https://purser.test/signin") && !told.text.contains("token"))
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
        }
    }

    @Test func `needs the password that was chosen, and not often the wrong one`() async throws {
        try await run { app in
            _ = try await app.registerAda()
            let token = try await app.token("register")
            for _ in 0..<5 {
                let wrong = try await complete(app, token, "not the one")
                #expect(wrong.status == 400 && wrong.code == "WRONG_PASSWORD", "\(wrong.text)")
            }
            #expect(try await complete(app, token).code == "TOKEN_INVALID")
            #expect(try await app.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func `works once for each link, however many follow it at once, and for a day`() async throws {
        try await run { app in
            _ = try await app.registerAda()
            let token = try await app.token("register")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await complete(app, token).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1)
            #expect(statuses.allSatisfy { $0 == 201 || $0 == 400 }, "\(statuses)")
            #expect(try await app.count("SELECT count(*) FROM users") == 1)

            _ = try await app.post("/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let late = try await app.token("register")
            app.clock.advance(by: .seconds(24 * 3600))
            #expect(try await complete(app, late).code == "TOKEN_INVALID")
            try await app.accounts.prune()
            #expect(try await app.count("SELECT count(*) FROM pending_registrations") == 0)
            for token in ["", "x", String(repeating: "A", count: 43)] {
                #expect(try await complete(app, token).status == 400)
            }
        }
    }

    @Test func `writes to an address three times an hour, and the first link stays good`() async throws {
        try await run { app in
            _ = try await app.registerAda()
            let first = try await app.token("register")
            for number in 0..<5 {
                _ = try await app.post(
                    "/auth/register", #"{"email":"ada@example.org","password":"somebody else \#(number)"}"#)
            }
            #expect(try await app.letters().filter { $0.kind == "register" }.count == 2)
            #expect(try await complete(app, first).status == 201)
            #expect(try await app.count("SELECT count(*) FROM pending_registrations") == 0, "the others are void")
        }
    }

    @Test func `keeps nothing readable while it waits`() async throws {
        try await run { app in
            _ = try await app.registerAda()
            let queued = try #require(try await app.database.first("SELECT payload::text FROM jobs"))
            let payload: String = try queued.get(0)
            for secret in ["argon2", "Lovelace", "example.org"] { #expect(!payload.contains(secret)) }
            _ = try await app.letters()
            let row = try #require(
                try await app.database.first("SELECT encode(sealed, 'escape') FROM pending_registrations"))
            let sealed: String = try row.get(0)
            for secret in ["argon2", "Lovelace"] { #expect(!sealed.contains(secret)) }
        }
    }

    @Test func `refuses what it would refuse at once`() async throws {
        try await run { app in
            let answer = try await app.post("/auth/register", #"{"email":"x","password":"y"}"#)
            #expect(answer.status == 400)
        }
        try await TestApp.run {
            $0.isLinkNeededToRegister = true
            $0.isRegistrationOpen = false
        } _: { app in
            let answer = try await app.registerAda()
            #expect(answer.code == "REGISTRATION_CLOSED")
        }
    }
}

@Suite struct `A sealed payload` {
    @Test func `opens for its own kind of job alone`() throws {
        let payload = SealedPayload("letter", secrets: TestApp.secrets)
        let sealed = payload.sealed {
            $0.key("to")
            $0.string("ada@example.org")
        }
        #expect(!String(decoding: sealed, as: UTF8.self).contains("ada"))
        let json = try JSONValue.parse(sealed)
        #expect(payload.opened(json)?["to"]?.string == "ada@example.org")
        #expect(SealedPayload("other", secrets: TestApp.secrets).opened(json) == nil)
        for wrong in [JSONValue.null, .object([]), .object([("sealed", .string("AAAA"))])] {
            #expect(payload.opened(wrong) == nil)
        }
    }
}
