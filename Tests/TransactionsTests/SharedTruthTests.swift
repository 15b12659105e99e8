import Base
import Books
import Database
import HTTP
import TestSupport
import Testing

/// What two processes on one database remember of who may see what. The other one is deaf here: it hears no
/// announcement at all, as one whose connection hangs.
@Suite(.tags(.store), .books) struct `What another process remembers` {
    private struct Two {
        let here, there: BookDirectory
        let mine, others: Followers
    }

    private func two(_ app: TestApp) -> Two {
        let mine = Followers(database: app.database)
        let others = Followers(database: app.database)
        return Two(
            here: BookDirectory(database: app.database, followers: mine),
            there: BookDirectory(database: app.database, followers: others), mine: mine, others: others)
    }

    private func principal(_ person: Person) -> Principal {
        Principal(user: person.user, session: SessionID.new(), platformRole: .user)
    }

    private func remove(_ person: Person, _ app: TestApp) async throws {
        _ = try await app.database.writer.query("DELETE FROM book_members WHERE user_id = \(person.user)")
    }

    @Test func `is gone when a removal is answered`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let max = try await app.add(try await app.person("max"), to: home, as: .member)
            let two = two(app)
            await two.mine.beat()
            await two.others.beat()
            let principal = principal(max)
            #expect(try await two.there.context(of: principal, requested: home.book).role == .member)
            try await remove(max, app)
            #expect(
                try await two.there.context(of: principal, requested: home.book).role == .member,
                "it remembers: else this test would show nothing")
            await two.here.settleChange()
            for _ in 0..<1000 {
                await #expect(throws: Refusal.notFound("book")) {
                    try await two.there.context(of: principal, requested: home.book)
                }
            }
        }
    }

    @Test func `is nothing before it has made itself known, nor after it has been silent for long`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let max = try await app.add(try await app.person("max"), to: home, as: .member)
            let two = two(app)
            #expect(!two.others.mayRemember)
            _ = try await two.there.context(of: principal(max), requested: home.book)
            try await remove(max, app)
            await #expect(throws: Refusal.notFound("book")) {
                try await two.there.context(of: principal(max), requested: home.book)
            }
        }
    }

    @Test func `costs the one who is alone no wait`() async throws {
        try await TestApp.run { app in
            let two = two(app)
            await two.mine.beat()
            let clock = ContinuousClock()
            let alone = await clock.measure { await two.here.settleChange() }
            #expect(alone < .milliseconds(700), "\(alone)")
            await two.others.beat()
            let together = await clock.measure { await two.here.settleChange() }
            #expect(together >= BookDirectory.lifetime, "\(together)")
            _ = try await app.database.writer.query("UPDATE followers SET seen_at = now() - interval '31 s'")
            let left = await clock.measure { await two.here.settleChange() }
            #expect(left < .milliseconds(700), "who has not been seen for long is not waited for: \(left)")
        }
    }

    @Test func `of an API key is no more than its scopes and its book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let key = Principal(
                user: ada.user, credential: .apiKey(APIKeyID.new()), platformRole: .user,
                scopes: [.viewEntries, .editEntries], onlyBook: home.book)
            let context = try await app.directory.context(of: key, requested: nil)
            #expect(context.id == home.book && context.permissions == [.viewEntries, .editEntries, .editOwnEntries])
            await #expect(throws: Refusal.notFound("book")) {
                try await app.directory.context(of: key, requested: ada.book)
            }
            let whole = try await app.directory.context(of: principal(ada), requested: home.book)
            #expect(whole.permissions == .everything, "the key's limits are not remembered for its owner")
        }
    }
}
