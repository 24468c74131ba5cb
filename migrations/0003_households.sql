-- Households: contract, holds, persons, keys. Read whole, by (operator_id, number, gen).
-- state: RESERVED and ACTIVE are one stored word, OPEN (which of both is a matter of starts_ms); STOPPED; PURGED;
-- VOID is a start that was undone (the row keeps the version).
CREATE TABLE contracts (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    unit TEXT NOT NULL,
    bulk_parent TEXT,
    starts_ms BIGINT NOT NULL,
    stopped_ms BIGINT,
    stop_cause TEXT,
    replaced_by TEXT,
    kana TEXT,
    telephone TEXT,
    postal_code TEXT,
    age_verified_by TEXT,
    adult_allowed BIGINT NOT NULL,
    credit_rank TEXT,
    note TEXT,
    cause TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, number, gen)
) CLUSTERED;
CREATE INDEX contracts_parent ON contracts (operator_id, bulk_parent) WHERE bulk_parent IS NOT NULL;

-- person_no 0: a hold of the contract itself. Lifted holds stay, so that the past can be asked.
CREATE TABLE holds (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    person_no BIGINT NOT NULL,
    source TEXT NOT NULL,
    reason BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    lifted_ms BIGINT,
    reference TEXT,
    cause TEXT NOT NULL,
    PRIMARY KEY (operator_id, number, gen, person_no, source, reason, since_ms)
) CLUSTERED;

CREATE TABLE persons (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    person_no BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    stopped_ms BIGINT,
    stopped_from TEXT,
    kana TEXT,
    birth_on TEXT,
    max_rating_years BIGINT NOT NULL,
    adult_allowed BIGINT NOT NULL,
    cause TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, number, gen, person_no)
) CLUSTERED;
CREATE UNIQUE INDEX persons_id ON persons (operator_id, person_id);

-- One row per grant period of a product; person_no 0: the whole household. stopped_ms: ended with the
-- contract (taken back by STOP_CANCEL, which leaves ends_ms as it was).
CREATE TABLE grants (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    grant_no BIGINT NOT NULL,
    person_no BIGINT NOT NULL,
    product TEXT NOT NULL,
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT,
    closed_cause TEXT,
    stopped_ms BIGINT,
    revoked_ms BIGINT,
    first_play_ms BIGINT,
    opened_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (operator_id, number, gen, grant_no)
) CLUSTERED;

-- Pairwise subjects shown to services: person_id, or the household when person_id is empty.
CREATE TABLE subjects (
    operator_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    sector TEXT NOT NULL,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, subject)
) CLUSTERED;

-- Grows at its end only. A trace says its second, so a line is found by at_ms; it comes back after 97
-- days, when the line is gone.
CREATE TABLE decision_log (
    operator_id TEXT NOT NULL,
    trace TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    person_no BIGINT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    least_age BIGINT,
    adult BIGINT NOT NULL,
    permit BIGINT NOT NULL,
    codes TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (operator_id, at_ms, trace, number)
) CLUSTERED;
