-- What the platform's own people see of all stations (docs/decisions/0058): whose files wait, whose nightly file is missed,
-- to whom deliveries were given up, who is on trial. Found by these, however many stations there are.
CREATE INDEX files_waiting ON files (state, operator_id, updated_ms)
    WHERE by_hand = 0 AND (state = 'HELD' OR state = 'GUARDED');
CREATE INDEX outbox_dead ON outbox (state, operator_id, created_ms) WHERE state = 'DEAD';
CREATE INDEX operators_trial ON operators (trial, operator_id) WHERE trial = 1;

-- Stations whose nightly file is missed, as who looks for it noticed. business_on: the day it is about.
CREATE TABLE late_files (
    operator_id TEXT NOT NULL PRIMARY KEY,
    business_on TEXT NOT NULL,
    since_ms BIGINT NOT NULL
) CLUSTERED;
