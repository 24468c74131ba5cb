-- An owner offers the household to a member (docs/decisions/0053): one offer a household. from_access, to_access: of both
-- when it was made; when either was ended, it is over.
CREATE TABLE owner_offers (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    from_person TEXT NOT NULL,
    from_access BIGINT NOT NULL,
    to_person TEXT NOT NULL,
    to_access BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, number, gen)
) CLUSTERED;

CREATE INDEX owner_offers_by_expiry ON owner_offers (operator_id, expires_ms);

-- Whether a child asked (docs/decisions/0052): an owner sees no line of somebody who was an adult then. Such lines are found
-- by decision_log_persons.
ALTER TABLE decision_log ADD COLUMN of_child BIGINT NOT NULL DEFAULT 0;
