-- 1: a password shorter than others may be, which only who has an authenticator may have (docs/decisions/0036).
ALTER TABLE passwords ADD COLUMN short BIGINT NOT NULL DEFAULT 0;
