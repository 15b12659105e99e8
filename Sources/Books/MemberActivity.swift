import Database

/// What an event of this module happened to, for those who follow a book.
package enum MemberActivity {
    /// For the event in the row `a`: who it was about.
    package static let subject: SQL = """
        SELECT p.name AS text, NULL::bigint AS amount_minor, NULL::text AS currency FROM people p
        WHERE (starts_with(a.name, 'household.member_') OR a.name = 'book.transferred')
            AND p.id = CASE WHEN a.data ->> 'userId' ~ '^[0-9a-f-]{36}$' THEN (a.data ->> 'userId')::uuid END
        UNION ALL
        SELECT i.email, NULL, NULL FROM book_invitations i
        WHERE a.name = 'household.member_invited' AND i.book_id = a.book_id
            AND i.id = CASE WHEN a.data ->> 'invitationId' ~ '^[0-9a-f-]{36}$' THEN (a.data ->> 'invitationId')::uuid END
        """
}
