-- What happened to a household is read by operator and subject (docs/decisions/0067). The two indexes before it knew less: one was not
-- led by the operator, so that stations with the same contract numbers paid for each other; the other held lines about persons only.
CREATE INDEX audit_subjects ON audit (operator_id, subject, audit_id);
DROP INDEX audit_by_subject;
DROP INDEX audit_persons;
