-- Devices that were let in for a whole household and nobody of it: whose home it is; an empty number: the
-- person's. Such a device and its authorization name no person.
ALTER TABLE devices ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN gen BIGINT NOT NULL DEFAULT 0;
CREATE INDEX devices_household ON devices (operator_id, number, gen);
-- How often everything the household as a whole was let in by has been ended (its contract was stopped): what was
-- given under an earlier number is over, as with persons.
ALTER TABLE contracts ADD COLUMN access_no BIGINT NOT NULL DEFAULT 0;
