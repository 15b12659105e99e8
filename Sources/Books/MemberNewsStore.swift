import Base
import Database
import HTTP

/// What a letter says of a member of a book.
package struct MemberNewsStore: Sendable {
    private let connection: any Queryable

    package init(_ connection: any Queryable) { self.connection = connection }

    package struct Facts: Sendable {
        package let book: String
        package let name: String
        /// Nil for one who is in the book no longer.
        package let role: BookRole?
        /// A role that the organisation has made is in the place of that one.
        package let hasOwnRole: Bool
        /// Who has invited them, while they are in the book themselves.
        package let inviter: UserID?
    }

    /// Nil without such a person or such a book.
    package func facts(of member: UserID, in book: BookID) async throws -> Facts? {
        try await connection.first(
            """
            SELECT b.name, p.name, m.role, m.role_id IS NOT NULL, (
                    SELECT i.invited_by FROM book_invitations i
                    JOIN book_members o ON o.book_id = i.book_id AND o.user_id = i.invited_by
                    WHERE i.book_id = b.id AND i.email = p.email AND i.answer = 'accepted'
                    ORDER BY i.answered_at DESC LIMIT 1
                )
            FROM books b CROSS JOIN people p LEFT JOIN book_members m ON m.book_id = b.id AND m.user_id = p.id
            WHERE b.id = \(book) AND p.id = \(member)
            """
        ).map {
            Facts(
                book: try $0.get(0), name: try $0.get(1), role: try $0.get(2), hasOwnRole: try $0.get(3),
                inviter: try $0.get(4))
        }
    }
}
