-- Of the children of one category, and of those at the top, no two of a kind have the same name. Case does not matter.
CREATE UNIQUE INDEX categories_name_key ON categories
    (book_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), is_income, lower(name));

CREATE INDEX categories_parent ON categories (book_id, parent_id) WHERE parent_id IS NOT NULL;
