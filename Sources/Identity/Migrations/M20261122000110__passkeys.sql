-- What waits for a second step: a sign-in for its second factor, a passkey ceremony for the authenticator's answer, a
-- visit to another provider for the way back. It lives for minutes and is used once; only the hash of its token is
-- here.
CREATE TABLE challenges (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    kind text NOT NULL CHECK (kind IN ('mfa', 'passkey-create', 'passkey-get', 'oauth')),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    -- What the second step needs to know, sealed with this installation's key.
    sealed bytea CHECK (octet_length(sealed) <= 8192),
    tries smallint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenges_expiry ON challenges (expires_at);

CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL CONSTRAINT passkeys_credential_key UNIQUE
        CHECK (octet_length(credential_id) BETWEEN 16 AND 1023),
    -- A COSE key, as the authenticator gave it.
    public_key bytea NOT NULL CHECK (octet_length(public_key) <= 1024),
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    -- Whether the authenticator may copy it to other devices, which never changes, and whether it has.
    is_backup_eligible boolean NOT NULL,
    is_backed_up boolean NOT NULL,
    transports text[] NOT NULL DEFAULT '{}',
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CHECK (is_backup_eligible OR NOT is_backed_up)
);
CREATE INDEX passkeys_user ON passkeys (user_id);
