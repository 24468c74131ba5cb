-- What a key signs with: an issuer has one signing key at a time for each algorithm its services ask
-- for. All keys of before sign with the default.
ALTER TABLE signing_keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'ES256';
