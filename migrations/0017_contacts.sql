-- Mail addresses and telephone numbers of persons (docs/decisions/0031). kind: MAIL, PHONE. verified_ms: NULL
-- until a code sent there was typed; bounced_ms: since when nothing arrives there; removed_ms: its owner took it
-- away, and it is told that. forget_ms: when the row goes; NULL: it stays.
CREATE TABLE contacts (
    operator_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    verified_ms BIGINT,
    bounced_ms BIGINT,
    removed_ms BIGINT,
    forget_ms BIGINT,
    PRIMARY KEY (operator_id, contact_id)
) CLUSTERED;

CREATE UNIQUE INDEX contacts_by_person ON contacts (operator_id, person_id, kind, address);
CREATE INDEX contacts_by_end ON contacts (operator_id, forget_ms);

-- Codes under way to a contact. asked_by: what it was asked for, which has no other at the same time: a contact,
-- or a sign-in. The code itself is kept nowhere: it follows from the salt and the master key. person_id: '' for
-- a code that was asked for by who has no account, and is sent to nobody.
CREATE TABLE sent_codes (
    operator_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    person_id TEXT NOT NULL,
    salt TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, asked_by)
) CLUSTERED;

CREATE INDEX sent_codes_by_expiry ON sent_codes (operator_id, expires_ms);
