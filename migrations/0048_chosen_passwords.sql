-- 0: a password nobody knows, of who registered without one (docs/decisions/0061).
ALTER TABLE passwords ADD COLUMN chosen BIGINT NOT NULL DEFAULT 1;
