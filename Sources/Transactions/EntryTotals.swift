import Base
import Database

/// The sums by month that the dashboard reads.
package enum EntryTotals {
    /// The statement that adds to the sums, of each category and of all together, once a month and category. In a
    /// transaction that has set `purser.bulk`, or the triggers add the same.
    ///
    /// - Parameter changes: selects month, type, category_id, amount_minor and entry_count, in this order; what is taken
    ///   away is negative, and what is moved is both.
    static func add(book: BookID, _ changes: SQL) -> SQL {
        """
        INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
        SELECT \(book), month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000'),
            pg_backend_pid() % 32, sum(amount_minor), sum(entry_count)
        FROM (\(changes)) AS c (month, type, category_id, amount_minor, entry_count)
        GROUP BY GROUPING SETS ((month, type, category_id), (month, type))
        HAVING sum(amount_minor) <> 0 OR sum(entry_count) <> 0
        ORDER BY 2, 3, 4
        ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
        SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count
        """
    }

    /// Brings the shards of past months together in one: as connections come and go, their number would grow.
    package static func fold(_ database: Database) async throws {
        _ = try await database.transaction { transaction in
            try await transaction.run(
                """
                WITH folded AS (
                    DELETE FROM entry_totals
                    WHERE shard <> 0 AND month < month_index(current_date) - 1
                    RETURNING book_id, month, type, category_id, amount_minor, entry_count
                )
                INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
                SELECT book_id, month, type, category_id, 0, sum(amount_minor), sum(entry_count)
                FROM folded GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
                SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count
                """)
        }
    }

    /// Compares the sums with the entries themselves. Returns how many differ: none, or there is a bug.
    package static func differences(_ database: Database) async throws -> Int {
        let row = try await database.first(
            """
            SELECT count(*) FROM (
                SELECT book_id, month, type, category_id, sum(amount_minor) AS amount, sum(entry_count) AS count
                FROM entry_totals GROUP BY 1, 2, 3, 4
                HAVING sum(entry_count) <> 0 OR sum(amount_minor) <> 0
            ) stored FULL JOIN (
                SELECT book_id, month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000') AS category_id,
                    sum(amount_minor) AS amount, count(*) AS count
                FROM counted_entries GROUP BY GROUPING SETS ((book_id, month, type, category_id), (book_id, month, type))
            ) actual USING (book_id, month, type, category_id)
            WHERE stored.amount IS DISTINCT FROM actual.amount OR stored.count IS DISTINCT FROM actual.count
            """)
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }
}
