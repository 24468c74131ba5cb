-- What a person allowed a service to be told and to do (docs/decisions/0028): one row a service, its scopes
-- sorted. client_operator: where the client stands, an operator or '*'. shown: what stood on the page.
CREATE TABLE consents (
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    client_operator TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    shown TEXT NOT NULL,
    given_ms BIGINT NOT NULL,
    withdrawn_ms BIGINT,
    PRIMARY KEY (operator_id, person_id, client_operator, client_id)
) CLUSTERED;
