import Base
import HTTP

/// Who may do what to whom among the members of a book. Decided with the book locked.
package struct Member: Equatable, Sendable {
    /// Without an organisation's departments there is no need for more in one book.
    package static let maximumOfBook = 200
    package static let maximumOfOrganization = 5000

    package let user: UserID
    package let role: BookRole

    package init(user: UserID, role: BookRole) {
        self.user = user
        self.role = role
    }

    /// - Parameters:
    ///   - actor: the role of the one who changes it; they have user:manage.
    ///   - owners: how many the book has.
    package func checkChange(to new: BookRole, by actor: BookRole, owners: Int) throws(Refusal) {
        if (role == .owner) != (new == .owner) || role == .owner {
            guard actor == .owner else { throw .ownerOnly }
        }
        if role == .owner, new != .owner, owners <= 1 { throw .lastOwner }
    }

    package func checkRemoval(by actor: BookRole, isOneself: Bool, owners: Int) throws(Refusal) {
        if role == .owner {
            guard actor == .owner else { throw .ownerOnly }
            guard owners > 1 else { throw .lastOwner }
        }
        if !isOneself, !actor.permissions.contains(.manageMembers) { throw .notPermitted(actor) }
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
    static let personalBook = Refusal(
        .conflict, "PERSONAL_BOOK",
        "This is somebody's personal book: it stays theirs alone. Open a household or a business to share.")
    static let tooManyMembers = Refusal(.conflict, "TOO_MANY_MEMBERS", "The book has as many members as it can have.")
    static let tooManyBooks = Refusal(
        .conflict, "TOO_MANY_BOOKS", "You own \(BookRoutes.maximumOwned) books, the most there can be.")
}
