import Audit
import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources

/// The departments of an organisation, and the roles that it makes itself.
package struct OrganizationRoutes: RouteGroup {
    let database: Database
    let directory: BookDirectory

    package init(database: Database, directory: BookDirectory) {
        self.database = database
        self.directory = directory
    }

    enum Input {
        static let name = BodyField<String>.text("name", max: 100, min: 1)
        static let slug = BodyField<String>.text("slug", max: 50, "Made from the name where it is not said.")
        static let parent = BodyField<DepartmentID>(
            "parentId", .nullable(.uuid), "The department that it is a part of."
        ) {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ DepartmentID($0) }) else {
                throw FieldProblem("parentId should be the id of a department.")
            }
            return id
        }
        static let permissions = BodyField<[String]>.texts("permissions", max: 60, maxCount: 64, "By their names.")
        static let scope = BodyField<String>.choice("scope", of: RoleSet.Scope.allCases.map(\.rawValue))
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Organisation"
        let department = OrganizationStore.department.schema
        let fields = [Input.slug.property, Input.parent.property]
        routes.get(
            "/departments", "The departments of the organisation", access: .book(.viewBook),
            returns: .data(.array(department)), refuses: [.conflict]
        ) { request in
            let rows = try await store(request).departments()
            return try .data { try OrganizationStore.department.write(rows, to: &$0) }
        }
        routes.post(
            "/departments", "Create a department", access: .book(.manageDepartments),
            accepts: .json("NewDepartment", [Input.name.required().property] + fields), returns: .created(department),
            refuses: [.conflict], handle: createDepartment)
        routes.get(
            "/departments/{id}", "One department, by its id or its slug", access: .book(.viewBook),
            returns: .data(department), refuses: [.conflict]
        ) { request in
            guard let row = try await store(request).department(request.pathText("id") ?? "") else {
                throw Refusal.notFound("department")
            }
            return try .data { try OrganizationStore.department.write(row, to: &$0) }
        }
        routes.put(
            "/departments/{id}", "Change what the body names", access: .book(.manageDepartments),
            accepts: .json(
                "DepartmentChange", [Input.name.property] + fields + [EntityTag.bodyField.property]),
            returns: .data(department), refuses: [.conflict, .preconditionFailed], handle: changeDepartment)
        routes.delete(
            "/departments/{id}", "Delete a department that nobody is in", access: .book(.manageDepartments),
            refuses: [.conflict], handle: deleteDepartment)
        registerRoles(in: &routes)
    }

    private func registerRoles(in routes: inout Routes) {
        let role = OrganizationStore.role.schema
        let fields = [Input.permissions.property, Input.scope.property]
        routes.get(
            "/roles", "The roles that the organisation has made", access: .book(.viewBook),
            returns: .data(.array(role)), refuses: [.conflict]
        ) { request in
            let rows = try await store(request).roles()
            return try .data { try OrganizationStore.role.write(rows, to: &$0) }
        }
        routes.post(
            "/roles", "Create a role", access: .book(.manageRoles),
            accepts: .json(
                "NewRoleSet",
                [Input.name.required().property, Input.permissions.required().property, Input.scope.property]),
            returns: .created(role), refuses: [.conflict], handle: createRole)
        routes.get(
            "/roles/{id}", "One role", access: .book(.viewBook), returns: .data(role), refuses: [.conflict]
        ) { request in
            guard let row = try await store(request).roleRow(try request.identifier("id", of: "role")) else {
                throw Refusal.notFound("role")
            }
            return try .data { try OrganizationStore.role.write(row, to: &$0) }
        }
        routes.put(
            "/roles/{id}", "Change what the body names; holds for its members at once", access: .book(.manageRoles),
            accepts: .json("RoleSetChange", [Input.name.property] + fields + [EntityTag.bodyField.property]),
            returns: .data(role), refuses: [.conflict, .preconditionFailed], handle: changeRole)
        routes.delete(
            "/roles/{id}", "Delete a role that nobody has", access: .book(.manageRoles), refuses: [.conflict],
            handle: deleteRole)
    }

    private func store(_ request: Request) async throws -> OrganizationStore {
        let book = try request.book.id
        guard try await BookStore(database).isOrganization(book) else { throw Refusal.notAnOrganization }
        return OrganizationStore(connection: database, book: book)
    }

    /// Runs a change with the organisation locked, and notes it.
    private func change<Value: Sendable>(
        _ request: Request, _ permission: Permission,
        _ body: @escaping @Sendable (OrganizationStore, BookSummary, AuditNote) async throws -> Value
    ) async throws -> Value {
        let book = try request.book.id
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        let value = try await database.transaction { transaction in
            let summary = try await BookStore(transaction).lock(book, for: principal, permission: permission)
            guard summary.book.kind == .organization else { throw Refusal.notAnOrganization }
            let note = AuditNote { action, module, record, old, new in
                try await transaction.publish(
                    Event(.organizationChanged, book: book, user: principal.user) { $0.write("id", record) })
                try await transaction.record(
                    AuditRecord(
                        action, module: module, record: record, book: book, by: .init(principal, role: summary.role),
                        from: origin, old: old, new: new))
            }
            return try await body(OrganizationStore(connection: transaction, book: book), summary, note)
        }
        await directory.settleChange()
        return value
    }

    private struct AuditNote: Sendable {
        typealias Fields = @Sendable (inout JSONWriter) -> Void
        let write: @Sendable (AuditRecord.Action, String, String, Fields?, Fields?) async throws -> Void
    }

    // MARK: Departments

    @Sendable private func createDepartment(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let name = body.read(Input.name.required()) ?? ""
        let id = DepartmentID.new()
        let slug = Self.slug(&body, name: name, of: id)
        let parent = body.read(Input.parent)
        try body.check()
        let row = try await change(request, .manageDepartments) { store, _, note in
            guard try await store.departments().count < Organization.maximumDepartments else {
                throw Refusal(
                    .conflict, "TOO_MANY", "There are \(Organization.maximumDepartments) departments already.")
            }
            try await Self.checkParent(parent, of: nil, store)
            try await store.insertDepartment(id, name: name, slug: slug, parent: parent)
            try await note.write(.init("DEPARTMENT_CREATED"), "departments", id.description, nil) {
                $0.write("name", name)
            }
            guard let row = try await store.department(id.description) else { throw Refusal.notFound("department") }
            return row
        }
        return try .data(status: 201) { try OrganizationStore.department.write(row, to: &$0) }
    }

    @Sendable private func changeDepartment(_ request: Request) async throws -> HTTPResponse {
        let text = request.pathText("id") ?? ""
        var received = try await request.body()
        let version = try EntityTag.version(request, &received)
        let newName = received.read(Input.name)
        let hasSlug = received.has(Input.slug)
        let newSlug = hasSlug ? Self.slug(&received, name: newName ?? "", of: nil) : nil
        let hasParent = received.has(Input.parent)
        let newParent = received.read(Input.parent)
        try received.check()
        let row = try await change(request, .manageDepartments) { store, _, note in
            guard let old = try await store.department(text) else { throw Refusal.notFound("department") }
            guard try old.get(4, as: Int32.self) == version else { throw Refusal.staleVersion }
            let (id, oldName): (DepartmentID, String) = (try old.get(0), try old.get(2))
            let parent = try hasParent ? newParent : old.get(3, as: DepartmentID?.self)
            if hasParent { try await Self.checkParent(parent, of: id, store) }
            let name = newName ?? oldName
            try await store.saveDepartment(id, name: name, slug: try newSlug ?? old.get(1), parent: parent)
            try await note.write(
                .init("DEPARTMENT_CHANGED"), "departments", id.description, { $0.write("name", oldName) },
                { $0.write("name", name) })
            guard let row = try await store.department(id.description) else { throw Refusal.notFound("department") }
            return row
        }
        return try .data { try OrganizationStore.department.write(row, to: &$0) }
    }

    @Sendable private func deleteDepartment(_ request: Request) async throws -> HTTPResponse {
        let text = request.pathText("id") ?? ""
        try await change(request, .manageDepartments) { store, _, note in
            guard let old = try await store.department(text) else { throw Refusal.notFound("department") }
            let (id, name): (DepartmentID, String) = (try old.get(0), try old.get(2))
            try await store.deleteDepartment(id)
            try await note.write(
                .init("DEPARTMENT_DELETED"), "departments", id.description, { $0.write("name", name) }, nil)
        }
        return .noContent
    }

    /// A name without a Latin letter has one by its id.
    private static func slug(_ body: inout Body, name: String, of id: DepartmentID?) -> String {
        let sent = body.read(Input.slug).flatMap { $0.isEmpty ? nil : $0 }
        if let slug = Organization.slug(for: sent ?? name) { return slug }
        if sent == nil, let id { return "department-" + id.description.suffix(8) }
        if !name.isEmpty || sent != nil {
            body.refuse("slug", "slug should have a letter from a to z or a digit, for the department's address.")
        }
        return ""
    }

    /// The parent is there, is no part of the department itself, and the tree stays low.
    private static func checkParent(
        _ parent: DepartmentID?, of id: DepartmentID?, _ store: OrganizationStore
    ) async throws {
        guard let parent else { return }
        let above = try await store.ancestors(of: parent)
        guard !above.isEmpty else { throw Refusal.invalid("parentId", "There is no such department.") }
        if let id, above.contains(id) {
            throw Refusal.invalid("parentId", "A department cannot be a part of itself.")
        }
        let height = if let id { try await store.height(of: id) } else { 1 }
        guard above.count + height <= Organization.maximumDepth else {
            throw Refusal.invalid("parentId", "Departments have at most \(Organization.maximumDepth) levels.")
        }
    }

    // MARK: Roles

    @Sendable private func createRole(_ request: Request) async throws -> HTTPResponse {
        let principal = try request.principal
        var body = try await request.body()
        let name = body.read(Input.name.required()) ?? ""
        let names = body.read(Input.permissions.required()) ?? []
        let scope = body.read(Input.scope).flatMap(RoleSet.Scope.init(rawValue:)) ?? .all
        try body.check()
        let id = RoleSetID.new()
        let row = try await change(request, .manageRoles) { store, summary, note in
            guard try await store.roles().count < Organization.maximumRoles else {
                throw Refusal(.conflict, "TOO_MANY", "There are \(Organization.maximumRoles) roles already.")
            }
            let permissions = try RoleSet.checked(names, scope: scope, by: summary.rights(of: principal))
            try await store.insertRole(RoleSet(id: id, name: name, permissions: permissions, scope: scope))
            try await note.write(.init("ROLE_CREATED"), "roles", id.description, nil) {
                $0.write("name", name)
                $0.write("permissions", permissions.names.joined(separator: " "))
            }
            guard let row = try await store.roleRow(id) else { throw Refusal.notFound("role") }
            return row
        }
        return try .data(status: 201) { try OrganizationStore.role.write(row, to: &$0) }
    }

    @Sendable private func changeRole(_ request: Request) async throws -> HTTPResponse {
        let id: RoleSetID = try request.identifier("id", of: "role")
        let principal = try request.principal
        var body = try await request.body()
        let version = try EntityTag.version(request, &body)
        let name = body.read(Input.name)
        let names = body.read(Input.permissions)
        let scope = body.read(Input.scope).flatMap(RoleSet.Scope.init(rawValue:))
        try body.check()
        let row = try await change(request, .manageRoles) { store, summary, note in
            guard let row = try await store.roleRow(id), let old = try await store.role(id) else {
                throw Refusal.notFound("role")
            }
            guard try row.get(4, as: Int32.self) == version else { throw Refusal.staleVersion }
            let rights = summary.rights(of: principal)
            guard old.permissions.isSubset(of: rights) else { throw Refusal.escalation }
            let newScope = scope ?? old.scope
            let permissions = try RoleSet.checked(names ?? old.permissions.names, scope: newScope, by: rights)
            let new = RoleSet(id: id, name: name ?? old.name, permissions: permissions, scope: newScope)
            try await store.saveRole(new)
            try await note.write(
                .init("ROLE_CHANGED"), "roles", id.description,
                {
                    $0.write("name", old.name)
                    $0.write("permissions", old.permissions.names.joined(separator: " "))
                },
                {
                    $0.write("name", new.name)
                    $0.write("permissions", new.permissions.names.joined(separator: " "))
                })
            guard let saved = try await store.roleRow(id) else { throw Refusal.notFound("role") }
            return saved
        }
        return try .data { try OrganizationStore.role.write(row, to: &$0) }
    }

    @Sendable private func deleteRole(_ request: Request) async throws -> HTTPResponse {
        let id: RoleSetID = try request.identifier("id", of: "role")
        let principal = try request.principal
        try await change(request, .manageRoles) { store, summary, note in
            guard let old = try await store.role(id) else { throw Refusal.notFound("role") }
            guard old.permissions.isSubset(of: summary.rights(of: principal)) else { throw Refusal.escalation }
            try await store.deleteRole(id)
            try await note.write(.init("ROLE_DELETED"), "roles", id.description, { $0.write("name", old.name) }, nil)
        }
        return .noContent
    }
}

extension EventName {
    package static let organizationChanged = EventName("organization.changed")
}

extension BookSummary {
    /// What somebody may do here with the credential at hand.
    func rights(of principal: Principal) -> Permission {
        principal.scopes.map { permissions.intersection($0.withImplied) } ?? permissions
    }
}

extension BookStore {
    func isOrganization(_ id: BookID) async throws -> Bool {
        try await connection.first("SELECT FROM books WHERE id = \(id) AND kind = 'organization'") != nil
    }
}
