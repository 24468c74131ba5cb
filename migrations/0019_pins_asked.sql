-- From which rating on the viewing PIN is asked for, as its person wants it, in years; the operator may ask earlier.
ALTER TABLE pins ADD COLUMN asks_years BIGINT NOT NULL DEFAULT 18;
