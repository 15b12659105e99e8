import Base
import Database
import HTTP
import Resources

/// Every statement that touches `book_invitations`, but for those that go with a member.
struct InvitationStore: Sendable {
    let connection: any Queryable

    init(_ connection: any Queryable) { self.connection = connection }

    /// `i` is the invitation, `p` who sent it.
    static let resource = RowResource(
        "Invitation",
        [
            RowColumn("id", "i.id", .identifier),
            RowColumn("email", "i.email", .text),
            RowColumn("role", "i.role", .text),
            RowColumn("invitedBy", "p.name", .text),
            RowColumn("sentAt", "i.created_at", .instant),
            RowColumn("expiresAt", "i.expires_at", .instant),
            RowColumn("isExpired", "i.expires_at <= now()", .bool),
            RowColumn("roleName", roleName, .text, nullable: true, "Of the organisation's own role, in its place."),
        ])

    /// As the one sees it who is invited.
    static let received = RowResource(
        "ReceivedInvitation",
        [
            RowColumn("id", "i.id", .identifier),
            RowColumn("bookName", "b.name", .text),
            RowColumn("bookKind", "b.kind", .text),
            RowColumn("role", "i.role", .text),
            RowColumn("roleName", roleName, .text, nullable: true, "Of the organisation's own role, in its place."),
            RowColumn("invitedBy", "p.name", .text),
            RowColumn("email", "i.email", .text),
            RowColumn("expiresAt", "i.expires_at", .instant),
        ])

    private static let roleName: StaticString =
        "(SELECT name FROM book_roles r WHERE r.book_id = i.book_id AND r.id = i.role_id)"

    private static let open: SQL = "i.answer IS NULL AND i.expires_at > now() AND b.archived_at IS NULL"
    private static let source: SQL = """
        book_invitations i JOIN books b ON b.id = i.book_id JOIN people p ON p.id = i.invited_by
        """

    func list(_ book: BookID) async throws -> Rows {
        try await connection.query(
            """
            SELECT \(Self.resource.selection) FROM \(Self.source)
            WHERE i.book_id = \(book) AND i.answer IS NULL ORDER BY i.id LIMIT \(InvitationLimits.open)
            """)
    }

    func one(_ id: InvitationID, book: BookID) async throws -> Row? {
        try await connection.first(
            "SELECT \(Self.resource.selection) FROM \(Self.source) WHERE i.book_id = \(book) AND i.id = \(id)")
    }

    /// Those to the confirmed address of an account.
    func received(by user: UserID) async throws -> Rows {
        try await connection.query(
            """
            SELECT \(Self.received.selection) FROM \(Self.source)
            WHERE \(Self.open) AND i.email = (SELECT email FROM people WHERE id = \(user) AND is_verified)
            ORDER BY i.id LIMIT 100
            """)
    }

    func received(_ tokenHash: [UInt8]) async throws -> Row? {
        try await connection.first(
            """
            SELECT \(Self.received.selection) FROM \(Self.source)
            WHERE \(Self.open) AND i.token_hash = \(tokenHash)
            """)
    }

    // MARK: Sending

    /// What the limits are counted on. The book and the inviter are locked.
    func counts(_ book: BookID, by user: UserID) async throws -> (open: Int, lately: Int) {
        _ = try await connection.query("SELECT FROM users WHERE id = \(user) FOR NO KEY UPDATE")
        let row = try await connection.first(
            """
            SELECT (SELECT count(*) FROM book_invitations WHERE book_id = \(book) AND answer IS NULL),
                (SELECT count(*) FROM book_invitations
                    WHERE invited_by = \(user) AND created_at > now() - interval '1 hour')
            """)
        return (Int(try row?.get(0, as: Int64.self) ?? 0), Int(try row?.get(1, as: Int64.self) ?? 0))
    }

    /// What was never answered is no longer open once it is too old.
    func closeExpired(_ book: BookID) async throws {
        _ = try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked'
            WHERE book_id = \(book) AND answer IS NULL AND expires_at <= now()
            """)
    }

    func isMember(_ email: String, of book: BookID) async throws -> Bool {
        try await connection.first(
            """
            SELECT FROM book_members m JOIN people p ON p.id = m.user_id
            WHERE m.book_id = \(book) AND p.email = \(email)
            """) != nil
    }

    func insert(
        _ id: InvitationID, book: BookID, token: [UInt8], email: String, role: BookRole, place: MemberStore.Place,
        by user: UserID
    ) async throws {
        do {
            _ = try await connection.run(
                """
                INSERT INTO book_invitations
                    (book_id, id, token_hash, email, role, role_id, department_id, title, invited_by, expires_at)
                VALUES (\(book), \(id), \(token), \(email), \(role), \(place.role), \(place.department),
                    \(place.title), \(user), now() + \(InvitationLimits.days) * interval '1 day')
                """)
        } catch let error as DatabaseError where error.constraint == "book_invitations_open" {
            throw Refusal.alreadyInvited
        }
    }

    /// A new token for an open one; the letters before it are worth nothing then. Nil when there is none.
    func renew(_ id: InvitationID, book: BookID, token: [UInt8]) async throws -> (email: String, role: BookRole)? {
        let row = try await connection.first(
            """
            SELECT email, role, created_at > now() - \(InvitationLimits.minutesApart) * interval '1 minute'
            FROM book_invitations WHERE book_id = \(book) AND id = \(id) AND answer IS NULL FOR UPDATE
            """)
        guard let row else { return nil }
        if try row.get(2, as: Bool.self) { throw Refusal.justSent }
        _ = try await connection.run(
            """
            UPDATE book_invitations SET token_hash = \(token), created_at = now(),
                expires_at = now() + \(InvitationLimits.days) * interval '1 day'
            WHERE book_id = \(book) AND id = \(id)
            """)
        return (try row.get(0), try row.get(1))
    }

    func revoke(_ id: InvitationID, book: BookID) async throws -> String? {
        try await connection.first(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked'
            WHERE book_id = \(book) AND id = \(id) AND answer IS NULL RETURNING email
            """
        ).map { try $0.get(0) }
    }

    // MARK: Answering

    struct Opened: Sendable {
        let book: BookID
        let id: InvitationID
        let role: BookRole
        let email: String
        let inviter: UserID
        let place: MemberStore.Place
    }

    /// The open invitation, without a lock: which book is to be locked first.
    func find(_ key: InvitationKey) async throws -> Opened? {
        try await connection.first(
            """
            SELECT i.book_id, i.id, i.role, i.email, i.invited_by, i.role_id, i.department_id, i.title
            FROM \(Self.source) WHERE \(Self.open) AND \(Self.named(key))
            """
        ).map {
            Opened(
                book: try $0.get(0), id: try $0.get(1), role: try $0.get(2), email: try $0.get(3),
                inviter: try $0.get(4),
                place: MemberStore.Place(role: try $0.get(5), department: try $0.get(6), title: try $0.get(7)))
        }
    }

    private static func named(_ key: InvitationKey) -> SQL {
        switch key {
        case .letter(let hash): "i.token_hash = \(hash)"
        case .id(let id): "i.id = \(id)"
        }
    }

    /// The book that somebody is in by having accepted it.
    func joined(_ key: InvitationKey, _ user: UserID) async throws -> BookID? {
        try await connection.first(
            """
            SELECT i.book_id FROM book_invitations i
            JOIN people p ON p.id = \(user) AND p.email = i.email
            JOIN book_members m ON m.book_id = i.book_id AND m.user_id = p.id
            WHERE i.answer = 'accepted' AND \(Self.named(key))
            """
        )?.get(0)
    }

    /// Whether it was open until now. Of two who answer at once, one finds it so.
    func answer(_ opened: Opened, _ answer: String) async throws -> Bool {
        try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = \(answer)
            WHERE book_id = \(opened.book) AND id = \(opened.id) AND answer IS NULL AND expires_at > now()
            """) == 1
    }

    /// The address of an account, and whether it is confirmed.
    func address(of user: UserID) async throws -> (email: String, isVerified: Bool)? {
        try await connection.first("SELECT email, is_verified FROM people WHERE id = \(user) AND is_active")
            .map { (try $0.get(0), try $0.get(1)) }
    }
}

/// What an invitation's letter shows by itself.
package enum InvitationLetter {
    /// The address that the letter with this token was sent to, while it can be accepted: whoever has the token has that
    /// mailbox. Nil for any other text.
    package static func address(token: String, _ connection: any Queryable) async throws -> String? {
        guard let token = InvitationToken(token) else { return nil }
        return try await InvitationStore(connection).find(.letter(token.hash))?.email
    }
}
