-- What happened to a household is read by its subjects (docs/decisions/0054). The operator does not lead: SQLite would read by the
-- primary key, which it leads too, all there is of the operator.
CREATE INDEX audit_by_subject ON audit (subject, audit_id);
