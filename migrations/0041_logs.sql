-- Deliveries are looked through by when there was something to tell, whoever is told; answers to a household, as those to its members
-- (docs/decisions/0057).
CREATE INDEX outbox_by_id ON outbox (operator_id, outbox_id);
CREATE INDEX decision_log_households ON decision_log (operator_id, number, at_ms) WHERE person_no = 0 AND number <> '';
