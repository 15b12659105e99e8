import Base
import Cryptography
import Database
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Identity

/// Showing once more who is at the session, without a password.
@Suite(.accounts) struct `Confirming that it is still you` {
    private func isFresh(_ app: TestApp, _ bearer: String?, cookies: [String: String] = [:]) async throws -> Bool {
        let csrf = cookies[SessionCookies.csrf].map { [("X-CSRF-Token", $0)] } ?? []
        let answer = try await app.post(
            "/auth/passkeys/options", "{}", bearer: bearer, cookies: cookies, fields: csrf)
        try #require(answer.status == 200 || answer.code == "REAUTHENTICATION_REQUIRED", "\(answer.text)")
        return answer.status == 200
    }

    private func addPasskey(_ app: TestApp, _ bearer: String?) async throws -> SoftAuthenticator {
        let authenticator = try SoftAuthenticator()
        let options = try await app.post("/auth/passkeys/options", "{}", bearer: bearer).data
        let credential = authenticator.create(options["publicKey"] ?? .null)
        let answer = try await app.post(
            "/auth/passkeys", #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential)}"#,
            bearer: bearer)
        try #require(answer.status == 201, "\(answer.text)")
        return authenticator
    }

    private func confirm(
        _ app: TestApp, _ authenticator: SoftAuthenticator, _ options: JSONValue, bearer: String?,
        _ change: SoftAuthenticator.Change = .init()
    ) async throws -> Answer {
        let credential = try authenticator.get(options["publicKey"] ?? .null, change)
        return try await app.post(
            "/auth/reauthenticate",
            #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential)}"#, bearer: bearer)
    }

    @Test func `works by passkey, once for each ceremony`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try await addPasskey(app, ada.accessToken)
            let none = try await app.get("/api/v1/auth/reauthenticate", bearer: ada.accessToken)
            #expect(none.data["passkey"] == .bool(true) && none.data["password"] == .bool(true))
            #expect(none.data["code"] == .bool(false) && none.data["services"]?.array?.isEmpty == true)
            app.clock.advance(by: .seconds(16 * 60))
            let signedIn = try await app.signInAda()
            app.clock.advance(by: .seconds(16 * 60))
            let later = try await app.refresh(signedIn.refreshToken)
            #expect(try await !isFresh(app, later.accessToken))
            let options = try await app.post("/auth/reauthenticate/passkey", "{}", bearer: later.accessToken).data
            #expect(options["publicKey"]?["userVerification"]?.string == "required")
            #expect(options["publicKey"]?["allowCredentials"]?.array?.count == 1)
            let answer = try await confirm(app, authenticator, options, bearer: later.accessToken)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await isFresh(app, answer.accessToken))
            let again = try await confirm(app, authenticator, options, bearer: answer.accessToken)
            #expect(again.status == 400 && again.code == "PASSKEY_INVALID")
        }
    }

    @Test func `is refused for another session, another person's passkey, and one that saw nobody`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try await addPasskey(app, ada.accessToken)
            let second = try await app.signInAda()
            app.clock.advance(by: .seconds(14 * 60))
            func begin(_ bearer: String?) async throws -> JSONValue {
                try await app.post("/auth/reauthenticate/passkey", "{}", bearer: bearer).data
            }
            var unseen = SoftAuthenticator.Change()
            unseen.flags = 0x19
            let blind = try await confirm(
                app, authenticator, begin(ada.accessToken), bearer: ada.accessToken, unseen)
            #expect(blind.status == 400, "\(blind.text)")
            let elsewhere = try await confirm(
                app, authenticator, begin(second.accessToken), bearer: ada.accessToken)
            #expect(elsewhere.code == "PASSKEY_INVALID")
            // A ceremony for signing in confirms nothing.
            let signIn = try await app.post("/auth/passkeys/login/options", "{}").data
            #expect(
                try await confirm(app, authenticator, signIn, bearer: ada.accessToken).code == "PASSKEY_INVALID")
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            #expect(
                try await app.post("/auth/reauthenticate/passkey", "{}", bearer: zoe.accessToken).status == 404)
            let hers = try await addPasskey(app, zoe.accessToken)
            let foreign = try await confirm(app, hers, begin(ada.accessToken), bearer: ada.accessToken)
            #expect(foreign.status == 400, "\(foreign.text)")
            app.clock.advance(by: .seconds(120))
            let later = try await app.refresh(ada.refreshToken)
            #expect(try await !isFresh(app, later.accessToken), "none of them counted")
        }
    }

    @Test func `takes exactly one proof, from whoever is signed in`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            for body in [
                "{}", #"{"code":"123456"}"#, #"{"password":"x","code":"123456","recoveryCode":"y"}"#,
                #"{"ceremony":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            ] {
                let answer = try await app.post("/auth/reauthenticate", body, bearer: ada.accessToken)
                #expect(answer.status == 400 && answer.code == "VALIDATION_ERROR", "\(answer.text)")
            }
            #expect(try await app.post("/auth/reauthenticate", "{}").status == 401)
            #expect(try await app.get("/api/v1/auth/reauthenticate").status == 401)
            #expect(try await app.post("/auth/reauthenticate/passkey", "{}").status == 401)
            #expect(try await app.post("/auth/reauthenticate/services/test", "{}").status == 401)
            let none = try await app.post("/auth/reauthenticate/services/test", "{}", bearer: ada.accessToken)
            #expect(none.status == 404)
        }
    }

    // MARK: By another service

    /// Grace came by a service, and has no password.
    private func withGrace(
        _ body: (TestApp, HostileProvider, _ jar: [String: String]) async throws -> Void
    ) async throws {
        try await HostileProvider.run(TestClock()) { provider in
            try await TestApp.run(providers: [provider.provider(), provider.gitHub()]) { app in
                var visit = Visit(app: app)
                _ = try await visit.begin()
                provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
                let back = try await visit.back()
                try #require(back.status == 302, "\(back.text)")
                try await body(app, provider, back.jar)
            }
        }
    }

    private func go(
        _ app: TestApp, _ provider: HostileProvider, _ jar: [String: String], as other: [String: String]? = nil,
        id: String = "test", _ more: String = ""
    ) async throws -> Answer {
        let begun = try await begin(app, jar, id: id, more)
        try #require(begun.status == 200, "\(begun.text)")
        var visit = Visit(app: app)
        visit.asked = Visit.parameters(begun.data["address"]?.string ?? "")
        #expect(visit.asked["prompt"] == "login" && visit.asked["max_age"] == "0")
        provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
        return try await visit.back(cookies: (other ?? jar).merging(begun.jar) { $1 })
    }

    private func begin(_ app: TestApp, _ jar: [String: String], id: String = "test", _ more: String = "") async throws
        -> Answer
    {
        try await app.post(
            "/auth/reauthenticate/services/\(id)", #"{"next":"/settings/keys?x=1"\#(more)}"#, cookies: jar,
            fields: [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")])
    }

    @Test func `by another service wants a code before, where there are codes`() async throws {
        try await withGrace { app, provider, jar in
            let row = try #require(try await app.database.first("SELECT id, user_id FROM sessions"))
            let (session, user) = (try row.get(0, as: SessionID.self), try row.get(1, as: UserID.self))
            let secret = try Phone.decoded(try await app.accounts.beginEnrolment(of: user).secret)
            func code() -> String { TOTP.code(secret, step: TOTP.step(at: app.clock.now.secondsSinceEpoch)) }
            _ = try await app.accounts.confirmEnrolment(
                of: user, in: session, code: code(), from: Client(address: "192.0.2.1", userAgent: nil))
            app.clock.advance(by: .seconds(30))
            try await app.database.write(["UPDATE sessions SET authenticated_at = authenticated_at - interval '1 hour'"]
            )
            #expect(try await !isFresh(app, nil, cookies: jar))
            let half = try await begin(app, jar)
            #expect(half.status == 403 && half.code == "SECOND_FACTOR_NEEDED", "\(half.text)")
            #expect(try await begin(app, jar, #","code":"000000""#).code == "CODE_INVALID")
            let used = code()
            let back = try await go(app, provider, jar, #","code":"\#(used)""#)
            #expect(back["location"] == "/settings/keys?x=1&confirm=done", "\(back.text)")
            #expect(try await isFresh(app, nil, cookies: back.jar))
            #expect(try await begin(app, back.jar, #","code":"\#(used)""#).code == "CODE_INVALID")
        }
    }

    @Test func `works by signing in with the linked service again`() async throws {
        try await withGrace { app, provider, jar in
            let ways = try await app.get("/api/v1/auth/reauthenticate", cookies: jar)
            #expect(ways.data["password"] == .bool(false))
            #expect(ways.data["services"]?.array?.map { $0["id"]?.string } == ["test"], "GitHub is not linked")
            app.clock.advance(by: .seconds(14 * 60))
            // The provider's clock stands where it began: its tokens must not be too old for ours.
            provider.behaviour.withLock {
                let now = app.clock.now.secondsSinceEpoch
                for (name, value) in [("iat", now), ("exp", now + 300), ("auth_time", now)] {
                    $0.claims[name] = "\(value)"
                }
            }
            let back = try await go(app, provider, jar)
            #expect(back["location"] == "/settings/keys?x=1&confirm=done", "\(back.text)")
            #expect(try await app.get("/api/v1/users/me", cookies: jar).status == 401, "under new tokens only")
            app.clock.advance(by: .seconds(2 * 60))
            let refreshed = try await app.post(
                "/auth/refresh", "{}", cookies: back.jar,
                fields: [("X-CSRF-Token", back.jar[SessionCookies.csrf] ?? "")])
            #expect(try await isFresh(app, nil, cookies: refreshed.jar))
        }
    }

    @Test func `is refused for another account there, an old sign-in there, and another session here`() async throws {
        try await withGrace { app, provider, jar in
            provider.behaviour.withLock { $0.subject = "subject-2" }
            #expect(try await go(app, provider, jar)["location"] == "/settings/keys?x=1&confirm=other")
            provider.behaviour.withLock {
                $0.subject = "subject-1"
                $0.claims["auth_time"] = "\(app.clock.now.secondsSinceEpoch - 3600)"
            }
            #expect(try await go(app, provider, jar)["location"] == "/settings/keys?x=1&confirm=stale")
            provider.behaviour.withLock { $0.claims["auth_time"] = .some(nil) }
            let ada = try await app.registerAda(#","session":"cookie""#)
            #expect(
                try await go(app, provider, jar, as: ada.jar)["location"] == "/settings/keys?x=1&confirm=state")
            #expect(try await app.count("SELECT count(*) FROM linked_identities") == 1)
        }
    }

    @Test func `lets those without a password choose one, and another address`() async throws {
        try await withGrace { app, _, jar in
            let csrf = [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
            let moved = try await app.post(
                "/auth/change-email", #"{"email":"hopper@example.org"}"#, cookies: jar, fields: csrf)
            #expect(moved.status == 200, "\(moved.text)")
            let chosen = try await app.post(
                "/auth/change-password", #"{"newPassword":"another horse"}"#, cookies: jar, fields: csrf)
            #expect(chosen.status == 200, "\(chosen.text)")
            // From now on it is asked for.
            let again = try await app.post(
                "/auth/change-password", #"{"newPassword":"yet another horse"}"#, cookies: jar, fields: csrf)
            #expect(again.status == 400 && again.code == "VALIDATION_ERROR", "\(again.text)")
            let signedIn = try await app.post(
                "/auth/login", #"{"email":"grace@example.org","password":"another horse"}"#)
            #expect(signedIn.status == 200)
        }
    }

    @Test func `is asked of those without a password before they choose one`() async throws {
        try await withGrace { app, _, jar in
            app.clock.advance(by: .seconds(14 * 60))
            let csrf = [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
            let jar = try await app.post("/auth/refresh", "{}", cookies: jar, fields: csrf).jar
            app.clock.advance(by: .seconds(2 * 60))
            let refused = try await app.post(
                "/auth/change-password", #"{"newPassword":"another horse"}"#, cookies: jar, fields: csrf)
            #expect(refused.code == "REAUTHENTICATION_REQUIRED", "\(refused.text)")
        }
    }
}
