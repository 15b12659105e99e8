import Base
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

/// Showing once more who is at the session, where the password is only half of it.
@Suite(.accounts) struct `Proving it again with a second factor` {
    /// Ada with codes, whose sign-in was a while ago.
    private func stale(_ app: TestApp) async throws -> (phone: Phone, bearer: String?) {
        let phone = try await Phone.enrol(app, try await app.registerAda())
        app.clock.advance(by: .seconds(14 * 60))
        let later = try await app.refresh(phone.session.refreshToken)
        app.clock.advance(by: .seconds(5 * 60))
        return (phone, later.accessToken)
    }

    private func prove(_ app: TestApp, _ bearer: String?, _ more: String = "", password: String = TestApp.password)
        async throws -> Answer
    {
        try await app.post("/auth/reauthenticate", #"{"password":"\#(password)"\#(more)}"#, bearer: bearer)
    }

    /// What weakens the sign-in, and what puts others out.
    private static let guarded = [
        ("POST", "/auth/mfa/recovery-codes", "{}"), ("POST", "/auth/mfa/enable", "{}"),
        ("POST", "/auth/passkeys/options", "{}"),
        (
            "POST", "/auth/change-password",
            #"{"currentPassword":"\#(TestApp.password)","newPassword":"another horse"}"#
        ),
        ("POST", "/auth/change-email", #"{"email":"x@example.org","password":"\#(TestApp.password)"}"#),
        ("DELETE", "/auth/sessions", nil), ("POST", "/auth/logout-all", "{}"),
        ("DELETE", "/users/me", #"{"confirmation":"ada@example.org"}"#),
    ]

    @Test func `is not done by the password alone, for anything that weakens the sign-in`() async throws {
        try await TestApp.run { app in
            let (_, bearer) = try await stale(app)
            func tryAll() async throws {
                for (method, path, body) in Self.guarded {
                    let answer = try await app.send(method, "/api/v1" + path, body, bearer: bearer)
                    #expect(
                        answer.status == 403 && answer.code == "REAUTHENTICATION_REQUIRED", "\(path): \(answer.text)")
                }
            }
            try await tryAll()
            let ways = try await app.get("/api/v1/auth/reauthenticate", bearer: bearer)
            #expect(ways.data["secondFactor"] == .bool(true))
            // Nor does it tell whether the password is right.
            for password in [TestApp.password, "wrong password"] {
                let half = try await prove(app, bearer, password: password)
                #expect(half.status == 403 && half.code == "SECOND_FACTOR_NEEDED", "\(half.text)")
            }
            try await tryAll()
            #expect(try await app.signInAda().status == 202)
        }
    }

    @Test func `is done by password and code together, and by no code twice`() async throws {
        try await TestApp.run { app in
            let (phone, bearer) = try await stale(app)
            let code = phone.code(app)
            let alone = try await app.post("/auth/reauthenticate", #"{"code":"\#(code)"}"#, bearer: bearer)
            #expect(alone.status == 400 && alone.code == "VALIDATION_ERROR", "\(alone.text)")
            let wrong = try await prove(app, bearer, #","code":"\#(code)""#, password: "wrong password")
            #expect(wrong.code == "WRONG_PASSWORD")
            let proof = try await prove(app, bearer, #","code":"\#(code)""#)
            #expect(proof.status == 200, "\(proof.text)")
            let renewed = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: proof.accessToken)
            #expect(renewed.data["recoveryCodes"]?.array?.count == 10, "\(renewed.text)")
            let again = try await prove(app, proof.accessToken, #","code":"\#(code)""#)
            #expect(again.status == 400 && again.code == "CODE_INVALID")
            // Nor one that has signed in.
            app.clock.advance(by: .seconds(30))
            let step = try await app.signInAda()
            let next = phone.code(app)
            let challenge = try #require(step.data["challenge"]?.string)
            let entered = try await app.post(
                "/auth/mfa/verify", #"{"challenge":"\#(challenge)","code":"\#(next)"}"#)
            #expect(entered.status == 200)
            #expect(try await prove(app, entered.accessToken, #","code":"\#(next)""#).code == "CODE_INVALID")
        }
    }

    @Test func `is done by password and recovery code, which is used up`() async throws {
        try await TestApp.run { app in
            let (phone, bearer) = try await stale(app)
            let code = try #require(phone.recoveryCodes.first)
            let both = try await prove(app, bearer, #","code":"000000","recoveryCode":"\#(code)""#)
            #expect(both.code == "VALIDATION_ERROR")
            let proof = try await prove(app, bearer, #","recoveryCode":"\#(code)""#)
            #expect(proof.status == 200, "\(proof.text)")
            #expect(try await app.post("/auth/passkeys/options", "{}", bearer: proof.accessToken).status == 200)
            #expect(try await prove(app, proof.accessToken, #","recoveryCode":"\#(code)""#).code == "CODE_INVALID")
            #expect(try await app.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL") == 9)
        }
    }

    @Test func `counts wrong codes as signing in does`() async throws {
        try await TestApp.run { app in
            let (phone, bearer) = try await stale(app)
            for _ in 0..<5 {
                #expect(try await prove(app, bearer, #","code":"000000""#).code == "CODE_INVALID")
            }
            let locked = try await prove(app, bearer, #","code":"\#(phone.code(app))""#)
            #expect(locked.status == 429 && locked["retry-after"] != nil, "\(locked.text)")
            let challenge = try #require(try await app.signInAda().data["challenge"]?.string)
            let there = try await app.post(
                "/auth/mfa/verify", #"{"challenge":"\#(challenge)","code":"\#(phone.code(app))"}"#)
            #expect(there.status == 429)
        }
    }

    @Test func `with a code where there are none says so`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let answer = try await prove(app, ada.accessToken, #","code":"123456""#)
            #expect(answer.status == 409 && answer.code == "MFA_NOT_ENABLED")
        }
    }

    @Test func `does not follow from changing the password`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            app.clock.advance(by: .seconds(14 * 60))
            let bearer = try await app.refresh(phone.session.refreshToken).accessToken
            // Just before the proof of the sign-in is too old.
            let changed = try await app.post(
                "/auth/change-password",
                #"{"currentPassword":"\#(TestApp.password)","newPassword":"another horse"}"#, bearer: bearer)
            #expect(changed.status == 200, "\(changed.text)")
            app.clock.advance(by: .seconds(2 * 60))
            let codes = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: bearer)
            #expect(codes.code == "REAUTHENTICATION_REQUIRED")
        }
    }
}

/// A proof, and another sign-in in the same browser, leave nothing of the tokens before.
@Suite(.accounts) struct `A session that another takes the place of` {
    @Test func `ends with a proof, and lasts no longer for it`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let ends = try await app.database.first("SELECT ends_at FROM sessions")?.get(0, as: Instant.self)
            app.clock.advance(by: .seconds(60))
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)"}"#, bearer: ada.accessToken)
            #expect(proof.status == 200, "\(proof.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 401)
            #expect(try await app.refresh(ada.refreshToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: proof.accessToken).status == 200)
            let list = try await app.get("/api/v1/auth/sessions", bearer: proof.accessToken).data.array ?? []
            #expect(list.map { $0["current"] } == [.bool(true)])
            let row = try await app.database.first("SELECT ends_at FROM sessions WHERE revoked_at IS NULL")
            #expect(try row?.get(0, as: Instant.self) == ends)
            #expect(
                try await app.count("SELECT count(*) FROM sessions WHERE revoked_reason = 'renewed'") == 1)
            #expect(try await app.refresh(proof.refreshToken).status == 200)
        }
    }

    @Test func `of a page has its new tokens in cookies alone`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda(#","session":"cookie""#)
            func csrf(_ jar: [String: String]) -> [(String, String)] {
                [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
            }
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)"}"#, cookies: ada.jar, fields: csrf(ada.jar)
            )
            #expect(proof.status == 200, "\(proof.text)")
            #expect(proof.accessToken == nil && proof.refreshToken == nil)
            #expect(Set(proof.jar.keys) == [SessionCookies.access, SessionCookies.refresh, SessionCookies.csrf])
            #expect(try await app.get("/api/v1/users/me", cookies: ada.jar).status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: proof.jar).status == 200)
            let refreshed = try await app.post("/auth/refresh", "{}", cookies: proof.jar, fields: csrf(proof.jar))
            #expect(refreshed.status == 200, "\(refreshed.text)")
        }
    }

    @Test func `of one browser ends when somebody signs in there again`() async throws {
        try await TestApp.run { app in
            let body = #"{"email":"ada@example.org","password":"\#(TestApp.password)","session":"cookie"}"#
            let first = try await app.registerAda(#","session":"cookie""#)
            let elsewhere = try await app.signInAda()
            let second = try await app.post("/auth/login", body, cookies: first.jar)
            #expect(second.status == 200, "\(second.text)")
            #expect(try await app.get("/api/v1/users/me", cookies: first.jar).status == 401)
            let refreshed = try await app.post(
                "/auth/refresh", "{}", cookies: first.jar,
                fields: [("X-CSRF-Token", first.jar[SessionCookies.csrf] ?? "")])
            #expect(refreshed.status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: second.jar).status == 200)
            #expect(try await app.get("/api/v1/users/me", bearer: elsewhere.accessToken).status == 200)
            // Also when it is another person, by whatever way.
            let zoe = try await app.post(
                "/auth/register",
                #"{"email":"zoe@example.org","password":"\#(TestApp.password)","session":"cookie"}"#,
                cookies: second.jar)
            #expect(zoe.status == 201, "\(zoe.text)")
            #expect(try await app.get("/api/v1/users/me", cookies: second.jar).status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: zoe.jar).status == 200)
        }
    }

    @Test func `is left alone by a program's sign-in, and by a wrong password`() async throws {
        try await TestApp.run { app in
            let page = try await app.registerAda(#","session":"cookie""#)
            let login = #"{"email":"ada@example.org","password":"\#(TestApp.password)""#
            let program = try await app.post("/auth/login", login + "}", cookies: page.jar)
            #expect(program.status == 200)
            let wrong = try await app.post(
                "/auth/login", #"{"email":"ada@example.org","password":"wrong password","session":"cookie"}"#,
                cookies: page.jar)
            #expect(wrong.status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: page.jar).status == 200)
            // What a program has is no cookie's, though it is sent as one.
            let jar = [SessionCookies.refresh: program.refreshToken ?? ""]
            _ = try await app.post("/auth/login", login + #","session":"cookie"}"#, cookies: jar)
            #expect(try await app.get("/api/v1/users/me", bearer: program.accessToken).status == 200)
        }
    }

    @Test func `ends only once the second step is done`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            func signIn(_ jar: [String: String]) async throws -> Answer {
                let step = try await app.post(
                    "/auth/login",
                    #"{"email":"ada@example.org","password":"\#(TestApp.password)","session":"cookie"}"#, cookies: jar)
                if !jar.isEmpty { #expect(try await app.get("/api/v1/users/me", cookies: jar).status == 200) }
                let challenge = step.data["challenge"]?.string ?? ""
                return try await app.post(
                    "/auth/mfa/verify", #"{"challenge":"\#(challenge)","code":"\#(phone.code(app))"}"#, cookies: jar)
            }
            let first = try await signIn([:])
            #expect(first.status == 200, "\(first.text)")
            app.clock.advance(by: .seconds(30))
            let second = try await signIn(first.jar)
            #expect(second.status == 200, "\(second.text)")
            #expect(try await app.get("/api/v1/users/me", cookies: first.jar).status == 401)
        }
    }
}
