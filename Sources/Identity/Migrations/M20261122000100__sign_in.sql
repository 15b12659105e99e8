ALTER TABLE users
    -- What their letters are written in.
    ADD language text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    ADD mfa_required boolean NOT NULL DEFAULT false,
    ADD password_changed_at timestamptz;

ALTER TABLE sessions
    -- When the person last proved who they are, and by what.
    ADD authenticated_at timestamptz,
    ADD methods text[] NOT NULL DEFAULT '{pwd}',
    -- However much it is used, a session ends here.
    ADD ends_at timestamptz;
UPDATE sessions SET authenticated_at = created_at, ends_at = created_at + interval '90 days';
ALTER TABLE sessions
    ALTER authenticated_at SET NOT NULL,
    ALTER ends_at SET NOT NULL,
    DROP CONSTRAINT sessions_revoked_reason_check,
    ADD CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN (
        'logout', 'reuse', 'password', 'deactivated', 'administrator', 'limit', 'revoked', 'factor', 'deleted'));

ALTER TABLE login_failures
    -- When the owner was last told that somebody tries.
    ADD told_at timestamptz,
    DROP CONSTRAINT login_failures_scope_check,
    ADD CONSTRAINT login_failures_scope_check CHECK (scope IN ('pair', 'account', 'code'));

-- What is sent by mail, works once, and shows that its reader has the address. Only hashes. The newest of a purpose
-- takes the place of the one before.
CREATE TABLE mailed_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify', 'reset', 'email')),
    new_email text CHECK (octet_length(new_email) <= 254),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- How many were sent since then: nobody's letter box is filled by somebody else's clicks.
    window_started_at timestamptz NOT NULL,
    sends integer NOT NULL CHECK (sends > 0),
    CONSTRAINT mailed_tokens_purpose_key UNIQUE (user_id, purpose),
    CHECK ((purpose = 'email') = (new_email IS NOT NULL))
);
CREATE INDEX mailed_tokens_expiry ON mailed_tokens (expires_at);

-- Sealed with the installation's key: whoever reads the database alone cannot make codes.
CREATE TABLE totp_secrets (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed bytea NOT NULL CHECK (octet_length(sealed) <= 200),
    -- Null until a first code has shown that the person's device has it too.
    confirmed_at timestamptz,
    -- The step of the last code that was taken: no code works twice.
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);
