CREATE SCHEMA audit;
CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = '42501';
END
$$;
CREATE TABLE public.entries (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    type smallint NOT NULL,
    status smallint DEFAULT 2 NOT NULL,
    occurred_on date NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    category_id uuid NOT NULL,
    merchant text,
    description text,
    notes text,
    payment_method text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    import_id uuid,
    import_line integer,
    fingerprint uuid,
    twin integer,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    account text,
    split_of uuid,
    payment_method_id uuid,
    location text,
    latitude_e7 integer,
    longitude_e7 integer,
    updated_by uuid,
    department_id uuid,
    CONSTRAINT entries_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT entries_coordinates CHECK (((latitude_e7 IS NULL) = (longitude_e7 IS NULL))),
    CONSTRAINT entries_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT entries_latitude_e7_check CHECK (((latitude_e7 >= '-900000000'::integer) AND (latitude_e7 <= 900000000))),
    CONSTRAINT entries_location_check CHECK (((length(location) >= 1) AND (length(location) <= 255))),
    CONSTRAINT entries_longitude_e7_check CHECK (((longitude_e7 >= '-1800000000'::integer) AND (longitude_e7 <= 1800000000))),
    CONSTRAINT entries_status_check CHECK ((status = ANY (ARRAY[1, 2, 3]))),
    CONSTRAINT entries_type_check CHECK ((type = ANY (ARRAY[1, 2])))
);
CREATE FUNCTION public.add_to_entry_totals(e public.entries, sign integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES
        (e.book_id, month_index(e.occurred_on), e.type, '00000000-0000-0000-0000-000000000000', pg_backend_pid() % 32, sign * e.amount_minor, sign),
        (e.book_id, month_index(e.occurred_on), e.type, e.category_id, pg_backend_pid() % 32, sign * e.amount_minor, sign)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
END
$$;
CREATE FUNCTION public.department_has_no_entries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM entries WHERE book_id = old.book_id AND department_id = old.id) THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'entries_department_fkey', MESSAGE = 'entries are of this department';
    END IF;
    RETURN old;
END
$$;
CREATE FUNCTION public.entries_were_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- Whoever sets purser.bulk adds the sums itself.
    IF current_setting('purser.bulk', true) IS DISTINCT FROM 'on' THEN
        INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
        SELECT book_id, month, type, category_id, pg_backend_pid() % 32, sum(amount_minor), sum(entry_count)
        FROM (
            SELECT book_id, month_index(occurred_on) AS month, type, unnest(ARRAY['00000000-0000-0000-0000-000000000000', category_id]) AS category_id,
                -amount_minor AS amount_minor, -1 AS entry_count
            FROM old_entries WHERE deleted_at IS NULL AND status <> 3
            UNION ALL
            SELECT book_id, month_index(occurred_on), type, unnest(ARRAY['00000000-0000-0000-0000-000000000000', category_id]), amount_minor, 1
            FROM new_entries WHERE deleted_at IS NULL AND status <> 3
        ) c
        GROUP BY book_id, month, type, category_id
        HAVING sum(amount_minor) <> 0 OR sum(entry_count) <> 0
        ORDER BY book_id, month, type, category_id
        ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
        SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
    END IF;
    -- Few entries are told one by one, many as one stretch.
    IF current_setting('purser.bulk', true) = 'on' THEN
        INSERT INTO search_pending (book_id, first_id, last_id)
        SELECT book_id, min(id::text)::uuid, max(id::text)::uuid FROM new_entries GROUP BY book_id;
        RETURN NULL;
    END IF;
    WITH changed AS (
        SELECT book_id, id FROM (
            SELECT book_id, id, occurred_on, deleted_at IS NULL, merchant, description, notes, tags FROM new_entries
            EXCEPT
            SELECT book_id, id, occurred_on, deleted_at IS NULL, merchant, description, notes, tags FROM old_entries
        ) c
    ), counted AS (SELECT count(*) > 50 AS is_many FROM changed)
    INSERT INTO search_pending (book_id, first_id, last_id)
    SELECT book_id, id, id FROM changed, counted WHERE NOT is_many
    UNION ALL
    SELECT book_id, min(id::text)::uuid, max(id::text)::uuid FROM changed, counted WHERE is_many GROUP BY book_id;
    RETURN NULL;
END
$$;
CREATE FUNCTION public.entry_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND old.deleted_at IS NULL AND old.status <> 3 THEN
        PERFORM add_to_entry_totals(old, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND new.deleted_at IS NULL AND new.status <> 3 THEN
        PERFORM add_to_entry_totals(new, 1);
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION public.entry_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
    VALUES
        (new.book_id, month_index(new.occurred_on), new.type, '00000000-0000-0000-0000-000000000000', pg_backend_pid() % 32, new.amount_minor, 1),
        (new.book_id, month_index(new.occurred_on), new.type, new.category_id, pg_backend_pid() % 32, new.amount_minor, 1)
    ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
    SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count;
    RETURN NULL;
END
$$;
CREATE FUNCTION public.entry_was_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    what smallint := CASE
        WHEN old.deleted_at IS NULL AND new.deleted_at IS NOT NULL THEN 3
        WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL THEN 4
        ELSE 2 END;
BEGIN
    INSERT INTO entry_changes (book_id, entry_id, version, action, changed_by, changes)
    VALUES (new.book_id, new.id, new.version, what, new.updated_by, CASE what WHEN 2 THEN coalesce((
        SELECT jsonb_object_agg(key, jsonb_build_array(before.value, after.value))
        FROM jsonb_each(to_jsonb(old)) before JOIN jsonb_each(to_jsonb(new)) after USING (key)
        WHERE before.value <> after.value AND key IN ('status', 'occurred_on', 'amount_minor', 'category_id', 'merchant',
            'description', 'notes', 'payment_method', 'payment_method_id', 'tags', 'location', 'latitude_e7', 'longitude_e7',
            'department_id')
    ), '{}') ELSE '{}' END);
    RETURN NULL;
END
$$;
CREATE FUNCTION public.import_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO search_pending (book_id, first_id, last_id)
    VALUES (new.book_id, new.id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    RETURN NULL;
END
$$;
CREATE FUNCTION public.month_index(day date) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT (extract(year FROM day) * 12 + extract(month FROM day))::integer - 1
$$;
CREATE TABLE audit.chain (
    number bigint NOT NULL,
    log_id uuid NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT chain_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT chain_previous_check CHECK ((octet_length(previous) = 32))
);
CREATE TABLE audit.log (
    id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    book_id uuid,
    module text NOT NULL,
    record_id text,
    record_code text,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text,
    actor_role text,
    address text,
    user_agent text,
    request_id text,
    service text,
    old_values jsonb,
    new_values jsonb,
    changed_fields text[] DEFAULT '{}'::text[] NOT NULL,
    reason text,
    metadata jsonb,
    event_id bigint,
    CONSTRAINT log_action_check CHECK ((action ~ '^[A-Z_]{1,40}$'::text)),
    CONSTRAINT log_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'key'::text, 'service'::text, 'system'::text, 'operator'::text]))),
    CONSTRAINT log_actor_name_check CHECK ((length(actor_name) <= 254)),
    CONSTRAINT log_actor_role_check CHECK ((length(actor_role) <= 100)),
    CONSTRAINT log_address_check CHECK ((octet_length(address) <= 64)),
    CONSTRAINT log_check CHECK ((((COALESCE(octet_length((old_values)::text), 0) + COALESCE(octet_length((new_values)::text), 0)) + COALESCE(octet_length((metadata)::text), 0)) <= 65536)),
    CONSTRAINT log_module_check CHECK (((length(module) >= 1) AND (length(module) <= 60))),
    CONSTRAINT log_reason_check CHECK ((length(reason) <= 2000)),
    CONSTRAINT log_record_code_check CHECK ((length(record_code) <= 100)),
    CONSTRAINT log_record_id_check CHECK ((length(record_id) <= 100)),
    CONSTRAINT log_request_id_check CHECK ((length(request_id) <= 128)),
    CONSTRAINT log_service_check CHECK ((length(service) <= 100)),
    CONSTRAINT log_user_agent_check CHECK ((length(user_agent) <= 400))
);
CREATE TABLE public.activity (
    book_id uuid NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    user_id uuid,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL
);
ALTER TABLE public.activity ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.activity_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    book_id uuid,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    hint text NOT NULL,
    scopes text[] NOT NULL,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    last_used_address text,
    CONSTRAINT api_keys_check CHECK (((kind = 'user'::text) = (user_id IS NOT NULL))),
    CONSTRAINT api_keys_check1 CHECK (((kind = 'user'::text) OR ((expires_at IS NOT NULL) AND (book_id IS NULL)))),
    CONSTRAINT api_keys_hint_check CHECK ((length(hint) = 4)),
    CONSTRAINT api_keys_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'service'::text]))),
    CONSTRAINT api_keys_last_used_address_check CHECK ((octet_length(last_used_address) <= 64)),
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 64))),
    CONSTRAINT api_keys_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);
CREATE TABLE public.book_invitations (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    department_id uuid,
    role_id uuid,
    title text,
    invited_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    answer text,
    CONSTRAINT book_invitations_answer_check CHECK ((answer = ANY (ARRAY['accepted'::text, 'declined'::text, 'revoked'::text]))),
    CONSTRAINT book_invitations_check CHECK (((answered_at IS NULL) = (answer IS NULL))),
    CONSTRAINT book_invitations_email_check CHECK ((octet_length(email) <= 254)),
    CONSTRAINT book_invitations_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT book_invitations_title_check CHECK ((length(title) <= 100)),
    CONSTRAINT book_invitations_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE TABLE public.book_members (
    book_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    department_id uuid,
    role_id uuid,
    title text,
    CONSTRAINT book_members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT book_members_title_check CHECK ((length(title) <= 100))
);
CREATE TABLE public.book_roles (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    permissions text[] NOT NULL,
    scope text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT book_roles_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT book_roles_permissions_check CHECK ((cardinality(permissions) <= 64)),
    CONSTRAINT book_roles_scope_check CHECK ((scope = ANY (ARRAY['all'::text, 'department'::text, 'own'::text])))
);
CREATE TABLE public.books (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    fiscal_year_start_month smallint DEFAULT 1 NOT NULL,
    fiscal_year_start_day smallint DEFAULT 1 NOT NULL,
    created_by uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    archived_at timestamp with time zone,
    description text,
    CONSTRAINT books_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT books_description_check CHECK ((length(description) <= 500)),
    CONSTRAINT books_fiscal_year_start_day_check CHECK (((fiscal_year_start_day >= 1) AND (fiscal_year_start_day <= 31))),
    CONSTRAINT books_fiscal_year_start_month_check CHECK (((fiscal_year_start_month >= 1) AND (fiscal_year_start_month <= 12))),
    CONSTRAINT books_kind_check CHECK ((kind = ANY (ARRAY['personal'::text, 'household'::text, 'business'::text, 'organization'::text]))),
    CONSTRAINT books_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
CREATE TABLE public.categories (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    parent_id uuid,
    name text NOT NULL,
    slug text NOT NULL,
    icon text NOT NULL,
    color text NOT NULL,
    is_income boolean NOT NULL,
    is_system boolean NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT categories_color_check CHECK ((color ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT categories_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT categories_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
);
CREATE TABLE public.entry_totals (
    book_id uuid NOT NULL,
    month integer NOT NULL,
    type smallint NOT NULL,
    category_id uuid NOT NULL,
    shard smallint NOT NULL,
    amount_minor bigint NOT NULL,
    entry_count bigint NOT NULL
)
WITH (fillfactor='60', autovacuum_vacuum_scale_factor='0.05');
CREATE VIEW public.category_totals AS
 SELECT entry_totals.book_id,
    entry_totals.month,
    entry_totals.type,
    entry_totals.category_id,
    entry_totals.amount_minor,
    entry_totals.entry_count
   FROM public.entry_totals
  WHERE (entry_totals.category_id <> '00000000-0000-0000-0000-000000000000'::uuid);
CREATE TABLE public.challenges (
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    sealed bytea,
    tries smallint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT challenges_kind_check CHECK ((kind = ANY (ARRAY['mfa'::text, 'passkey-create'::text, 'passkey-get'::text, 'oauth'::text]))),
    CONSTRAINT challenges_sealed_check CHECK ((octet_length(sealed) <= 8192)),
    CONSTRAINT challenges_token_hash_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT challenges_tries_check CHECK ((tries >= 0))
);
CREATE VIEW public.counted_entries AS
 SELECT entries.book_id,
    public.month_index(entries.occurred_on) AS month,
    entries.occurred_on,
    entries.type,
    entries.category_id,
    entries.amount_minor,
    entries.department_id,
    entries.created_by
   FROM public.entries
  WHERE ((entries.deleted_at IS NULL) AND (entries.status <> 3));
CREATE TABLE public.departments (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    parent_id uuid,
    version integer DEFAULT 1 NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT departments_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT departments_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 50)))
);
CREATE TABLE public.entry_changes (
    book_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    version integer NOT NULL,
    action smallint NOT NULL,
    changed_by uuid,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    changes jsonb NOT NULL,
    CONSTRAINT entry_changes_action_check CHECK ((action = ANY (ARRAY[2, 3, 4])))
);
CREATE TABLE public.entry_distinct (
    book_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE UNLOGGED TABLE public.followers (
    id uuid NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.idempotency_keys (
    user_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);
CREATE TABLE public.import_merchants (
    book_id uuid NOT NULL,
    merchant text NOT NULL,
    type smallint NOT NULL,
    import_id uuid NOT NULL,
    category_id uuid NOT NULL
);
CREATE TABLE public.import_profiles (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    signature text,
    mapping jsonb NOT NULL,
    currency text,
    version integer DEFAULT 1 NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_profiles_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT import_profiles_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
CREATE TABLE public.import_rejections (
    book_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number integer NOT NULL,
    line integer NOT NULL,
    text text NOT NULL,
    reason text NOT NULL
);
CREATE TABLE public.imports (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    format text NOT NULL,
    profile text,
    filename text NOT NULL,
    imported_count integer NOT NULL,
    duplicate_count integer NOT NULL,
    rejected_count integer NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    account text,
    undone_at timestamp with time zone,
    undone_by uuid,
    last_entry_id uuid,
    department_id uuid
);
CREATE TABLE public.jobs (
    id bigint NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    last_error text,
    dead_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');
ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.linked_identities (
    provider text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    email text,
    linked_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    role_level text,
    role_department text,
    role_issued_at timestamp with time zone,
    CONSTRAINT linked_identities_check CHECK (((role_department IS NULL) OR (role_level = ANY (ARRAY['admin'::text, 'staff'::text])))),
    CONSTRAINT linked_identities_email_check CHECK ((octet_length(email) <= 254)),
    CONSTRAINT linked_identities_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 200))),
    CONSTRAINT linked_identities_role_department_check CHECK ((role_department = ANY (ARRAY['finance'::text, 'hr'::text, 'inventory'::text, 'operations'::text]))),
    CONSTRAINT linked_identities_role_level_check CHECK ((role_level = ANY (ARRAY['superadmin'::text, 'admin'::text, 'staff'::text]))),
    CONSTRAINT linked_identities_subject_check CHECK (((octet_length(subject) >= 1) AND (octet_length(subject) <= 255)))
);
CREATE TABLE public.login_failures (
    scope text NOT NULL,
    key bytea NOT NULL,
    failures integer NOT NULL,
    strikes integer DEFAULT 0 NOT NULL,
    window_started_at timestamp with time zone NOT NULL,
    last_failed_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    told_at timestamp with time zone,
    CONSTRAINT login_failures_failures_check CHECK ((failures >= 0)),
    CONSTRAINT login_failures_key_check CHECK ((octet_length(key) = 32)),
    CONSTRAINT login_failures_scope_check CHECK ((scope = ANY (ARRAY['pair'::text, 'account'::text, 'code'::text]))),
    CONSTRAINT login_failures_strikes_check CHECK ((strikes >= 0))
);
CREATE TABLE public.mailed_tokens (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    new_email text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    window_started_at timestamp with time zone NOT NULL,
    sends integer NOT NULL,
    CONSTRAINT mailed_tokens_check CHECK (((purpose = 'email'::text) = (new_email IS NOT NULL))),
    CONSTRAINT mailed_tokens_new_email_check CHECK ((octet_length(new_email) <= 254)),
    CONSTRAINT mailed_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['verify'::text, 'reset'::text, 'email'::text]))),
    CONSTRAINT mailed_tokens_sends_check CHECK ((sends > 0)),
    CONSTRAINT mailed_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE VIEW public.merchant_entries AS
 SELECT entries.book_id,
    entries.occurred_on,
    entries.type,
    entries.category_id,
    entries.merchant,
    entries.amount_minor,
    entries.department_id,
    entries.created_by
   FROM public.entries
  WHERE ((entries.deleted_at IS NULL) AND (entries.status <> 3));
CREATE VIEW public.month_totals AS
 SELECT entry_totals.book_id,
    entry_totals.month,
    entry_totals.type,
    entry_totals.amount_minor,
    entry_totals.entry_count
   FROM public.entry_totals
  WHERE (entry_totals.category_id = '00000000-0000-0000-0000-000000000000'::uuid);
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    name text NOT NULL,
    book_id uuid,
    user_id uuid,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    address text,
    request_id text,
    CONSTRAINT outbox_address_check CHECK ((octet_length(address) <= 64)),
    CONSTRAINT outbox_request_id_check CHECK ((length(request_id) <= 128))
);
ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.passkeys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    is_backup_eligible boolean NOT NULL,
    is_backed_up boolean NOT NULL,
    transports text[] DEFAULT '{}'::text[] NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    verifies_user boolean NOT NULL,
    CONSTRAINT passkeys_check CHECK ((is_backup_eligible OR (NOT is_backed_up))),
    CONSTRAINT passkeys_credential_id_check CHECK (((octet_length(credential_id) >= 16) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkeys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT passkeys_public_key_check CHECK ((octet_length(public_key) <= 1024)),
    CONSTRAINT passkeys_sign_count_check CHECK ((sign_count >= 0))
);
CREATE TABLE public.payment_methods (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT payment_methods_kind_check CHECK ((kind = ANY (ARRAY['cash'::text, 'card'::text, 'bank'::text, 'wallet'::text, 'other'::text]))),
    CONSTRAINT payment_methods_name_check CHECK (((length(name) >= 1) AND (length(name) <= 50)))
);
CREATE TABLE public.pending_registrations (
    token_hash bytea NOT NULL,
    email text NOT NULL,
    sealed bytea NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT pending_registrations_email_check CHECK ((octet_length(email) <= 254)),
    CONSTRAINT pending_registrations_sealed_check CHECK ((octet_length(sealed) <= 8192)),
    CONSTRAINT pending_registrations_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    email_as_given text NOT NULL,
    password_hash text,
    first_name text,
    last_name text,
    display_name text,
    role text DEFAULT 'user'::text NOT NULL,
    email_verified_at timestamp with time zone,
    is_active boolean DEFAULT true NOT NULL,
    legacy_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    mfa_required boolean DEFAULT false NOT NULL,
    password_changed_at timestamp with time zone,
    bio text,
    time_zone text,
    avatar_version integer DEFAULT 0 NOT NULL,
    deletion_due_at timestamp with time zone,
    anonymized_at timestamp with time zone,
    CONSTRAINT users_avatar_version_check CHECK ((avatar_version >= 0)),
    CONSTRAINT users_bio_check CHECK ((length(bio) <= 500)),
    CONSTRAINT users_display_name_check CHECK (((length(display_name) >= 1) AND (length(display_name) <= 201))),
    CONSTRAINT users_email_as_given_check CHECK (((octet_length(email_as_given) >= 3) AND (octet_length(email_as_given) <= 254))),
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND ((octet_length(email) >= 3) AND (octet_length(email) <= 254)))),
    CONSTRAINT users_first_name_check CHECK (((length(first_name) >= 1) AND (length(first_name) <= 100))),
    CONSTRAINT users_language_check CHECK ((language ~ '^[a-z]{2}(-[A-Z]{2})?$'::text)),
    CONSTRAINT users_last_name_check CHECK (((length(last_name) >= 1) AND (length(last_name) <= 100))),
    CONSTRAINT users_password_hash_check CHECK ((octet_length(password_hash) <= 512)),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['user'::text, 'admin'::text]))),
    CONSTRAINT users_time_zone_check CHECK ((length(time_zone) <= 64))
);
CREATE VIEW public.people AS
 SELECT users.id,
    users.email,
    COALESCE(users.display_name, NULLIF(concat_ws(' '::text, users.first_name, users.last_name), ''::text), split_part(users.email, '@'::text, 1)) AS name,
    users.avatar_version,
    users.is_active,
    (users.email_verified_at IS NOT NULL) AS is_verified,
    (users.deletion_due_at IS NOT NULL) AS is_leaving
   FROM public.users;
CREATE TABLE public.recovery_codes (
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamp with time zone,
    key_id bigint NOT NULL,
    CONSTRAINT recovery_codes_code_hash_check CHECK ((octet_length(code_hash) = 32))
);
CREATE TABLE public.refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    replaced_by bytea,
    successor_salt bytea,
    CONSTRAINT refresh_tokens_check CHECK ((((used_at IS NULL) = (replaced_by IS NULL)) AND ((used_at IS NULL) = (successor_salt IS NULL)))),
    CONSTRAINT refresh_tokens_replaced_by_check CHECK ((octet_length(replaced_by) = 32)),
    CONSTRAINT refresh_tokens_successor_salt_check CHECK ((octet_length(successor_salt) = 32)),
    CONSTRAINT refresh_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE TABLE public.rules (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    is_enabled boolean NOT NULL,
    conditions jsonb NOT NULL,
    actions jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT rules_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
CREATE TABLE public.schedules (
    name text NOT NULL,
    next_run_at timestamp with time zone NOT NULL,
    last_run_at timestamp with time zone
);
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.search_pending (
    book_id uuid NOT NULL,
    id bigint NOT NULL,
    first_id uuid NOT NULL,
    last_id uuid NOT NULL
);
ALTER TABLE public.search_pending ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.search_pending_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.search_segments (
    book_id uuid NOT NULL,
    last_id uuid NOT NULL,
    first_id uuid NOT NULL,
    entry_count integer NOT NULL,
    entries bytea NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY public.search_segments ALTER COLUMN entries SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.search_segments ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE public.search_words (
    book_id uuid NOT NULL,
    word text NOT NULL,
    CONSTRAINT search_words_word_check CHECK ((octet_length(word) <= 64))
);
CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    transport text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_reason text,
    ip_address text,
    network text,
    user_agent text,
    authenticated_at timestamp with time zone NOT NULL,
    methods text[] DEFAULT '{pwd}'::text[] NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_check CHECK (((revoked_at IS NULL) = (revoked_reason IS NULL))),
    CONSTRAINT sessions_ip_address_check CHECK ((octet_length(ip_address) <= 64)),
    CONSTRAINT sessions_network_check CHECK ((octet_length(network) <= 64)),
    CONSTRAINT sessions_revoked_reason_check CHECK ((revoked_reason = ANY (ARRAY['logout'::text, 'reuse'::text, 'password'::text, 'deactivated'::text, 'administrator'::text, 'limit'::text, 'revoked'::text, 'factor'::text, 'deleted'::text, 'renewed'::text]))),
    CONSTRAINT sessions_transport_check CHECK ((transport = ANY (ARRAY['bearer'::text, 'cookie'::text]))),
    CONSTRAINT sessions_user_agent_check CHECK ((length(user_agent) <= 400))
);
CREATE TABLE public.setup_tokens (
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT setup_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE TABLE public.totp_secrets (
    user_id uuid NOT NULL,
    sealed bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT totp_secrets_sealed_check CHECK ((octet_length(sealed) <= 200))
);
CREATE TABLE public.user_avatars (
    user_id uuid NOT NULL,
    webp_512 bytea NOT NULL,
    webp_96 bytea NOT NULL,
    CONSTRAINT user_avatars_webp_512_check CHECK ((octet_length(webp_512) <= 262144)),
    CONSTRAINT user_avatars_webp_96_check CHECK ((octet_length(webp_96) <= 32768))
);
CREATE TABLE public.user_preferences (
    user_id uuid NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    notifications jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_preferences_check CHECK ((((octet_length((preferences)::text) + octet_length((settings)::text)) + octet_length((notifications)::text)) <= 16384))
);
ALTER TABLE ONLY audit.chain
    ADD CONSTRAINT audit_chain_log_key UNIQUE (log_id);
ALTER TABLE ONLY audit.log
    ADD CONSTRAINT audit_log_event_key UNIQUE (event_id);
ALTER TABLE ONLY audit.chain
    ADD CONSTRAINT chain_pkey PRIMARY KEY (number);
ALTER TABLE ONLY audit.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (book_id, number);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_key UNIQUE (secret_hash);
ALTER TABLE ONLY public.book_invitations
    ADD CONSTRAINT book_invitations_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.book_invitations
    ADD CONSTRAINT book_invitations_token_key UNIQUE (token_hash);
ALTER TABLE ONLY public.book_members
    ADD CONSTRAINT book_members_pkey PRIMARY KEY (book_id, user_id);
ALTER TABLE ONLY public.book_roles
    ADD CONSTRAINT book_roles_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.books
    ADD CONSTRAINT books_currency_key UNIQUE (id, currency);
ALTER TABLE ONLY public.books
    ADD CONSTRAINT books_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_slug_key UNIQUE (book_id, slug);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_slug_key UNIQUE (book_id, slug);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.entry_changes
    ADD CONSTRAINT entry_changes_pkey PRIMARY KEY (book_id, entry_id, version);
ALTER TABLE ONLY public.entry_distinct
    ADD CONSTRAINT entry_distinct_pkey PRIMARY KEY (book_id, entry_id);
ALTER TABLE ONLY public.entry_totals
    ADD CONSTRAINT entry_totals_pkey PRIMARY KEY (book_id, month, type, category_id, shard);
ALTER TABLE ONLY public.followers
    ADD CONSTRAINT followers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY public.import_merchants
    ADD CONSTRAINT import_merchants_pkey PRIMARY KEY (book_id, merchant, type, import_id);
ALTER TABLE ONLY public.import_profiles
    ADD CONSTRAINT import_profiles_name_key UNIQUE (book_id, name);
ALTER TABLE ONLY public.import_profiles
    ADD CONSTRAINT import_profiles_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.import_rejections
    ADD CONSTRAINT import_rejections_pkey PRIMARY KEY (book_id, import_id, number);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.linked_identities
    ADD CONSTRAINT linked_identities_pkey PRIMARY KEY (provider, subject);
ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (scope, key);
ALTER TABLE ONLY public.mailed_tokens
    ADD CONSTRAINT mailed_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.mailed_tokens
    ADD CONSTRAINT mailed_tokens_purpose_key UNIQUE (user_id, purpose);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_credential_key UNIQUE (credential_id);
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.pending_registrations
    ADD CONSTRAINT pending_registrations_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.search_pending
    ADD CONSTRAINT search_pending_pkey PRIMARY KEY (book_id, id);
ALTER TABLE ONLY public.search_segments
    ADD CONSTRAINT search_segments_pkey PRIMARY KEY (book_id, last_id);
ALTER TABLE ONLY public.search_words
    ADD CONSTRAINT search_words_pkey PRIMARY KEY (book_id, word);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.setup_tokens
    ADD CONSTRAINT setup_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.user_avatars
    ADD CONSTRAINT user_avatars_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_legacy_id_key UNIQUE (legacy_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX audit_log_actor ON audit.log USING btree (actor_id, at DESC);
CREATE INDEX audit_log_at ON audit.log USING btree (at);
CREATE INDEX audit_log_book ON audit.log USING btree (book_id, at DESC, id DESC);
CREATE INDEX audit_log_record ON audit.log USING btree (module, record_id, at DESC);
CREATE INDEX activity_age ON public.activity USING btree (occurred_at);
CREATE INDEX api_keys_user ON public.api_keys USING btree (user_id);
CREATE INDEX book_invitations_email ON public.book_invitations USING btree (email) WHERE (answer IS NULL);
CREATE INDEX book_invitations_inviter ON public.book_invitations USING btree (invited_by, created_at);
CREATE UNIQUE INDEX book_invitations_open ON public.book_invitations USING btree (book_id, email) WHERE (answer IS NULL);
CREATE INDEX book_members_user ON public.book_members USING btree (user_id);
CREATE UNIQUE INDEX book_roles_name_key ON public.book_roles USING btree (book_id, lower(name));
CREATE UNIQUE INDEX categories_name_key ON public.categories USING btree (book_id, COALESCE(parent_id, '00000000-0000-0000-0000-000000000000'::uuid), is_income, lower(name));
CREATE INDEX categories_parent ON public.categories USING btree (book_id, parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX challenges_expiry ON public.challenges USING btree (expires_at);
CREATE INDEX entries_by_day ON public.entries USING btree (book_id, occurred_on DESC, id DESC) INCLUDE (type, status, category_id, amount_minor) WHERE (deleted_at IS NULL);
CREATE INDEX entries_by_merchant ON public.entries USING btree (book_id, lower(merchant), type) WHERE ((merchant IS NOT NULL) AND (deleted_at IS NULL) AND ((import_id IS NULL) OR (updated_by IS NOT NULL)));
CREATE INDEX entries_department_idx ON public.entries USING btree (book_id, department_id, occurred_on DESC) WHERE (department_id IS NOT NULL);
CREATE UNIQUE INDEX entries_fingerprint_key ON public.entries USING btree (book_id, fingerprint, twin) WHERE (fingerprint IS NOT NULL);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);
CREATE INDEX jobs_dead ON public.jobs USING btree (dead_at) WHERE (dead_at IS NOT NULL);
CREATE INDEX jobs_ready ON public.jobs USING btree (run_at) WHERE (dead_at IS NULL);
CREATE INDEX linked_identities_user ON public.linked_identities USING btree (user_id);
CREATE INDEX login_failures_age ON public.login_failures USING btree (last_failed_at);
CREATE INDEX mailed_tokens_expiry ON public.mailed_tokens USING btree (expires_at);
CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id);
CREATE UNIQUE INDEX payment_methods_default_key ON public.payment_methods USING btree (book_id) WHERE (is_default AND (deleted_at IS NULL));
CREATE UNIQUE INDEX payment_methods_name_key ON public.payment_methods USING btree (book_id, lower(name)) WHERE (deleted_at IS NULL);
CREATE INDEX pending_registrations_email ON public.pending_registrations USING btree (email, created_at);
CREATE INDEX pending_registrations_expiry ON public.pending_registrations USING btree (expires_at);
CREATE INDEX refresh_tokens_session ON public.refresh_tokens USING btree (session_id);
CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_revoked ON public.sessions USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id, network);
CREATE INDEX users_admins ON public.users USING btree (id) WHERE (role = 'admin'::text);
CREATE INDEX users_leaving ON public.users USING btree (deletion_due_at) WHERE (deletion_due_at IS NOT NULL);
CREATE TRIGGER chain_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.chain FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER log_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.log FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER departments_have_no_entries BEFORE DELETE ON public.departments FOR EACH ROW EXECUTE FUNCTION public.department_has_no_entries();
CREATE TRIGGER entries_deleted AFTER DELETE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.entry_changed();
CREATE TRIGGER entries_history AFTER UPDATE ON public.entries FOR EACH ROW WHEN (((old.version <> new.version) AND (current_setting('purser.history'::text, true) IS DISTINCT FROM 'off'::text))) EXECUTE FUNCTION public.entry_was_updated();
CREATE TRIGGER entries_inserted AFTER INSERT ON public.entries FOR EACH ROW WHEN (((new.deleted_at IS NULL) AND (new.status <> 3) AND (current_setting('purser.bulk'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION public.entry_inserted();
CREATE TRIGGER entries_updated AFTER UPDATE ON public.entries REFERENCING OLD TABLE AS old_entries NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION public.entries_were_updated();
CREATE TRIGGER imports_inserted AFTER INSERT ON public.imports FOR EACH ROW EXECUTE FUNCTION public.import_inserted();
ALTER TABLE ONLY audit.chain
    ADD CONSTRAINT chain_log_id_fkey FOREIGN KEY (log_id) REFERENCES audit.log(id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.book_invitations
    ADD CONSTRAINT book_invitations_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.book_invitations
    ADD CONSTRAINT book_invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.book_members
    ADD CONSTRAINT book_members_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.book_members
    ADD CONSTRAINT book_members_department_fkey FOREIGN KEY (book_id, department_id) REFERENCES public.departments(book_id, id);
ALTER TABLE ONLY public.book_members
    ADD CONSTRAINT book_members_role_fkey FOREIGN KEY (book_id, role_id) REFERENCES public.book_roles(book_id, id);
ALTER TABLE ONLY public.book_members
    ADD CONSTRAINT book_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.book_roles
    ADD CONSTRAINT book_roles_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.books
    ADD CONSTRAINT books_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_parent_fkey FOREIGN KEY (book_id, parent_id) REFERENCES public.categories(book_id, id);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_parent_fkey FOREIGN KEY (book_id, parent_id) REFERENCES public.departments(book_id, id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_category_fkey FOREIGN KEY (book_id, category_id) REFERENCES public.categories(book_id, id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES public.imports(book_id, id);
ALTER TABLE ONLY public.entry_distinct
    ADD CONSTRAINT entry_distinct_entry_fkey FOREIGN KEY (book_id, entry_id) REFERENCES public.entries(book_id, id);
ALTER TABLE ONLY public.import_merchants
    ADD CONSTRAINT import_merchants_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES public.imports(book_id, id);
ALTER TABLE ONLY public.import_profiles
    ADD CONSTRAINT import_profiles_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.import_rejections
    ADD CONSTRAINT import_rejections_import_fkey FOREIGN KEY (book_id, import_id) REFERENCES public.imports(book_id, id);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_undone_by_fkey FOREIGN KEY (undone_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.linked_identities
    ADD CONSTRAINT linked_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.mailed_tokens
    ADD CONSTRAINT mailed_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_book_id_fkey FOREIGN KEY (book_id) REFERENCES public.books(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.user_avatars
    ADD CONSTRAINT user_avatars_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
