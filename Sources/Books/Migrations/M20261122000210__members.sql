ALTER TABLE books
    ADD archived_at timestamptz,
    ADD description text CHECK (length(description) <= 500);

-- Whoever has the letter has the token; we have its hash.
CREATE TABLE book_invitations (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT book_invitations_token_key UNIQUE CHECK (octet_length(token_hash) = 32),
    email text NOT NULL CHECK (octet_length(email) <= 254),
    role text NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
    department_id uuid,
    role_id uuid,
    title text CHECK (length(title) <= 100),
    invited_by uuid NOT NULL REFERENCES users (id),
    -- When the letter was sent, the last time.
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    answer text CHECK (answer IN ('accepted', 'declined', 'revoked')),
    PRIMARY KEY (book_id, id),
    CHECK ((answered_at IS NULL) = (answer IS NULL))
);
CREATE UNIQUE INDEX book_invitations_open ON book_invitations (book_id, email) WHERE answer IS NULL;
CREATE INDEX book_invitations_email ON book_invitations (email) WHERE answer IS NULL;
CREATE INDEX book_invitations_inviter ON book_invitations (invited_by, created_at);
