-- Files of the SMS somebody wants taken back, and who else says so: docs/decisions/0063. state: ASKED (about to be tried),
-- CHECKED, APPROVED (about to be done), DONE, WITHDRAWN. restorable, left_over: households, as they were tried, or as it ended;
-- conflicts: the first hundred that stay as they are, one a line.
CREATE TABLE file_undo_asks (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    restorable BIGINT NOT NULL,
    left_over BIGINT NOT NULL,
    conflicts TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    PRIMARY KEY (operator_id, file_id)
) CLUSTERED;
CREATE INDEX file_undo_to_do ON file_undo_asks (operator_id, asked_ms) WHERE state = 'ASKED' OR state = 'APPROVED';
