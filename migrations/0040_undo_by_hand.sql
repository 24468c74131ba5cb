-- Households as they were before a verb of the console, for a day: docs/decisions/0063. op: the number of the verb in
-- the SMS's record. number, gen: of the household; a contract that got another number has one row for each.
CREATE TABLE verb_undo (
    operator_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    op TEXT NOT NULL,
    version_before BIGINT NOT NULL,
    version_after BIGINT NOT NULL,
    before TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, request_id, number, gen)
) CLUSTERED;
CREATE INDEX verb_undo_of ON verb_undo (operator_id, number, version_after);
CREATE INDEX verb_undo_given ON verb_undo (operator_id, given_ms);
