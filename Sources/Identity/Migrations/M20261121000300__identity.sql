CREATE TABLE users (
    id uuid PRIMARY KEY,
    -- Lower-case and trimmed: two spellings of one address are one account. What the person typed is beside it.
    email text NOT NULL CONSTRAINT users_email_key UNIQUE
        CHECK (email = lower(email) AND octet_length(email) BETWEEN 3 AND 254),
    email_as_given text NOT NULL CHECK (octet_length(email_as_given) BETWEEN 3 AND 254),
    -- Argon2id in the PHC format; null for an account that cannot sign in with a password.
    password_hash text CHECK (octet_length(password_hash) <= 512),
    first_name text CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text CHECK (length(last_name) BETWEEN 1 AND 100),
    display_name text CHECK (length(display_name) BETWEEN 1 AND 201),
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    email_verified_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    -- The id in the system that the account was imported from.
    legacy_id text CONSTRAINT users_legacy_id_key UNIQUE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX users_admins ON users (id) WHERE role = 'admin';

-- One sign-in on one device: the family of all refresh tokens that follow from it.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    transport text NOT NULL CHECK (transport IN ('bearer', 'cookie')),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN ('logout', 'reuse', 'password', 'deactivated', 'administrator', 'limit')),
    ip_address text CHECK (octet_length(ip_address) <= 64),
    -- The address's neighbourhood: an IPv6 client changes its address daily, its /64 seldom.
    network text CHECK (octet_length(network) <= 64),
    user_agent text CHECK (length(user_agent) <= 400),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_user ON sessions (user_id, network);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- Only hashes: whoever reads the database cannot go on with anybody's session.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_by bytea CHECK (octet_length(replaced_by) = 32),
    -- With the server's key and the used token itself it gives the successor again (two tabs at once).
    successor_salt bytea CHECK (octet_length(successor_salt) = 32),
    CHECK ((used_at IS NULL) = (replaced_by IS NULL) AND (used_at IS NULL) = (successor_salt IS NULL))
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- Wrong passwords, counted per account and address, and per account alone. The key is a hash: people type
-- passwords into the e-mail field.
CREATE TABLE login_failures (
    scope text NOT NULL CHECK (scope IN ('pair', 'account')),
    key bytea NOT NULL CHECK (octet_length(key) = 32),
    failures integer NOT NULL CHECK (failures >= 0),
    -- How often it was locked in a row; each time lasts twice as long.
    strikes integer NOT NULL DEFAULT 0 CHECK (strikes >= 0),
    window_started_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (scope, key)
);
CREATE INDEX login_failures_age ON login_failures (last_failed_at);

-- The one-time link that makes the first administrator.
CREATE TABLE setup_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
