import Audit
import Base
import Database
import JSON
import Jobs

/// What becomes of somebody's books when they delete their account.
extension BookStore {
    /// Locks every book that somebody is in, until commit: before their account, as everywhere.
    package func lockAll(of user: UserID) async throws -> Set<BookID> {
        let rows = try await connection.query(
            """
            SELECT id FROM books WHERE id IN (SELECT book_id FROM book_members WHERE user_id = \(user))
            ORDER BY id FOR UPDATE
            """)
        return Set(try rows.map { try $0.get(0) })
    }

    /// A book, as it is without one of its members.
    package struct LeftBook: Sendable {
        package let id: BookID
        package let name: String
        let isOwned: Bool
        let isArchived: Bool
        /// How many other members stay.
        let others: Int
        /// Another owner is there, and stays.
        let hasHeir: Bool

        /// Nobody could manage it any more, though it is in use.
        package var needsOwner: Bool { isOwned && !isArchived && others > 0 && !hasHeir }
        var isAbandoned: Bool { isOwned && !hasHeir }
    }

    /// Read with the books and the account locked.
    package func left(by user: UserID) async throws -> [LeftBook] {
        try await connection.query(
            """
            SELECT b.id, b.name, m.role = 'owner', b.archived_at IS NOT NULL,
                (SELECT count(*) FROM book_members o JOIN people p ON p.id = o.user_id
                    WHERE o.book_id = b.id AND o.user_id <> m.user_id AND NOT p.is_leaving),
                EXISTS (SELECT FROM book_members o JOIN people p ON p.id = o.user_id
                    WHERE o.book_id = b.id AND o.user_id <> m.user_id AND o.role = 'owner' AND p.is_active
                        AND NOT p.is_leaving)
            FROM book_members m JOIN books b ON b.id = m.book_id WHERE m.user_id = \(user) ORDER BY b.id
            """
        ).map {
            LeftBook(
                id: try $0.get(0), name: try $0.get(1), isOwned: try $0.get(2), isArchived: try $0.get(3),
                others: Int(try $0.get(4, as: Int64.self)), hasHeir: try $0.get(5))
        }
    }

    /// Nobody joins a book by the letters of one who goes, nor one that nobody else is in.
    package func revokeInvitations(of user: UserID, _ books: [LeftBook]) async throws {
        let abandoned = books.filter { $0.isAbandoned && $0.others == 0 }.map(\.id)
        _ = try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked'
            WHERE answer IS NULL AND (invited_by = \(user) OR book_id = ANY(\(abandoned)))
            """)
    }

    /// Takes somebody out of all their books. What they alone could open is archived; what they recorded stays as it is.
    ///
    /// - Parameter address: what stands in the place of theirs in old invitations.
    package func leaveAll(_ user: UserID, _ books: [LeftBook], email: String, address: String) async throws {
        try await revokeInvitations(of: user, books)
        _ = try await connection.run(
            """
            UPDATE book_invitations SET answered_at = now(), answer = 'revoked' WHERE answer IS NULL AND email = \(email)
            """)
        _ = try await connection.run("UPDATE book_invitations SET email = \(address) WHERE email = \(email)")
        for book in books {
            if book.isAbandoned, !book.isArchived {
                try await setArchived(true, book.id)
                try await connection.publish(
                    Event(.bookArchived, book: book.id, user: user) { $0.write("id", book.id) })
                try await connection.record(
                    AuditRecord(
                        .init("BOOK_ARCHIVED"), module: "books", record: book.id.description, book: book.id,
                        by: .system, reason: "Its last owner has deleted their account."))
            }
            try await connection.publish(
                MemberRoutes.event(.memberRemoved, book.id, user, by: user) { data in
                    data.key("left")
                    data.bool(true)
                })
            try await connection.record(
                AuditRecord(
                    .init("MEMBER_LEFT"), module: "members", record: user.description, book: book.id, by: .system,
                    reason: "The account was deleted."))
        }
        _ = try await connection.run("DELETE FROM book_members WHERE user_id = \(user)")
    }
}
