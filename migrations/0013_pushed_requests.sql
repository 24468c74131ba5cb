-- Authorization requests a client pushed and no browser has brought yet: a minute each, taken once. (domain::sessions)
CREATE TABLE pushed_requests (
    operator_id TEXT NOT NULL,
    pushed_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    parameters TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, pushed_id)
) CLUSTERED;
CREATE INDEX pushed_requests_expiry ON pushed_requests (operator_id, expires_ms);
