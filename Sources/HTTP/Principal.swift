import Base
import FoundationEssentials

/// What a member may do in a book. Roles are sets of these; routes ask for one.
package struct Permission: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let viewEntries = Permission(rawValue: 1 << 0)
    package static let editEntries = Permission(rawValue: 1 << 1)
    package static let viewBook = Permission(rawValue: 1 << 2)
    package static let manageBook = Permission(rawValue: 1 << 3)
    package static let manageMembers = Permission(rawValue: 1 << 4)

    package static let everything: Permission = [.viewEntries, .editEntries, .viewBook, .manageBook, .manageMembers]
}

/// A member's part in a book (INVENTORY S2-309).
package enum BookRole: String, Sendable, CaseIterable {
    case owner, admin, member, viewer

    package var permissions: Permission {
        switch self {
        case .owner, .admin: .everything
        case .member: [.viewEntries, .editEntries, .viewBook]
        case .viewer: [.viewEntries, .viewBook]
        }
    }
}

/// The book that a request is about, as its member sees it.
package struct BookContext: Sendable {
    package let id: BookID
    package let role: BookRole
    package let currency: Currency
    package let timeZone: TimeZone
    package let fiscalYear: FiscalYear

    package init(id: BookID, role: BookRole, currency: Currency, timeZone: TimeZone, fiscalYear: FiscalYear) {
        self.id = id
        self.role = role
        self.currency = currency
        self.timeZone = timeZone
        self.fiscalYear = fiscalYear
    }
}

package enum PlatformRole: String, Sendable { case user, admin }

/// Who is asking, proven.
package struct Principal: Sendable {
    package let user: UserID
    package let session: SessionID
    package let platformRole: PlatformRole

    package init(user: UserID, session: SessionID, platformRole: PlatformRole) {
        self.user = user
        self.session = session
        self.platformRole = platformRole
    }
}

/// Who may call a route.
package enum Access: Sendable, Equatable {
    case everyone
    case signedIn
    /// A member of the request's book whose role has the permission. Anyone else gets 404 for the book, or 403.
    case book(Permission)
    case administrator
}
