-- Keys of programs: a person's, which does what they may within its scopes, and a service's, which stands for itself.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('user', 'service')),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    -- The only book that it opens; null: all of the person's.
    book_id uuid,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- SHA-256 of the key, which is 32 random bytes: nothing to guess, so no slow hash.
    secret_hash bytea NOT NULL CONSTRAINT api_keys_secret_key UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- Its last characters, by which its owner knows it again.
    hint text NOT NULL CHECK (length(hint) = 4),
    scopes text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 64),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    last_used_address text CHECK (octet_length(last_used_address) <= 64),
    CHECK ((kind = 'user') = (user_id IS NOT NULL)),
    CHECK (kind = 'user' OR (expires_at IS NOT NULL AND book_id IS NULL))
);
CREATE INDEX api_keys_user ON api_keys (user_id);
