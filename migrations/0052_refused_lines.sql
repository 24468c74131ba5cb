-- Lines of files that were not accepted, by the contract they are about: its timeline tells of them (docs/decisions/0068).
-- gen: the generation, where the line or the contract told it. op, code: as the result file has them. cause: the file, by name.
CREATE TABLE refused_lines (
    operator_id TEXT NOT NULL,
    number TEXT NOT NULL,
    refused_id TEXT NOT NULL,
    gen BIGINT,
    person_no BIGINT NOT NULL,
    op TEXT NOT NULL,
    code TEXT NOT NULL,
    file_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    actor TEXT NOT NULL,
    cause TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (operator_id, number, refused_id)
) CLUSTERED;
CREATE INDEX refused_lines_of_file ON refused_lines (operator_id, file_id);
