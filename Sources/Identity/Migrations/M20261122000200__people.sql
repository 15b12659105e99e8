ALTER TABLE users
    ADD bio text CHECK (length(bio) <= 500),
    ADD time_zone text CHECK (length(time_zone) <= 64),
    -- Grows with each picture, so that its address changes; 0 is none.
    ADD avatar_version integer NOT NULL DEFAULT 0 CHECK (avatar_version >= 0),
    ADD deletion_due_at timestamptz,
    ADD anonymized_at timestamptz;

CREATE TABLE user_avatars (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    webp_512 bytea NOT NULL CHECK (octet_length(webp_512) <= 262144),
    webp_96 bytea NOT NULL CHECK (octet_length(webp_96) <= 32768)
);

CREATE TABLE user_preferences (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    preferences jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    notifications jsonb NOT NULL DEFAULT '{}',
    version integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (octet_length(preferences::text) + octet_length(settings::text) + octet_length(notifications::text) <= 16384)
);

-- For the modules below, which show people and never change them.
CREATE VIEW people AS
SELECT id, email,
    coalesce(display_name, nullif(concat_ws(' ', first_name, last_name), ''), split_part(email, '@', 1)) AS name,
    avatar_version, is_active, email_verified_at IS NOT NULL AS is_verified
FROM users;
