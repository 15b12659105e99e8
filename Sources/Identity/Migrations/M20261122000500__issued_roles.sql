-- What another system's tokens last said of their person's part: taken apart, not as text.
ALTER TABLE linked_identities
    ADD role_level text CHECK (role_level IN ('superadmin', 'admin', 'staff')),
    ADD role_department text CHECK (role_department IN ('finance', 'hr', 'inventory', 'operations')),
    -- When the token was made that said so: an older one changes nothing.
    ADD role_issued_at timestamptz,
    ADD CHECK (role_department IS NULL OR role_level IN ('admin', 'staff'));
