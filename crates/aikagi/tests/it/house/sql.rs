//! One SQL text for two databases, and every text names the operator.
//!
//! Source: `docs/decisions/0003-two-databases-one-sql-text.md`.

use super::no_faults;
use super::source::{Source, sources};

/// Words that only one of the two databases knows, or that mean different things to them.
const DIALECT: &[&str] = &[
    "ILIKE",
    "::",
    "NOW()",
    "DATETIME(",
    "JSON_",
    "AUTOINCREMENT",
    "FOR UPDATE",
    "INSERT OR ",
    "PRAGMA",
    "ROWID",
    "IFNULL(",
    "STRFTIME(",
    "UNIXEPOCH",
    "GROUP_CONCAT",
    "STRING_AGG(",
    "= ANY(",
];

/// Statements that speak about no single operator: part of the text, and why that is right.
const ABOVE_OPERATORS: &[(&str, &str)] = &[];

/// The store is the one room that knows the dialects.
fn knows_dialects(source: &Source) -> bool {
    source.path.starts_with("crates/base/src/store/")
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start();
    ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "]
        .iter()
        .any(|verb| text.starts_with(verb) || text.starts_with(&format!("{}\n", verb.trim_end())))
}

/// A statement, or a piece that is put into one.
fn is_sql(text: &str) -> bool {
    is_statement(text)
        || [" FROM ", " WHERE ", " SET ", " VALUES "].iter().any(|word| text.contains(word))
}

fn has_numbered_dollar(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit())
}

fn sql_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if knows_dialects(source) {
        return faults;
    }
    for literal in source.literals.iter().filter(|literal| !source.is_test(literal.at)) {
        if !is_sql(&literal.text) {
            continue;
        }
        let place = source.place(literal.at);
        let upper = literal.text.to_uppercase();
        for word in DIALECT.iter().filter(|word| upper.contains(**word)) {
            faults.push(format!("{place}: `{word}` is not portable"));
        }
        if has_numbered_dollar(&literal.text) {
            faults.push(format!("{place}: parameters are ?1…?n, not $1"));
        }
        let excused = ABOVE_OPERATORS.iter().any(|(part, _)| literal.text.contains(part));
        if is_statement(&literal.text) && !literal.text.contains("operator_id") && !excused {
            faults.push(format!("{place}: the statement does not name operator_id"));
        }
    }
    faults
}

#[test]
fn sql_is_portable_and_names_the_operator() {
    let faults: Vec<String> = sources().iter().flat_map(sql_faults).collect();
    no_faults("One SQL text for both databases, and each names its operator.", &faults);
}

#[test]
fn the_sql_scanner_sees_what_is_wrong() {
    let bad = r#"
        const A: &str = "SELECT name FROM persons WHERE name ILIKE ?1 AND operator_id = ?2";
        const B: &str = "UPDATE persons SET at_ms = NOW()
              WHERE operator_id = $1";
        const C: &str = "DELETE FROM persons WHERE id = ?1";
        const D: &str = "INSERT OR IGNORE INTO persons (operator_id) VALUES (?1)";
        const E: &str = " AND id IN (SELECT id::text FROM persons)";
        const F: &str = "Persons came FROM here";
    "#;
    let faults = sql_faults(&Source::new("crates/domain/src/subscribers/repo.rs", bad));
    assert_eq!(faults.len(), 6, "{faults:#?}");
    assert!(faults[0].contains("repo.rs:2: `ILIKE`"), "{faults:#?}");
}
