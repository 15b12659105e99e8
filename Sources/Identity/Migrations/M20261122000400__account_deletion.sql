-- Who is about to delete their account: nothing is given to them any more.
CREATE OR REPLACE VIEW people AS
SELECT id, email,
    coalesce(display_name, nullif(concat_ws(' ', first_name, last_name), ''), split_part(email, '@', 1)) AS name,
    avatar_version, is_active, email_verified_at IS NOT NULL AS is_verified, deletion_due_at IS NOT NULL AS is_leaving
FROM users;

CREATE INDEX users_leaving ON users (deletion_due_at) WHERE deletion_due_at IS NOT NULL;
