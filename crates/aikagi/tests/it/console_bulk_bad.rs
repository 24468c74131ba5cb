//! Work on many contracts that is wrong, too much, or sent by who may not: nothing of it is taken.

use std::fs;

use domain::files::{self, BulkState, FileState};
use domain::operators::Role;
use domain::subscribers::Standing;
use formats::sms::{Charset, Form};

use crate::batch_desk::{CSV, Desk, each, file, header, row};
use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{Runner, bulk, clerk, given_contracts, proof_for, puts, puts_in, says};
use crate::console_desk::opens;
use crate::viewers::House;
use crate::world::KITA;

/// Everything that lies in the northern operator's folder.
fn lying(house: &House) -> Vec<String> {
    let root = house.world.dir.path().join("bulks").join(KITA);
    let entries = fs::read_dir(root).map(|all| all.map(|one| one.unwrap())).into_iter().flatten();
    let files = entries.filter(|one| one.file_type().unwrap().is_file());
    files.map(|one| one.file_name().into_string().unwrap()).collect()
}

fn nothing_was_taken(house: &House) {
    assert_eq!(lying(house), Vec::<String>::new());
    assert!(house.world.look(|tx| files::list_bulks(tx, 10)).unwrap().is_empty());
}

/// A file of the SMS's layout, as a station's program writes it.
fn stops(form: Form, count: usize) -> Vec<u8> {
    file(form, &header(7, form), &each("C", "102", count))
}

#[test]
fn a_file_in_the_layout_of_the_sms_is_taken_in_every_form_it_has() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 3);
    let mut suzuki = given_clerk(&house, Role::Admin);
    let marked = Form { byte_order_mark: true, ..CSV };
    for form in [CSV, marked, Form::csv(Charset::Cp932), Form::FIXED] {
        opens(&mut suzuki, &format!("{CONSOLE}/bulk/new"));
        let content = stops(form, 3);
        let fields = [("title", "x"), ("verb", "file"), ("numbers", "")];
        let sent = puts_in(&mut suzuki, &fields, Some(("a.csv", &content)));
        assert_eq!(sent.status, 303, "{form:?}: {}", sent.body);
        runner.work();
        let shown = suzuki.get(sent.location().path());
        assert!(shown.body.contains("契約を停止しました"), "{form:?}: {}", shown.body);
    }
    assert_eq!(house.world.standing("C00001"), Standing::Active);
}

#[test]
fn what_a_file_lacks_is_named_in_the_readers_language() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    opens(&mut suzuki, &format!("{CONSOLE}/bulk/new"));
    let fields = [("title", "x"), ("verb", "file")];
    let sent = puts_in(&mut suzuki, &fields, Some(("a.csv", b"\n")));
    assert_eq!(sent.refusal(), "bulk.file_wrong", "{}", sent.body);
    assert!(sent.body.contains("正しくは データの行、実際は 空の行"), "{}", sent.body);
}

#[test]
fn what_can_not_be_read_names_the_line_and_nothing_of_it_is_taken() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    let whole = stops(CSV, 3);
    let text = String::from_utf8(whole.clone()).unwrap();
    let broken_hash = text.replace("C00002", "C00009").into_bytes();
    let cut = whole[..whole.len() / 2].to_vec();
    let elsewhere =
        file(CSV, &formats::sms::Header { operator: "MINA01".into(), ..header(7, CSV) }, &[]);
    let test = file(
        CSV,
        &formats::sms::Header { test_flag: "1".into(), ..header(7, CSV) },
        &each("C", "102", 1),
    );
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend("C00001".encode_utf16().flat_map(u16::to_le_bytes));
    let cases: [(&str, &[u8], &str, &str); 10] = [
        ("file", &broken_hash, "bulk.file_wrong", "5行目"),
        ("file", &cut, "bulk.file_wrong", "F00"),
        ("file", b"PK\x03\x04\x00\x00", "bulk.file_wrong", "1行目"),
        ("file", &elsewhere, "bulk.header_wrong", "operator"),
        ("file", &test, "bulk.header_wrong", "test_flag"),
        ("stop", &utf16, "bulk.not_text", "1行目、先頭から0バイト目"),
        ("stop", b"C00001\nC0,0002\n\nC00003 x", "bulk.lines_wrong", "4行目"),
        ("stop", "C00001\nC12345678901234567890".as_bytes(), "bulk.lines_wrong", "2行目"),
        ("stop", b"\r\n \r\n", "bulk.empty", ""),
        ("stop", &b"C00001\n".repeat(10_001), "bulk.too_many", ""),
    ];
    for (verb, content, code, told) in cases {
        opens(&mut suzuki, &format!("{CONSOLE}/bulk/new"));
        let fields = [("title", "書いた題"), ("verb", verb)];
        let sent = puts_in(&mut suzuki, &fields, Some(("a.csv", content)));
        assert_eq!((sent.status.as_u16(), sent.refusal()), (400, code), "{}", sent.body);
        assert!(
            sent.body.contains(told) && sent.body.contains("書いた題"),
            "{told}: {}",
            sent.body
        );
        nothing_was_taken(&house);
    }
    for (fields, code) in [
        (vec![("verb", "stop"), ("numbers", "C00001")], "field.required"),
        (
            vec![("title", "x"), ("verb", "person_stop"), ("numbers", "C1")],
            "request.parameters_malformed",
        ),
        (vec![("title", "x"), ("verb", "key_open"), ("numbers", "C1")], "verb.product_missing"),
        (
            vec![("title", "x"), ("verb", "suspend"), ("reason", "77"), ("numbers", "C1")],
            "hold.reason_unknown",
        ),
        (
            vec![("title", "x"), ("verb", "stop"), ("from", "2026-02-30"), ("numbers", "C1")],
            "date.malformed",
        ),
        (vec![("title", "x"), ("verb", "file")], "bulk.no_file"),
    ] {
        opens(&mut suzuki, &format!("{CONSOLE}/bulk/new"));
        assert_eq!(puts_in(&mut suzuki, &fields, None).refusal(), code, "{fields:?}");
        nothing_was_taken(&house);
    }
}

#[test]
fn ten_thousand_numbers_are_taken_at_once_and_their_pages_stay_small() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    let numbers: String = (1..=10_000).map(|n| format!("C{n:05}\n")).collect();
    let fields = [("title", "一万件"), ("verb", "stop"), ("numbers", numbers.as_str())];
    let path = puts(&mut suzuki, &fields);
    for page in [path.as_str(), &format!("{CONSOLE}/bulk")] {
        let before = house.world.db.statements();
        let shown = suzuki.look(page).body;
        let asked = house.world.db.statements() - before;
        assert!(shown.len() <= 30 * 1024 && asked <= 12, "{page}: {} {asked}", shown.len());
        assert!(shown.contains("一万件"), "{shown}");
    }
    let folder = house.world.dir.path().join("bulks").join(KITA);
    let file = fs::read_to_string(folder.join(lying(&house).remove(0))).unwrap();
    assert_eq!(file.lines().filter(|line| line.contains(",102,")).count(), 10_000);
}

#[test]
fn a_file_of_more_than_50_megabytes_is_refused_in_a_sentence_and_leaves_nothing_behind() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    opens(&mut suzuki, &format!("{CONSOLE}/bulk/new"));
    let content = b"C00001\n".repeat((50 << 20) / 7 + 10);
    let fields = [("title", "x"), ("verb", "stop")];
    let sent = puts_in(&mut suzuki, &fields, Some(("a.csv", &content)));
    assert_eq!((sent.status.as_u16(), sent.refusal()), (400, "bulk.too_large"));
    assert!(sent.body.contains("50MBまで"), "{}", sent.body);
    nothing_was_taken(&house);
}

#[test]
fn nobody_puts_in_or_decides_who_may_not_and_no_file_is_read_before_the_proof() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 1);
    let mut suzuki = given_clerk(&house, Role::Admin);
    let fields = [("title", "x"), ("verb", "stop"), ("numbers", "C00001")];
    let path = puts(&mut suzuki, &fields);
    runner.work();
    let before = (bulk(&house, &path), lying(&house));
    for (role, id) in [(Role::Viewer, "ito"), (Role::Accounting, "mori"), (Role::Desk, "abe")] {
        let mut clerk = clerk(&house, id, role);
        assert!(!clerk.get(CONSOLE).body.contains("/bulk"), "no link for {role:?}");
        for page in [path.clone(), format!("{CONSOLE}/bulk"), format!("{path}/result?of=tried")] {
            assert_eq!(clerk.get(&page).refusal(), "staff.not_allowed", "{role:?} {page}");
        }
        clerk.proof = proof_for(&house, &clerk, "/bulk/new");
        assert_eq!(puts_in(&mut clerk, &fields, None).refusal(), "staff.not_allowed", "{role:?}");
        clerk.proof = proof_for(&house, &clerk, &path);
        for word in ["ask", "approve", "withdraw", "undo"] {
            let told = clerk.send_form(&path, &[("do", word)]);
            assert_eq!(told.refusal(), "staff.not_allowed", "{role:?} {word}");
        }
    }
    "of-another-page".clone_into(&mut suzuki.proof);
    let sent = puts_in(&mut suzuki, &fields, Some(("a.csv", b"C00001")));
    assert_eq!(sent.refusal(), "form.foreign");
    suzuki.cookies.clear();
    assert_eq!(puts_in(&mut suzuki, &fields, None).refusal(), "staff.signed_out");
    assert_eq!((bulk(&house, &path), lying(&house)), before);
}

#[test]
fn what_was_approved_is_done_and_nothing_that_was_put_in_its_place() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 2);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let path = puts(&mut suzuki, &[("title", "x"), ("verb", "stop"), ("numbers", "C00001")]);
    runner.work();
    says(&mut suzuki, &path, "ask");
    says(&mut kato, &path, "approve");
    let name = bulk(&house, &path).name;
    let lies = runner.root.join(&name);
    let other = fs::read_to_string(&lies).unwrap().replace("C00001", "C00002");
    fs::write(&lies, &other).unwrap();
    runner.work();
    assert_eq!(bulk(&house, &path).state, BulkState::Failed);
    let shown = suzuki.get(&path);
    assert!(shown.body.contains("処理できませんでした"), "{}", shown.body);

    // Nor is it taken where the SMS puts its files down, whoever writes there.
    let desk = Desk::new(&house.world);
    desk.put(&name, other.as_bytes());
    desk.work();
    let refused = row(&house.world, &name);
    assert_eq!((refused.state, &*refused.code), (FileState::Rejected, "F001"));
    assert_eq!(house.world.standing("C00002"), Standing::Active);
}

#[test]
fn who_gives_it_up_in_time_has_changed_nothing() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 1);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let path = puts(&mut suzuki, &[("title", "x"), ("verb", "stop"), ("numbers", "C00001")]);
    assert!(says(&mut kato, &path, "withdraw").body.contains("やめました"));
    runner.work();
    assert_eq!(bulk(&house, &path).state, BulkState::Withdrawn);
    assert_eq!(lying(&house), Vec::<String>::new(), "its file is put away");
    for word in ["ask", "approve", "undo", "withdraw"] {
        let anybody = if word == "approve" { &mut kato } else { &mut suzuki };
        anybody.proof = proof_for(&house, anybody, &path);
        let told = anybody.send_form(&path, &[("do", word), ("sure", "yes")]);
        assert_eq!(told.refusal(), "bulk.changed_meanwhile", "{word}");
    }
    assert_eq!(house.world.standing("C00001"), Standing::Active);
}
