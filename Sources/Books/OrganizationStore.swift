import Base
import Database
import HTTP
import Resources

/// Every statement that touches `departments` and `book_roles`.
struct OrganizationStore: Sendable {
    let connection: any Queryable
    let book: BookID

    static let department = RowResource(
        "Department",
        [
            RowColumn("id", "d.id", .identifier), RowColumn("slug", "d.slug", .text),
            RowColumn("name", "d.name", .text), RowColumn("parentId", "d.parent_id", .identifier, nullable: true),
            RowColumn("version", "d.version", .integer),
            RowColumn(
                "memberCount",
                "(SELECT count(*)::int FROM book_members m WHERE m.book_id = d.book_id AND m.department_id = d.id)",
                .integer),
        ])

    static let role = RowResource(
        "RoleSet",
        [
            RowColumn("id", "r.id", .identifier), RowColumn("name", "r.name", .text),
            RowColumn("permissions", "r.permissions", .texts), RowColumn("scope", "r.scope", .text),
            RowColumn("version", "r.version", .integer),
            RowColumn(
                "memberCount",
                "(SELECT count(*)::int FROM book_members m WHERE m.book_id = r.book_id AND m.role_id = r.id)",
                .integer),
        ])

    func seed() async throws {
        for name in Organization.departments {
            try await insertDepartment(.new(), name: name, slug: Organization.slug(for: name) ?? "", parent: nil)
        }
        for (name, permissions, scope) in Organization.roles {
            try await insertRole(RoleSet(id: .new(), name: name, permissions: permissions, scope: scope))
        }
    }

    // MARK: Departments

    func departments() async throws -> Rows {
        try await connection.query(
            "SELECT \(Self.department.selection) FROM departments d WHERE d.book_id = \(book) ORDER BY lower(d.name), d.id"
        )
    }

    /// By its id or its slug.
    func department(_ text: String) async throws -> Row? {
        let id = DepartmentID(text)
        return try await connection.first(
            """
            SELECT \(Self.department.selection) FROM departments d
            WHERE d.book_id = \(book) AND (d.id = \(id) OR d.slug = lower(\(text)))
            """)
    }

    func insertDepartment(_ id: DepartmentID, name: String, slug: String, parent: DepartmentID?) async throws {
        try await translating("department") {
            _ = try await connection.run(
                """
                INSERT INTO departments (book_id, id, slug, name, parent_id)
                VALUES (\(book), \(id), \(slug), \(name), \(parent))
                """)
        }
    }

    func saveDepartment(_ id: DepartmentID, name: String, slug: String, parent: DepartmentID?) async throws {
        try await translating("department") {
            _ = try await connection.run(
                """
                UPDATE departments SET name = \(name), slug = \(slug), parent_id = \(parent), version = version + 1
                WHERE book_id = \(book) AND id = \(id)
                """)
        }
    }

    func deleteDepartment(_ id: DepartmentID) async throws {
        try await translating("department") {
            _ = try await connection.run("DELETE FROM departments WHERE book_id = \(book) AND id = \(id)")
        }
        _ = try await connection.run(
            "UPDATE book_invitations SET department_id = NULL WHERE book_id = \(book) AND department_id = \(id)")
    }

    /// The departments from one up to the top, itself first; at most one more than there may be.
    func ancestors(of id: DepartmentID) async throws -> [DepartmentID] {
        try await connection.query(
            """
            WITH RECURSIVE up AS (
                SELECT id, parent_id, 1 AS depth FROM departments WHERE book_id = \(book) AND id = \(id)
                UNION ALL
                SELECT d.id, d.parent_id, up.depth + 1 FROM departments d JOIN up ON d.id = up.parent_id
                WHERE d.book_id = \(book) AND up.depth <= \(Organization.maximumDepth)
            )
            SELECT id FROM up ORDER BY depth
            """
        ).map { try $0.get(0) }
    }

    /// How many levels there are from one down, itself included.
    func height(of id: DepartmentID) async throws -> Int {
        let row = try await connection.first(
            """
            WITH RECURSIVE down AS (
                SELECT id, 1 AS depth FROM departments WHERE book_id = \(book) AND id = \(id)
                UNION ALL
                SELECT d.id, down.depth + 1 FROM departments d JOIN down ON d.parent_id = down.id
                WHERE d.book_id = \(book) AND down.depth <= \(Organization.maximumDepth)
            )
            SELECT coalesce(max(depth), 0)::int FROM down
            """)
        return Int(try row?.get(0, as: Int32.self) ?? 0)
    }

    // MARK: Roles

    func roles() async throws -> Rows {
        try await connection.query(
            "SELECT \(Self.role.selection) FROM book_roles r WHERE r.book_id = \(book) ORDER BY r.id")
    }

    func roleRow(_ id: RoleSetID) async throws -> Row? {
        try await connection.first(
            "SELECT \(Self.role.selection) FROM book_roles r WHERE r.book_id = \(book) AND r.id = \(id)")
    }

    func role(_ id: RoleSetID) async throws -> RoleSet? {
        try await roleRow(id).map { row in
            RoleSet(
                id: try row.get(0), name: try row.get(1), permissions: Permission(names: try row.get(2)),
                scope: try row.get(3))
        }
    }

    /// One of those that an organisation begins with; made again where it has been deleted or renamed.
    func roleOfStart(named name: String) async throws -> RoleSetID? {
        let there = try await connection.first(
            "SELECT id FROM book_roles WHERE book_id = \(book) AND lower(name) = lower(\(name))")
        if let there { return try there.get(0) }
        guard let (_, permissions, scope) = Organization.roles.first(where: { $0.name == name }) else { return nil }
        let role = RoleSet(id: .new(), name: name, permissions: permissions, scope: scope)
        try await insertRole(role)
        return role.id
    }

    func insertRole(_ role: RoleSet) async throws {
        try await translating("role") {
            _ = try await connection.run(
                """
                INSERT INTO book_roles (book_id, id, name, permissions, scope)
                VALUES (\(book), \(role.id), \(role.name), \(role.permissions.names), \(role.scope))
                """)
        }
    }

    func saveRole(_ role: RoleSet) async throws {
        try await translating("role") {
            _ = try await connection.run(
                """
                UPDATE book_roles SET name = \(role.name), permissions = \(role.permissions.names), scope = \(role.scope),
                    version = version + 1
                WHERE book_id = \(book) AND id = \(role.id)
                """)
        }
    }

    func deleteRole(_ id: RoleSetID) async throws {
        try await translating("role") {
            _ = try await connection.run("DELETE FROM book_roles WHERE book_id = \(book) AND id = \(id)")
        }
        // Who was to have it would have the built-in role's rights, which may be more: they need a new letter.
        _ = try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked'
            WHERE book_id = \(book) AND role_id = \(id) AND answer IS NULL
            """)
    }

    private func translating(_ what: String, _ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as DatabaseError {
            switch error.constraint {
            case "departments_slug_key", "book_roles_name_key": throw Refusal.nameTaken(what)
            case "book_members_department_fkey", "book_members_role_fkey": throw Refusal.inUse(what)
            case "departments_parent_fkey", "entries_department_fkey": throw Refusal.inUse(what)
            default: throw error
            }
        }
    }
}

extension Permission {
    /// What a later version has taken away is left out.
    package init(names: [String]) {
        self = names.reduce(into: []) { if let known = Permission(name: $1) { $0.formUnion(known) } }
    }
}
