import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

/// `/households`: the books of kind household, in the words of INVENTORY S2-095 to S2-102. Everything here is what
/// `/books` does; a book of another kind is no household, hence not there.
package struct HouseholdRoutes: RouteGroup {
    let books: BookRoutes
    let members: MemberRoutes
    let invitations: InvitationRoutes

    package init(books: BookRoutes, members: MemberRoutes, invitations: InvitationRoutes) {
        self.books = books
        self.members = members
        self.invitations = invitations
    }

    private var database: Database { books.database }

    static let resource = RowResource(
        "Household",
        [
            RowColumn("id", "b.id", .identifier),
            RowColumn("name", "b.name", .text),
            RowColumn("currency", "b.currency", .text),
            RowColumn("ownerId", owner, .identifier, nullable: true),
            RowColumn("createdAt", "b.created_at", .instant),
            RowColumn("updatedAt", "b.updated_at", .instant),
        ])

    private static let owner: StaticString = """
        (SELECT user_id FROM book_members o WHERE o.book_id = b.id AND o.role = 'owner' ORDER BY o.joined_at, user_id LIMIT 1)
        """

    enum Input {
        static let email = BodyField<String>.text("email", max: 254, "Whom to invite.")
        static let user = BodyField<UserID>("userId", .uuid, "Or a member of another book that you manage.") {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ UserID($0) }) else {
                throw FieldProblem("userId should be the id of a person.")
            }
            return id
        }
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Households"
        let schema = Self.resource.schema
        let whole = Self.resource.schema(
            named: "HouseholdWithMembers",
            adding: [SchemaProperty("members", .array(MemberStore.resource.schema), "At most 200.")])
        routes.get(
            "/households", "Your households", access: .signedIn, returns: .data(.array(schema)), handle: list)
        routes.post(
            "/households", "Open a household", access: .session,
            accepts: .json("NewHousehold", [BookRoutes.Input.name.required().property] + BookRoutes.Input.settings),
            returns: .created(schema), refuses: [.conflict, .unprocessable], handle: create)
        routes.get(
            "/households/{id}", "One household, with its members", access: .bookInPath(.viewMembers),
            returns: .data(whole), handle: one)
        routes.put(
            "/households/{id}", "Change a household", access: .bookInPath(.manageBook),
            accepts: .json(
                "HouseholdChange",
                [BookRoutes.Input.name.property] + BookRoutes.Input.settings + [EntityTag.bodyField.property]),
            returns: .data(schema), refuses: [.conflict, .preconditionFailed]
        ) { request in
            try await checkKind(request)
            _ = try await books.change(request, needsVersion: false)
            return try await answer(try request.identifier("id", of: "household"))
        }
        routes.delete(
            "/households/{id}", "Archive a household", access: .bookInPath(.archiveBook), refuses: [.conflict]
        ) { request in
            try await checkKind(request)
            _ = try await books.setArchived(true, request)
            return .noContent
        }
        registerMembers(in: &routes)
    }

    private func registerMembers(in routes: inout Routes) {
        let schema = MemberStore.resource.schema
        routes.post(
            "/households/{id}/members", "Invite somebody: they become a member when they accept",
            access: .bookInPath(.manageMembers),
            accepts: .json(
                "NewHouseholdMember",
                [Input.email.property, Input.user.property, InvitationRoutes.Input.role.property]),
            returns: .created(InvitationStore.resource.schema), refuses: [.conflict, .tooManyRequests], handle: invite)
        routes.delete(
            "/households/{id}/members/{userId}", "Remove a member, or leave", access: .bookInPath(.viewMembers),
            refuses: [.conflict]
        ) { request in
            try await checkKind(request)
            return try await members.remove(request)
        }
        routes.patch(
            "/households/{id}/members/{userId}/role", "Change a member's role", access: .bookInPath(.manageMembers),
            accepts: .json("HouseholdRole", [MemberRoutes.Input.role.required().property]), returns: .data(schema),
            refuses: [.conflict]
        ) { request in
            try await checkKind(request)
            return try await members.change(request, needsRole: true)
        }
    }

    private func checkKind(_ request: Request) async throws {
        let id: BookID = try request.identifier("id", of: "household")
        guard try await BookStore(database).isHousehold(id) else { throw Refusal.notFound("household") }
    }

    private static func select(_ condition: SQL) -> SQL {
        "SELECT \(resource.selection) FROM books b WHERE b.kind = 'household' AND \(condition)"
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let user = try request.principal.user
        let rows = try await database.query(
            Self.select(
                """
                b.archived_at IS NULL AND b.id IN (SELECT book_id FROM book_members WHERE user_id = \(user))
                ORDER BY b.id LIMIT 200
                """))
        return try .data { try Self.resource.write(rows, to: &$0) }
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        try await books.create(request, kind: .household) { summary, transaction in
            guard let row = try await transaction.first(Self.select("b.id = \(summary.book.id)")) else {
                throw Refusal.notFound("household")
            }
            return try .data(status: 201) { try Self.resource.write(row, to: &$0) }
        }
    }

    private func answer(_ id: BookID) async throws -> HTTPResponse {
        guard let row = try await database.writer.first(Self.select("b.id = \(id)")) else {
            throw Refusal.notFound("household")
        }
        return try .data { try Self.resource.write(row, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let results = try await database.pipeline([
            Self.select("b.id = \(book.id)"),
            MemberStore.list(
                book.id, after: nil, limit: Member.maximumOfBook,
                withAddresses: book.permissions.contains(.manageMembers)),
        ])
        guard let row = results[0].first else { throw Refusal.notFound("household") }
        return try .data(capacity: 1024) { writer in
            try Self.resource.write(row, to: &writer) { writer in
                writer.key("members")
                try MemberStore.resource.write(results[1], to: &writer)
            }
        }
    }

    /// Nobody becomes a member without having said so, not even one whom the inviter knows.
    @Sendable private func invite(_ request: Request) async throws -> HTTPResponse {
        try await checkKind(request)
        var body = try await request.body()
        let email = body.read(Input.email)
        let user = body.read(Input.user)
        let role = body.read(InvitationRoutes.Input.role).flatMap(BookRole.init(rawValue:)) ?? .member
        if (email == nil) == (user == nil) {
            body.refuse("email", "Name whom to invite: email or userId, one of them.")
        }
        try body.check()
        var address = email ?? ""
        if let user {
            let known = try await database.first(
                """
                SELECT p.email FROM people p JOIN book_members theirs ON theirs.user_id = p.id
                JOIN book_members mine ON mine.book_id = theirs.book_id
                WHERE p.id = \(user) AND p.is_active AND mine.role IN ('owner', 'admin') AND mine.user_id = \(try request.principal.user) LIMIT 1
                """)
            guard let known else { throw Refusal.notFound("person") }
            address = try known.get(0)
        }
        return try await invitations.invite(
            address, to: try request.identifier("id", of: "household"), as: role, request)
    }
}

extension BookStore {
    package func isHousehold(_ id: BookID) async throws -> Bool {
        try await connection.first("SELECT FROM books WHERE id = \(id) AND kind = 'household'") != nil
    }
}
