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

    /// Entries that one statement takes back: enough that few are sent, few enough that one can see it move.
    var batch = 20_000

    /// - Throws: 404 when there is no such import, 403 when it is another's, 409 when it was undone before.
    package func run(
        _ id: ImportID, edited: Edited, _ database: Database,
        progress: @escaping @Sendable (Importer.Progress) -> Void = { _ in }
    ) async throws -> Result {
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
            let removed = try await remove(id, edited, transaction, progress)
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
    private func remove(
        _ id: ImportID, _ edited: Edited, _ transaction: Transaction,
        _ progress: @Sendable (Importer.Progress) -> Void
    ) async throws -> Int {
        var state = Importer.Progress()
        state.phase = .undoing
        let batches = try await lock(id, transaction) { count in
            state.totalLines += count
            progress(state)
        }
        if edited == .remove {
            _ = try await transaction.run(
                """
                UPDATE entries e SET fingerprint = NULL, twin = NULL
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book))
                    AND e.deleted_at IS NOT NULL AND e.fingerprint IS NOT NULL
                """)
        }
        var kept: [EntryID] = []
        if edited == .keep {
            kept = try await transaction.query(
                """
                SELECT DISTINCT coalesce(e.split_of, e.id) FROM entries e
                WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book)) AND e.version > 1
                """
            ).map { try $0.get(0) }
        }
        var removed = 0
        for batch in batches {
            removed += try await remove(id, batch, but: kept, transaction)
            state.lines += batch.count
            progress(state)
        }
        return removed
    }

    private struct Batch {
        let after: EntryID
        let through: EntryID
        let count: Int
    }

    /// Whoever is changing one of the entries goes first; then nobody can, until this is committed.
    private func lock(
        _ id: ImportID, _ transaction: Transaction, _ locked: (Int) -> Void
    ) async throws -> [Batch] {
        var batches: [Batch] = []
        // Every id of an import's entries is greater than its own.
        var last = EntryID(high: id.high, low: id.low)
        while true {
            let row = try await transaction.first(
                """
                SELECT count(*), (array_agg(id ORDER BY id DESC))[1] FROM (
                    SELECT e.id FROM entries e
                    WHERE e.book_id = \(book) \(ImportStore.contains(id, book: book)) AND e.id > \(last)
                    ORDER BY e.id LIMIT \(batch) FOR UPDATE
                ) e
                """)
            guard let row, let through = try row.get(1, as: EntryID?.self) else { return batches }
            let count = Int(try row.get(0, as: Int64.self))
            batches.append(Batch(after: last, through: through, count: count))
            locked(count)
            last = through
        }
    }

    private func remove(
        _ id: ImportID, _ batch: Batch, but kept: [EntryID], _ transaction: Transaction
    ) async throws -> Int {
        let row = try await transaction.first(
            """
            WITH removed AS (
                UPDATE entries e SET fingerprint = NULL, twin = NULL, deleted_at = now(), version = e.version + 1, updated_at = now(),
                    updated_by = \(user)
                WHERE e.book_id = \(book) AND e.import_id = \(id) AND e.id > \(batch.after) AND e.id <= \(batch.through)
                    AND e.deleted_at IS NULL
                    AND NOT EXISTS (
                        SELECT FROM unnest(\(kept)) AS kept (id) WHERE kept.id = coalesce(e.split_of, e.id)
                    )
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
