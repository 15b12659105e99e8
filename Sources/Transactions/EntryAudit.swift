import Database
import Jobs

/// What happens to entries, categories and rules, in the audit log. Nothing of it is on the way of a request: the rows
/// are written from the events, in the statement that takes them out of the outbox, so each is there exactly once.
package enum EntryAudit {
    /// A change and its event are of one transaction, by whose time the one finds the other.
    package static let sink = EventSink(
        statement: """
            audit_events AS (
                SELECT t.*, split_part(t.name, '.', 1) AS kind, split_part(t.name, '.', 2) AS verb,
                    CASE WHEN t.data ->> 'id' ~ '^[0-9a-f-]{36}$' THEN (t.data ->> 'id')::uuid END AS record
                FROM taken t
                WHERE t.book_id IS NOT NULL
                    AND split_part(t.name, '.', 1) IN ('expense', 'income', 'category', 'rules', 'import')
            ), audit_values AS (
                SELECT e.*, c.before,
                    CASE WHEN e.verb = 'created' THEN created.values ELSE c.after END AS after
                FROM audit_events e
                LEFT JOIN LATERAL (
                    SELECT jsonb_object_agg(f.key, f.value -> 0) AS before, jsonb_object_agg(f.key, f.value -> 1) AS after
                    FROM entry_changes h, jsonb_each(h.changes) f
                    WHERE h.book_id = e.book_id AND h.entry_id = e.record AND h.changed_at = e.occurred_at
                        AND e.kind IN ('expense', 'income')
                ) c ON true
                LEFT JOIN LATERAL (
                    -- As it was at first: what it is now, with what has been changed since put back.
                    SELECT jsonb_strip_nulls(jsonb_build_object('amount_minor', n.amount_minor, 'currency', n.currency,
                            'occurred_on', n.occurred_on, 'category_id', n.category_id, 'merchant', n.merchant,
                            'description', n.description, 'status', n.status, 'department_id', n.department_id)
                        || coalesce((
                            SELECT jsonb_object_agg(f.key, f.value) FROM (
                                SELECT DISTINCT ON (k.key) k.key, k.value -> 0 AS value
                                FROM entry_changes h, jsonb_each(h.changes) k
                                WHERE h.book_id = e.book_id AND h.entry_id = e.record
                                    AND k.key IN ('amount_minor', 'currency', 'occurred_on', 'category_id', 'merchant',
                                        'description', 'status', 'department_id')
                                ORDER BY k.key, h.version
                            ) f), '{}')) AS values
                    FROM entries n
                    WHERE n.book_id = e.book_id AND n.id = e.record AND e.kind IN ('expense', 'income')
                ) created ON true
            ), audit_rows AS (
                INSERT INTO audit.log (id, at, book_id, module, record_id, action, actor_kind, actor_id, actor_name,
                    address, request_id, old_values, new_values, changed_fields, metadata, event_id)
                SELECT gen_random_uuid(), v.occurred_at, v.book_id,
                    CASE v.kind WHEN 'expense' THEN 'expenses' WHEN 'income' THEN 'incomes' WHEN 'category' THEN 'categories'
                        WHEN 'import' THEN 'imports' ELSE v.kind END,
                    left(coalesce(v.data ->> 'id', v.data ->> 'importId'), 100),
                    coalesce(nullif(left(upper(regexp_replace(v.verb, '[^a-z_]', '', 'g')), 40), ''), 'CHANGED'),
                    CASE WHEN v.user_id IS NULL THEN 'system' ELSE 'user' END, v.user_id,
                    (SELECT left(u.email, 254) FROM users u WHERE u.id = v.user_id), v.address, v.request_id,
                    -- A note may be longer than the log takes: a batch must not fail for it, again and again.
                    CASE WHEN s.fits THEN v.before END, CASE WHEN s.fits THEN v.after END,
                    ARRAY(
                        SELECT k FROM jsonb_object_keys(coalesce(v.before, '{}') || coalesce(v.after, '{}')) k ORDER BY k),
                    CASE WHEN NOT s.fits THEN '{"valuesLeftOut": true}'::jsonb WHEN v.after IS NULL AND length(v.data::text) < 4096
                        THEN v.data END,
                    v.id
                FROM audit_values v CROSS JOIN LATERAL (
                    SELECT coalesce(octet_length(v.before::text), 0) + coalesce(octet_length(v.after::text), 0) < 60000 AS fits
                ) s
                ORDER BY v.id
            )
            """)
}
