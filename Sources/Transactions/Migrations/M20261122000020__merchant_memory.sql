-- Where the entries of a merchant went, as each import left it: one row a merchant, instead of an index entry for each of
-- its rows, which was a fifth of an import's time.
CREATE TABLE import_merchants (
    book_id uuid NOT NULL,
    -- In small letters.
    merchant text NOT NULL,
    type smallint NOT NULL,
    import_id uuid NOT NULL,
    -- Of the last of them in the file. A category that has been deleted since tells nothing.
    category_id uuid NOT NULL,
    PRIMARY KEY (book_id, merchant, type, import_id),
    CONSTRAINT import_merchants_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES imports (book_id, id)
);

INSERT INTO import_merchants (book_id, merchant, type, import_id, category_id)
SELECT DISTINCT ON (e.book_id, lower(e.merchant), e.type, e.import_id)
    e.book_id, lower(e.merchant), e.type, e.import_id, e.category_id
FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
WHERE e.import_id IS NOT NULL AND e.merchant IS NOT NULL AND e.deleted_at IS NULL AND e.updated_by IS NULL
    AND c.slug NOT IN ('miscellaneous', 'other-income')
ORDER BY e.book_id, lower(e.merchant), e.type, e.import_id, e.id DESC;

-- Only what members wrote down or changed: these are asked for one by one.
DROP INDEX entries_by_merchant;
CREATE INDEX entries_by_merchant ON entries (book_id, lower(merchant), type)
    WHERE merchant IS NOT NULL AND deleted_at IS NULL AND (import_id IS NULL OR updated_by IS NOT NULL);
