import Base
import Database
import JSON
import Jobs

extension EventName {
    package static let importUndone = EventName("import.undone")
}

/// Takes an import back: its entries are deleted, and importing the file again brings them in anew.
package struct ImportUndo: Sendable {
    /// What becomes of entries that somebody has changed since.
    package enum Edited: String, CaseIterable, Sendable { case keep, remove }

    package let book: BookID
    package let user: UserID
    /// Whether imports of other members may be undone.
    private let isAnyAllowed: Bool

    package init(book: BookID, user: UserID, anyones isAnyAllowed: Bool = true) {
        self.book = book
        self.user = user
        self.isAnyAllowed = isAnyAllowed
    }

    package struct Result: Equatable, Sendable {
        package let removed: Int
        package let kept: Int
    }

    /// - Throws: 404 when there is no such import, 403 when it is another's, 409 when it was undone before.
    package func run(_ id: ImportID, edited: Edited, _ database: Database) async throws -> Result {
        try await database.transaction { transaction in
            _ = try await transaction.query(
                """
                SELECT set_config('purser.bulk', 'on', true), set_config('purser.history', 'off', true),
                    set_config('statement_timeout', '15min', true), set_config('lock_timeout', '15min', true),
                    set_config('work_mem', '64MB', true)
                """)
            // No import is under way in the book from here on, so a file cannot meet half of what is taken back.
            _ = try await transaction.query("SELECT FROM books WHERE id = \(book) FOR NO KEY UPDATE")
            guard
                let row = try await transaction.first(
                    """
                    SELECT undone_at IS NOT NULL, created_by = \(user) FROM imports
                    WHERE book_id = \(book) AND id = \(id) FOR UPDATE
                    """)
            else { throw Refusal.notFound("import") }
            guard try isAnyAllowed || row.get(1, as: Bool.self) else { throw Refusal.notYourImport }
            guard try !row.get(0, as: Bool.self) else { throw Refusal.importUndone }
            // Whoever is changing one of the entries goes first; then nobody can, until this is committed.
            _ = try await transaction.query(
                """
                SELECT count(*) FROM (
                    SELECT FROM entries e WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book))
                    ORDER BY e.id FOR UPDATE
                ) e
                """)
            let removed = try await remove(id, edited, transaction)
            let kept = try await transaction.first(
                """
                SELECT count(*) FROM entries e
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book)) AND e.deleted_at IS NULL
                """)
            _ = try await transaction.run(
                "UPDATE imports SET undone_at = now(), undone_by = \(user) WHERE book_id = \(book) AND id = \(id)")
            try await transaction.publish(
                Event(.importUndone, book: book, user: user) { data in
                    data.key("importId")
                    data.identifier(id)
                    data.key("removed")
                    data.int(Int64(removed))
                })
            return Result(removed: removed, kept: Int(try kept?.get(0, as: Int64.self) ?? 0))
        }
    }

    /// A part of a split transaction that was changed keeps the others: half of a payment is nothing.
    ///
    /// What somebody deleted on purpose stays deleted, and known, unless all is to go.
    private func remove(_ id: ImportID, _ edited: Edited, _ transaction: Transaction) async throws -> Int {
        if edited == .remove {
            _ = try await transaction.run(
                """
                UPDATE entries e SET fingerprint = NULL, twin = NULL
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book))
                    AND e.deleted_at IS NOT NULL AND e.fingerprint IS NOT NULL
                """)
        }
        let row = try await transaction.first(
            """
            WITH edited AS (
                SELECT DISTINCT coalesce(e.split_of, e.id) AS id FROM entries e
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book)) AND e.version > 1 AND \(edited == .keep)
            ), removed AS (
                UPDATE entries e SET fingerprint = NULL, twin = NULL, deleted_at = now(), version = e.version + 1, updated_at = now(),
                    updated_by = \(user)
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book)) AND e.deleted_at IS NULL
                    AND NOT EXISTS (SELECT FROM edited WHERE edited.id = coalesce(e.split_of, e.id))
                RETURNING e.id, e.version, e.occurred_on, e.type, e.category_id, e.amount_minor, e.status
            ), history AS (
                INSERT INTO entry_changes (book_id, entry_id, version, action, changed_by, changes)
                SELECT \(book), id, version, 3, \(user), '{}' FROM removed
            ), sums AS (
                \(EntryTotals.add(
                    book: book,
                    """
                    SELECT month_index(occurred_on) AS month, type, category_id, -amount_minor AS amount_minor, -1 AS entry_count
                    FROM removed WHERE status <> 3
                    """))
            )
            SELECT count(*) FROM removed
            """)
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }
}

extension Refusal {
    static let importUndone = Refusal(.conflict, "IMPORT_UNDONE", "This import has been undone already.")
}
