-- Files of an operator's SMS, and what is needed to take one back.
CREATE TABLE files (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    interface TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    business_on TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    test BIGINT NOT NULL,
    lines_total BIGINT NOT NULL,
    lines_done BIGINT NOT NULL,
    read_offset BIGINT NOT NULL,
    result_offset BIGINT NOT NULL,
    ok_count BIGINT NOT NULL,
    warning_count BIGINT NOT NULL,
    error_count BIGINT NOT NULL,
    mass_count BIGINT NOT NULL,
    result_digest TEXT NOT NULL,
    approvals TEXT NOT NULL,
    detail TEXT NOT NULL,
    arrived_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    applied_ms BIGINT,
    PRIMARY KEY (operator_id, file_id)
) CLUSTERED;
CREATE INDEX files_seq ON files (operator_id, interface, seq);
CREATE INDEX files_state ON files (operator_id, state);

-- The household as it stood before a chunk of the file touched it, and the version it had after.
CREATE TABLE file_undo (
    operator_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    chunk BIGINT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    version_after BIGINT NOT NULL,
    before TEXT NOT NULL,
    PRIMARY KEY (operator_id, file_id, chunk, number, gen)
) CLUSTERED;
