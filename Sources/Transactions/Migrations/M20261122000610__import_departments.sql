-- Which department an import's entries were given. No foreign key: the department may go when no entry is of it any more.
ALTER TABLE imports ADD COLUMN department_id uuid;
