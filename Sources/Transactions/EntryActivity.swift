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
}
