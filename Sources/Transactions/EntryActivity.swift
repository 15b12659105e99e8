import Database

/// What an event of this module happened to, for those who follow a book.
package enum EntryActivity {
    /// For the event in the row `a`: what it is called now, and its amount.
    package static let subject: SQL = """
        SELECT coalesce(e.merchant, e.description) AS text, e.amount_minor, e.currency
        FROM entries e
        WHERE e.book_id = a.book_id AND split_part(a.name, '.', 1) IN ('expense', 'income')
            AND e.id = CASE WHEN a.data ->> 'id' ~ '^[0-9a-f-]{36}$' THEN (a.data ->> 'id')::uuid END
        UNION ALL
        SELECT c.name, NULL, NULL FROM categories c
        WHERE c.book_id = a.book_id AND split_part(a.name, '.', 1) = 'category'
            AND c.id = CASE WHEN a.data ->> 'id' ~ '^[0-9a-f-]{36}$' THEN (a.data ->> 'id')::uuid END
        UNION ALL
        SELECT i.filename, NULL, NULL FROM imports i
        WHERE i.book_id = a.book_id
            AND i.id = CASE WHEN a.data ->> 'importId' ~ '^[0-9a-f-]{36}$' THEN (a.data ->> 'importId')::uuid END
        LIMIT 1
        """

    /// The same for a row `l` of the audit log: what the record is called.
    package static let auditNames: SQL = """
        SELECT n.id, n.name FROM (
            SELECT CASE WHEN l.record_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN l.record_id::uuid END AS id
        ) r CROSS JOIN LATERAL (
            SELECT e.id, coalesce(e.merchant, e.description) AS name FROM entries e
            WHERE e.book_id = l.book_id AND e.id = r.id AND l.module IN ('expenses', 'incomes')
            UNION ALL
            SELECT c.id, c.name FROM categories c
            WHERE c.book_id = l.book_id AND c.id = r.id AND l.module = 'categories'
            UNION ALL
            SELECT i.id, i.filename FROM imports i
            WHERE i.book_id = l.book_id AND i.id = r.id AND l.module IN ('imports', 'expenses', 'incomes')
        ) n
        """
}
