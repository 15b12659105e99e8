import Base
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

/// A key that is only touched, and does not ask who holds it.
@Suite(.accounts) struct `A security key without a code` {
    private static let touch = SoftAuthenticator.Change(flags: 0x01)
    /// As after somebody has given it a code.
    private static let seen = SoftAuthenticator.Change(flags: 0x05)

    private func add(
        _ app: TestApp, _ session: Answer, cookies: Bool = false, _ change: SoftAuthenticator.Change = touch
    ) async throws -> (key: SoftAuthenticator, added: Answer) {
        let key = try SoftAuthenticator()
        let jar = cookies ? session.jar : [:]
        let csrf = cookies ? [("X-CSRF-Token", session.jar[SessionCookies.csrf] ?? "")] : []
        let options = try await app.post(
            "/auth/passkeys/options", "{}", bearer: session.accessToken, cookies: jar, fields: csrf
        ).data
        let credential = key.create(options["publicKey"] ?? .null, change)
        let added = try await app.post(
            "/auth/passkeys", #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential)}"#,
            bearer: session.accessToken, cookies: jar, fields: csrf)
        try #require(added.status == 201, "\(added.text)")
        return (key, added)
    }

    private func signInAlone(_ app: TestApp, _ key: SoftAuthenticator, _ change: SoftAuthenticator.Change) async throws
        -> Answer
    {
        let options = try await app.post("/auth/passkeys/login/options", "{}").data
        let credential = try key.get(options["publicKey"] ?? .null, change)
        return try await app.post(
            "/auth/passkeys/login",
            #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential)}"#)
    }

    /// By the password and the key.
    private func signInBeside(
        _ app: TestApp, _ key: SoftAuthenticator, _ change: SoftAuthenticator.Change = touch
    ) async throws -> Answer {
        let challenge = try await app.signInAda().data["challenge"]?.string ?? ""
        let options = try await app.post("/auth/passkeys/login/options", #"{"challenge":"\#(challenge)"}"#).data
        let credential = try key.get(options["publicKey"] ?? .null, change)
        let answer = try await app.post(
            "/auth/passkeys/login",
            #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential),"challenge":"\#(challenge)"}"#
        )
        try #require(answer.status == 200, "\(answer.text)")
        return answer
    }

    /// What goes into the body of a proof.
    private func proof(
        _ app: TestApp, _ key: SoftAuthenticator, bearer: String?, _ change: SoftAuthenticator.Change = touch
    ) async throws -> String {
        let options = try await app.post("/auth/reauthenticate/passkey", #"{"beside":true}"#, bearer: bearer).data
        #expect(options["publicKey"]?["userVerification"]?.string == "preferred")
        let credential = try key.get(options["publicKey"] ?? .null, change)
        return #""ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(credential)"#
    }

    private func growStale(_ app: TestApp) async throws {
        _ = try await app.database.run("UPDATE sessions SET authenticated_at = authenticated_at - interval '1 hour'")
    }

    private func isFresh(_ app: TestApp, _ bearer: String?) async throws -> Bool {
        try await app.post("/auth/passkeys/options", "{}", bearer: bearer).status == 200
    }

    /// Ada, of whom a second factor is demanded, and whose only one is the key.
    private func withKeyAlone(_ body: (TestApp, SoftAuthenticator, String?) async throws -> Void) async throws {
        try await TestApp.run({ $0.secondFactorDemand = .all }) { app in
            let (key, _) = try await add(app, try await app.registerAda())
            try await body(app, key, try await signInBeside(app, key).accessToken)
        }
    }

    @Test func `is listed as one that signs nobody in alone, whatever it says later`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let (key, added) = try await add(app, ada)
            #expect(added.data["signsInAlone"] == .bool(false))
            let (other, whole) = try await add(app, ada, .init())
            #expect(whole.data["signsInAlone"] == .bool(true))
            // Whoever finds it can give it a code of their own.
            for change in [Self.touch, Self.seen] {
                let answer = try await signInAlone(app, key, change)
                #expect(answer.status == 401 && answer.code == "PASSKEY_INVALID", "\(answer.text)")
            }
            #expect(try await signInAlone(app, other, .init()).status == 200)
        }
    }

    @Test func `shows with the password that it is still you, where the password alone is half of it`() async throws {
        try await withKeyAlone { app, key, bearer in
            try await growStale(app)
            let ways = try await app.get("/api/v1/auth/reauthenticate", bearer: bearer).data
            #expect(ways["password"] == .bool(true) && ways["secondFactor"] == .bool(true))
            #expect(ways["passkey"] == .bool(false) && ways["factors"]?.array == [.string("passkey")], "\(ways)")
            let password = #""password":"\#(TestApp.password)""#
            let half = try await app.post("/auth/reauthenticate", "{\(password)}", bearer: bearer)
            #expect(half.code == "SECOND_FACTOR_NEEDED", "\(half.text)")
            let both = try await app.post(
                "/auth/reauthenticate", "{\(password),\(try await proof(app, key, bearer: bearer))}", bearer: bearer)
            #expect(both.status == 200, "\(both.text)")
            #expect(try await isFresh(app, both.accessToken))
            #expect(
                try await app.count(
                    "SELECT count(*) FROM sessions WHERE methods = '{pwd,passkey}' AND revoked_at IS NULL") == 1)
        }
    }

    @Test func `is no proof alone, nor with a wrong password, nor twice`() async throws {
        try await withKeyAlone { app, key, bearer in
            try await growStale(app)
            #expect(
                try await app.post("/auth/reauthenticate/passkey", "{}", bearer: bearer).status == 404,
                "none of its passkeys is a whole proof")
            for change in [Self.touch, Self.seen] {
                let signed = try await proof(app, key, bearer: bearer, change)
                let alone = try await app.post("/auth/reauthenticate", "{\(signed)}", bearer: bearer)
                #expect(alone.status == 400 && alone.code == "PASSKEY_INVALID", "\(alone.text)")
            }
            let signed = try await proof(app, key, bearer: bearer)
            let wrong = try await app.post(
                "/auth/reauthenticate", #"{"password":"not this one",\#(signed)}"#, bearer: bearer)
            #expect(wrong.status == 400 && wrong.code == "WRONG_PASSWORD", "\(wrong.text)")
            #expect(try await !isFresh(app, bearer))
            // Whoever mistyped the password need not touch the key again.
            let body = #"{"password":"\#(TestApp.password)",\#(signed)}"#
            let right = try await app.post("/auth/reauthenticate", body, bearer: bearer)
            #expect(right.status == 200, "\(right.text)")
            let again = try await app.post("/auth/reauthenticate", body, bearer: right.accessToken)
            #expect(again.status == 400 && again.code == "PASSKEY_INVALID", "\(again.text)")
        }
    }

    @Test func `of another account, or for another session, is no second half`() async throws {
        try await withKeyAlone { app, key, bearer in
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let (hers, _) = try await add(app, zoe)
            let elsewhere = try await signInBeside(app, key).accessToken
            try await growStale(app)
            let password = #""password":"\#(TestApp.password)""#
            for signed in [
                try await proof(app, hers, bearer: bearer), try await proof(app, hers, bearer: zoe.accessToken),
                try await proof(app, key, bearer: elsewhere),
            ] {
                let answer = try await app.post("/auth/reauthenticate", "{\(password),\(signed)}", bearer: bearer)
                #expect(answer.status == 400 && answer.code == "PASSKEY_INVALID", "\(answer.text)")
            }
            #expect(try await !isFresh(app, bearer))
        }
    }

    @Test func `that sees who is there beside a password is believed alone from then on`() async throws {
        try await withKeyAlone { app, key, bearer in
            _ = try await signInBeside(app, key, Self.seen)
            let listed = try await app.get("/api/v1/auth/passkeys", bearer: bearer).data.array
            #expect(listed?.first?["signsInAlone"] == .bool(true))
            #expect(try await signInAlone(app, key, Self.touch).status == 401)
            let alone = try await signInAlone(app, key, Self.seen)
            #expect(alone.status == 200, "\(alone.text)")
            let ways = try await app.get("/api/v1/auth/reauthenticate", bearer: alone.accessToken).data
            #expect(ways["passkey"] == .bool(true))
        }
    }

    @Test func `takes the place of a code, of which no two go with one password`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let (key, _) = try await add(app, phone.session)
            try await growStale(app)
            let bearer = phone.session.accessToken
            let ways = try await app.get("/api/v1/auth/reauthenticate", bearer: bearer).data
            #expect(ways["factors"]?.array?.compactMap(\.string) == ["totp", "recovery", "passkey"])
            let signed = try await proof(app, key, bearer: bearer)
            let many = try await app.post(
                "/auth/reauthenticate",
                #"{"password":"\#(TestApp.password)","code":"\#(phone.code(app))",\#(signed)}"#, bearer: bearer)
            #expect(many.status == 400 && many.code == "VALIDATION_ERROR", "\(many.text)")
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)",\#(signed)}"#, bearer: bearer)
            #expect(proof.status == 200, "\(proof.text)")
            let renewed = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: proof.accessToken)
            #expect(renewed.status == 200, "\(renewed.text)")
        }
    }

    // MARK: Without a password

    /// Grace came by a service, has no password, and adds such a key.
    private func withGrace(
        _ configure: (inout IdentityOptions) -> Void = { _ in },
        _ body: (TestApp, HostileProvider, SoftAuthenticator, _ jar: [String: String]) async throws -> Void
    ) async throws {
        try await HostileProvider.run(TestClock()) { provider in
            try await TestApp.run(configure, providers: [provider.provider()]) { app in
                var visit = Visit(app: app)
                _ = try await visit.begin()
                provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
                let back = try await visit.back()
                try #require(back.status == 302, "\(back.text)")
                let (key, _) = try await add(app, back, cookies: true)
                try await body(app, provider, key, back.jar)
            }
        }
    }

    @Test func `is not left as the only thing that an account has`() async throws {
        try await withGrace { app, _, _, jar in
            let csrf = [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
            let unlinked = try await app.send("DELETE", "/api/v1/auth/links/test", cookies: jar, fields: csrf)
            #expect(unlinked.status == 409 && unlinked.code == "LAST_FACTOR", "\(unlinked.text)")
            let chosen = try await app.post(
                "/auth/change-password", #"{"newPassword":"another horse"}"#, cookies: jar, fields: csrf)
            #expect(chosen.status == 200, "\(chosen.text)")
            let again = try await app.send("DELETE", "/api/v1/auth/links/test", cookies: jar, fields: csrf)
            #expect(again.status == 204, "\(again.text)")
        }
    }

    @Test func `goes with the other service, too`() async throws {
        try await withGrace({ $0.secondFactorDemand = .all }) { app, provider, key, jar in
            let csrf = [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
            try await growStale(app)
            let ways = try await app.get("/api/v1/auth/reauthenticate", cookies: jar).data
            #expect(ways["password"] == .bool(false) && ways["factors"]?.array == [.string("passkey")], "\(ways)")
            let visit = "/auth/reauthenticate/services/test"
            let half = try await app.post(visit, "{}", cookies: jar, fields: csrf)
            #expect(half.code == "SECOND_FACTOR_NEEDED", "\(half.text)")
            let options = try await app.post(
                "/auth/reauthenticate/passkey", #"{"beside":true}"#, cookies: jar, fields: csrf
            ).data
            // On the way to the service nothing has shown yet who it is: the key is not believed for later.
            let signed =
                #""ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(try key.get(options["publicKey"] ?? .null, Self.seen))"#
            let begun = try await app.post(visit, "{\(signed)}", cookies: jar, fields: csrf)
            try #require(begun.status == 200, "\(begun.text)")
            var there = Visit(app: app)
            there.asked = Visit.parameters(begun.data["address"]?.string ?? "")
            provider.remember(nonce: there.asked["nonce"] ?? "", challenge: there.asked["code_challenge"] ?? "")
            let back = try await there.back(cookies: jar.merging(begun.jar) { $1 })
            #expect(back["location"]?.hasSuffix("confirm=done") == true, "\(back["location"] ?? back.text)")
            #expect(try await app.count("SELECT count(*) FROM passkeys WHERE verifies_user") == 0)
        }
    }

    @Test func `as all that is left of an account is helped by a letter`() async throws {
        try await withGrace { app, _, _, jar in
            // As when the operator has taken the service away.
            _ = try await app.database.run("DELETE FROM linked_identities")
            try await growStale(app)
            let ways = try await app.get("/api/v1/auth/reauthenticate", cookies: jar).data
            #expect(ways["password"] == .bool(false) && ways["passkey"] == .bool(false), "\(ways)")
            #expect(ways["services"]?.array?.isEmpty == true && ways["secondFactor"] == .bool(false))
            _ = try await app.letters()
            _ = try await app.post("/auth/forgot-password", #"{"email":"grace@example.org"}"#)
            let token = try await app.token("reset")
            let reset = try await app.post(
                "/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(reset.status == 200, "\(reset.text)")
            let signedIn = try await app.post(
                "/auth/login", #"{"email":"grace@example.org","password":"another horse"}"#)
            #expect(signedIn.status == 200, "\(signedIn.text)")
            #expect(try await isFresh(app, signedIn.accessToken))
        }
    }
}
