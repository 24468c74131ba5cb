-- Whether the owner of the household does not want it to be signed in by its boxes; home_off is the station's word (docs/decisions/0043).
ALTER TABLE contracts ADD COLUMN home_declined BIGINT NOT NULL DEFAULT 0;
