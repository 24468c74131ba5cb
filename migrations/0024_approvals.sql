-- Who forgot the password asks the owner of the household (docs/decisions/0039). asked_by: the sign-in that asks.
-- person_id: '' for who has no account, or none with an owner to ask. number: the two digits its page shows.
-- told_ms: when the owner was told; before that, and without, nobody sees it. access_no, approved_access: of the
-- person and of the owner when it was approved; when either was ended, it is over.
CREATE TABLE approvals (
    operator_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    person_id TEXT NOT NULL,
    number TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    told_ms BIGINT,
    approved_ms BIGINT,
    approved_by TEXT,
    approved_access BIGINT,
    access_no BIGINT,
    PRIMARY KEY (operator_id, asked_by)
) CLUSTERED;

CREATE INDEX approvals_by_person ON approvals (operator_id, person_id);
CREATE INDEX approvals_by_expiry ON approvals (operator_id, expires_ms);
