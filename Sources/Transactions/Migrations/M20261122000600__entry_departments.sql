-- Which department of an organisation an entry is of. Others have none. No foreign key: its check would cost every
-- imported row. Whoever names a department looks that it is there, with the book's key locked; deleting one locks the book.
ALTER TABLE entries ADD COLUMN department_id uuid;
CREATE INDEX entries_department_idx ON entries (book_id, department_id, occurred_on DESC, id DESC)
    WHERE department_id IS NOT NULL;

CREATE FUNCTION department_has_no_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM entries WHERE book_id = old.book_id AND department_id = old.id) THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'entries_department_fkey', MESSAGE = 'entries are of this department';
    END IF;
    RETURN old;
END
$$;
CREATE TRIGGER departments_have_no_entries BEFORE DELETE ON departments
    FOR EACH ROW EXECUTE FUNCTION department_has_no_entries();

CREATE OR REPLACE VIEW counted_entries AS
    SELECT book_id, month_index(occurred_on) AS month, occurred_on, type, category_id, amount_minor, department_id, created_by
    FROM entries WHERE deleted_at IS NULL AND status <> 3;
CREATE OR REPLACE VIEW merchant_entries AS
    SELECT book_id, occurred_on, type, category_id, merchant, amount_minor, department_id, created_by
    FROM entries WHERE deleted_at IS NULL AND status <> 3;

CREATE OR REPLACE FUNCTION entry_was_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what smallint := CASE
        WHEN old.deleted_at IS NULL AND new.deleted_at IS NOT NULL THEN 3
        WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL THEN 4
        ELSE 2 END;
BEGIN
    INSERT INTO entry_changes (book_id, entry_id, version, action, changed_by, changes)
    VALUES (new.book_id, new.id, new.version, what, new.updated_by, CASE what WHEN 2 THEN coalesce((
        SELECT jsonb_object_agg(key, jsonb_build_array(before.value, after.value))
        FROM jsonb_each(to_jsonb(old)) before JOIN jsonb_each(to_jsonb(new)) after USING (key)
        WHERE before.value <> after.value AND key IN ('status', 'occurred_on', 'amount_minor', 'category_id', 'merchant',
            'description', 'notes', 'payment_method', 'payment_method_id', 'tags', 'location', 'latitude_e7', 'longitude_e7',
            'department_id')
    ), '{}') ELSE '{}' END);
    RETURN NULL;
END
$$;
