-- Tries of the letter are counted by the sign-in they are made in: a letter can not be used up by
-- somebody who only knows its contract number. registration_codes.tries is no longer counted.
ALTER TABLE sign_ins ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;

-- The sector a client knew the person in when the authorization was given. A client that has changed
-- its sector since can not go on with it: the person would get another subject.
ALTER TABLE authorizations ADD COLUMN sector TEXT NOT NULL DEFAULT '';
