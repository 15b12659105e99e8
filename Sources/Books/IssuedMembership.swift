import Audit
import Base
import Database
import HTTP
import JSON
import Jobs

/// Membership by another system's word: what its tokens say of somebody's role.
package struct IssuedMembership {
    private let connection: any Queryable
    private let book: BookID

    package init(_ transaction: Transaction, book: BookID) {
        connection = transaction
        self.book = book
    }

    /// Makes somebody a member in this role, or no member: nil. An owner stays what they are. After the commit, whoever
    /// called this waits until the change holds everywhere.
    ///
    /// - Returns: whether anything changed.
    /// - Throws: 404 without such a book, 409 for a personal one, and when it is full.
    package func set(_ role: BookRole?, of user: UserID, issuer: String) async throws -> Bool {
        guard let kind = try await BookStore(connection).lock(book) else { throw Refusal.notFound("book") }
        guard kind != .personal else { throw Refusal.personalBook }
        let store = MemberStore(connection, book: book)
        let old = try await store.find(user)?.member.role
        guard old != role, old != .owner else { return false }
        let action: AuditRecord.Action
        let event: EventName
        switch (old, role) {
        case (nil, let new?):
            guard try await store.count() < kind.maximumMembers else { throw Refusal.tooManyMembers }
            guard try await store.add(user, as: new, at: MemberStore.Place()) else { return false }
            (action, event) = (.init("MEMBER_ADDED"), .memberAdded)
        case (_, let new?):
            try await store.setRole(new, of: user)
            if !new.permissions.contains(.manageMembers) { try await store.revokeInvitations(by: user) }
            (action, event) = (.init("MEMBER_ROLE_CHANGED"), .memberChanged)
        case (_, nil):
            try await store.remove(user)
            (action, event) = (.init("MEMBER_REMOVED"), .memberRemoved)
        }
        try await connection.publish(
            MemberRoutes.event(event, book, user, by: user) { data in
                if let role {
                    data.key("role")
                    data.string(role.rawValue)
                }
            })
        let before: ((inout JSONWriter) -> Void)? = old.map { old in { writer in writer.write("role", old) } }
        let after: ((inout JSONWriter) -> Void)? = role.map { role in { writer in writer.write("role", role) } }
        try await connection.record(
            AuditRecord(
                action, module: "members", record: user.description, book: book, by: .init(.service, name: issuer),
                reason: "by its token", old: before, new: after))
        return true
    }
}
