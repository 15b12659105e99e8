-- The ids of an import's entries are greater than its own, and at most this one; NULL while it is written.
ALTER TABLE imports ADD COLUMN last_entry_id uuid;

UPDATE imports i SET last_entry_id = (
    SELECT e.id FROM entries e WHERE e.book_id = i.book_id AND e.import_id = i.id ORDER BY e.id DESC LIMIT 1
);

-- So they are found by their key. An index of their own took a tenth of an import's time.
DROP INDEX entries_by_import;
