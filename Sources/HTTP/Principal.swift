import Base
import FoundationEssentials

/// The book that a request is about, as its member sees it.
package struct BookContext: Sendable {
    package let id: BookID
    package let role: BookRole
    package let currency: Currency
    package let timeZone: TimeZone
    package let fiscalYear: FiscalYear
    /// What the caller may do in it: what the role permits, and no more than their API key does.
    package private(set) var permissions: Permission
    /// What the caller may do besides, but only with the entries within `scope`.
    package private(set) var permissionsWithinScope: Permission
    /// Which entries the role reaches. What shows or changes entries for `permissionsWithinScope` has to keep to it.
    package let scope: EntryScope
    /// The caller's own, in an organisation: what they record is of it.
    package let department: DepartmentID?
    /// Only read any more.
    package let isArchived: Bool

    /// - Parameter permissions: nil for all that the role permits.
    package init(
        id: BookID, role: BookRole, currency: Currency, timeZone: TimeZone, fiscalYear: FiscalYear,
        permissions: Permission? = nil, withinScope: Permission = [], scope: EntryScope = .everything,
        department: DepartmentID? = nil, isArchived: Bool = false
    ) {
        self.id = id
        self.role = role
        self.permissions = permissions ?? role.permissions
        self.permissionsWithinScope = withinScope
        self.scope = scope
        self.department = department
        self.isArchived = isArchived
        self.currency = currency
        self.timeZone = timeZone
        self.fiscalYear = fiscalYear
    }
}

extension BookContext {
    /// The same for a credential that may do no more than its scopes.
    package func limited(to scopes: Permission?) -> BookContext {
        guard let scopes else { return self }
        var limited = self
        limited.permissions = permissions.intersection(scopes.withImplied)
        limited.permissionsWithinScope = permissionsWithinScope.intersection(scopes.withImplied)
        return limited
    }
}

package enum PlatformRole: String, Sendable { case user, admin }

/// What proved who is asking.
package enum Credential: Sendable, Equatable {
    /// The access token of a session: a person who signed in.
    case session(SessionID)
    /// A key that a person made for a program; it does what they may, within its scopes.
    case apiKey(APIKeyID)
    /// A token of another system's sign-in service that the operator trusts.
    case issuer(String)
}

package enum APIKeyTag {}
package typealias APIKeyID = Identifier<APIKeyTag>

/// Who is asking, proven.
package struct Principal: Sendable {
    package let user: UserID
    package let credential: Credential
    package let platformRole: PlatformRole
    /// The most that this credential may do in a book; nil: whatever the role permits.
    package let scopes: Permission?
    /// The only book that the credential opens; nil: all of the user's.
    package let onlyBook: BookID?

    package init(
        user: UserID, credential: Credential, platformRole: PlatformRole, scopes: Permission? = nil,
        onlyBook: BookID? = nil
    ) {
        self.user = user
        self.credential = credential
        self.platformRole = platformRole
        self.scopes = scopes
        self.onlyBook = onlyBook
    }

    package init(user: UserID, session: SessionID, platformRole: PlatformRole) {
        self.init(user: user, credential: .session(session), platformRole: platformRole)
    }

    /// Nil when no session is behind it.
    package var sessionOrNil: SessionID? {
        guard case .session(let session) = credential else { return nil }
        return session
    }

    /// For what only a person who has signed in may do: an API key never changes passwords, sessions or keys.
    ///
    /// - Throws: 403 SESSION_REQUIRED.
    package var session: SessionID {
        get throws(Refusal) {
            guard let sessionOrNil else {
                throw Refusal(
                    .forbidden, "SESSION_REQUIRED",
                    "Sign in for this: neither an API key nor another system's token will do.")
            }
            return sessionOrNil
        }
    }
}

/// Who may call a route.
package enum Access: Sendable, Equatable {
    case everyone
    case signedIn
    /// Someone who has signed in themselves: no API key.
    case session
    /// A member of the request's book whose role has the permission. Anyone else gets 404 for the book, or 403.
    case book(Permission)
    /// The same for the book that the path's `{id}` names.
    case bookInPath(Permission)
    /// As `book`, and for a role that reaches a part of the entries alone: the handler keeps to the book's `scope`.
    case bookWithinScope(Permission)
    case administrator
    /// Another program, by a key of its own with this scope. No person's credential will do.
    case service(ServiceScope)
}
