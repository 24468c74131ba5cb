-- Until when changes wait that would make a recovery last (docs/decisions/0041); 0: they do not.
ALTER TABLE passwords ADD COLUMN waits_until_ms BIGINT NOT NULL DEFAULT 0;
