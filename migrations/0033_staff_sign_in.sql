-- Who works for a station signs in at the console. Passwords, authenticators and the counting of tries lie in the tables
-- of persons, under staff:<id>. An invitation is one code by which they set both; a session ends with its row.
CREATE TABLE staff_invitations (
    operator_id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, staff_id)
) CLUSTERED;
CREATE INDEX staff_invitations_expiry ON staff_invitations (operator_id, expires_ms);

CREATE TABLE staff_sessions (
    operator_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    auth_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, session_id)
) CLUSTERED;
CREATE INDEX staff_sessions_staff ON staff_sessions (operator_id, staff_id);
CREATE INDEX staff_sessions_expiry ON staff_sessions (operator_id, expires_ms);
