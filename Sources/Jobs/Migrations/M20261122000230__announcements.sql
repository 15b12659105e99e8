-- The processes that remember who may see what. After a crash of the database they write themselves in again.
CREATE UNLOGGED TABLE followers (
    id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
