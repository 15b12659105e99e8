-- Made after the rows are copied in.
CREATE INDEX entries_pages ON entries (book_id, type, occurred_on DESC, id DESC);
CREATE INDEX entries_recent ON entries (book_id, occurred_on DESC, id DESC);
CREATE INDEX entries_sums ON entries (book_id, occurred_on) INCLUDE (type, status, category_id, amount_minor);
