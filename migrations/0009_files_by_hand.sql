-- 1: a file done by hand, outside the watched directories; nobody looks for it in `in/.work`.
ALTER TABLE files ADD COLUMN by_hand BIGINT NOT NULL DEFAULT 0;
