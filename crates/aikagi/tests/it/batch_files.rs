//! Files of the SMS from `in` to `out`: layouts, order, resend, gap, tests.

use std::fs;

use domain::files::{self, FileState};
use domain::operators::Role;
use domain::subscribers::Standing;
use formats::sms::{Charset, Form, Header, Record};
use linkage::sms::batch::Run;

use crate::batch_desk::{
    CSV, Desk, answers, csv, each, file, given_staff, header, line, name, row, starts, state,
};
use crate::world::{KITA, World, sato};

#[test]
fn a_nightly_file_makes_households_and_suspends_one() {
    for form in [Form::FIXED, Form::csv(Charset::Cp932), CSV] {
        let world = World::new();
        let desk = Desk::new(&world);
        let mut lines = starts("C", 3);
        lines.push(line("x-1", "103", "C00002"));
        lines.push(line("x-2", "103", "C99999"));
        let sent = name(1, form);

        let answers = desk.send(&sent, &file(form, &header(1, form), &lines));

        let short: Vec<_> = answers.iter().map(|answer| answer.short()).collect();
        assert_eq!(short, [("0", ""), ("0", ""), ("0", ""), ("0", ""), ("9", "E301")], "{form:?}");
        assert_eq!((&*answers[3].state, &*answers[3].message), ("S", "一時停止しました"));
        assert_eq!(world.standing("C00002"), Standing::Suspended);
        assert_eq!(world.household("C00001").contract.kana.as_deref(), Some("ﾀｶﾊｼ ﾊﾅｺ"));
        let known = row(&world, &sent);
        assert_eq!((known.state, known.ok, known.errors), (FileState::ResultSent, 4, 1));
        assert_eq!(desk.lies_in("in/done"), [sent.clone(), format!("{sent}.end")]);
        assert_eq!(desk.lies_in("in"), [""; 0]);
        let books = world.audited();
        let told = |act: &str| books.iter().filter(|one| *one == act).count();
        assert_eq!((told("contract.opened"), told("contract.suspended")), (3, 1));
        assert_eq!(
            (told("file.arrived"), told("file.accepted"), told("file.applied"), told("file.sent")),
            (1, 1, 1, 1)
        );
    }
}

#[test]
fn every_line_gets_one_answer_in_order_and_a_bad_one_spoils_no_other() {
    let world = World::new();
    let desk = Desk::new(&world);
    let good = |n: usize| starts("C", n).pop().unwrap();
    let lines = [
        good(1),
        Record { effective_at: "20261301000000".into(), ..good(2) },
        Record { operation: "999".into(), ..good(3) },
        Record { request_id: String::new(), ..good(4) },
        Record { hold_reason: "77".into(), ..line("x-5", "103", "C00001") },
        line("x-6", "301", "C00001"),
        good(7),
    ];
    let (sent, content) = csv(1, &lines);

    let answers = desk.send(&sent, &content);

    let codes: Vec<_> = answers.iter().map(|one| &*one.code).collect();
    assert_eq!(codes, ["", "E203", "E202", "E201", "E202", "E201", ""]);
    let numbers: Vec<_> = answers.iter().map(|one| one.line.parse::<usize>().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert!(answers[1].message.starts_with("effective_at: "), "{}", answers[1].message);
    assert_eq!(world.standing("C00007"), Standing::Active);
    assert_eq!((row(&world, &sent).ok, row(&world, &sent).errors), (2, 5));
}

#[test]
fn bytes_that_are_no_character_are_named_by_column_and_byte() {
    let world = World::new();
    let desk = Desk::new(&world);
    let sent = name(1, Form::FIXED);
    let mut content = file(Form::FIXED, &header(1, Form::FIXED), &starts("C", 3));
    let place = |line: usize, byte: usize| line * 258 + byte;
    // Half a 表 at the end of the name, and a 外字 in the note.
    content[place(1, 99)..place(1, 139)].copy_from_slice(&[&[b'A'; 39][..], &[0x95]].concat());
    content[place(2, 194)..place(2, 196)].copy_from_slice(b"\xF0\x40");
    let content = with_trailer(content);

    let answers = desk.send(&sent, &content);

    assert_eq!(answers[0].short(), ("9", "E204"));
    assert_eq!(answers[0].message, "name_kana 396byte: 文字の途中で切れています");
    assert_eq!(answers[1].message, "note 710byte: 外字は使えません");
    assert_eq!(answers[1].request_id, "C-s-00002", "the answer names the line");
    assert_eq!(answers[2].short(), ("0", ""));
}

/// The file with a trailer whose hash fits again.
fn with_trailer(mut content: Vec<u8>) -> Vec<u8> {
    use sha2::Digest as _;
    let lines = content.len() / 258 - 2;
    let hash = hex::encode(sha2::Sha256::digest(&content[258..258 * (lines + 1)]));
    let trailer = 258 * (lines + 1);
    content[trailer + 65..trailer + 129].copy_from_slice(hash.as_bytes());
    content
}

#[test]
fn a_file_sent_again_gets_its_result_again_and_does_nothing() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    desk.send(&sent, &content);
    let first = desk.result(&sent);
    let version = world.household("C00001").contract.version;
    // The station fetched the result and deleted it.
    fs::remove_file(desk.root.join("out").join(sent.replace("_D.", "_R."))).unwrap();

    desk.send(&sent, &content);

    assert_eq!(desk.result(&sent), first, "byte for byte");
    assert_eq!(world.household("C00001").contract.version, version);
    let known = row(&world, &sent);
    assert_eq!((known.state, &*known.code), (FileState::Rejected, "F003"));
    assert_eq!(desk.lies_in("in/done").len(), 4, "both are kept");
}

#[test]
fn a_sequence_number_with_other_content_is_refused() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    desk.send(&sent, &content);
    let (_, other) = csv(1, &starts("D", 1));

    let answers = desk.send(&sent, &other);

    assert_eq!((&*answers[0].line, answers[0].short()), ("00000000", ("9", "F004")));
    let none = world.look(|tx| {
        let numbers = vec!["D00001".to_owned()];
        domain::subscribers::load(tx, numbers, domain::subscribers::Load::Whole)
    });
    assert!(none.unwrap().is_empty());
    assert_eq!(desk.send(&sent, &content).len(), 3, "the first answer is still there");
}

#[test]
fn a_gap_is_waited_for_and_goes_on_by_itself_in_order() {
    let world = World::new();
    let desk = Desk::new(&world);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let (third, content) = csv(3, &[line("x-3", "104", "C00001")]);
    desk.put(&third, &content);
    desk.work();
    assert_eq!((state(&world, &third), desk.is_answered(&third)), (FileState::Held, false));
    assert_eq!(row(&world, &third).code, "F005");

    let (second, content) = csv(2, &[line("x-2", "103", "C00001")]);
    desk.send(&second, &content);

    assert_eq!(desk.answers(&third)[0].short(), ("0", ""), "resumed after it was suspended");
    assert_eq!(world.standing("C00001"), Standing::Active);
}

#[test]
fn a_gap_that_is_none_is_released_by_staff() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let (sent, content) = csv(5, &starts("D", 1));
    desk.put(&sent, &content);
    desk.work();
    let held = sent.clone();
    world.act(sato(), move |tx| files::release(tx, &held)).unwrap();

    desk.work();

    assert_eq!(desk.answers(&sent)[0].short(), ("0", ""));
    let (missing, content) = csv(4, &starts("E", 1));
    assert_eq!(desk.send(&missing, &content)[0].short(), ("9", "F004"), "its turn is over");
    assert!(world.audited().contains(&"file.released".to_owned()));
}

#[test]
fn a_test_file_is_answered_in_full_and_changes_nothing() {
    let world = World::new();
    let desk = Desk::new(&world);
    // More than a chunk, and the second half needs what the first half did.
    let mut lines = starts("C", 700);
    lines.extend(each("C", "103", 700));
    let head = Header { test_flag: "1".into(), ..header(1, CSV) };
    let sent = name(1, CSV);

    let rehearsed = desk.send(&sent, &file(CSV, &head, &lines));

    assert_eq!(rehearsed.len(), 1400);
    assert!(rehearsed.iter().all(|answer| answer.short() == ("0", "")));
    assert_eq!(rehearsed[1399].state, "S");
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0);
    assert!(!world.audited().contains(&"contract.opened".to_owned()));
    let real = desk.send(&sent, &file(CSV, &header(1, CSV), &starts("C", 1)));
    assert_eq!(real[0].short(), ("0", ""), "a test takes no sequence number and no request id");
}

#[test]
fn a_repeated_request_is_answered_like_the_first_and_a_reused_id_refused() {
    let world = World::new();
    let desk = Desk::new(&world);
    let first = starts("C", 1).pop().unwrap();
    let (one, content) = csv(1, std::slice::from_ref(&first));
    let before = desk.send(&one, &content);
    let reused = Record { contract_number: "C00002".into(), ..first.clone() };
    let (two, content) = csv(2, &[first, reused]);

    let after = desk.send(&two, &content);

    assert_eq!(after[0], before[0]);
    assert_eq!(after[1].short(), ("9", "E402"));
}

#[test]
fn a_file_without_lines_is_answered_with_a_result_without_lines() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &[]);
    assert_eq!(desk.send(&sent, &content), []);
    assert_eq!(state(&world, &sent), FileState::ResultSent);
}

#[test]
fn a_file_without_an_end_marker_is_taken_when_it_stopped_growing() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    fs::write(desk.root.join("in").join(&sent), &content[..40]).unwrap();
    desk.work();
    assert_eq!(desk.lies_in("in"), [&*sent], "it may still be growing");
    fs::write(desk.root.join("in").join(&sent), &content).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !desk.is_answered(&sent) {
        assert!(std::time::Instant::now() < deadline);
        desk.work();
    }
    assert_eq!(desk.answers(&sent)[0].short(), ("0", ""));
}

#[test]
fn one_file_by_hand_is_rehearsed_and_then_done() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    let path = world.dir.path().join(&sent);
    fs::write(&path, content).unwrap();

    let tried = desk.batch.run_file(KITA, &path, Run::Rehearse).unwrap();
    assert_eq!((tried.test, tried.ok), (true, 3));
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0);

    let done = desk.batch.run_file(KITA, &path, Run::Apply).unwrap();
    assert_eq!((done.test, done.ok, done.state), (false, 3, FileState::ResultSent));
    let result = fs::read(path.with_file_name(sent.replace("_D.", "_R."))).unwrap();
    assert_eq!(answers(&result, false).len(), 3);
    assert!(path.exists(), "a file by hand stays where it is");
}

#[test]
fn a_full_file_is_compared_and_changes_nothing() {
    let world = World::new();
    let desk = Desk::new(&world);
    let mut lines = starts("C", 4);
    lines.push(line("x-1", "103", "C00002"));
    desk.send(&csv(1, &lines).0, &csv(1, &lines).1);
    let full = Header { interface: "FL01".into(), kind: "F".into(), ..header(1, CSV) };
    let theirs = [
        starts("C", 1).pop().unwrap(),
        line("f-2", "101", "C00002"),
        Record { name_kana: "ｻﾄｳ".into(), ..line("f-3", "101", "C00003") },
        line("f-9", "101", "C00009"),
    ];
    let sent = format!("{KITA}_FL01_20261120_00000001_F.csv");

    let told = desk.send(&sent, &file(CSV, &full, &theirs));

    let codes: Vec<_> = told.iter().map(|one| &*one.code).collect();
    assert_eq!(codes, ["", "W204", "W203", "W202"]);
    assert_eq!(told[2].message, "相違: name_kana");
    let report = fs::read(desk.root.join(format!("out/{KITA}_RC01_20261120_00000001_R.csv")));
    let report = answers(&report.unwrap(), false);
    let codes: Vec<_> = report.iter().map(|one| &*one.code).collect();
    assert_eq!(codes, ["W204", "W203", "W202", "W201"], "C00004 is in no line");
    assert_eq!(world.standing("C00004"), Standing::Active);
}
