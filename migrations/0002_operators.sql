-- Stations, their staff, what they sell, and the clients that may call us for them.
CREATE TABLE operators (
    operator_id TEXT NOT NULL PRIMARY KEY,
    name_ja TEXT NOT NULL,
    name_en TEXT NOT NULL,
    state TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    policies TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
) CLUSTERED;

CREATE TABLE staff (
    operator_id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, staff_id)
) CLUSTERED;

-- kind: CHANNEL, SVOD, TVOD, FEATURE, BUNDLE. items: products of a bundle. refs: the things at
-- services this product opens, as "type:id".
CREATE TABLE products (
    operator_id TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_ja TEXT NOT NULL,
    name_en TEXT NOT NULL,
    rating_years BIGINT NOT NULL,
    adult BIGINT NOT NULL,
    items TEXT NOT NULL,
    refs TEXT NOT NULL,
    sold_from_ms BIGINT NOT NULL,
    sold_until_ms BIGINT NOT NULL,
    start_window_hours BIGINT,
    play_window_hours BIGINT,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, code)
) CLUSTERED;

-- kind: service (relying party: OIDC, AuthZEN) or sms (the operator's SMS). operator_id '*': a service
-- sold by all operators. settings: redirect URIs, grants, scopes, sector, exemptions (JSON).
CREATE TABLE clients (
    operator_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_ja TEXT NOT NULL,
    name_en TEXT NOT NULL,
    secret_hash TEXT,
    jwks TEXT,
    settings TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, client_id)
) CLUSTERED;

-- key_no counts an issuer's keys: two nodes that make the next one at once can not both succeed.
CREATE TABLE signing_keys (
    operator_id TEXT NOT NULL,
    key_no BIGINT NOT NULL,
    kid TEXT NOT NULL,
    private_sealed BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    signs_from_ms BIGINT NOT NULL,
    signs_until_ms BIGINT,
    removed_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, key_no)
) CLUSTERED;
