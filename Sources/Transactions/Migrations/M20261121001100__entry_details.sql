-- How somebody pays: a card, an account, cash. Deleted ones stay for the entries that name them.
CREATE TABLE payment_methods (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    kind text NOT NULL CHECK (kind IN ('cash', 'card', 'bank', 'wallet', 'other')),
    is_default boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (book_id, id)
);
CREATE UNIQUE INDEX payment_methods_name_key ON payment_methods (book_id, lower(name)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX payment_methods_default_key ON payment_methods (book_id) WHERE is_default AND deleted_at IS NULL;

ALTER TABLE entries
    -- No foreign key: its check would cost every imported row, and a payment method is never erased.
    ADD COLUMN payment_method_id uuid,
    ADD COLUMN location text CHECK (length(location) BETWEEN 1 AND 255),
    -- In units of 0.0000001 degree, about a centimetre.
    ADD COLUMN latitude_e7 integer CHECK (latitude_e7 BETWEEN -900000000 AND 900000000),
    ADD COLUMN longitude_e7 integer CHECK (longitude_e7 BETWEEN -1800000000 AND 1800000000),
    -- Who made the latest change; the creator is in created_by. Every UPDATE sets it, and version + 1.
    ADD COLUMN updated_by uuid,
    ADD CONSTRAINT entries_coordinates CHECK ((latitude_e7 IS NULL) = (longitude_e7 IS NULL));

-- What happened to an entry after it was created, written by a trigger in the statement that changes it.
CREATE TABLE entry_changes (
    book_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    -- The version that the change made.
    version integer NOT NULL,
    -- 2 updated, 3 deleted, 4 restored.
    action smallint NOT NULL CHECK (action IN (2, 3, 4)),
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    -- Column → [before, after].
    changes jsonb NOT NULL,
    PRIMARY KEY (book_id, entry_id, version)
);

-- Entries that somebody has looked at and that are no duplicates, whatever they look like.
CREATE TABLE entry_distinct (
    book_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (book_id, entry_id),
    CONSTRAINT entry_distinct_entry_fkey FOREIGN KEY (book_id, entry_id) REFERENCES entries (book_id, id)
);

-- The text of some hundred entries with neighbouring ids, folded (lower case, no accents), a line each. To read all
-- of a book's text so is faster than to walk its rows, and costs an import nothing. See docs/adr/0014.
CREATE TABLE search_segments (
    book_id uuid NOT NULL,
    last_id uuid NOT NULL,
    first_id uuid NOT NULL,
    entry_count integer NOT NULL,
    -- 21 bytes an entry: its id, its day, its type.
    entries bytea NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (book_id, last_id)
);
-- Uncompressed: it is read far more often than written.
ALTER TABLE search_segments ALTER COLUMN entries SET STORAGE EXTERNAL, ALTER COLUMN body SET STORAGE EXTERNAL;

-- The words of a book, for the search to find what was meant by one that is not there.
CREATE TABLE search_words (
    book_id uuid NOT NULL,
    word text NOT NULL CHECK (octet_length(word) <= 64),
    PRIMARY KEY (book_id, word)
);

-- Entries whose segments are out of date, from the first id to the last. Written with the change itself, so a search
-- that looks at these entries directly misses nothing.
CREATE TABLE search_pending (
    book_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    first_id uuid NOT NULL,
    last_id uuid NOT NULL,
    PRIMARY KEY (book_id, id)
);

INSERT INTO search_pending (book_id, first_id, last_id)
SELECT id, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff' FROM books;

-- The ids of imported entries are greater than that of their import.
CREATE FUNCTION import_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (book_id, first_id, last_id)
    VALUES (new.book_id, new.id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    RETURN NULL;
END
$$;
CREATE TRIGGER imports_inserted AFTER INSERT ON imports FOR EACH ROW EXECUTE FUNCTION import_inserted();

-- An UPDATE changes many entries at once as often as one: its sums are added once a category and month.
CREATE FUNCTION entries_were_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever sets purser.bulk adds the sums itself.
    IF current_setting('purser.bulk', true) IS DISTINCT FROM 'on' THEN
        INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
        SELECT book_id, month, type, category_id, pg_backend_pid() % 32, sum(amount_minor), sum(entry_count)
        FROM (
            SELECT book_id, month_index(occurred_on) AS month, type, unnest(ARRAY['00000000-0000-0000-0000-000000000000', category_id]) AS category_id,
                -amount_minor AS amount_minor, -1 AS entry_count
            FROM old_entries WHERE deleted_at IS NULL AND status <> 3
            UNION ALL
            SELECT book_id, month_index(occurred_on), type, unnest(ARRAY['00000000-0000-0000-0000-000000000000', category_id]), amount_minor, 1
            FROM new_entries WHERE deleted_at IS NULL AND status <> 3
        ) c
        GROUP BY book_id, month, type, category_id
        HAVING sum(amount_minor) <> 0 OR sum(entry_count) <> 0
        ORDER BY book_id, month, type, category_id
        ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
        SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
    END IF;

    -- Few entries are told one by one, many as one stretch.
    IF current_setting('purser.bulk', true) = 'on' THEN
        INSERT INTO search_pending (book_id, first_id, last_id)
        SELECT book_id, min(id::text)::uuid, max(id::text)::uuid FROM new_entries GROUP BY book_id;
        RETURN NULL;
    END IF;
    WITH changed AS (
        SELECT book_id, id FROM (
            SELECT book_id, id, occurred_on, deleted_at IS NULL, merchant, description, notes, tags FROM new_entries
            EXCEPT
            SELECT book_id, id, occurred_on, deleted_at IS NULL, merchant, description, notes, tags FROM old_entries
        ) c
    ), counted AS (SELECT count(*) > 50 AS is_many FROM changed)
    INSERT INTO search_pending (book_id, first_id, last_id)
    SELECT book_id, id, id FROM changed, counted WHERE NOT is_many
    UNION ALL
    SELECT book_id, min(id::text)::uuid, max(id::text)::uuid FROM changed, counted WHERE is_many GROUP BY book_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION entry_was_updated() RETURNS trigger LANGUAGE plpgsql AS $$
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
            'description', 'notes', 'payment_method', 'payment_method_id', 'tags', 'location', 'latitude_e7', 'longitude_e7')
    ), '{}') ELSE '{}' END);
    RETURN NULL;
END
$$;

DROP TRIGGER entries_updated ON entries;
CREATE TRIGGER entries_updated AFTER UPDATE ON entries REFERENCING OLD TABLE AS old_entries NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_were_updated();
CREATE TRIGGER entries_history AFTER UPDATE ON entries FOR EACH ROW
    WHEN (old.version <> new.version) EXECUTE FUNCTION entry_was_updated();

-- For readers: who was paid, of what counts.
CREATE VIEW merchant_entries AS
    SELECT book_id, occurred_on, type, category_id, merchant, amount_minor
    FROM entries WHERE deleted_at IS NULL AND status <> 3;
