-- Boxes prove themselves with a key of their own; NULL: none is known, and the box signs in nobody.
ALTER TABLE boxes ADD COLUMN public_key TEXT;
-- Whether the household does not want to be signed in by its boxes.
ALTER TABLE contracts ADD COLUMN home_off BIGINT NOT NULL DEFAULT 0;
