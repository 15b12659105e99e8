import Base
import HTTP

/// Who may do what to whom among the members of a book. Decided with the book locked.
package struct Member: Equatable, Sendable {
    /// Without an organisation's departments there is no need for more in one book.
    package static let maximumOfBook = 200
    package static let maximumOfOrganization = 5000

    package let user: UserID
    package let role: BookRole
    /// What they may do: what their role permits, or the set of the organisation that they have.
    package let permissions: Permission

    package init(user: UserID, role: BookRole, roleSet: Permission? = nil) {
        self.user = user
        self.role = role
        permissions = role == .owner ? role.permissions : roleSet ?? role.permissions
    }

    /// - Parameters:
    ///   - actor: the role of the one who changes it; they have user:manage.
    ///   - rights: what they may do in this book, with the credential at hand.
    ///   - owners: how many the book has.
    package func checkChange(
        to new: Member, by actor: BookRole, rights: Permission, owners: Int
    ) throws(Refusal) {
        if role == .owner || new.role == .owner {
            guard actor == .owner else { throw .ownerOnly }
        }
        if role == .owner, new.role != .owner, owners <= 1 { throw .lastOwner }
        guard permissions.union(new.permissions).isSubset(of: rights) else { throw .escalation }
    }

    package func checkRemoval(
        by actor: BookRole, rights: Permission, isOneself: Bool, owners: Int
    ) throws(Refusal) {
        if role == .owner {
            guard actor == .owner else { throw .ownerOnly }
            guard owners > 1 else { throw .lastOwner }
        }
        if isOneself { return }
        guard rights.contains(.manageMembers) else { throw .notPermitted(actor) }
        guard permissions.isSubset(of: rights) else { throw .escalation }
    }
}

extension Book.Kind {
    var maximumMembers: Int { self == .organization ? Member.maximumOfOrganization : Member.maximumOfBook }
}

extension Refusal {
    static let ownerOnly = Refusal(
        .forbidden, "OWNER_ONLY", "Only an owner of this book may make, change or remove an owner.")
    static let lastOwner = Refusal(
        .conflict, "LAST_OWNER",
        "This is the last owner of the book. Give the book to another member first, or archive it.")
    static let memberLeaving = Refusal(
        .conflict, "MEMBER_LEAVING", "This account is closed or about to be deleted. Name another member.")
    static let personalBook = Refusal(
        .conflict, "PERSONAL_BOOK",
        "This is somebody's personal book: it stays theirs alone. Open a household or a business to share.")
    static let tooManyMembers = Refusal(.conflict, "TOO_MANY_MEMBERS", "The book has as many members as it can have.")
    static let tooManyBooks = Refusal(
        .conflict, "TOO_MANY_BOOKS", "You own \(BookRoutes.maximumOwned) books, the most there can be.")
}
