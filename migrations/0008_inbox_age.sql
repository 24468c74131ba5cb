-- Old answers are found by their age: forgetting them reads what is forgotten, not the whole inbox.
CREATE INDEX inbox_age ON inbox (operator_id, at_ms);
