-- The books: who changed what (audit, sealed in blocks), what must still be told (outbox), what was
-- asked before (inbox), what is due later (jobs), who called (access_log), what passed (linkage_log).
CREATE TABLE audit (
    operator_id TEXT NOT NULL,
    audit_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    detail TEXT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (operator_id, audit_id)
) CLUSTERED;

CREATE TABLE audit_seals (
    operator_id TEXT NOT NULL,
    seal_no BIGINT NOT NULL,
    after_id TEXT NOT NULL,
    upto_id TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, seal_no)
) CLUSTERED;

-- One row per event and receiver, in order per stream (a contract number).
CREATE TABLE outbox (
    operator_id TEXT NOT NULL,
    outbox_id TEXT NOT NULL,
    receiver_id TEXT NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    last_error TEXT,
    created_ms BIGINT NOT NULL,
    done_ms BIGINT,
    PRIMARY KEY (operator_id, receiver_id, outbox_id)
) CLUSTERED;
CREATE INDEX outbox_due ON outbox (operator_id, receiver_id, next_ms) WHERE state = 'PENDING';
CREATE INDEX outbox_stream ON outbox (operator_id, receiver_id, stream, state, version);

-- Who receives events of an operator, and which.
CREATE TABLE receivers (
    operator_id TEXT NOT NULL,
    receiver_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    events TEXT NOT NULL,
    settings TEXT NOT NULL,
    secret_sealed BYTEA,
    enabled BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, receiver_id)
) CLUSTERED;

CREATE TABLE inbox (
    operator_id TEXT NOT NULL,
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest BYTEA NOT NULL,
    answer TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, source, message_id)
) CLUSTERED;

CREATE TABLE jobs (
    operator_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    stream TEXT NOT NULL,
    request_id TEXT NOT NULL,
    due_ms BIGINT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    last_error TEXT,
    cause TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    done_ms BIGINT,
    PRIMARY KEY (operator_id, job_id)
) CLUSTERED;
CREATE INDEX jobs_due ON jobs (state, next_ms);
CREATE INDEX jobs_request ON jobs (operator_id, request_id);
CREATE INDEX jobs_stream ON jobs (operator_id, stream, state);

CREATE TABLE access_log (
    operator_id TEXT NOT NULL,
    access_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    route TEXT NOT NULL,
    status BIGINT NOT NULL,
    code TEXT NOT NULL,
    micros BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (operator_id, access_id)
) CLUSTERED;

CREATE TABLE linkage_log (
    operator_id TEXT NOT NULL,
    linkage_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    direction TEXT NOT NULL,
    peer TEXT NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    digest TEXT NOT NULL,
    result TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (operator_id, linkage_id)
) CLUSTERED;

-- Short leases of work that only one node may do at a time (watching a directory, sealing).
CREATE TABLE leases (
    operator_id TEXT NOT NULL,
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    PRIMARY KEY (operator_id, name)
) CLUSTERED;
