-- Results of files somebody at the console wants put out once more: the last wish for each. state: ASKED, SENT, GONE; at_ms: when
-- it came there.
CREATE TABLE file_resends (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, file_id)
) CLUSTERED;
CREATE INDEX file_resends_to_do ON file_resends (operator_id, state, at_ms) WHERE state = 'ASKED';
