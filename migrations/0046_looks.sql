-- How an operator's pages look (docs/decisions/0062). look: JSON, read and written whole, in the row that every page loads anyway.
-- logos: pictures as we wrote them anew, by the digest that stands in their address; what is shown is the one the look names.
ALTER TABLE operators ADD COLUMN look TEXT NOT NULL DEFAULT '{}';

CREATE TABLE logos (
    operator_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    png BYTEA NOT NULL,
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, digest)
);
