-- Work on many contracts that was put in at the console, by whom, and who approved it: docs/decisions/0055.
-- name: of its file, unlike any other. source: SHA-256 of what was sent; digest: of the file made of it. tried_id:
-- the file that only rehearsed it; run_id: the one that did it. conflicts: households that could not be taken back,
-- one a line, the first hundred.
CREATE TABLE bulks (
    operator_id TEXT NOT NULL,
    bulk_id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    title TEXT NOT NULL,
    lines BIGINT NOT NULL,
    state TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_ms BIGINT NOT NULL,
    tried_id TEXT,
    run_id TEXT,
    asked_ms BIGINT,
    approved_by TEXT NOT NULL,
    approved_ms BIGINT,
    undo_by TEXT NOT NULL,
    restored BIGINT NOT NULL,
    left_over BIGINT NOT NULL,
    conflicts TEXT NOT NULL,
    PRIMARY KEY (operator_id, bulk_id)
) CLUSTERED;
CREATE UNIQUE INDEX bulks_name ON bulks (operator_id, name);

-- Who put a file in at the console; empty: it came from the SMS. They do not approve it.
ALTER TABLE files ADD COLUMN uploaded_by TEXT NOT NULL DEFAULT '';
