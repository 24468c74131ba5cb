-- Files of an operator's SMS. name: as it came; several rows may have one name, because a refused file is
-- sent again. resolved: what staff decided, of gap, mass, errors, discard. approvals: JSON.
CREATE TABLE files (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    name TEXT NOT NULL,
    interface TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    business_on TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    test BIGINT NOT NULL,
    waits_for TEXT NOT NULL,
    resolved TEXT NOT NULL,
    approvals TEXT NOT NULL,
    lines_total BIGINT NOT NULL,
    lines_done BIGINT NOT NULL,
    read_offset BIGINT NOT NULL,
    result_offset BIGINT NOT NULL,
    ok_count BIGINT NOT NULL,
    warning_count BIGINT NOT NULL,
    error_count BIGINT NOT NULL,
    mass_count BIGINT NOT NULL,
    arrived_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    started_ms BIGINT,
    applied_ms BIGINT,
    sent_ms BIGINT,
    PRIMARY KEY (operator_id, file_id)
) CLUSTERED;
CREATE INDEX files_seq ON files (operator_id, interface, seq);
CREATE INDEX files_name ON files (operator_id, name);

-- A household as it stood before a chunk of a file touched it, and the version it had after. requests: the ids
-- of the lines that touched it, one a line. anchor: the
-- contract number under which it began; households between which members moved (REPLACE) share it.
CREATE TABLE file_undo (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    anchor TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    version_before BIGINT NOT NULL,
    version_after BIGINT NOT NULL,
    before TEXT NOT NULL,
    requests TEXT NOT NULL,
    PRIMARY KEY (operator_id, file_id, anchor, number, gen, chunk)
) CLUSTERED;

-- Numbers that took the place of another one in this file (REPLACE), with their anchor.
CREATE TABLE file_links (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    number TEXT NOT NULL,
    anchor TEXT NOT NULL,
    PRIMARY KEY (operator_id, file_id, number)
) CLUSTERED;
