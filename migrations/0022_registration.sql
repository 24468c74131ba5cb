-- Clients that registered themselves (RFC 7591, 7592): when, what they manage their registration with, and
-- when they were first used. All three are NULL for clients somebody registered by hand.
ALTER TABLE clients ADD COLUMN registered_ms BIGINT;
ALTER TABLE clients ADD COLUMN management_hash TEXT;
ALTER TABLE clients ADD COLUMN used_ms BIGINT;

-- What somebody may register clients with, kept as a hash.
CREATE TABLE registration_tokens (
    operator_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, token_hash)
) CLUSTERED;
