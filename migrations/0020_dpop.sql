-- Proofs of possession that were shown, by a hash over key and id, until they would be too old anyway.
CREATE TABLE dpop_proofs (
    operator_id TEXT NOT NULL,
    proof_hash TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, proof_hash)
) CLUSTERED;
CREATE INDEX dpop_proofs_expiry ON dpop_proofs (expires_ms);

-- The key an authorization is bound to (RFC 7638 thumbprint): its code while only that exists, then the
-- refresh tokens of a client that proves nothing else. Without one: to its client alone.
ALTER TABLE authorizations ADD COLUMN jkt TEXT;
