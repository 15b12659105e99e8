import Audit
import Base
import Database
import HTTP
import JSON
import Jobs

/// What another system says of somebody's part in a book.
package enum IssuedPart: Equatable, Sendable {
    case administrator
    /// Of a department, by its slug.
    case head(of: String?)
    case staff(of: String?)

    var role: BookRole { self == .administrator ? .admin : .member }

    /// The organisation's own role that it stands for, and its department.
    fileprivate var own: (role: String, department: String?)? {
        switch self {
        case .administrator: nil
        case .head(let department): (Organization.headRole, department)
        case .staff(let department): (Organization.staffRole, department)
        }
    }
}

/// Membership by another system's word: what its tokens say of somebody's role.
package struct IssuedMembership {
    private let connection: any Queryable
    private let book: BookID

    package init(_ transaction: Transaction, book: BookID) {
        connection = transaction
        self.book = book
    }

    /// Makes somebody a member with this part, or no member: nil. An owner stays what they are. In an organisation heads
    /// and staff have its roles of those names, which reach their department and their own entries. After the commit,
    /// whoever called this waits until the change holds everywhere.
    ///
    /// - Returns: whether anything changed.
    /// - Throws: 404 without such a book, 409 for a personal one, and when it is full.
    package func set(_ part: IssuedPart?, of user: UserID, issuer: String) async throws -> Bool {
        guard let kind = try await BookStore(connection).lock(book) else { throw Refusal.notFound("book") }
        guard kind != .personal else { throw Refusal.personalBook }
        let store = MemberStore(connection, book: book)
        let found = try await store.find(user)
        let (old, role) = (found?.member.role, part?.role)
        guard old != .owner else { return false }
        var place = MemberStore.Place(title: found?.place.title)
        if kind == .organization, let own = part?.own {
            let organization = OrganizationStore(connection: connection, book: book)
            place.role = try await organization.roleOfStart(named: own.role)
            if let slug = own.department { place.department = try await organization.department(slug)?.get(0) }
        }
        guard old != role || (role != nil && found?.place != place) else { return false }
        let action: AuditRecord.Action
        let event: EventName
        switch (old, role) {
        case (nil, let new?):
            guard try await store.count() < kind.maximumMembers else { throw Refusal.tooManyMembers }
            guard try await store.add(user, as: new, at: place) else { return false }
            (action, event) = (.init("MEMBER_ADDED"), .memberAdded)
        case (_, let new?):
            try await store.save(new, place, of: user)
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
        let before: ((inout JSONWriter) -> Void)? = found.map { found in
            { found.place.write(found.member.role, to: &$0) }
        }
        let after: ((inout JSONWriter) -> Void)? = role.map { [place] role in { place.write(role, to: &$0) } }
        try await connection.record(
            AuditRecord(
                action, module: "members", record: user.description, book: book, by: .init(.service, name: issuer),
                reason: "by its token", old: before, new: after))
        return true
    }
}
