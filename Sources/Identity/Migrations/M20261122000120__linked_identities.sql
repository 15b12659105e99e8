-- Who a user is to another sign-in service. The service's own name for them is what counts: an address can be given
-- to somebody else one day.
CREATE TABLE linked_identities (
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 200),
    subject text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- As the service last gave it; only to show which account there it is.
    email text CHECK (octet_length(email) <= 254),
    linked_at timestamptz NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX linked_identities_user ON linked_identities (user_id);
