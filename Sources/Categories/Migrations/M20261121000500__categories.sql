-- Every book has its own copy of the system categories, so that book_id leads every key.
CREATE TABLE categories (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    parent_id uuid,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    icon text NOT NULL,
    color text NOT NULL CHECK (color ~ '^#[0-9a-f]{6}$'),
    is_income boolean NOT NULL,
    is_system boolean NOT NULL,
    sort_order integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (book_id, id),
    CONSTRAINT categories_slug_key UNIQUE (book_id, slug),
    CONSTRAINT categories_parent_fkey FOREIGN KEY (book_id, parent_id) REFERENCES categories (book_id, id)
);
