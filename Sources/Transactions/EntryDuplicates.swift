import Base
import Database
import Resources

/// Entries that may be the same one twice (INVENTORY G25): one person, one amount, one merchant, days next to each
/// other. Twins of one statement are not: the bank says that both happened.
enum EntryDuplicates {
    /// Of a group with more, the first by day are shown.
    static let maximumOfGroup = 100

    static func statement(_ filter: EntryFilter, book: BookID, limit: Int) -> SQL {
        """
        WITH candidates AS (
            SELECT e.id, e.type, e.amount_minor, lower(e.merchant) AS merchant, e.created_by, e.occurred_on, e.import_id,
                CASE WHEN e.occurred_on - lag(e.occurred_on) OVER same <= 1 THEN 0 ELSE 1 END AS starts
            FROM entries e
            WHERE e.book_id = \(book)\(filter.conditions(book: book)) AND e.status <> 3 AND e.merchant IS NOT NULL
                AND NOT EXISTS (SELECT FROM entry_distinct d WHERE d.book_id = e.book_id AND d.entry_id = e.id)
            WINDOW same AS (PARTITION BY e.type, e.amount_minor, lower(e.merchant), e.created_by ORDER BY e.occurred_on, e.id)
        ), numbered AS (
            SELECT *, sum(starts) OVER (PARTITION BY type, amount_minor, merchant, created_by ORDER BY occurred_on, id) AS run
            FROM candidates
        ), alike AS (
            SELECT (array_agg(id ORDER BY occurred_on, id))[1:\(maximumOfGroup)] AS ids, max(occurred_on) AS latest, (array_agg(id ORDER BY id))[1] AS first
            FROM numbered GROUP BY type, amount_minor, merchant, created_by, run
            HAVING count(*) > 1 AND count(*) FILTER (WHERE import_id IS NULL) + count(DISTINCT import_id) > 1
            ORDER BY latest DESC, first LIMIT \(limit)
        )
        SELECT \(EntryStore.resource.selection), a.first
        FROM alike a CROSS JOIN unnest(a.ids) AS i (id) JOIN \(EntryStore.source) ON e.book_id = \(book) AND e.id = i.id
        ORDER BY a.latest DESC, a.first, e.occurred_on, e.id
        """
    }

    /// Remembers that an entry is what it is. Nothing when there is no such entry that the editor may change.
    static func dismiss(
        _ id: EntryID, kind: Entry.Kind?, book: BookID, as editor: EntryEditor, by user: UserID
    ) -> SQL {
        """
        WITH there AS (
            SELECT id FROM entries e
            WHERE book_id = \(book) AND id = \(id) AND deleted_at IS NULL AND (type = \(kind?.rawValue) OR \(kind == nil))\(editor.condition)
        ), noted AS (
            INSERT INTO entry_distinct (book_id, entry_id, decided_by) SELECT \(book), id, \(user) FROM there
            ON CONFLICT (book_id, entry_id) DO NOTHING
        )
        SELECT id FROM there
        """
    }
}
