-- What a person proves beside the password. TOTP secrets are sealed under the master key, recovery codes
-- and PINs are kept as keyed hashes (docs/decisions/0027).

-- confirmed_ms: NULL until a first code was typed. last_step: the newest time step a code was taken of; an
-- older or equal one is a replay.
CREATE TABLE totps (
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    secret_sealed BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    confirmed_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, person_id)
) CLUSTERED;

CREATE TABLE recovery_codes (
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    code_no BIGINT NOT NULL,
    code_hash TEXT NOT NULL,
    used_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, person_id, code_no)
) CLUSTERED;

-- kind: VIEWING, PURCHASE, OWNER.
CREATE TABLE pins (
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    salt TEXT NOT NULL,
    pin_hash TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, person_id, kind)
) CLUSTERED;
