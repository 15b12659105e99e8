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
    package static let createEntries = Permission(rawValue: 1 << 7)
    package static let editOwnEntries = Permission(rawValue: 1 << 8)
    package static let runImports = Permission(rawValue: 1 << 9)
    package static let manageRules = Permission(rawValue: 1 << 10)
    package static let manageCategories = Permission(rawValue: 1 << 11)
    package static let archiveBook = Permission(rawValue: 1 << 12)
    package static let transferBook = Permission(rawValue: 1 << 13)
    package static let viewMembers = Permission(rawValue: 1 << 14)
    package static let viewBudgets = Permission(rawValue: 1 << 15)
    package static let createBudgets = Permission(rawValue: 1 << 16)
    package static let approveBudgets = Permission(rawValue: 1 << 17)
    package static let manageBudgets = Permission(rawValue: 1 << 18)
    package static let viewReports = Permission(rawValue: 1 << 19)
    package static let generateReports = Permission(rawValue: 1 << 20)
    package static let manageWebhooks = Permission(rawValue: 1 << 21)
    package static let manageDepartments = Permission(rawValue: 1 << 22)
    package static let manageRoles = Permission(rawValue: 1 << 23)

    /// One line of the table of permissions.
    package struct Named: Sendable {
        package let permission: Permission
        package let name: String
        /// What it lets one do, as the end of “may …”.
        package let summary: String
    }

    package static let table: [Named] = [
        Named(permission: .viewEntries, name: "entry:view", summary: "see expenses and incomes, and export them"),
        Named(permission: .createEntries, name: "entry:create", summary: "record expenses and incomes"),
        Named(
            permission: .editOwnEntries, name: "entry:edit-own",
            summary: "change and delete what one has recorded oneself"),
        Named(permission: .editEntries, name: "entry:edit", summary: "change and delete what anybody has recorded"),
        Named(permission: .runImports, name: "import:run", summary: "import bank statements, and undo one's own"),
        Named(permission: .manageRules, name: "rule:manage", summary: "make and change rules"),
        Named(
            permission: .manageCategories, name: "category:manage",
            summary: "change categories and payment methods"),
        Named(permission: .viewBook, name: "book:view", summary: "see the book's name and settings"),
        Named(permission: .manageBook, name: "book:manage", summary: "change the book's name and settings"),
        Named(permission: .archiveBook, name: "book:archive", summary: "archive the book, and restore it"),
        Named(permission: .transferBook, name: "book:transfer", summary: "give the book to another member"),
        Named(permission: .viewMembers, name: "member:view", summary: "see who the members are"),
        Named(
            permission: .manageMembers, name: "user:manage", summary: "invite and remove members, change their roles"),
        Named(permission: .viewActivity, name: "activity:view", summary: "see what happened in the book"),
        Named(permission: .readAudit, name: "audit:read", summary: "read the audit log"),
        Named(permission: .viewBudgets, name: "budget:view", summary: "see budgets"),
        Named(permission: .createBudgets, name: "budget:create", summary: "propose budgets"),
        Named(permission: .approveBudgets, name: "budget:approve", summary: "approve budgets"),
        Named(permission: .manageBudgets, name: "budget:manage", summary: "change and delete budgets"),
        Named(permission: .viewReports, name: "report:view", summary: "see reports"),
        Named(permission: .generateReports, name: "report:generate", summary: "have reports made"),
        Named(permission: .manageWebhooks, name: "webhook:manage", summary: "connect other programs"),
        Named(permission: .manageDepartments, name: "department:manage", summary: "change departments"),
        Named(permission: .manageRoles, name: "role:manage", summary: "change the roles of an organisation"),
    ]

    package static let names: [(permission: Permission, name: String)] = table.map { ($0.permission, $0.name) }

    package static let everything: Permission = table.reduce(into: []) { $0.formUnion($1.permission) }

    /// What changes nothing; all that is left in a book that is archived.
    package static let reading: Permission = [
        .viewEntries, .viewBook, .viewMembers, .viewActivity, .readAudit, .viewBudgets, .viewReports,
    ]

    /// Nil for a name that is none.
    package init?(name: String) {
        guard let known = Self.table.first(where: { $0.name == name }) else { return nil }
        self = known.permission
    }

    package var names: [String] { Self.table.filter { contains($0.permission) }.map(\.name) }

    /// With what cannot sensibly be without it: whoever changes every entry changes their own.
    package var withImplied: Permission { contains(.editEntries) ? union(.editOwnEntries) : self }
}

/// A member's part in a book (INVENTORY S2-309).
package enum BookRole: String, Sendable, CaseIterable {
    case owner, admin, member, viewer

    package var permissions: Permission {
        switch self {
        case .owner: .everything
        case .admin: .everything.subtracting([.transferBook, .archiveBook])
        case .member:
            Self.viewer.permissions.union([.createEntries, .editOwnEntries, .runImports, .generateReports])
        case .viewer:
            [.viewEntries, .viewBook, .viewMembers, .viewActivity, .viewBudgets, .viewReports]
        }
    }
}
