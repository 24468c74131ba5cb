-- What happened to a person is read back to them, and what was answered to them (docs/decisions/0051). Only lines about
-- persons: those about contracts and keys, nearly all of them, cost nothing more.
CREATE INDEX audit_persons ON audit (operator_id, subject, audit_id) WHERE SUBSTR(subject, 1, 4) = 'per_';
CREATE INDEX decision_log_persons ON decision_log (operator_id, number, gen, person_no, at_ms) WHERE person_no > 0;
