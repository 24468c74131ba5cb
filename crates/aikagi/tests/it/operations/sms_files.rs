//! A station's files from the command line: invented, done, guarded, approved, looked at, taken back.

use base::kernel::clock;
use formats::sms::{Header, Layout, Reader, Record};

use super::program::Folder;
use crate::batch_desk::{CSV, file, header, line, name};

const STATION: &str = r#"
[[operators]]
code = "OP0012"
name_ja = "北浜ケーブル㈱"
name_en = "Kitahama Cable"

[[operators.staff]]
id = "sato"
name = "佐藤"
roles = ["admin"]

[[operators.staff]]
id = "suzuki"
name = "鈴木"
roles = ["station_manager"]

[[operators.products]]
code = "BASIC"
kind = "CHANNEL"
name_ja = "ベーシック"
name_en = "Basic"
rating_years = 0
refs = ["channel:101"]
"#;

/// The words of the row of `file` in what `sms status` prints, by heading.
fn shown(folder: &Folder, file: &str) -> Vec<String> {
    let table = folder.run(&["sms", "status", "OP0012"]).well();
    assert!(table.starts_with("FILE"), "{table}");
    let row = table.lines().find(|line| line.starts_with(file)).unwrap();
    row.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_generated_file_is_done_a_guarded_one_approved_by_two_and_taken_back() {
    let folder = Folder::new();
    folder.write("station.toml", STATION);
    folder.run(&["apply", "station.toml"]).well();
    let invent = ["generate", "sms-file", "--contracts", "60", "--product", "BASIC"];
    let said = folder.run(&[&invent[..], &["--format", "csv-utf8"]].concat()).well();
    let (path, _) = said.split_once(": ").unwrap();
    let started = path.trim_start_matches("./").to_owned();
    let content = std::fs::read(folder.path(&started)).unwrap();

    let done = folder.run(&["sms", "run", &started]).well();
    assert!(done.contains("is RESULT_SENT"), "{done}");
    let row = shown(&folder, &started);
    assert_eq!(row[1], "RESULT_SENT");
    assert!(row[2].starts_with(|digit: char| digit.is_ascii_digit()) && row[3].ends_with("/s"));

    // Every contract of the file is stopped by the next one: too many for one night.
    let (_, reader) = Reader::open(&content[..], Layout::Csv).unwrap();
    let starts = reader.map(|row| row.unwrap().record.unwrap());
    let stops: Vec<Record> = starts
        .filter(|one| one.operation == "101")
        .map(|one| line(&format!("stop-{}", one.contract_number), "102", &one.contract_number))
        .collect();
    let contract = stops[0].contract_number.clone();
    let day = clock::now().day_jst().compact();
    let (operator, business_date) = ("OP0012".to_owned(), day.clone());
    let head = Header { operator, business_date, ..header(2, CSV) };
    let sent = name(2, CSV).replace("KITA01", "OP0012").replace("20261120", &day);
    std::fs::write(folder.path(&sent), file(CSV, &head, &stops)).unwrap();
    let waits = folder.run(&["sms", "run", &sent]);
    assert_eq!(waits.code, 1);
    assert!(waits.out.contains("GUARDED, waits for mass (0 approved) F010"), "{}", waits.out);

    let approve = |who: &str| folder.run(&["sms", "approve", "OP0012", &sent, "--staff", who]);
    assert!(approve("sato").well().contains("(1 approved)"));
    let again = approve("sato");
    assert_eq!(again.code, 1);
    assert!(again.err.contains("file.approved_already"), "{}", again.err);
    assert!(approve("suzuki").well().contains("is APPLYING"));
    folder.run(&["sms", "run", &sent]).well();
    let row = shown(&folder, &sent);
    assert_eq!((&*row[1], &*row[2], &*row[4]), ("RESULT_SENT", "60/60", "60"));

    let ask = ["decide", "view", "channel:101", "--operator", "OP0012", "--contract", &contract];
    let stopped = folder.run(&ask).well();
    assert!(stopped.starts_with("deny\n") && stopped.contains("D03"), "{stopped}");
    let trace = stopped.trim().rsplit(' ').next().unwrap();

    let check = folder.run(&["sms", "undo", "OP0012", &sent, "--check"]).well();
    assert!(check.contains("60 households would stand as before"), "{check}");
    let undone = folder.run(&["sms", "undo", "OP0012", &sent]).well();
    assert!(undone.contains("60 households stand as before"), "{undone}");
    assert_eq!(shown(&folder, &sent)[1], "UNDONE");

    let told = folder.run(&["explain", trace]).well();
    assert!(told.contains("answered  D03") && told.contains("now       permit"), "{told}");
    assert!(folder.run(&ask).well().starts_with("permit\n"), "as before the file");
}

#[test]
fn an_empty_database_is_shown_what_it_lacks_and_brought_up() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.path("empty.db").display());
    let text = std::fs::read_to_string(folder.path("aikagi.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("database.url")).unwrap();
    folder.write("aikagi.toml", &text.replace(line, &format!("database.url = \"{url}\"")));

    let before = folder.run(&["migrate", "status"]).well();
    let all = before.lines().count();
    assert!(all >= 5 && before.lines().all(|line| line.starts_with("missing  0")), "{before}");
    let up = folder.run(&["migrate", "up"]).well();
    assert_eq!(up.lines().filter(|line| line.starts_with("applied 0")).count(), all, "{up}");
    let after = folder.run(&["migrate", "status"]).well();
    assert_eq!(after, before.replace("missing", "applied"));
    assert_eq!(folder.run(&["migrate", "up"]).well(), "nothing to do\n");
}
