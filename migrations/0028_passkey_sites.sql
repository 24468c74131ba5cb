-- The domain an operator's passkeys are for (RP ID), where it is not the one all operators share. Nobody else's.
ALTER TABLE operators ADD COLUMN rp_id TEXT;
CREATE UNIQUE INDEX operators_rp_id ON operators (rp_id);
