import Base
import HTTP

package enum RoleSetTag {}
package typealias RoleSetID = Identifier<RoleSetTag>

/// What an organisation has beyond another book: departments, and roles that it makes itself.
enum Organization {
    static let maximumDepartments = 200
    static let maximumDepth = 5
    static let maximumRoles = 50

    static let departments = ["Finance", "HR", "Inventory", "Operations"]

    static let headRole = "Department head"
    static let staffRole = "Staff"

    /// What a new organisation begins with. The owner is built in: without one nobody could mend the others.
    static let roles: [(name: String, permissions: Permission, scope: RoleSet.Scope)] = [
        ("Administrator", BookRole.admin.permissions, .all),
        (
            headRole,
            BookRole.viewer.permissions.union([
                .createEntries, .editEntries, .editOwnEntries, .approveBudgets, .createBudgets, .generateReports,
            ]), .department
        ),
        (
            staffRole,
            BookRole.viewer.permissions.union([.createBudgets, .createEntries, .editOwnEntries, .generateReports]), .own
        ),
        ("Auditor", Permission.reading, .all),
        ("Integrations", [.viewBook, .viewEntries, .manageWebhooks], .all),
    ]

    /// `Human resources` is `human-resources`; nil for a name without a letter or a digit.
    static func slug(for name: String) -> String? {
        var slug = ""
        for character in name.lowercased() {
            if let ascii = character.asciiValue, character.isLetter || character.isNumber {
                slug.unicodeScalars.append(Unicode.Scalar(ascii))
            } else if !slug.isEmpty, !slug.hasSuffix("-") {
                slug += "-"
            }
        }
        slug = String(slug.prefix(50))
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? nil : slug
    }
}

/// A set of permissions with a name, as a member of an organisation may have it in the place of a role's own.
package struct RoleSet: Equatable, Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        case all, department, own

        init(_ scope: EntryScope) {
            self =
                switch scope {
                case .everything: .all
                case .departments: .department
                case .own: .own
                }
        }
    }

    package let id: RoleSetID
    package let name: String
    package let permissions: Permission
    package let scope: Scope

    /// What a scope narrows. The others are about the book as a whole, whatever the scope.
    static let ofEntries: Permission = [
        .viewEntries, .createEntries, .editEntries, .editOwnEntries, .viewReports, .generateReports,
    ]

    /// - Throws: 400 for names that are none, and for what a scope cannot yet limit; 403 for more than the one has who
    ///   makes it.
    static func checked(
        _ names: [String], scope: Scope, by maker: Permission
    ) throws(Refusal) -> Permission {
        var permissions: Permission = []
        for name in names {
            guard let known = Permission(name: name) else {
                throw .invalid("permissions", "There is no permission “\(String(name.prefix(60)))”.")
            }
            permissions.formUnion(known)
        }
        permissions = permissions.withImplied
        // These show what is anywhere in the book: a narrower scope would promise what they do not keep.
        let whole = permissions.intersection([.runImports, .manageRules, .readAudit])
        if scope != .all, !whole.isEmpty {
            throw .invalid(
                "scope",
                "With \(whole.names.joined(separator: ", ")) a role reaches the whole book: its scope has to be all.")
        }
        guard permissions.isSubset(of: maker) else { throw .escalation }
        return permissions
    }
}

extension Refusal {
    static let escalation = Refusal(
        .forbidden, "ESCALATION", "Nobody gives, changes or takes away a right that they do not have themselves.")
    static let notAnOrganization = Refusal(
        .conflict, "NOT_AN_ORGANIZATION", "Only an organisation has departments and roles of its own.")
    static func inUse(_ what: String) -> Refusal {
        Refusal(.conflict, "IN_USE", "This \(what) is in use. Give its members or its parts another one first.")
    }
    static func nameTaken(_ what: String) -> Refusal {
        Refusal(
            .conflict, "DUPLICATE_KEY", "There is a \(what) of this name already.",
            fields: [FieldError("name", "There is a \(what) of this name already.")])
    }
}
