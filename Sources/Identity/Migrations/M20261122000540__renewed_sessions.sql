-- A proof of who is there, and signing in again in the same browser, make a new session and end the one before.
ALTER TABLE sessions
    DROP CONSTRAINT sessions_revoked_reason_check,
    ADD CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN (
        'logout', 'reuse', 'password', 'deactivated', 'administrator', 'limit', 'revoked', 'factor', 'deleted',
        'renewed'));
