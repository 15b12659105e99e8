import Base
import Cryptography
import Database
import EventLoop
import Glibc
import HTTP
import HTTPServer
import JSON
import Outbound
import Runtime
import TestSupport
import Testing

@testable import Identity

/// What a process makes of sessions that end elsewhere. Here there are two in one: they share the database alone.
@Suite(.accounts) struct `A session that ended elsewhere` {
    private func another(_ app: TestApp) -> (accounts: Accounts, followers: Followers) {
        let followers = Followers(database: app.database)
        let accounts = Accounts(
            database: app.database, hasher: app.accounts.hasher,
            tokens: AccessTokens(jwt: app.accounts.tokens.jwt, lifetime: .seconds(900)),
            sessionKeys: TestApp.sessionKeys,
            secrets: TestApp.secrets, address: app.accounts.address, followers: followers, clock: app.clock.clock,
            log: .silent)
        return (accounts, followers)
    }

    private func ask(_ accounts: Accounts, _ token: String) async throws -> UserID? {
        let wire = try #require(
            HTTPRequest(
                method: "GET", target: "/api/v1/users/me", fields: [("Authorization", "Bearer \(token)")],
                loop: TestDatabase.current.loops.next()))
        return try await Authenticator(accounts: accounts).authenticate(Request(forTest: wire))?.user
    }

    private static func processorMicroseconds() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Int($1.tv_sec) * 1_000_000 + Int($1.tv_usec) }
    }

    @Test func `is refused by one that hears nothing`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let token = try #require(ada.accessToken)
            let (accounts, followers) = another(app)
            await followers.beat()
            #expect(!accounts.hearsOthers)
            #expect(try await ask(accounts, token) != nil)
            try await app.database.write("UPDATE sessions SET revoked_at = now(), revoked_reason = 'logout'")
            await #expect(throws: Refusal.tokenNotValid) { try await ask(accounts, token) }
        }
    }

    @Test func `costs no statement where the process hears itself`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let token = try #require(ada.accessToken)
            let (accounts, followers) = another(app)
            let beating = Task { await followers.run() }
            let following = Task { await accounts.followEndedSessions() }
            defer { for task in [beating, following] { task.cancel() } }
            try await eventually { accounts.hearsOthers }
            // Without the table, whoever asks the database gets an error.
            try await app.database.write("ALTER TABLE sessions RENAME TO elsewhere")
            let before = Self.processorMicroseconds()
            for _ in 0..<1000 where accounts.hearsOthers { #expect(try await ask(accounts, token) != nil) }
            print(
                "a warm token: \((Self.processorMicroseconds() - before) / 1000) µs of CPU, with all that runs beside")
            try await app.database.write("ALTER TABLE elsewhere RENAME TO sessions")
            // The next end is heard.
            _ = try await app.post("/auth/logout", "{}", bearer: token)
            try await eventually { (try? accounts.tokens.verify(token, at: app.clock.now)) == nil }
            await #expect(throws: Refusal.tokenNotValid) { try await ask(accounts, token) }
        }
    }

    @Test func `is not believed to be live by one that the others do not know of`() async throws {
        try await TestApp.run { app in
            let (accounts, _) = another(app)
            let following = Task { await accounts.followEndedSessions() }
            defer { following.cancel() }
            let end = ContinuousClock.now + .seconds(1)
            while ContinuousClock.now < end {
                #expect(!accounts.hearsOthers)
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    @Test func `only its own beats make a process sure`() {
        let (mine, others) = (Hearing(), Hearing())
        #expect(!mine.isSure)
        for payload in [others.newBeat(), "beat", "beat  1", "", "beat x \(UInt64.max)", "1 2 3"] { mine.hear(payload) }
        #expect(!mine.isSure)
        mine.hear(mine.newBeat())
        #expect(mine.isSure)
        let old = mine.newBeat().split(separator: " ")
        let longAgo = (UInt64(old[2]) ?? 0) - 1_000_000_000
        mine.hear("\(old[0]) \(old[1]) \(longAgo)")
        #expect(!mine.isSure)
    }
}

@Suite(.accounts) struct `The end of a session` {
    @Test func `is at once also for the oldest, when there are too many`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            try await app.database.write(
                """
                INSERT INTO sessions (id, user_id, transport, created_at, last_used_at, expires_at, ends_at,
                    authenticated_at, network)
                SELECT gen_random_uuid(), user_id, transport, created_at, last_used_at + interval '1 s', expires_at,
                    ends_at, authenticated_at, network
                FROM sessions, generate_series(1, 99)
                """)
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 200)
            app.clock.advance(by: .seconds(2))
            let newest = try await app.signInAda()
            #expect(newest.status == 200, "\(newest.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: newest.accessToken).status == 200)
        }
    }

    @Test func `comes before a sign-in that was under way with the old password`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let store = UserStore(queryable: app.database.writer)
            let email = try EmailAddress("ada@example.org")
            let user = try #require(try await store.find(email: email))
            let before = try await store.passwordChangedAt(of: user.id)
            #expect(try await store.lock(user.id, passwordChangedAt: before) != nil)
            try await store.savePasswordHash("x", of: user.id, at: app.clock.now)
            #expect(try await store.lock(user.id, passwordChangedAt: before) == nil)
            #expect(try await store.lock(user.id, passwordChangedAt: app.clock.now) != nil)
        }
    }

    @Test func `leaves no session of a disabled account, however many sign in at that moment`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let email = try EmailAddress("ada@example.org")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 { group.addTask { _ = try await app.signInAda() } }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(15))
                    try await app.accounts.setActive(false, email)
                }
                try await group.waitForAll()
            }
            #expect(try await app.count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0)
        }
    }
}
