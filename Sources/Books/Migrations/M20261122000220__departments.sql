-- Only organisations have them.
CREATE TABLE departments (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 50),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    parent_id uuid,
    version integer NOT NULL DEFAULT 1,
    archived_at timestamptz,
    PRIMARY KEY (book_id, id),
    CONSTRAINT departments_slug_key UNIQUE (book_id, slug),
    CONSTRAINT departments_parent_fkey FOREIGN KEY (book_id, parent_id) REFERENCES departments (book_id, id)
);

-- Sets of permissions by the names that the program gives them.
CREATE TABLE book_roles (
    book_id uuid NOT NULL REFERENCES books (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    permissions text[] NOT NULL CHECK (cardinality(permissions) <= 64),
    scope text NOT NULL CHECK (scope IN ('all', 'department', 'own')),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (book_id, id)
);
CREATE UNIQUE INDEX book_roles_name_key ON book_roles (book_id, lower(name));

ALTER TABLE book_members
    ADD department_id uuid,
    ADD role_id uuid,
    ADD title text CHECK (length(title) <= 100),
    ADD CONSTRAINT book_members_department_fkey FOREIGN KEY (book_id, department_id)
        REFERENCES departments (book_id, id),
    ADD CONSTRAINT book_members_role_fkey FOREIGN KEY (book_id, role_id) REFERENCES book_roles (book_id, id);
