-- Who did what to which record. Append-only: the schema is apart from the server's own tables, so that another role can
-- own it, and the server may then only read and add.
CREATE SCHEMA audit;

CREATE TABLE audit.log (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    book_id uuid,
    module text NOT NULL CHECK (length(module) BETWEEN 1 AND 60),
    record_id text CHECK (length(record_id) <= 100),
    record_code text CHECK (length(record_code) <= 100),
    action text NOT NULL CHECK (action ~ '^[A-Z_]{1,40}$'),
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'key', 'service', 'system', 'operator')),
    actor_id uuid,
    actor_name text CHECK (length(actor_name) <= 254),
    actor_role text CHECK (length(actor_role) <= 100),
    address text CHECK (octet_length(address) <= 64),
    user_agent text CHECK (length(user_agent) <= 400),
    request_id text CHECK (length(request_id) <= 128),
    service text CHECK (length(service) <= 100),
    old_values jsonb,
    new_values jsonb,
    changed_fields text[] NOT NULL DEFAULT '{}',
    reason text CHECK (length(reason) <= 2000),
    metadata jsonb,
    -- The event of the outbox that it was written from: an event gives one row, however often it is delivered.
    event_id bigint CONSTRAINT audit_log_event_key UNIQUE,
    CHECK (coalesce(octet_length(old_values::text), 0) + coalesce(octet_length(new_values::text), 0)
        + coalesce(octet_length(metadata::text), 0) <= 65536)
);
CREATE INDEX audit_log_book ON audit.log (book_id, at DESC, id DESC);
CREATE INDEX audit_log_record ON audit.log (module, record_id, at DESC);
CREATE INDEX audit_log_actor ON audit.log (actor_id, at DESC);
-- For what has no seal yet, which is always among the newest.
CREATE INDEX audit_log_at ON audit.log (at);

-- The chain: each row's hash covers the one before it, so that a row that is changed or taken out shows.
CREATE TABLE audit.chain (
    number bigint PRIMARY KEY,
    log_id uuid NOT NULL CONSTRAINT audit_chain_log_key UNIQUE REFERENCES audit.log (id),
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

REVOKE ALL ON SCHEMA audit FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM PUBLIC;

-- A second lock, for slips of those whom no privilege stops: a superuser, or the server's role where it owns the tables.
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER log_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.log
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER chain_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
