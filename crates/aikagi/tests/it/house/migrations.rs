//! Migrations go forward only, are numbered without gaps and use the types both databases share.
//!
//! Source: `docs/decisions/0003-two-databases-one-sql-text.md`, `docs/decisions/0067-an-index-may-be-taken-away.md`.

use super::no_faults;
use super::source::{files, read};

/// Whole numbers, instants and yen; text and dates; bytes.
const TYPES: &[&str] = &["BIGINT", "TEXT", "BYTEA"];

/// What begins a table constraint instead of a column.
const CONSTRAINTS: &[&str] = &["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"];

/// What would take away a thing the release before still uses, or is not portable. An index holds nothing of its own: see
/// [`takes_an_index_away`].
const FORBIDDEN: &[&str] =
    &["DROP", "RENAME", "AUTOINCREMENT", "SERIAL", "DEFAULT NOW", "WITHOUT ROWID", "STRICT"];

/// The migration without its comments, each statement with the line it starts on.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found = vec![(1, String::new())];
    for (number, line) in text.lines().enumerate() {
        let code = line.split("--").next().unwrap_or_default();
        for (part, piece) in code.split(';').enumerate() {
            if part > 0 {
                found.push((number + 1, String::new()));
            }
            let (start, statement) = found.last_mut().unwrap();
            if statement.trim().is_empty() {
                *start = number + 1;
            }
            statement.push_str(piece);
            statement.push(' ');
        }
    }
    found.retain(|(_, statement)| !statement.trim().is_empty());
    found
}

/// The parts of a table definition between its outer brackets.
fn table_parts(statement: &str) -> Vec<String> {
    let inside = statement.split_once('(').map_or("", |(_, inside)| inside);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inside.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    parts
}

fn type_faults(place: &str, statement: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for part in table_parts(statement) {
        let words: Vec<String> = part
            .trim_start_matches([',', ' '])
            .split([' ', '(', ')'])
            .map(str::to_uppercase)
            .collect();
        let is_column = words.first().is_some_and(|first| !CONSTRAINTS.contains(&first.as_str()));
        let kind = words.get(1).map_or("", String::as_str);
        if is_column && !TYPES.contains(&kind) {
            faults
                .push(format!("{place}: column `{}` is {kind}, not one of {TYPES:?}", part.trim()));
        }
    }
    faults
}

fn migration_faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, statement) in statements(text) {
        let place = format!("{path}:{line}");
        let upper = statement.to_uppercase();
        let words = upper.split_whitespace().collect::<Vec<_>>().join(" ");
        if !takes_an_index_away(&words) {
            let forbidden = FORBIDDEN.iter().filter(|word| words.contains(**word));
            faults.extend(forbidden.map(|word| format!("{place}: {word} is not for a migration")));
        }
        if upper.trim_start().starts_with("CREATE TABLE") {
            faults.extend(type_faults(&place, &statement));
            if upper.contains("REFERENCES") {
                faults.push(format!("{place}: no foreign keys, tables are spread by contract"));
            }
        }
    }
    faults
}

/// `DROP INDEX name` and nothing else: the release before reads slower without it, and no row is lost.
fn takes_an_index_away(words: &str) -> bool {
    words.strip_prefix("DROP INDEX ").is_some_and(|name| !name.contains(' '))
}

fn numbering_faults(names: &[String]) -> Vec<String> {
    let numbered = names.iter().enumerate();
    numbered
        .filter(|(at, name)| !name.starts_with(&format!("migrations/{:04}_", at + 1)))
        .map(|(at, name)| format!("{name}: expected number {:04}", at + 1))
        .collect()
}

#[test]
fn migrations_are_portable_forward_only_and_without_gaps() {
    let names = files("migrations");
    let mut faults = numbering_faults(&names);
    faults.extend(names.iter().flat_map(|name| migration_faults(name, &read(name))));
    let embedded = read("crates/base/src/store/migrate.rs");
    let forgotten = names.iter().filter(|name| !embedded.contains(name.as_str()));
    faults.extend(forgotten.map(|name| format!("{name}: embed it in base::store::migrate")));
    no_faults("Migrations: 0001_…sql upwards, additive, BIGINT/TEXT/BYTEA only.", &faults);
}

#[test]
fn the_migration_scanner_sees_what_is_wrong() {
    let bad = "-- DROP is fine here\nCREATE TABLE a (\n  operator_id TEXT NOT NULL,\n  at TIMESTAMP,\n\
               note VARCHAR(20), PRIMARY KEY (operator_id, at));\nDROP TABLE b;\nDROP INDEX c;\n\
               DROP INDEX d CASCADE;\n";
    let faults = migration_faults("migrations/0001_a.sql", bad);
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(faults[2].starts_with("migrations/0001_a.sql:6:"), "{faults:#?}");
    assert!(faults[3].starts_with("migrations/0001_a.sql:8:"), "{faults:#?}");
    let names = ["migrations/0001_a.sql", "migrations/0003_c.sql"].map(str::to_owned);
    assert_eq!(numbering_faults(&names).len(), 1);
}
