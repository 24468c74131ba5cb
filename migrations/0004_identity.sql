-- Credentials, sign-ins, sessions and what was given to clients. Cookies, codes and refresh tokens
-- are handles (docs/decisions/0019): no secret of ours stands in these tables.
CREATE TABLE logins (
    operator_id TEXT NOT NULL,
    login_name TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, login_name)
) CLUSTERED;
CREATE INDEX logins_person ON logins (operator_id, person_id);

CREATE TABLE passwords (
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, person_id)
) CLUSTERED;

-- Lock-out: tries that were begun since the last good one, rounds of lock-out so far, and until when
-- nothing is tried. subject: a person id, or a digest of a login name nobody has.
CREATE TABLE lockouts (
    operator_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    tries BIGINT NOT NULL,
    rounds BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, subject)
) CLUSTERED;
CREATE INDEX lockouts_updated ON lockouts (updated_ms);

CREATE TABLE registration_codes (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    gen BIGINT NOT NULL,
    person_no BIGINT NOT NULL,
    code_hash TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    used_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, number, gen, person_no)
) CLUSTERED;

-- A sign-in or registration under way: one persisted record, one dispatcher. browser_hash: of the
-- cookie of the browser that began it.
CREATE TABLE sign_ins (
    operator_id TEXT NOT NULL,
    sign_in_id TEXT NOT NULL,
    browser_hash TEXT NOT NULL,
    step TEXT NOT NULL,
    request TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, sign_in_id)
) CLUSTERED;
CREATE INDEX sign_ins_expiry ON sign_ins (expires_ms);

CREATE TABLE browser_sessions (
    operator_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    auth_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    PRIMARY KEY (operator_id, session_id)
) CLUSTERED;
CREATE INDEX browser_sessions_person ON browser_sessions (operator_id, person_id);
CREATE INDEX browser_sessions_expiry ON browser_sessions (expires_ms);

-- What a person gave a client: the authorization code and the family of all tokens that came from it.
-- turn: 0 while only the code exists, then the number of the refresh token in use; redeeming and
-- rotating are one compare-and-swap each.
CREATE TABLE authorizations (
    operator_id TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    person_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    auth_ms BIGINT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT,
    nonce TEXT,
    code_expires_ms BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    turned_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_cause TEXT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, grant_id)
) CLUSTERED;
CREATE INDEX authorizations_person ON authorizations (operator_id, person_id);
CREATE INDEX authorizations_session ON authorizations (operator_id, session_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_ms);

-- Client assertions (private_key_jwt) seen, until they expire.
CREATE TABLE assertion_ids (
    operator_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    assertion_id TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, client_id, assertion_id)
) CLUSTERED;
CREATE INDEX assertion_ids_expiry ON assertion_ids (expires_ms);
