-- The keys and indexes of the large table, made after its rows are there: a fifth of the time.
ALTER TABLE entries
    ADD PRIMARY KEY (book_id, id),
    ADD FOREIGN KEY (book_id) REFERENCES books,
    ADD FOREIGN KEY (book_id, category_id) REFERENCES categories;

CREATE INDEX entries_pages ON entries (book_id, type, occurred_on DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX entries_recent ON entries (book_id, occurred_on DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX entries_sums ON entries (book_id, occurred_on) INCLUDE (type, status, category_id, amount_minor)
    WHERE deleted_at IS NULL;
