-- A station on trial may throw its households away, and sees what is missing until it goes into service (docs/decisions/0065).
-- trial: 1 until then. hearing, ticks: JSON, read and written whole.
ALTER TABLE operators ADD COLUMN trial BIGINT NOT NULL DEFAULT 0;

CREATE TABLE launches (
    operator_id TEXT NOT NULL PRIMARY KEY,
    hearing TEXT NOT NULL,
    ticks TEXT NOT NULL,
    version BIGINT NOT NULL,
    began_ms BIGINT NOT NULL,
    reset_ms BIGINT,
    live_ms BIGINT
) CLUSTERED;
