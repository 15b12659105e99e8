-- Who wants an account where only a mailed link makes it. Sealed: a name, the hash of a password. For an address that
-- has an account, too: then nobody is given the token.
CREATE TABLE pending_registrations (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    email text NOT NULL CHECK (octet_length(email) <= 254),
    sealed bytea NOT NULL CHECK (octet_length(sealed) <= 8192),
    -- Wrong passwords.
    tries smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_registrations_email ON pending_registrations (email, created_at);
CREATE INDEX pending_registrations_expiry ON pending_registrations (expires_at);
