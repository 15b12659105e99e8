-- The session key that a code was hashed with: a key goes only when no code needs it any more.
ALTER TABLE recovery_codes ADD key_id bigint NOT NULL DEFAULT 1;
ALTER TABLE recovery_codes ALTER key_id DROP DEFAULT;
