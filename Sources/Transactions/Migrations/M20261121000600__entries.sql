CREATE TABLE imports (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    format text NOT NULL,
    profile text,
    filename text NOT NULL,
    imported_count integer NOT NULL,
    duplicate_count integer NOT NULL,
    rejected_count integer NOT NULL,
    -- The rejected lines, at most a thousand: [{"line", "text", "reason"}].
    rejected jsonb NOT NULL,
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (book_id, id)
);

-- What was spent (type 1) and what was earned (type 2). The amount is positive; the type tells its direction.
CREATE TABLE entries (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    type smallint NOT NULL CHECK (type IN (1, 2)),
    -- 1 pending, 2 completed, 3 cancelled; a cancelled one counts nowhere.
    status smallint NOT NULL DEFAULT 2 CHECK (status IN (1, 2, 3)),
    occurred_on date NOT NULL,
    version integer NOT NULL DEFAULT 1,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    category_id uuid NOT NULL,
    merchant text,
    description text,
    notes text,
    payment_method text,
    tags text[] NOT NULL DEFAULT '{}',
    import_id uuid,
    import_line integer,
    -- Of an imported line: its content, and which of its twins in the file it is. See docs/adr on repeat-safe imports.
    fingerprint uuid,
    twin integer,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (book_id, id),
    CONSTRAINT entries_category_fkey FOREIGN KEY (book_id, category_id) REFERENCES categories (book_id, id),
    CONSTRAINT entries_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES imports (book_id, id)
);

-- Lists walk it by day and id; sums over days read nothing but it.
CREATE INDEX entries_by_day ON entries (book_id, occurred_on DESC, id DESC)
    INCLUDE (type, status, category_id, amount_minor) WHERE deleted_at IS NULL;

-- Deleted ones count as well: importing a file again does not bring back what somebody deleted on purpose.
CREATE UNIQUE INDEX entries_fingerprint_key ON entries (book_id, fingerprint, twin) WHERE fingerprint IS NOT NULL;

-- Sums by month, kept in the transaction of each change, so that a dashboard reads some hundred rows however many
-- entries a book has. A sum is spread over 32 shards by backend: two backends seldom wait for each other's row.
CREATE TABLE entry_totals (
    book_id uuid NOT NULL,
    -- Year × 12 + month − 1.
    month integer NOT NULL,
    type smallint NOT NULL,
    category_id uuid NOT NULL,
    shard smallint NOT NULL,
    amount_minor bigint NOT NULL,
    entry_count bigint NOT NULL,
    PRIMARY KEY (book_id, month, type, category_id, shard)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

CREATE FUNCTION month_index(day date) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(year FROM day) * 12 + extract(month FROM day))::integer - 1
$$;

CREATE FUNCTION add_to_entry_totals(e entries, sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES (e.book_id, month_index(e.occurred_on), e.type, e.category_id, pg_backend_pid() % 32, sign * e.amount_minor, sign)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
END
$$;

CREATE FUNCTION entry_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES (new.book_id, month_index(new.occurred_on), new.type, new.category_id, pg_backend_pid() % 32, new.amount_minor, 1)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
    RETURN NULL;
END
$$;

CREATE FUNCTION entry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND old.deleted_at IS NULL AND old.status <> 3 THEN
        PERFORM add_to_entry_totals(old, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND new.deleted_at IS NULL AND new.status <> 3 THEN
        PERFORM add_to_entry_totals(new, 1);
    END IF;
    RETURN NULL;
END
$$;

-- An import sets purser.bulk for its transaction and adds its sums itself, once a category and month.
CREATE TRIGGER entries_inserted AFTER INSERT ON entries FOR EACH ROW
    WHEN (new.deleted_at IS NULL AND new.status <> 3 AND current_setting('purser.bulk', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION entry_inserted();
CREATE TRIGGER entries_updated AFTER UPDATE ON entries FOR EACH ROW
    WHEN ((old.book_id, old.type, old.status, old.occurred_on, old.amount_minor, old.category_id, old.deleted_at)
        IS DISTINCT FROM (new.book_id, new.type, new.status, new.occurred_on, new.amount_minor, new.category_id, new.deleted_at))
    EXECUTE FUNCTION entry_changed();
CREATE TRIGGER entries_deleted AFTER DELETE ON entries FOR EACH ROW EXECUTE FUNCTION entry_changed();

-- For readers: what counts, an entry at a time and by month.
CREATE VIEW counted_entries AS
    SELECT book_id, month_index(occurred_on) AS month, occurred_on, type, category_id, amount_minor
    FROM entries WHERE deleted_at IS NULL AND status <> 3;

CREATE VIEW monthly_totals AS
    SELECT book_id, month, type, category_id, amount_minor, entry_count FROM entry_totals;
