-- Whether a passkey is known to see who is there, by a finger or a code, and so stands for the password as well. Of those
-- that are here nobody has noted it: they stay what they were taken for, and are asked for it at each use alone.
ALTER TABLE passkeys ADD verifies_user boolean NOT NULL DEFAULT true;
ALTER TABLE passkeys ALTER verifies_user DROP DEFAULT;
