import Audit
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

    /// For a row `l` of the audit log: people, and an organisation's departments and roles. What another service has
    /// reported of is its own.
    package static let auditNames: [SQL] = [
        """
        SELECT p.id, p.name FROM people p WHERE p.id IN (
            l.actor_id, CASE WHEN l.service IS NULL AND l.module = 'members' THEN \(AuditNames.record) END,
            CASE WHEN l.service IS NULL THEN \(AuditNames.id("new_values", "invitedBy")) END,
            CASE WHEN l.service IS NULL AND l.module = 'books' THEN \(AuditNames.id("old_values", "owner")) END,
            CASE WHEN l.service IS NULL AND l.module = 'books' THEN \(AuditNames.id("new_values", "owner")) END)
        """,
        """
        SELECT d.id, d.name FROM departments d WHERE d.book_id = l.book_id AND d.id IN (
            CASE WHEN l.module = 'departments' THEN \(AuditNames.record) END,
            \(AuditNames.id("old_values", "departmentId")), \(AuditNames.id("new_values", "departmentId")),
            \(AuditNames.id("old_values", "department_id")), \(AuditNames.id("new_values", "department_id")))
        """,
        """
        SELECT r.id, r.name FROM book_roles r WHERE r.book_id = l.book_id AND r.id IN (
            CASE WHEN l.module = 'roles' THEN \(AuditNames.record) END,
            \(AuditNames.id("old_values", "roleId")), \(AuditNames.id("new_values", "roleId")))
        """,
        """
        SELECT i.id, i.email FROM book_invitations i
        WHERE l.module = 'members' AND i.book_id = l.book_id AND i.id = \(AuditNames.record)
        """,
    ]
}
