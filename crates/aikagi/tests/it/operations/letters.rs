//! Letters for the printer: who waits for one gets one, once, in a file that only its owner may read.

use std::os::unix::fs::PermissionsExt as _;

use base::kernel::{Actor, Scope, clock};
use base::records::list_audit;
use domain::commands::{Command, Op, execute_many};

use super::program::Folder;

const STATION: &str = "[[operators]]\ncode = \"OP0012\"\nname_ja = \"北浜ケーブル\"\n\
                       name_en = \"Kitahama Cable\"\n";

/// A station with these commands done, one after another.
fn station(commands: &[(Op, &str, i64)]) -> Folder {
    let folder = Folder::new();
    folder.write("station.toml", STATION);
    folder.run(&["apply", "station.toml"]).well();
    let wanted: Vec<Command> = commands
        .iter()
        .enumerate()
        .map(|(at, (op, number, person_no))| {
            let mut command = Command::new(&format!("r-{at}"), *op, number);
            command.person_no = *person_no;
            command
        })
        .collect();
    let scope = Scope::new("OP0012", Actor::System, clock::now());
    folder.world.db.transact(&scope, move |tx| execute_many(tx, &wanted)).unwrap();
    folder
}

/// Contract and member of each line of a list, without its heading.
fn members(list: &str) -> Vec<(String, String)> {
    let mut lines = list.lines();
    assert_eq!(lines.next(), Some("contract_number,person_number,code,expires"), "{list}");
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let [number, person, code, expires] = cells[..] else { panic!("{line}") };
            assert!(code.len() == 14 && code.as_bytes()[4] == b'-', "{line}");
            assert!(expires.ends_with("+09:00"), "{line}");
            (number.to_owned(), person.to_owned())
        })
        .collect()
}

fn issued(folder: &Folder) -> usize {
    let scope = Scope::new("OP0012", Actor::System, clock::now());
    let lines = folder.world.db.read(&scope, |tx| list_audit(tx, "", 1000)).unwrap();
    lines.iter().filter(|line| line.act == "letter.issued").count()
}

#[test]
fn everybody_who_waits_gets_one_letter_and_at_the_second_run_nobody_does() {
    let folder = station(&[
        (Op::Start, "A-001", 0),
        (Op::PersonAdd, "A-001", 2),
        (Op::Start, "A-002", 0),
        (Op::Start, "A-003", 0),
        (Op::Stop, "A-003", 0),
        (Op::PersonAdd, "A-002", 2),
        (Op::PersonStop, "A-002", 2),
    ]);
    let issue = |out: &str| {
        let issue = ["letter", "issue", "--operator", "OP0012", "--unregistered", "--out", out];
        folder.run(&issue)
    };
    assert_eq!(issue("first.csv").well(), "3 letters, good for 14 days\n");
    let path = folder.path("first.csv");
    let list = std::fs::read_to_string(&path).unwrap();
    let wanted = [("A-001", "001"), ("A-001", "002"), ("A-002", "001")];
    let found = members(&list);
    assert_eq!(found, wanted.map(|(number, person)| (number.to_owned(), person.to_owned())));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(issued(&folder), 3, "each letter stands in the audit");

    assert_eq!(issue("second.csv").well(), "0 letters, good for 14 days\n");
    let again = issue("first.csv");
    assert_eq!(again.code, 1, "an older list is not written over: {}", again.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), list);
}

#[test]
fn a_list_names_whom_and_one_that_is_wrong_stops_no_other() {
    let folder = station(&[(Op::Start, "A-001", 0), (Op::Start, "A-002", 0)]);
    folder.write("whom.csv", "contract_number,person_number\r\nA-001,001\r\nA-009,1\r\n A-002\r\n");
    let ended = folder.run(&["letter", "issue", "--operator", "OP0012", "--file", "whom.csv"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.err.contains("A-009/001: contract.unknown"), "{}", ended.err);
    let numbers: Vec<String> = members(&ended.out).into_iter().map(|one| one.0).collect();
    assert_eq!((numbers, issued(&folder)), (vec!["A-001".to_owned(), "A-002".to_owned()], 2));

    folder.write("whom.csv", "A-001,001\nA-002,owner\n");
    let ended = folder.run(&["letter", "issue", "--operator", "OP0012", "--file", "whom.csv"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("line 2: `owner` is no member's number"), "{}", ended.err);
    assert_eq!(issued(&folder), 2, "a list that can not be read makes no letter");
}

#[test]
fn one_letter_is_shown_and_a_command_that_names_nobody_or_two_is_refused() {
    let folder =
        station(&[(Op::Start, "A-001", 0), (Op::Start, "A-003", 0), (Op::Stop, "A-003", 0)]);
    let issue = |more: &[&str]| folder.run(&[&["letter", "issue", "--operator"], more].concat());
    let shown = issue(&["OP0012", "--contract", "A-001"]).well();
    assert!(shown.contains("registration code  "), "{shown}");
    let stopped = issue(&["OP0012", "--contract", "A-003"]);
    assert!(stopped.code == 1 && stopped.err.contains("contract.stopped"), "{}", stopped.err);
    let unknown = issue(&["OP9999", "--unregistered"]);
    assert!(unknown.code == 1 && unknown.err.contains("operator.unknown"), "{}", unknown.err);
    assert_eq!(issue(&["OP0012"]).code, 2);
    assert_eq!(issue(&["OP0012", "--contract", "A-001", "--unregistered"]).code, 2);
}

#[test]
fn without_a_typeface_no_letter_is_made_and_no_folder() {
    let folder = station(&[(Op::Start, "A-001", 0)]);
    folder.write("no.ttf", "this is no typeface");
    for font in ["no.ttf", "not-there.ttf"] {
        let font = folder.path(font);
        let ended = folder.run(&[
            "letter",
            "issue",
            "--operator",
            "OP0012",
            "--unregistered",
            "--pdf",
            "letters",
            "--font",
            font.to_str().unwrap(),
        ]);
        assert!(ended.code == 1 && ended.err.contains("letter.typeface"), "{}", ended.err);
    }
    assert_eq!(issued(&folder), 0);
    assert!(!folder.path("letters").exists());
}

#[test]
#[ignore = "needs the Japanese typeface that ./check installs beside the browser"]
fn browser_less_letters_are_a_page_a_member_in_files_that_only_their_owner_may_read() {
    let folder =
        station(&[(Op::Start, "A-001", 0), (Op::PersonAdd, "A-001", 2), (Op::Start, "A-002", 0)]);
    let issue = |out: &str| {
        let wanted = ["letter", "issue", "--operator", "OP0012", "--unregistered", "--pdf", out];
        folder.run(&wanted)
    };
    let out = folder.path("letters");
    let path = out.to_str().unwrap();
    assert_eq!(issue(path).well(), "3 letters, good for 14 days\n");
    let file = out.join("letters-0001.pdf");
    let pdf = std::fs::read(&file).unwrap();
    assert!(pdf.starts_with(b"%PDF-"), "{:?}", &pdf[..8]);
    let text = String::from_utf8_lossy(&pdf);
    assert_eq!(text.matches("/MediaBox").count(), 3, "a page each");
    assert!(pdf.len() < 500_000, "only what is used of the typeface: {} bytes", pdf.len());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!((mode(&out) & 0o777, mode(&file) & 0o777), (0o700, 0o600));
    assert_eq!(issued(&folder), 3);

    let again = issue(path);
    assert_eq!(again.code, 1, "older letters are not written over: {}", again.err);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn who_stands_at_the_counter_gets_a_code_and_a_link_for_an_hour_and_it_is_recorded_where() {
    let folder = station(&[(Op::Start, "A-001", 0)]);
    let hand = |place: &str| {
        let whose = ["letter", "issue", "--operator", "OP0012", "--contract", "A-001", "--at"];
        folder.run(&[&whose[..], &[place]].concat())
    };
    for place in ["installation", "counter"] {
        let shown = hand(place).well();
        assert!(shown.contains("good for 60 minutes, once"), "{shown}");
        let link = shown.lines().find(|line| line.starts_with("link")).unwrap();
        let code = shown.lines().find(|line| line.starts_with("registration code")).unwrap();
        let code = code.split_whitespace().next_back().unwrap().replace('-', "");
        let end = format!("/o/OP0012/invitation?number=A-001&code={code}");
        assert!(link.ends_with(&end), "{shown}");
        let scope = Scope::new("OP0012", Actor::System, clock::now());
        let lines = folder.world.db.read(&scope, |tx| list_audit(tx, "", 1000)).unwrap();
        let last = lines.last().unwrap();
        assert!(last.act == "letter.handed" && last.detail.contains(place), "{last:?}");
        assert!(!last.detail.contains(&code));
    }
    assert_eq!(hand("home").code, 2, "no such place");
    assert_eq!(issued(&folder), 0, "no letter was printed");
}
