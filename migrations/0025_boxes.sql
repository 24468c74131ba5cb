-- Set-top boxes the station put up in a household. The number on the machine is the station's and personal data: it
-- stands here and nowhere else. A machine stands in one household; a box that was taken away has no row.
CREATE TABLE boxes (
    operator_id TEXT NOT NULL,
    box_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    machine_no TEXT NOT NULL,
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    area TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, box_id)
) CLUSTERED;
CREATE UNIQUE INDEX boxes_machine ON boxes (operator_id, machine_no);
CREATE INDEX boxes_household ON boxes (operator_id, number, gen);
-- Whether there are any: most households have none, and are not asked.
ALTER TABLE contracts ADD COLUMN has_boxes BIGINT NOT NULL DEFAULT 0;
