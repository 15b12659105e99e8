-- What is done with transactions that look a certain way. Conditions and actions are checked by the program.
CREATE TABLE rules (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    -- Rules are tried in this order, then by id.
    position integer NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    is_enabled boolean NOT NULL,
    conditions jsonb NOT NULL,
    actions jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (book_id, id)
);

-- How the files of a bank are read: corrections of the detection, found again by the names of the columns.
CREATE TABLE import_profiles (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    signature text,
    mapping jsonb NOT NULL,
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    version integer NOT NULL DEFAULT 1,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (book_id, id),
    CONSTRAINT import_profiles_name_key UNIQUE (book_id, name)
);
