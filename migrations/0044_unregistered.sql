-- Members who were issued a number and have not registered, in the order of their list at the console. `state` stands in it although
-- it is always the same: what is named beside the operator is what SQLite goes by (docs/decisions/0056).
CREATE INDEX persons_invited ON persons (operator_id, state, number, gen, person_no) WHERE state = 'INVITED';
