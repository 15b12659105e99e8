-- Every line of a file that could not be taken, however many.
CREATE TABLE import_rejections (
    book_id uuid NOT NULL,
    import_id uuid NOT NULL,
    -- The order of the file, from 1: several can be in one line.
    number integer NOT NULL,
    line integer NOT NULL,
    text text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (book_id, import_id, number),
    CONSTRAINT import_rejections_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES imports (book_id, id)
);

INSERT INTO import_rejections (book_id, import_id, number, line, text, reason)
SELECT i.book_id, i.id, r.number, (r.item ->> 'line')::integer, r.item ->> 'text', r.item ->> 'reason'
FROM imports i, jsonb_array_elements(i.rejected) WITH ORDINALITY AS r (item, number);

ALTER TABLE imports
    DROP COLUMN rejected,
    -- The account of the file; of the first one where it holds several.
    ADD COLUMN account text,
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN undone_by uuid REFERENCES users (id);

ALTER TABLE entries
    -- The bank's number of the account, as the statement writes it.
    ADD COLUMN account text,
    -- The part of a split transaction that has its fingerprint. NULL in that part itself.
    ADD COLUMN split_of uuid;

-- An import can be undone, and its entries listed. All keys of one import are alike, so the index stays small.
CREATE INDEX entries_by_import ON entries (book_id, import_id) WHERE import_id IS NOT NULL;

-- Where the entries of the same merchant are.
CREATE INDEX entries_by_merchant ON entries (book_id, lower(merchant), type)
    WHERE merchant IS NOT NULL AND deleted_at IS NULL;

-- An undo is one transaction over many entries, as an import is: it sets purser.bulk and changes the sums itself.
CREATE OR REPLACE TRIGGER entries_updated AFTER UPDATE ON entries FOR EACH ROW
    WHEN ((old.book_id, old.type, old.status, old.occurred_on, old.amount_minor, old.category_id, old.deleted_at)
        IS DISTINCT FROM (new.book_id, new.type, new.status, new.occurred_on, new.amount_minor, new.category_id, new.deleted_at)
        AND current_setting('purser.bulk', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION entry_changed();
