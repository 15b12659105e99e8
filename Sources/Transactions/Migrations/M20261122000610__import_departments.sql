-- Which department an import's entries were given. No foreign key: the department may go when no entry is of it any more.
ALTER TABLE imports ADD COLUMN department_id uuid;

-- An import writes many entries of one department. Without their ids this index takes a fraction of the time to keep;
-- those of one day are sorted when a list is read.
DROP INDEX entries_department_idx;
CREATE INDEX entries_department_idx ON entries (book_id, department_id, occurred_on DESC) WHERE department_id IS NOT NULL;
