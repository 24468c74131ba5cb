-- Codes that set-top boxes show to who forgot the password: a keyed hash each, and which box of which
-- household shows it, with which key.
CREATE TABLE tv_codes (
    operator_id TEXT NOT NULL,
    box_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    thumbprint TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, box_id)
) CLUSTERED;
CREATE UNIQUE INDEX tv_codes_code ON tv_codes (operator_id, code_hash);
CREATE INDEX tv_codes_expiry ON tv_codes (expires_ms);
