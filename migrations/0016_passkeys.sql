-- Passkeys (docs/decisions/0030). credential: as the authenticator named it; one of another operator's is
-- another one. user_handle: random, what the authenticator knows the person by. key: what was learnt at the
-- enrolment; state: what each use changes (the counter), compared and replaced in one statement.
CREATE TABLE passkeys (
    operator_id TEXT NOT NULL,
    passkey_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    credential BYTEA NOT NULL,
    user_handle BYTEA NOT NULL,
    name TEXT NOT NULL,
    key BYTEA NOT NULL,
    state BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT,
    PRIMARY KEY (operator_id, passkey_id)
) CLUSTERED;

CREATE UNIQUE INDEX passkeys_by_credential ON passkeys (operator_id, credential);
CREATE INDEX passkeys_by_person ON passkeys (operator_id, person_id);

-- What an authenticator was asked and has not answered. asked_by: the one sign-in or session it was asked
-- for, which has no other at the same time. kind: ENROL, SIGN_IN.
CREATE TABLE passkey_challenges (
    operator_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    kind TEXT NOT NULL,
    question BYTEA NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, asked_by)
) CLUSTERED;

CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (operator_id, expires_ms);
