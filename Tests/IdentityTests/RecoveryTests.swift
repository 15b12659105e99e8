import Base
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Links in letters` {
    @Test func `registering sends one that confirms the address, once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            #expect(ada.data["user"]?["emailVerified"] == .bool(false))
            let letters = try await app.letters()
            #expect(letters.map(\.kind) == ["verify"])
            let letter = try #require(letters.first)
            #expect(letter.to == "Ada@Example.org")
            #expect(letter.text.contains("https://purser.test/verify#token="))
            let token = try TestApp.token(in: letter)
            let answer = try await app.post("/auth/verify-email", #"{"token":"\#(token)"}"#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.data["verified"] == .bool(true))
            let me = try await app.get("/api/v1/users/me", bearer: ada.accessToken)
            #expect(me.data["emailVerified"] == .bool(true))
            let again = try await app.post("/auth/verify-email", #"{"token":"\#(token)"}"#)
            #expect(again.status == 400)
            #expect(again.code == "TOKEN_INVALID")
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.email_verified'") <= 1)
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'EMAIL_VERIFIED'") == 1)
        }
    }

    @Test func `are written in the language that the browser asked for`() async throws {
        try await TestApp.run { app in
            _ = try await app.post(
                "/auth/register", #"{"email":"max@example.org","password":"\#(TestApp.password)"}"#,
                fields: [("Accept-Language", "fr-FR, de-AT;q=0.9, en;q=0.5")])
            let letter = try #require(try await app.letters().first)
            #expect(letter.language == "de")
            #expect(letter.subject == "Bestätigen Sie Ihre E-Mail-Adresse")
        }
    }

    @Test func `expire`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let token = try await app.token("verify")
            app.clock.advance(by: .seconds(24 * 3600 + 1))
            #expect(try await app.post("/auth/verify-email", #"{"token":"\#(token)"}"#).code == "TOKEN_INVALID")
        }
    }

    @Test(arguments: ["", "x", "%%%", String(repeating: "A", count: 43), String(repeating: "é", count: 43)])
    func `that are made up are refused alike`(token: String) async throws {
        try await TestApp.run { app in
            for (path, more) in [
                ("verify-email", ""), ("confirm-email", ""), ("reset-password", #","password":"another horse""#),
            ] {
                let answer = try await app.post("/auth/\(path)", #"{"token":"\#(token)"\#(more)}"#)
                #expect(answer.status == 400, "\(path): \(answer.text)")
                #expect(answer.code == "TOKEN_INVALID")
            }
        }
    }

    @Test func `are for one purpose only`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let token = try await app.token("verify")
            let answer = try await app.post(
                "/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(answer.code == "TOKEN_INVALID")
            #expect(try await app.post("/auth/verify-email", #"{"token":"\#(token)"}"#).status == 200)
        }
    }

    @Test func `of whom has no account are promised with the same words, and no letter goes`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            _ = try await app.letters()
            for path in ["/auth/forgot-password", "/auth/resend-verification"] {
                let known = try await app.post(path, #"{"email":"ADA@example.org"}"#)
                let unknown = try await app.post(path, #"{"email":"nobody@example.org"}"#)
                #expect(known.status == 200)
                #expect(unknown.status == 200)
                #expect(known.text == unknown.text)
                #expect(Set(try await app.letters().map(\.to)) == ["Ada@Example.org"])
            }
            // What was typed waits sealed.
            _ = try await app.post("/auth/forgot-password", #"{"email":"secret-in-the-wrong-field@example.org"}"#)
            #expect(try await app.count("SELECT count(*) FROM jobs WHERE payload::text LIKE '%wrong-field%'") == 0)
            #expect(try await app.count("SELECT count(*) FROM jobs") == 1)
        }
    }

    @Test func `go to one address three times an hour at most`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            _ = try await app.letters()
            for _ in 0..<5 { _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#) }
            #expect(try await app.letters().count == 3)
            app.clock.advance(by: .seconds(3601))
            _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
            #expect(try await app.letters().count == 1)
        }
    }

    @Test func `do not go to a disabled account`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            _ = try await app.letters()
            try await app.accounts.setActive(false, try EmailAddress("ada@example.org"))
            _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
            #expect(try await app.letters().isEmpty)
        }
    }
}

@Suite(.accounts) struct `Setting a lost password` {
    private func ask(_ app: TestApp) async throws -> String {
        _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
        return try await app.token("reset")
    }

    @Test func `ends every way in that somebody left who registered another's address`() async throws {
        try await TestApp.run { app in
            let stranger = try await app.registerAda()
            let phone = try await Phone.enrol(app, stranger)
            let user = try #require(stranger.data["user"]?["id"]?.string.flatMap { UserID($0) })
            _ = try await app.database.write([
                """
                INSERT INTO api_keys (id, kind, user_id, name, secret_hash, hint, scopes, created_at)
                VALUES (\(user), 'user', \(user), 'left behind', \(SHA256.hash(Array("key".utf8))), 'abcd', '{entry:view}', now())
                """
            ])
            let token = try await ask(app)
            let answer = try await app.post(
                "/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(answer.status == 200, "\(answer.text)")
            let owner = try await app.signInAda("another horse")
            #expect(owner.status == 200 && owner.accessToken != nil)
            #expect(try await app.get("/api/v1/users/me", bearer: phone.session.accessToken).status == 401)
            let live = try await app.database.first(
                "SELECT count(*) FROM api_keys WHERE user_id = \(user) AND revoked_at IS NULL")
            #expect(try live?.get(0, as: Int64.self) == 0)
            // Once the address is theirs, a lost password changes nothing about their second factor.
            let own = try await Phone.enrol(app, owner)
            let again = try await ask(app)
            _ = try await app.post("/auth/reset-password", #"{"token":"\#(again)","password":"third horse!"}"#)
            #expect(try await app.signInAda("third horse!").data["mfaRequired"]?.bool == true)
            _ = own
        }
    }

    @Test func `ends all sessions, confirms the address, and tells the owner`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let token = try await ask(app)
            let answer = try await app.post(
                "/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.accessToken == nil)
            #expect(answer.cookies.isEmpty)
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 401)
            #expect(try await app.refresh(ada.refreshToken).status == 401)
            #expect(try await app.signInAda().status == 401)
            let signedIn = try await app.signInAda("another horse")
            #expect(signedIn.status == 200)
            #expect(signedIn.data["user"]?["emailVerified"] == .bool(true))
            #expect(try await app.letters().map(\.kind).contains("password-changed"))
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'PASSWORD_RESET'") == 1)
            #expect(
                try await app.count("SELECT count(*) FROM audit.log WHERE new_values::text LIKE '%horse%'") == 0)
        }
    }

    @Test func `works once, whoever comes at the same time`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let token = try await ask(app)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await app.post(
                            "/auth/reset-password", #"{"token":"\#(token)","password":"another horse \#(number)"}"#
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1, "\(statuses)")
            #expect(statuses.allSatisfy { $0 == 200 || $0 == 400 }, "\(statuses)")
        }
    }

    @Test func `only the newest link works, and for an hour`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let first = try await ask(app)
            let second = try await ask(app)
            let old = try await app.post("/auth/reset-password", #"{"token":"\#(first)","password":"another horse"}"#)
            #expect(old.code == "TOKEN_INVALID")
            app.clock.advance(by: .seconds(3601))
            let late = try await app.post("/auth/reset-password", #"{"token":"\#(second)","password":"another horse"}"#)
            #expect(late.code == "TOKEN_INVALID")
        }
    }

    @Test func `refuses a bad password and keeps the link`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let token = try await ask(app)
            for bad in ["short", "password1", "ada@example.org", "Ada Lovelace"] {
                let answer = try await app.post("/auth/reset-password", #"{"token":"\#(token)","password":"\#(bad)"}"#)
                #expect(answer.status == 400)
                #expect(answer.code == "VALIDATION_ERROR", "\(bad): \(answer.text)")
            }
            #expect(
                try await app.post("/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#).status
                    == 200)
        }
    }

    @Test func `lets in whom wrong passwords had shut out`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            for _ in 0..<6 { _ = try await app.signInAda("wrong password", from: "127.0.0.1") }
            #expect(try await app.signInAda(from: "127.0.0.1").status == 429)
            let token = try await ask(app)
            _ = try await app.post("/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(try await app.signInAda("another horse", from: "127.0.0.1").status == 200)
        }
    }

    @Test func `the owner is told of a lock once a day, and nobody else is`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            _ = try await app.letters()
            for _ in 0..<6 { _ = try await app.signInAda("wrong password", from: "198.51.100.7") }
            let letter = try #require(try await app.letters().first)
            #expect(letter.kind == "locked")
            #expect(letter.text.contains("198.51.100.7"))
            #expect(letter.text.contains("15 minutes"))
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'LOGIN_LOCKED'") == 1)
            app.clock.advance(by: .seconds(1000))
            for _ in 0..<6 { _ = try await app.signInAda("wrong password", from: "198.51.100.7") }
            #expect(try await app.letters().isEmpty)
            for _ in 0..<6 {
                _ = try await app.post("/auth/login", #"{"email":"nobody@example.org","password":"wrong password"}"#)
            }
            #expect(try await app.letters().isEmpty)
        }
    }
}
