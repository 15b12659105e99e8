-- The peer's own schema: what an experienced developer would write for the same API. The dashboard has a
-- covering index, so that it reads no table rows; the list has one in the order of its pages.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE
);

CREATE TABLE books (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL
);

CREATE TABLE members (
    user_id uuid NOT NULL REFERENCES users,
    book_id uuid NOT NULL REFERENCES books,
    role text NOT NULL,
    own boolean NOT NULL,
    PRIMARY KEY (user_id, book_id)
);

CREATE TABLE categories (
    book_id uuid NOT NULL REFERENCES books,
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    icon text,
    color text,
    is_income boolean NOT NULL,
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, slug)
);

CREATE TABLE entries (
    book_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('expense', 'income')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    merchant_name text,
    description text,
    notes text,
    category_id uuid NOT NULL,
    occurred_on date NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'completed', 'cancelled')),
    payment_method text,
    tags text[] NOT NULL DEFAULT '{}',
    source text NOT NULL,
    import_id uuid,
    payment_method_id uuid,
    location text,
    latitude double precision,
    longitude double precision,
    account text,
    split_of uuid,
    department_id uuid,
    created_by uuid,
    deleted_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
