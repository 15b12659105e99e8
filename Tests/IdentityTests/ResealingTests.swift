import Base
import Cryptography
import Database
import Foundation
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

/// Keys of an installation in a directory, read again as the clock goes on.
private struct Keys {
    let directory: String
    let secrets: SecretBox
    let session: SecretKeyRing

    init(_ directory: String, now: Int64) throws {
        self.directory = directory
        secrets = SecretBox(try SecretKeyRing(.data, directory: directory, now: now))
        session = try SecretKeyRing(.session, directory: directory, now: now)
    }

    /// New keys for everything, in use.
    func exchange(_ app: TestApp) throws {
        let now = app.clock.now.secondsSinceEpoch
        for purpose in SecretKeys.Purpose.allCases {
            try SecretKeys.rotate(purpose, directory: directory, now: now)
        }
        app.clock.advance(by: .seconds(61))
        reload(app)
    }

    func reload(_ app: TestApp) { app.accounts.reloadKeys(directory: directory) }

    func reseal(_ app: TestApp) async throws -> Resealing.Outcome {
        try await Resealing(database: app.database, secrets: secrets).run(at: app.clock.now)
    }

    func retire(_ purpose: SecretKeys.Purpose, except needed: Set<UInt32>, _ app: TestApp) throws -> [String] {
        defer { reload(app) }
        return try SecretKeys.retire(
            purpose, except: needed, directory: directory, now: app.clock.now.secondsSinceEpoch)
    }
}

@Suite(.accounts) struct `Exchanging the keys of secrets` {
    private func run(_ body: (TestApp, Keys) async throws -> Void) async throws {
        let keys = try Keys(TestDirectories.make("keys"), now: 1_799_000_000)
        try await TestApp.run(secrets: keys.secrets, sessionKeys: keys.session) { try await body($0, keys) }
    }

    @Test func `leaves codes, letters and links as they were, with the old key gone`() async throws {
        try await run { app, keys in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
            let waiting = try await app.count("SELECT count(*) FROM jobs WHERE payload ? 'sealed'")
            #expect(waiting > 1)

            try keys.exchange(app)
            let outcome = try await keys.reseal(app)
            #expect(outcome == Resealing.Outcome(resealed: waiting + 1, unreadable: 0, needed: []))
            #expect(try await keys.reseal(app) == Resealing.Outcome())
            #expect(try keys.retire(.data, except: outcome.needed, app) == ["data.key"])

            // Each opens with the new key alone.
            #expect(app.accounts.secrets.ring.keys.all.count == 1)
            #expect(try await app.letters().map(\.kind).contains("reset"))
            let answer = try await app.verify(try await app.challenge(), phone.code(app))
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `leaves recovery codes and the page's sessions as they were, and keeps their key while it is needed`()
        async throws
    {
        try await run { app, keys in
            let ada = try await app.post(
                "/auth/register",
                #"{"email":"ada@example.org","password":"\#(TestApp.password)","session":"cookie"}"#)
            let mark = try #require(ada.jar["purser_csrf"])
            let phone = try await Phone.enrol(app, try await app.signInAda())
            try keys.exchange(app)

            // The page goes on, and gets a mark of the new key at its next refresh.
            let refreshed = try await app.post(
                "/auth/refresh", "{}", cookies: ada.jar, fields: [("X-CSRF-Token", mark)])
            #expect(refreshed.status == 200, "\(refreshed.text)")
            #expect(refreshed.jar["purser_csrf"].map { $0 != mark } == true)
            let entered = try await app.verify(try await app.challenge(), phone.recoveryCodes[0], recovery: true)
            #expect(entered.status == 200, "\(entered.text)")

            // While a session may be as old as the key: all stay.
            let now = { app.clock.now }
            var present = app.accounts.sessionKeys.keys
            #expect(
                try await app.accounts.neededSessionKeys(of: present, at: now()) == Set(present.all.map(\.id)))
            // After that, while somebody has codes of it.
            app.clock.advance(by: app.accounts.options.sessionLifetime)
            keys.reload(app)
            #expect(try await app.accounts.neededSessionKeys(of: present, at: now()) == [1])
            #expect(try keys.retire(.session, except: [1], app).isEmpty)
            let late = try await app.verify(try await app.challenge(), phone.recoveryCodes[1], recovery: true)
            #expect(late.status == 200, "\(late.text)")
            let renewed = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: late.accessToken)
            #expect(renewed.status == 200, "\(renewed.text)")
            present = app.accounts.sessionKeys.keys
            #expect(try await app.accounts.neededSessionKeys(of: present, at: now()) == [present.current.id])
            #expect(try keys.retire(.session, except: [present.current.id], app) == ["session.key"])
            let code = try #require(renewed.data["recoveryCodes"]?.array?.first?.string)
            #expect(try await app.verify(try await app.challenge(), code, recovery: true).status == 200)
        }
    }

    @Test func `keeps a key for what cannot be sealed anew, and says what no key opens`() async throws {
        try await run { app, keys in
            let user = UserID.new()
            _ = try await app.registerAda()
            // A sign-in with another service, begun under the first key.
            let sealed = keys.secrets.seal([1], context: [])
            try await app.database.write([
                """
                INSERT INTO challenges (token_hash, kind, sealed, created_at, expires_at)
                VALUES (\(secureRandomBytes(32)), 'oauth', \(sealed), \(app.clock.now), \(app.clock.now + .seconds(600)))
                """
            ])
            // Codes of somebody whose key is lost.
            let lost = try #require(SecretKey(id: 77, bytes: secureRandomBytes(32)))
            try await app.database.write([
                """
                INSERT INTO users (id, email, email_as_given, role, created_at, updated_at, version)
                SELECT \(user), 'lost@example.org', 'lost@example.org', role, created_at, updated_at, version FROM users LIMIT 1
                """,
                """
                INSERT INTO totp_secrets (user_id, sealed, created_at)
                VALUES (\(user), \(SecretBox(current: lost).seal([1], context: Accounts.codeContext(user))), \(app.clock.now))
                """,
            ])
            try keys.exchange(app)
            let outcome = try await keys.reseal(app)
            #expect(outcome.unreadable == 1)
            #expect(outcome.needed == [1])
            #expect(try keys.retire(.data, except: outcome.needed, app).isEmpty)
            app.clock.advance(by: .seconds(600))
            #expect(try await keys.reseal(app).needed == [])
        }
    }

    /// Somebody sets their codes up anew while the old secret is sealed anew.
    @Test func `takes nobody's newer secret away`() async throws {
        try await run { app, keys in
            let session = try await app.registerAda()
            _ = try await app.post("/auth/mfa/enable", "{}", bearer: session.accessToken)
            try keys.exchange(app)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { _ = try await keys.reseal(app) }
                    group.addTask {
                        let answer = try await app.post("/auth/mfa/enable", "{}", bearer: session.accessToken)
                        #expect(answer.status == 200, "\(answer.text)")
                    }
                }
                try await group.waitForAll()
            }
            let phone = try await Phone.enrol(app, session)
            _ = try await keys.reseal(app)
            #expect(try await app.verify(try await app.challenge(), phone.code(app)).status == 200)
        }
    }
}
