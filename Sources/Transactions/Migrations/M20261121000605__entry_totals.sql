-- Beside the sums of each category those of all categories together, which is what most questions are about: their
-- category is all zeros.

-- What is written until here is in the sums that are added up below, what is written afterwards goes the new way.
LOCK TABLE entries, entry_totals IN SHARE ROW EXCLUSIVE MODE;

CREATE OR REPLACE FUNCTION add_to_entry_totals(e entries, sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES
        (e.book_id, month_index(e.occurred_on), e.type, '00000000-0000-0000-0000-000000000000', pg_backend_pid() % 32, sign * e.amount_minor, sign),
        (e.book_id, month_index(e.occurred_on), e.type, e.category_id, pg_backend_pid() % 32, sign * e.amount_minor, sign)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
END
$$;

CREATE OR REPLACE FUNCTION entry_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES
        (new.book_id, month_index(new.occurred_on), new.type, '00000000-0000-0000-0000-000000000000', pg_backend_pid() % 32, new.amount_minor, 1),
        (new.book_id, month_index(new.occurred_on), new.type, new.category_id, pg_backend_pid() % 32, new.amount_minor, 1)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
    RETURN NULL;
END
$$;

INSERT INTO entry_totals (book_id, month, type, category_id, shard, amount_minor, entry_count)
SELECT book_id, month, type, '00000000-0000-0000-0000-000000000000', shard, sum(amount_minor), sum(entry_count)
FROM entry_totals GROUP BY book_id, month, type, shard;

DROP VIEW monthly_totals;

CREATE VIEW category_totals AS
    SELECT book_id, month, type, category_id, amount_minor, entry_count
    FROM entry_totals WHERE category_id <> '00000000-0000-0000-0000-000000000000';

CREATE VIEW month_totals AS
    SELECT book_id, month, type, amount_minor, entry_count
    FROM entry_totals WHERE category_id = '00000000-0000-0000-0000-000000000000';
