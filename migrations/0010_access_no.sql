-- How often everything a person was let in by has been ended: removed, reset, contract stopped. What was
-- given under an earlier number (a session, an authorization, a letter) is over, without a write to it.
ALTER TABLE persons ADD COLUMN access_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE browser_sessions ADD COLUMN access_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE authorizations ADD COLUMN access_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registration_codes ADD COLUMN access_no BIGINT NOT NULL DEFAULT 0;
