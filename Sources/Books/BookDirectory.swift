import Base
import Database
import Foundation
import HTTP
import Runtime
import Synchronization

/// Which book a request is about, and the caller's role in it. Remembered for a second, and forgotten at once when a
/// book or a membership changes in this process, or in another that announces it.
package final class BookDirectory: Sendable {
    package static let lifetime = Followers.memory
    static let maximumEntries = 10_000

    private struct Key: Hashable {
        let user: UserID
        let book: BookID?
    }

    private struct Entry {
        let context: BookContext
        let until: UInt64
    }

    private let database: Database
    /// The other processes on the same database; nil where there can be none.
    private let followers: Followers?
    private let entries = Mutex<(generation: Int, byKey: [Key: Entry])>((0, [:]))

    package init(database: Database, followers: Followers? = nil) {
        self.database = database
        self.followers = followers
    }

    /// - Throws: 404 for a book that is not there or not theirs: the two are not told apart.
    package func context(of principal: Principal, requested: BookID?) async throws -> BookContext {
        if let only = principal.onlyBook, let requested, requested != only { throw Refusal.notFound("book") }
        return try await context(of: principal.user, requested: requested ?? principal.onlyBook)
            .limited(to: principal.scopes)
    }

    private func context(of user: UserID, requested: BookID?) async throws -> BookContext {
        let key = Key(user: user, book: requested)
        let now = monotonicNanoseconds()
        let (known, generation) = entries.withLock { ($0.byKey[key], $0.generation) }
        if let known, known.until > now { return known.context }
        let mayRemember = followers?.mayRemember ?? true
        guard let summary = try await BookStore(database).book(requested, for: user) else {
            throw Refusal.notFound("book")
        }
        let context = summary.context(timeZone: TimeZone(identifier: summary.book.timeZone) ?? .gmt)
        guard mayRemember else { return context }
        entries.withLock { state in
            // What was read before a change must not be remembered after it.
            guard state.generation == generation else { return }
            if state.byKey.count >= Self.maximumEntries { state.byKey.removeAll(keepingCapacity: true) }
            // Counted from before it was read: the others wait as long and no longer.
            state.byKey[key] = Entry(
                context: context, until: now + UInt64(Self.lifetime.components.seconds) * 1_000_000_000)
        }
        return context
    }

    /// Called after a change of a book or a membership has been committed: forgets here at once, and elsewhere as soon
    /// as the others hear of it.
    package func announceChange() {
        forget()
        database.notify(Self.channel)
    }

    /// The same, and returns when no process remembers anything of before, so that what is answered then holds
    /// everywhere.
    package func settleChange() async {
        announceChange()
        await followers?.settle()
    }

    /// Hears of changes made by other processes. Runs until its task is cancelled.
    package func follow() async {
        for await _ in database.listen(Self.channel) { forget() }
    }

    private static let channel = "purser_books"

    private func forget() {
        entries.withLock { state in
            state.generation += 1
            state.byKey.removeAll(keepingCapacity: true)
        }
    }
}
