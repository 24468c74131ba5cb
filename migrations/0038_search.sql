-- What a caller says is found by (docs/decisions/0054): names and telephones as the search folds them, beside what was
-- written. Bytes: both databases put them in the same order, whatever their language. NULL: nothing was written, or it
-- was before this; a sweep fills those, which the last two indexes hold until then.
ALTER TABLE contracts ADD COLUMN kana_folded BYTEA;
ALTER TABLE contracts ADD COLUMN telephone_folded BYTEA;
ALTER TABLE persons ADD COLUMN kana_folded BYTEA;
CREATE INDEX contracts_by_kana ON contracts (operator_id, kana_folded, number) WHERE kana_folded IS NOT NULL;
CREATE INDEX contracts_by_telephone ON contracts (operator_id, telephone_folded, number) WHERE telephone_folded IS NOT NULL;
CREATE INDEX persons_by_kana ON persons (operator_id, kana_folded, number) WHERE kana_folded IS NOT NULL;
CREATE INDEX contacts_by_telephone ON contacts (operator_id, address) WHERE kind = 'PHONE';
CREATE INDEX contracts_unfolded ON contracts (number, gen)
    WHERE (kana IS NOT NULL AND kana_folded IS NULL) OR (telephone IS NOT NULL AND telephone_folded IS NULL);
CREATE INDEX persons_unfolded ON persons (number, gen, person_no)
    WHERE kana IS NOT NULL AND kana_folded IS NULL;
