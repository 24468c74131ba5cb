-- How long an answer took, in microseconds: whoever asked, and by which address. NULL: answered before it was kept.
ALTER TABLE decision_log ADD COLUMN micros BIGINT;
