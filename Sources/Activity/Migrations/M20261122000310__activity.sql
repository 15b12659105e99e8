-- What happened in a book, in the order in which it was committed: the number grows with the commits, so that a reader
-- who asks for what comes after a number never misses anything. Kept for some 400 days.
CREATE TABLE activity (
    book_id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    user_id uuid,
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, number)
);
CREATE INDEX activity_age ON activity (occurred_at);
