//! `docs/api/sms.md` is tried out: its example is sent as it stands there, its tables are the code's.

use formats::sms::{Column, DATA, Form, HEADER, RESULT, Reader, Record, TRAILER};

use crate::batch_desk::{CSV, Desk, file, line};
use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/api/sms.md");
const NAME: &str = "KITA01_CT01_20261122_00000001_D.csv";

/// The block of the page that begins with this fence, number `nth`.
fn block(fence: &str, nth: usize) -> String {
    let start = format!("```{fence}\n");
    let text = PAGE.split(&start).nth(nth + 1).unwrap();
    text.split("```").next().unwrap().to_owned()
}

fn with_crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// The answers without what differs from run to run: instants and hashes.
fn without_chance(result: &str) -> String {
    let cell = |cell: &str| match cell {
        cell if cell.len() == 14 && cell.bytes().all(|b| b.is_ascii_digit()) => "WHEN".to_owned(),
        cell if cell.len() == 64 => "HASH".to_owned(),
        other => other.to_owned(),
    };
    let line = |line: &str| line.split(',').map(cell).collect::<Vec<_>>().join(",");
    result.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_can_be_sent_as_it_stands_in_the_page() {
    let world = World::new();
    let desk = Desk::new(&world);

    let answers = desk.send(NAME, &with_crlf(&block("csv", 0)));

    let result = String::from_utf8(desk.result(NAME)).unwrap();
    assert_eq!(without_chance(&result), without_chance(&block("csv", 1)), "\n{result}");
    assert_eq!(answers.len(), 5);
}

#[test]
fn the_example_in_fixed_width_is_the_same_file() {
    let csv = with_crlf(&block("csv", 0));
    let (mut header, reader) = Reader::open(&csv[..], CSV.layout).unwrap();
    header.charset = "CP932".into();
    let lines: Vec<Record> = reader.map(|row| row.unwrap().record.unwrap()).collect();
    let expected = file(Form::FIXED, &header, &lines);
    let text = formats::cp932::decode(&expected).unwrap();
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert_eq!(text.join("\n"), block("fixed", 0).trim_end(), "\n{}\n", text.join("\n"));

    let world = World::new();
    let desk = Desk::new(&world);
    assert_eq!(desk.send(&NAME.replace("csv", "dat"), &expected).len(), 5);
}

#[test]
fn the_tables_of_the_page_are_those_of_the_code() {
    let tables = [("Header", HEADER), ("Data", DATA), ("Trailer", TRAILER), ("Result", RESULT)];
    for (title, columns) in tables {
        let section = PAGE.split(&format!("### {title}\n")).nth(1).unwrap();
        let section = section.split("\n#").next().unwrap();
        let rows = section.lines().filter(|line| line.contains("| `"));
        let told: Vec<String> = rows
            .map(|row| row.split('|').take(5).map(str::trim).collect::<Vec<_>>().join("|"))
            .filter(|row| row.matches('`').count() == 2)
            .collect();
        let row = |column: &Column| {
            let filled = format!("{:?}", column.alignment).to_lowercase();
            format!("|{}|{}|`{}`|{filled}", column.start, column.length, column.name)
        };
        let expected: Vec<String> = columns.iter().map(row).collect();
        assert_eq!(told, expected, "{title}");
    }
}

#[test]
fn every_code_of_the_files_is_explained_in_the_page() {
    let explained = |code: &str| PAGE.contains(&format!("| {code} | "));
    for code in (1..=12).map(|n| format!("F{n:03}")) {
        assert!(explained(&code), "{code}");
    }
    for (_, number) in domain::commands::Op::ALL {
        assert!(number.is_none_or(|number| PAGE.contains(&format!("| {number} | "))));
    }
    let words = line("x", "101", "C").operation;
    assert!(explained("E301") && PAGE.contains(&format!("| {words} | ")));
    for row in include_str!("../../../linkage/src/sms/codes.rs").lines() {
        let code =
            row.split('"').nth(3).filter(|code| row.trim().starts_with("(\"") && code.len() == 4);
        assert!(code.is_none_or(explained), "{row}");
    }
}
