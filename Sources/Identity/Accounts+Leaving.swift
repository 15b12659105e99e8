import Audit
import Base
import Books
import Database
import HTTP
import Jobs
import Outbound
import Runtime

extension EventName {
    package static let userDeletionAsked = EventName("user.deletion_asked")
    package static let userDeletionCancelled = EventName("user.deletion_cancelled")
    package static let userDeleted = EventName("user.deleted")
}

/// Deleting one's account: it is asked for, can be taken back for a while, and is then done by a job. Each of the three is
/// decided with the person's books locked, and then the account: of two at once, one comes first.
extension Accounts {
    /// - Parameter confirmation: the account's address, typed once more.
    /// - Returns: when it will be done.
    /// - Throws: 409 LAST_OWNER while a book with other members would be left without an owner.
    func leave(_ id: UserID, confirmation: String, from client: Client) async throws -> Instant {
        let now = clock.now()
        let due = now + options.deletionGrace
        let (until, ended) = try await whileBooksStand { [self] transaction -> (Instant, [SessionID]) in
            let store = LeavingStore(connection: transaction)
            try await store.lockTheDoor()
            let (user, books) = try await lock(id, in: transaction)
            guard let user, user.isActive else { throw Refusal.tokenNotValid }
            if let known = try await store.due(id) { return (known, []) }
            guard (try? EmailAddress(confirmation))?.normalized == user.email else {
                throw Refusal.invalid("confirmation", "confirmation should be your e-mail address, \(user.email).")
            }
            if user.role == .admin, try await store.leavesNoAdministrator(id) { throw Refusal.lastAdministrator }
            let stuck = books.filter(\.needsOwner)
            guard stuck.isEmpty else { throw Refusal.lastOwner(of: stuck.map(\.name)) }
            try await store.save(due: due, of: id, at: now)
            try await BookStore(transaction).revokeInvitations(of: id, books)
            try await publish(.userDeletionAsked, id, nil, in: transaction)
            try await record(
                "DELETION_ASKED", of: user, from: client, in: transaction, new: ("due", due.description))
            try await send(.deletionAsked(at: due), to: user, in: transaction)
            let ended = try await SessionStore(transaction: transaction).revokeAll(of: id, because: .deleted, at: now)
            return (due, ended)
        }
        await refuseEverywhere(ended, at: now)
        return until
    }

    /// Takes it back. An account that stays anyway stays.
    func stay(_ id: UserID, from client: Client) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            let store = LeavingStore(connection: transaction)
            guard try await store.due(id) != nil else { return }
            try await store.save(due: nil, of: id, at: now)
            try await publish(.userDeletionCancelled, id, nil, in: transaction)
            try await record("DELETION_CANCELLED", of: user, from: client, in: transaction)
            try await send(.deletionCancelled, to: user, in: transaction)
        }
    }

    /// Once an hour: erases those whose time has come. What fails is tried again an hour later, and keeps no other waiting.
    ///
    /// - Parameter settle: returns when no process remembers what they were members of.
    package func eraseDue(settle: @Sendable () async -> Void) async throws {
        var failure: (any Error)?
        for id in try await LeavingStore(connection: database.writer).allDue(at: clock.now(), limit: 1000) {
            do {
                guard try await erase(id) else { continue }
                await settle()
            } catch {
                failure = error
                log.error("an account is not erased: \(error)") { $0.text("user", id.description) }
            }
        }
        if let failure { throw failure }
    }

    /// - Returns: whether it was due still: whoever has taken it back meanwhile stays.
    private func erase(_ id: UserID) async throws -> Bool {
        let now = clock.now()
        let ended = try await whileBooksStand { [self] transaction -> [SessionID]? in
            let (user, books) = try await lock(id, in: transaction)
            let store = LeavingStore(connection: transaction)
            guard let user, let due = try await store.due(id), due <= now else { return nil }
            try await send(.accountDeleted, to: user, in: transaction)
            try await BookStore(transaction).leaveAll(
                id, books, email: user.email, address: LeavingStore.address(of: id))
            let ended = try await SessionStore(transaction: transaction).revokeAll(of: id, because: .deleted, at: now)
            try await store.anonymise(id, at: now)
            try await publish(.userDeleted, id, nil, in: transaction)
            try await transaction.record(
                AuditRecord(
                    .init("ACCOUNT_DELETED"), module: "accounts", record: id.description, by: .system))
            return ended
        }
        guard let ended else { return false }
        await refuseEverywhere(ended, at: now)
        return true
    }

    /// The books first, then the account: then nobody else changes what they are members of.
    private func lock(
        _ id: UserID, in transaction: Transaction
    ) async throws -> (User?, [BookStore.LeftBook]) {
        let books = BookStore(transaction)
        let locked = try await books.lockAll(of: id)
        let user = try await UserStore(queryable: transaction).lock(id)
        let left = try await books.left(by: id)
        guard locked.isSuperset(of: left.map(\.id)) else { throw BooksChanged() }
        return (user, left)
    }

    /// They have joined or opened another book while we waited.
    private struct BooksChanged: Error {}

    private func whileBooksStand<Value: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        for _ in 0..<5 {
            do { return try await database.transaction(body) } catch is BooksChanged { continue }
        }
        throw Refusal(.conflict, "BUSY", "Your books are changing right now. Try again in a moment.")
    }
}

extension Refusal {
    static func lastOwner(of books: [String]) -> Refusal {
        let named = books.prefix(3).map { "“\($0)”" }.joined(separator: ", ")
        let more = books.count > 3 ? " and \(books.count - 3) more" : ""
        return Refusal(
            .conflict, "LAST_OWNER",
            "You are the only owner of \(named)\(more), where others are members. Give each of these books to another member, or archive it, then delete your account.",
            // The sentence names three.
            fields: books.count > 3 ? books.prefix(50).map { FieldError("books", $0) } : [])
    }

    static let lastAdministrator = Refusal(
        .conflict, "LAST_ADMINISTRATOR",
        "You are the only administrator of this server. Make somebody else one first: purser user add EMAIL --admin.")
}
