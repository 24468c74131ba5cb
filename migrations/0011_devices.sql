-- Televisions that ask to be signed in (RFC 8628). Under the operator whose issuer the service came to,
-- or '*'; the authorization a person gave stands at the person's operator. state: PENDING, APPROVED,
-- DENIED, REPLACED (the same device asked again).
CREATE TABLE device_codes (
    operator_id TEXT NOT NULL,
    device_code_id TEXT NOT NULL,
    user_code TEXT NOT NULL,
    number TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    device_ref TEXT NOT NULL,
    model TEXT NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL,
    tries BIGINT NOT NULL,
    interval_s BIGINT NOT NULL,
    polled_ms BIGINT NOT NULL,
    grant_operator TEXT,
    grant_id TEXT,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, device_code_id)
) CLUSTERED;
CREATE UNIQUE INDEX device_codes_user ON device_codes (operator_id, user_code);
CREATE INDEX device_codes_device ON device_codes (operator_id, client_id, device_ref);
CREATE INDEX device_codes_expiry ON device_codes (expires_ms);

-- Devices a person let in: each has one authorization, which ends with it.
CREATE TABLE devices (
    operator_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (operator_id, device_id)
) CLUSTERED;
CREATE INDEX devices_person ON devices (operator_id, person_id);
