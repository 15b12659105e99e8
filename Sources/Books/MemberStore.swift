import Base
import Database
import HTTP
import JSON
import Resources

/// Every statement that changes `book_members`, but for the first owner's.
package struct MemberStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    package static let resource = RowResource(
        "Member",
        [
            RowColumn("userId", "m.user_id", .identifier),
            RowColumn("name", "p.name", .text),
            RowColumn("email", "p.email", .text, nullable: true, "For those who manage members."),
            RowColumn("role", "m.role", .text),
            RowColumn("joinedAt", "m.joined_at", .instant),
            RowColumn("avatarUrl", avatar, .text, nullable: true),
            RowColumn("title", "m.title", .text, nullable: true),
            RowColumn("departmentId", "m.department_id", .identifier, nullable: true),
            RowColumn("departmentName", departmentName, .text, nullable: true),
            RowColumn(
                "roleId", "m.role_id", .identifier, nullable: true,
                "Of the organisation, in the place of the role's rights."),
            RowColumn("roleName", roleName, .text, nullable: true),
        ])

    private static let departmentName: StaticString =
        "(SELECT name FROM departments d WHERE d.book_id = m.book_id AND d.id = m.department_id)"
    private static let roleName: StaticString =
        "(SELECT name FROM book_roles r WHERE r.book_id = m.book_id AND r.id = m.role_id)"
    private static let avatar: StaticString = """
        CASE WHEN p.avatar_version > 0 THEN '/api/v1/users/' || p.id || '/avatar?v=' || p.avatar_version END
        """

    /// One more than the limit is read: it tells whether there is another page.
    static func list(_ book: BookID, after: UserID?, limit: Int, withAddresses: Bool) -> SQL {
        """
        SELECT \(resource.selection)
        FROM book_members m JOIN (
            SELECT id, name, CASE WHEN \(withAddresses) THEN email END AS email, avatar_version FROM people
        ) p ON p.id = m.user_id
        WHERE m.book_id = \(book) AND (\(after == nil) OR m.user_id > \(after))
        ORDER BY m.user_id LIMIT \(limit + 1)
        """
    }

    func row(_ user: UserID) async throws -> Row? {
        try await connection.first(
            """
            SELECT \(Self.resource.selection) FROM book_members m JOIN people p ON p.id = m.user_id
            WHERE m.book_id = \(book) AND m.user_id = \(user)
            """)
    }

    /// With the book locked, nobody else changes them.
    func find(_ user: UserID) async throws -> (member: Member, place: Place)? {
        try await connection.first(
            """
            SELECT m.role, r.permissions, m.role_id, m.department_id, m.title FROM book_members m
            LEFT JOIN book_roles r ON r.book_id = m.book_id AND r.id = m.role_id
            WHERE m.book_id = \(book) AND m.user_id = \(user)
            """
        ).map { row in
            let names: [String]? = try row.get(1)
            let member = Member(user: user, role: try row.get(0), roleSet: names.map { Permission(names: $0) })
            return (member, Place(role: try row.get(2), department: try row.get(3), title: try row.get(4)))
        }
    }

    /// Where somebody is in an organisation.
    struct Place: Equatable, Sendable {
        var role: RoleSetID?
        var department: DepartmentID?
        var title: String?

        func write(_ role: BookRole, to writer: inout JSONWriter) {
            writer.write("role", role)
            if let role = self.role { writer.write("roleId", role) }
            if let department { writer.write("departmentId", department) }
            if let title { writer.write("title", title) }
        }
    }

    /// Those who stay: whoever is about to delete their account is no owner to rely on.
    func owners() async throws -> Int {
        let row = try await connection.first(
            """
            SELECT count(*) FROM book_members m JOIN people p ON p.id = m.user_id
            WHERE m.book_id = \(book) AND m.role = 'owner' AND NOT p.is_leaving
            """)
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    func count() async throws -> Int {
        let row = try await connection.first("SELECT count(*) FROM book_members WHERE book_id = \(book)")
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    /// Whether they were none before.
    func add(_ user: UserID, as role: BookRole, at place: Place) async throws -> Bool {
        try await connection.run(
            """
            INSERT INTO book_members (book_id, user_id, role, role_id, department_id, title)
            VALUES (\(book), \(user), \(role), \(place.role), \(place.department), \(place.title))
            ON CONFLICT (book_id, user_id) DO NOTHING
            """) == 1
    }

    func setRole(_ role: BookRole, of user: UserID) async throws {
        _ = try await connection.run(
            "UPDATE book_members SET role = \(role), role_id = NULL WHERE book_id = \(book) AND user_id = \(user)")
    }

    func save(_ role: BookRole, _ place: Place, of user: UserID) async throws {
        _ = try await connection.run(
            """
            UPDATE book_members SET role = \(role), role_id = \(place.role), department_id = \(place.department),
                title = \(place.title)
            WHERE book_id = \(book) AND user_id = \(user)
            """)
    }

    /// The invitations that they have sent go with them: nobody comes back through a letter of their own.
    func remove(_ user: UserID) async throws {
        _ = try await connection.run("DELETE FROM book_members WHERE book_id = \(book) AND user_id = \(user)")
        try await revokeInvitations(by: user)
    }

    func revokeInvitations(by user: UserID) async throws {
        _ = try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked'
            WHERE book_id = \(book) AND invited_by = \(user) AND answer IS NULL
            """)
    }
}
