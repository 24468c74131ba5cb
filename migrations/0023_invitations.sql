-- Invitations: letters' codes that the owner of a household made. Who made it, and the number of their access
-- then: when that was ended, the invitation is over. Both are NULL for letters of the station.
ALTER TABLE registration_codes ADD COLUMN invited_by TEXT;
ALTER TABLE registration_codes ADD COLUMN invited_access BIGINT;
