//! The whole state of an operator as text, table by table, for comparing two states.
//!
//! Tables and columns are read from the migrations, so a new table is in every comparison at once.

use std::collections::BTreeMap;
use std::path::Path;

use base::kernel::{Actor, Scope, clock};
use base::store::{Db, Row};

/// Rows of each table, each row `column=value …`, sorted.
pub type Picture = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: String,
}

/// Every table of the migrations that belongs to operators.
fn tables() -> Vec<(String, Vec<Column>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("CREATE TABLE ").skip(1) {
            let (name, rest) = part.split_once('(').unwrap();
            let columns: Vec<Column> = rest
                .lines()
                .take_while(|line| !line.starts_with(')'))
                .filter_map(|line| {
                    let mut words = line.split_whitespace();
                    let (name, kind) = (words.next()?, words.next()?);
                    let known = ["TEXT", "BIGINT", "BYTEA"];
                    let kind = kind.trim_end_matches(',').to_owned();
                    known.contains(&kind.as_str()).then(|| Column { name: name.to_owned(), kind })
                })
                .collect();
            if columns.iter().any(|column| column.name == "operator_id") {
                tables.push((name.trim().to_owned(), columns));
            }
        }
        for part in text.split("ALTER TABLE ").skip(1) {
            let words: Vec<&str> = part.split_whitespace().collect();
            let [table, "ADD", "COLUMN", name, kind, ..] = words[..] else { panic!("{part}") };
            let (name, kind) = (name.to_owned(), kind.trim_end_matches(';').to_owned());
            let known = tables.iter_mut().find(|(known, _)| known == table);
            known.unwrap().1.push(Column { name, kind });
        }
    }
    assert!(tables.len() > 15, "the migrations could not be read");
    tables
}

/// The state of `operator`, without the columns `leave_out` accepts.
pub fn picture(db: &Db, operator: &str, leave_out: impl Fn(&str, &str) -> bool) -> Picture {
    let scope = Scope::new(operator, Actor::System, clock::now());
    let mut picture = Picture::new();
    for (table, columns) in tables() {
        let columns: Vec<Column> =
            columns.into_iter().filter(|column| !leave_out(&table, &column.name)).collect();
        if columns.is_empty() {
            continue;
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let sql = format!("SELECT {} FROM {table} WHERE operator_id = ?1", names.join(", "));
        // Statements live as long as the program; a test's few extra ones may.
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        let mut rows = db
            .read(&scope, |tx| tx.rows(sql, &[operator.into()], |row| read(row, &columns)))
            .unwrap();
        rows.sort();
        picture.insert(table, rows);
    }
    picture
}

fn read(row: &mut Row, columns: &[Column]) -> base::kernel::Result<String> {
    let mut text = String::new();
    for column in columns {
        let value = match column.kind.as_str() {
            "TEXT" => row.text_if_any()?.unwrap_or_else(|| "NULL".to_owned()),
            "BIGINT" => row.int_if_any()?.map_or_else(|| "NULL".to_owned(), |n| n.to_string()),
            _ => row.bytes_if_any()?.map_or_else(|| "NULL".to_owned(), hex::encode),
        };
        text.push_str(&format!("{}={value} ", column.name));
    }
    Ok(text)
}

/// Fails with the rows that differ, table by table.
pub fn assert_same(one: &Picture, other: &Picture, what: &str) {
    for (table, rows) in one {
        let there = other.get(table).cloned().unwrap_or_default();
        let missing: Vec<_> = rows.iter().filter(|row| !there.contains(row)).take(3).collect();
        let extra: Vec<_> = there.iter().filter(|row| !rows.contains(row)).take(3).collect();
        assert!(
            missing.is_empty() && extra.is_empty() && rows.len() == there.len(),
            "{what}: table {table} differs\n only in the first: {missing:#?}\n only in the second: \
             {extra:#?}"
        );
    }
}
