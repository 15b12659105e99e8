import Base
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Changing the password` {
    private func change(
        _ app: TestApp, _ bearer: String?, from current: String = TestApp.password, to new: String = "another horse",
        _ more: String = ""
    ) async throws -> Answer {
        try await app.post(
            "/auth/change-password", #"{"currentPassword":"\#(current)","newPassword":"\#(new)"\#(more)}"#,
            bearer: bearer)
    }

    @Test func `ends all other sessions and tells the owner`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let other = try await app.signInAda()
            _ = try await app.letters()
            let answer = try await change(app, ada.accessToken)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 200)
            #expect(try await app.get("/api/v1/users/me", bearer: other.accessToken).status == 401)
            #expect(try await app.refresh(other.refreshToken).status == 401)
            #expect(try await app.signInAda().status == 401)
            #expect(try await app.signInAda("another horse").status == 200)
            #expect(try await app.letters().map(\.kind).contains("password-changed"))
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'PASSWORD_CHANGED'") == 1)
        }
    }

    @Test func `leaves the other sessions when asked to`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let other = try await app.signInAda()
            _ = try await change(app, ada.accessToken, to: "another horse", #","endOtherSessions":false"#)
            #expect(try await app.get("/api/v1/users/me", bearer: other.accessToken).status == 200)
        }
    }

    @Test func `needs the present one, and counts the wrong ones as sign-ins are counted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let wrong = try await change(app, ada.accessToken, from: "wrong password")
            #expect(wrong.status == 400)
            #expect(wrong.code == "WRONG_PASSWORD")
            for _ in 0..<5 { _ = try await change(app, ada.accessToken, from: "wrong password") }
            let right = try await change(app, ada.accessToken)
            #expect(right.status == 429, "\(right.text)")
            #expect(right["retry-after"] != nil)
        }
    }

    @Test func `refuses a bad new one, and whoever is not signed in`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            #expect(try await change(app, ada.accessToken, to: "short").code == "VALIDATION_ERROR")
            #expect(try await change(app, ada.accessToken, to: "password1").code == "VALIDATION_ERROR")
            #expect(try await change(app, nil).status == 401)
            #expect(try await app.signInAda().status == 200)
        }
    }

    @Test func `of two at once one wins`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            async let one = change(app, ada.accessToken, to: "another horse 1")
            async let two = change(app, ada.accessToken, to: "another horse 2")
            let statuses = try await [one.status, two.status].sorted()
            #expect(statuses == [200, 400])
        }
    }
}

@Suite(.accounts) struct `Changing the address` {
    private func change(_ app: TestApp, _ bearer: String?, to email: String, _ password: String = TestApp.password)
        async throws -> Answer
    {
        try await app.post(
            "/auth/change-email", #"{"email":"\#(email)","password":"\#(password)"}"#, bearer: bearer)
    }

    @Test func `counts when the new one is confirmed, and tells the old one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            _ = try await app.letters()
            #expect(try await change(app, ada.accessToken, to: "Countess@example.org").status == 200)
            let letters = try await app.letters()
            #expect(Set(letters.map(\.to)) == ["Ada@Example.org", "Countess@example.org"])
            #expect(try await app.signInAda().status == 200)
            let link = try #require(letters.first { $0.kind == "email-confirm" })
            let token = try TestApp.token(in: link)
            let confirmed = try await app.post("/auth/confirm-email", #"{"token":"\#(token)"}"#)
            #expect(confirmed.status == 200, "\(confirmed.text)")
            #expect(confirmed.data["email"]?.string == "Countess@example.org")
            #expect(try await app.signInAda().status == 401)
            let signedIn = try await app.post(
                "/auth/login", #"{"email":"countess@example.org","password":"\#(TestApp.password)"}"#)
            #expect(signedIn.data["user"]?["emailVerified"] == .bool(true))
            #expect(try await app.post("/auth/confirm-email", #"{"token":"\#(token)"}"#).code == "TOKEN_INVALID")
        }
    }

    @Test func `needs a sign-in of the last quarter of an hour, and its password`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let wrong = try await change(app, ada.accessToken, to: "new@example.org", "wrong password")
            #expect(wrong.code == "WRONG_PASSWORD")
            app.clock.advance(by: .seconds(14 * 60))
            let fresh = try await app.refresh(ada.refreshToken)
            app.clock.advance(by: .seconds(2 * 60))
            let stale = try await change(app, fresh.accessToken, to: "new@example.org")
            #expect(stale.status == 403)
            #expect(stale.code == "REAUTHENTICATION_REQUIRED")
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)"}"#, bearer: fresh.accessToken)
            #expect(proof.status == 200, "\(proof.text)")
            #expect(try await change(app, proof.accessToken, to: "new@example.org").status == 200)
        }
    }

    @Test func `to one that somebody has is answered as any, and comes to nothing`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            _ = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            _ = try await app.letters()
            #expect(try await change(app, ada.accessToken, to: "zoe@example.org").status == 200)
            let letters = try await app.letters()
            #expect(letters.map(\.to) == ["Ada@Example.org"])
            #expect(letters.map(\.kind) == ["email-changing"])
        }
    }

    @Test func `to one that was taken meanwhile is refused`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            _ = try await change(app, ada.accessToken, to: "zoe@example.org")
            let token = try await app.token("email-confirm")
            _ = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let answer = try await app.post("/auth/confirm-email", #"{"token":"\#(token)"}"#)
            #expect(answer.status == 409)
            #expect(answer.code == "DUPLICATE_KEY")
        }
    }
}

@Suite(.accounts) struct `Sessions` {
    @Test func `are listed with their devices, the present one first`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            app.clock.advance(by: .seconds(5))
            let phone = try await app.post(
                "/auth/login", #"{"email":"ada@example.org","password":"\#(TestApp.password)"}"#,
                fields: [
                    ("X-Forwarded-For", "2001:db8::7"),
                    ("User-Agent", "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"),
                ])
            let list = try await app.get("/api/v1/auth/sessions", bearer: phone.accessToken).data.array ?? []
            #expect(list.count == 2)
            #expect(list.first?["device"]?.string == "Firefox on Android")
            #expect(list.first?["address"]?.string == "2001:db8::7")
            #expect(list.first?["network"]?.string == "20010db800000000/64")
            #expect(list.first?["current"] == .bool(true))
            #expect(list.first?["methods"]?.array == [.string("pwd")])
            #expect(list.last?["device"]?.string == "An unknown program")
            #expect(list.last?["current"] == .bool(false))
        }
    }

    @Test func `that are revoked are refused at the next request`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let other = try await app.signInAda()
            let list = try await app.get("/api/v1/auth/sessions", bearer: ada.accessToken).data.array ?? []
            let id = try #require(list.last?["id"]?.string)
            let ended = try await app.send("DELETE", "/api/v1/auth/sessions/\(id)", bearer: ada.accessToken)
            #expect(ended.status == 204)
            #expect(try await app.get("/api/v1/users/me", bearer: other.accessToken).status == 401)
            #expect(try await app.refresh(other.refreshToken).status == 401)
            let again = try await app.send("DELETE", "/api/v1/auth/sessions/\(id)", bearer: ada.accessToken)
            #expect(again.status == 404)
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'SESSION_REVOKED'") == 1)
        }
    }

    @Test func `are ended upon a fresh proof, but for the one in front`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let other = try await app.signInAda()
            app.clock.advance(by: .seconds(14 * 60))
            let here = try await app.refresh(ada.refreshToken)
            let there = try await app.refresh(other.refreshToken)
            app.clock.advance(by: .seconds(2 * 60))
            let list = try await app.get("/api/v1/auth/sessions", bearer: here.accessToken).data.array ?? []
            let ids = list.compactMap { $0["id"]?.string }
            try #require(ids.count == 2 && list.first?["current"] == .bool(true))
            for answer in [
                try await app.send("DELETE", "/api/v1/auth/sessions/\(ids[1])", bearer: here.accessToken),
                try await app.send("DELETE", "/api/v1/auth/sessions", bearer: here.accessToken),
                try await app.send("DELETE", "/api/v1/auth/sessions?all=true", bearer: here.accessToken),
                try await app.post("/auth/logout-all", "{}", bearer: here.accessToken),
            ] {
                #expect(answer.status == 403 && answer.code == "REAUTHENTICATION_REQUIRED", "\(answer.text)")
            }
            #expect(try await app.get("/api/v1/users/me", bearer: there.accessToken).status == 200)
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)"}"#, bearer: here.accessToken)
            let ended = try await app.send("DELETE", "/api/v1/auth/sessions/\(ids[1])", bearer: proof.accessToken)
            #expect(ended.status == 204, "\(ended.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: there.accessToken).status == 401)
            // Leaving oneself needs no proof, however long ago that was.
            app.clock.advance(by: .seconds(14 * 60))
            let late = try await app.refresh(proof.refreshToken)
            app.clock.advance(by: .seconds(2 * 60))
            let mine = try await app.get("/api/v1/auth/sessions", bearer: late.accessToken).data.array?.first?["id"]
            let left = try await app.send(
                "DELETE", "/api/v1/auth/sessions/\(mine?.string ?? "")", bearer: late.accessToken)
            #expect(left.status == 204, "\(left.text)")
        }
    }

    @Test func `of somebody else are not there`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let list = try await app.get("/api/v1/auth/sessions", bearer: ada.accessToken).data.array ?? []
            let id = try #require(list.first?["id"]?.string)
            let answer = try await app.send("DELETE", "/api/v1/auth/sessions/\(id)", bearer: zoe.accessToken)
            #expect(answer.status == 404)
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 200)
            #expect(try await app.get("/api/v1/auth/sessions").status == 401)
        }
    }

    @Test func `can all be ended, with or without the present one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let two = try await app.signInAda()
            #expect(try await app.send("DELETE", "/api/v1/auth/sessions", bearer: ada.accessToken).status == 204)
            #expect(try await app.get("/api/v1/users/me", bearer: two.accessToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 200)
            let three = try await app.signInAda()
            let out = try await app.post("/auth/logout-all", "{}", bearer: three.accessToken)
            #expect(out.status == 204, "\(out.text)")
            #expect(out.cookies["purser_access"]?.value == "")
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: three.accessToken).status == 401)
        }
    }

    @Test func `end after ninety days, however much they are used`() async throws {
        try await TestApp.run { app in
            var token = try await app.registerAda().refreshToken
            for _ in 0..<17 {
                app.clock.advance(by: .seconds(5 * 86_400))
                let answer = try await app.refresh(token)
                #expect(answer.status == 200)
                token = answer.refreshToken
            }
            app.clock.advance(by: .seconds(5 * 86_400 + 1))
            #expect(try await app.refresh(token).status == 401)
        }
    }

    @Test func `from a network not seen before are told to the owner`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            _ = try await app.letters()
            _ = try await app.signInAda(from: "203.0.113.5")
            let letter = try #require(try await app.letters().first)
            #expect(letter.kind == "new-sign-in")
            #expect(letter.text.contains("203.0.113.5"))
            _ = try await app.signInAda(from: "203.0.113.5")
            #expect(try await app.letters().isEmpty)
        }
    }
}

@Suite struct `A device's words` {
    @Test(arguments: [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0",
            "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone"
        ),
        ("curl/8.1.2", "curl"), ("", "An unknown program"), ("Mozilla/5.0", "An unknown program"),
        ("<script>alert(1)</script>", "An unknown program"),
    ])
    func `name the program and the system`(agent: String, words: String) {
        #expect(Device(userAgent: agent).words == words)
    }
}
