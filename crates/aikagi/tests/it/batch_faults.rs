//! Files of the SMS that are wrong, and disks that fail: refused whole, with the place; nothing lost.

use std::fs;
use std::process::Command;

use domain::files::FileState;
use formats::sms::{Charset, Form, Header};

use crate::batch_desk::{CSV, Desk, csv, file, header, logged, name, row, starts, state};
use crate::world::{KITA, World};

/// The code and words with which a file is refused; nothing of it may count.
fn refusal(name: &str, content: &[u8]) -> (String, String) {
    let world = World::new();
    let desk = Desk::new(&world);
    let answers = desk.send(name, content);
    assert_eq!(answers.len(), 1, "{name}: one line for the whole file");
    assert_eq!((&*answers[0].line, &*answers[0].result), ("00000000", "9"), "{name}");
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0, "{name}");
    assert_eq!(state(&world, name), FileState::Rejected);
    assert_eq!(desk.lies_in("in/done").len(), 2, "{name} is put away");
    (answers[0].code.clone(), row(&world, name).detail)
}

fn code(name: &str, content: &[u8]) -> String {
    refusal(name, content).0
}

#[test]
fn a_name_that_is_none_is_refused_first() {
    let (sent, content) = csv(1, &starts("C", 1));
    for (bad, expected) in [
        ("kanyusha.csv".to_owned(), "F001"),
        (sent.replace("20261120", "20261131"), "F001"),
        (sent.replace("CT01", "ZZ99"), "F001"),
        (sent.replace(KITA, "OP9999"), "F002"),
    ] {
        assert_eq!(code(&bad, &content), expected, "{bad}");
    }
}

#[test]
fn a_header_that_contradicts_the_name_is_refused() {
    for (head, expected) in [
        (Header { operator: "OP9999".into(), ..header(1, CSV) }, "F002"),
        (Header { sequence: "00000002".into(), ..header(1, CSV) }, "F001"),
        (Header { business_date: "20261121".into(), ..header(1, CSV) }, "F001"),
        (Header { kind: "F".into(), ..header(1, CSV) }, "F001"),
        (Header { test_flag: "X".into(), ..header(1, CSV) }, "F006"),
    ] {
        assert_eq!(code(&name(1, CSV), &file(CSV, &head, &starts("C", 1))), expected, "{head:?}");
    }
}

#[test]
fn a_spoiled_content_is_refused_with_its_place() {
    let fixed = name(1, Form::FIXED);
    let good = file(Form::FIXED, &header(1, Form::FIXED), &starts("C", 2));
    let mut short = good.clone();
    short.remove(300);
    assert_eq!(
        refusal(&fixed, &short),
        (
            "F006".to_owned(),
            "F006 line 2, byte 258: expected 256 bytes, found 255 bytes".to_owned()
        )
    );
    assert_eq!(code(&fixed, &good[..516]), "F007", "a transfer that broke off");
    let mut count = good.clone();
    count[3 * 258 + 8] = b'7';
    assert_eq!(code(&fixed, &count), "F007");
    let mut changed = good.clone();
    changed[258 + 200] = b'x';
    assert_eq!(code(&fixed, &changed), "F008");
    assert_eq!(code(&fixed, b""), "F006");
    let long = [b"H".as_slice(), &vec![b'0'; 1 << 20]].concat();
    assert_eq!(code(&fixed, &long), "F006", "a line without an end");
}

#[test]
fn utf8_declared_as_cp932_is_refused_at_its_byte() {
    let utf8 = file(CSV, &header(1, CSV), &starts("C", 1));
    let lie = String::from_utf8(utf8).unwrap().replacen("UTF8", "CP932", 1);
    let at = lie.find('ﾀ').unwrap();
    let (code, detail) = refusal(&name(1, CSV), lie.as_bytes());
    assert_eq!(code, "F009");
    assert!(detail.contains(&format!("byte {at}")), "{detail}");
    let form = Form::csv(Charset::Cp932);
    let cp932 = file(form, &header(1, form), &starts("C", 1));
    let marked = [b"\xEF\xBB\xBF", cp932.as_slice()].concat();
    assert_eq!(refusal(&name(1, CSV), &marked).0, "F009");
}

#[test]
fn an_end_marker_with_another_hash_is_refused() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    desk.put(&sent, &content);
    let marker = desk.root.join("in").join(format!("{sent}.end"));
    fs::write(&marker, format!("{}  {sent}\n", "0".repeat(64))).unwrap();
    desk.work();
    assert_eq!(desk.answers(&sent)[0].short(), ("9", "F008"));

    // Refused, it took no number: sent again well, it counts.
    desk.put(&sent, &content);
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&content));
    fs::write(&marker, format!("{hash}  {sent}\n")).unwrap();
    desk.work();
    assert_eq!(desk.answers(&sent)[0].short(), ("0", ""));
}

#[test]
fn a_business_day_before_the_last_one_is_too_late() {
    let world = World::new();
    let desk = Desk::new(&world);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let old = Header { business_date: "20261119".into(), ..header(2, CSV) };
    let sent = name(2, CSV).replace("20261120", "20261119");
    let answers = desk.send(&sent, &file(CSV, &old, &starts("D", 1)));
    assert_eq!(answers[0].short(), ("9", "F011"));
}

#[test]
fn an_answer_that_can_not_be_written_loses_nothing() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    let part = desk.root.join("out").join(format!(".{}.part", sent.replace("_D.", "_R.")));
    fs::create_dir_all(desk.root.join("out")).unwrap();
    // A pipe opens, but nothing can be written at a place of it: like a full disk, in mid-work.
    assert!(Command::new("mkfifo").arg(&part).status().unwrap().success());
    desk.put(&sent, &content);

    desk.work();

    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0, "not half done");
    assert_eq!(state(&world, &sent), FileState::Applying);
    assert!(!desk.is_answered(&sent));
    fs::remove_file(&part).unwrap();
    desk.work_until(&sent);
    assert_eq!(desk.answers(&sent).len(), 3);
}

#[test]
fn a_directory_that_can_not_be_used_is_named_and_tried_again() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    desk.put(&sent, &content);
    // The superuser passes permissions; a file in the directory's place stops everybody.
    fs::write(desk.root.join("out"), "").unwrap();

    let error = desk.batch.poll(KITA, &desk.root).unwrap_err();

    assert!(error.to_string().contains(&format!("sms/{KITA}/out/")), "{error}");
    fs::remove_file(desk.root.join("out")).unwrap();
    desk.work_until(&sent);
    assert_eq!(desk.answers(&sent)[0].short(), ("0", ""));
}

#[test]
fn a_result_that_got_lost_in_the_making_is_made_again_without_doing_anything_twice() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1200));
    let limit = |left: i64| move |done: i64| done >= left;
    desk.put(&sent, &content);
    desk.stop_after(&world, &sent, limit(500));
    let part = desk.root.join("out").join(format!(".{}.part", sent.replace("_D.", "_R.")));
    fs::remove_file(part).unwrap();

    let fresh = Desk::on(world.db.clone(), desk.root.clone(), "node-1");
    fresh.work_until(&sent);

    let answers = fresh.answers(&sent);
    assert_eq!(answers.len(), 1200);
    assert!(answers.iter().all(|answer| answer.short() == ("0", "")));
    let opened = world.audited().iter().filter(|act| *act == "contract.opened").count();
    assert_eq!(opened, 1200, "each once");
}

#[test]
fn no_cell_of_a_refused_file_appears_in_log_audit_or_detail() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    let good = String::from_utf8(content).unwrap();
    let good: Vec<Vec<&str>> = good.lines().map(|line| line.split(',').collect()).collect();
    let mut told = String::new();
    for secret in ["ﾊﾅｺ", "31415926"] {
        for (line, cell) in (0..good.len()).flat_map(|l| (0..good[l].len()).map(move |c| (l, c))) {
            // When the file was made is not looked at: such a file is done.
            if (line, cell) == (0, 6) {
                continue;
            }
            let mut bad = good.clone();
            bad[line][cell] = secret;
            let bad: String = bad.iter().map(|cells| cells.join(",") + "\r\n").collect();
            desk.put(&sent, bad.as_bytes());
            told += &logged(|| desk.work());
            let known = row(&world, &sent);
            assert_eq!(known.state, FileState::Rejected, "line {line} cell {cell}");
            assert!(!known.detail.contains(secret), "{}", known.detail);
        }
    }
    assert!(told.matches("an SMS file was refused").count() > 60, "the log was read");
    let audit = world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let audit = format!("{audit:?}");
    for secret in ["ﾊﾅｺ", "31415926"] {
        assert!(!told.contains(secret) && !audit.contains(secret));
    }
}
