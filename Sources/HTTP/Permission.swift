/// What a member may do in a book. Roles are sets of these; routes ask for one. Each has a name, by which an API key and
/// a role of an organisation list it.
package struct Permission: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let viewEntries = Permission(rawValue: 1 << 0)
    package static let editEntries = Permission(rawValue: 1 << 1)
    package static let viewBook = Permission(rawValue: 1 << 2)
    package static let manageBook = Permission(rawValue: 1 << 3)
    package static let manageMembers = Permission(rawValue: 1 << 4)
    package static let viewActivity = Permission(rawValue: 1 << 5)
    package static let readAudit = Permission(rawValue: 1 << 6)

    package static let everything: Permission = [
        .viewEntries, .editEntries, .viewBook, .manageBook, .manageMembers, .viewActivity, .readAudit,
    ]

    package static let names: [(permission: Permission, name: String)] = [
        (.viewEntries, "entry:view"), (.editEntries, "entry:edit"), (.viewBook, "book:view"),
        (.manageBook, "book:manage"), (.manageMembers, "user:manage"), (.viewActivity, "activity:view"),
        (.readAudit, "audit:read"),
    ]

    /// Nil for a name that is none.
    package init?(name: String) {
        guard let known = Self.names.first(where: { $0.name == name }) else { return nil }
        self = known.permission
    }

    package var names: [String] { Self.names.filter { contains($0.permission) }.map(\.name) }
}

/// A member's part in a book (INVENTORY S2-309).
package enum BookRole: String, Sendable, CaseIterable {
    case owner, admin, member, viewer

    package var permissions: Permission {
        switch self {
        case .owner, .admin: .everything
        case .member: [.viewEntries, .editEntries, .viewBook, .viewActivity]
        case .viewer: [.viewEntries, .viewBook, .viewActivity]
        }
    }
}
