-- Who works for the platform enters the console of a station, with a reason (docs/decisions/0058). home_session: their session at
-- the platform's own console, with which the one here ends; NULL: who works here.
ALTER TABLE staff_sessions ADD COLUMN home_session TEXT;

-- Who of the platform was here, and why. staff_id: theirs at the platform.
CREATE TABLE platform_visits (
    operator_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    PRIMARY KEY (operator_id, session_id)
) CLUSTERED;
