-- When a stop was written down, beside the instant it counts from: days of grace and of retention are
-- counted from here. Before this the newest change of the household is the best that is known.
ALTER TABLE contracts ADD COLUMN stop_recorded_ms BIGINT;
UPDATE contracts SET stop_recorded_ms = updated_ms WHERE stopped_ms IS NOT NULL;
CREATE INDEX contracts_stopped ON contracts (operator_id, stop_recorded_ms) WHERE state = 'STOPPED';

ALTER TABLE persons ADD COLUMN stop_recorded_ms BIGINT;
UPDATE persons SET stop_recorded_ms =
    (SELECT c.updated_ms FROM contracts c
      WHERE c.operator_id = persons.operator_id AND c.number = persons.number AND c.gen = persons.gen)
 WHERE stopped_ms IS NOT NULL;
CREATE INDEX persons_stopped ON persons (operator_id, stop_recorded_ms) WHERE state = 'STOPPED';

-- A letter is a person's: it goes with them to another contract number, and nobody who gets the number
-- printed on it later can use it. number, gen, person_no: as printed.
ALTER TABLE registration_codes ADD COLUMN person_id TEXT;
UPDATE registration_codes SET person_id =
    (SELECT p.person_id FROM persons p
      WHERE p.operator_id = registration_codes.operator_id AND p.number = registration_codes.number
        AND p.gen = registration_codes.gen AND p.person_no = registration_codes.person_no);
CREATE INDEX registration_codes_person ON registration_codes (operator_id, person_id);

-- Jobs that are over are forgotten after a while.
CREATE INDEX jobs_over ON jobs (operator_id, done_ms) WHERE state <> 'PENDING';
UPDATE jobs SET done_ms = next_ms WHERE state = 'DEAD' AND done_ms IS NULL;
