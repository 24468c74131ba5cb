//! A file of the SMS tried at the console: each line as it is read and what it would do, nothing of it applied, nothing kept.

use std::fs;

use domain::files;
use domain::operators::Role;
use domain::subscribers::Standing;
use formats::sms::{Charset, Form, Header, Record};

use crate::batch_desk::{CSV, Desk, each, file, header, line, name, starts};
use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{clerk, given_contracts, proof_for, sends_file};
use crate::console_desk::opens;
use crate::viewers::{Answer, House, Viewer};
use crate::world::KITA;

fn path() -> String {
    format!("{CONSOLE}/masters/format")
}

fn tries(clerk: &mut Viewer<'_>, (name, content): (&str, &[u8])) -> Answer {
    tries_from(clerk, "", (name, content))
}

fn tries_from(clerk: &mut Viewer<'_>, from: &str, (name, content): (&str, &[u8])) -> Answer {
    opens(clerk, &path());
    let shown = sends_file(clerk, &path(), (&[("from", from)], Some((name, content))));
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown
}

/// Lines of all sorts, whose contract `C00001` is there.
fn lines() -> Vec<Record> {
    let mut all = vec![
        line("t-1", "103", "C00001"),
        line("t-2", "103", "C00001"),
        line("t-3", "104", "C00001"),
        line("t-4", "102", "Z-404"),
        line("t-5", "999", "C00001"),
        line("t-5", "104", "C00001"),
        Record { hold_reason: "77".into(), ..line("t-7", "103", "C00001") },
    ];
    all.extend(starts("N", 1));
    all.extend(each("N", "103", 1));
    all
}

fn forms() -> [Form; 4] {
    [CSV, Form { byte_order_mark: true, ..CSV }, Form::csv(Charset::Cp932), Form::FIXED]
}

#[test]
fn a_file_that_is_tried_changes_nothing_and_says_what_its_sms_is_then_answered() {
    for form in forms() {
        let house = House::new();
        given_contracts(&house, 1);
        let desk = Desk::new(&house.world);
        let mut suzuki = given_clerk(&house, Role::Admin);
        let (name, content) = (name(1, form), file(form, &header(1, form), &lines()));
        let before = house.world.audited().len();
        let shown = tries(&mut suzuki, (&name, &content)).body;

        assert_eq!(house.world.audited().len(), before + 1, "{form:?}");
        assert_eq!(house.audited("file.tried"), 1);
        assert!(house.world.look(|tx| files::list(tx, 10)).unwrap().is_empty(), "no file came");
        assert_eq!(house.world.standing("C00001"), Standing::Active);
        let kept = house.world.dir.path().join("bulks").join(KITA);
        let kept = fs::read_dir(kept).unwrap().map(|one| one.unwrap());
        assert!(kept.into_iter().all(|one| one.file_type().unwrap().is_dir()), "the file is gone");

        let answers = desk.send(&name, &content);
        assert_eq!(answers.len(), lines().len(), "nothing was done before");
        let odd = answers.iter().filter(|answer| answer.result != "0");
        for answer in odd {
            let number = answer.line.trim_start_matches('0');
            let row = shown.split(&format!("<tr><td>{number}<td>")).nth(1);
            let row = row.unwrap_or_else(|| panic!("{form:?} line {number}: {shown}"));
            let words = format!("{} <span lang=\"ja\">{}</span>", answer.code, answer.message);
            assert!(row.split("<tr>").next().unwrap().contains(&words), "{form:?}: {row}");
        }
        assert_eq!(
            shown.matches("<tr><td>").count() - shown.matches("</span></td><td>").count(),
            {
                let told = |digit: &str| answers.iter().filter(|one| one.result == digit).count();
                told("1") + told("9")
            }
        );
    }
}

#[test]
fn each_line_is_shown_column_by_column_with_the_bytes_it_stands_at() {
    let house = House::new();
    given_contracts(&house, 1);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let form = Form::FIXED;
    let mut content = file(form, &header(1, form), &lines());
    // A character in half at the end of the name in kana: column 100 to 139 of the eighth line.
    let at = 258 * 8 + 99 + 39;
    content[at] = 0x83;
    let shown = tries(&mut suzuki, (&name(1, form), &content)).body;
    assert!(shown.contains("F008 中身が送信時と違います"), "the hash is another one: {shown}");
    assert!(shown.contains("固定長(256バイト)") && shown.contains("CP932"));
    let first = shown.split("<details").nth(2).unwrap();
    assert!(first.contains("先頭から258バイト目"), "{first}");
    let column = "契約者番号 <span class=\"hint\">contract_number</span></td><td>33〜52バイト</td>\
                  <td>C00001</td>";
    assert!(first.contains(column), "{first}");
    let broken = format!("項目 name_kana、{at}バイト目 [83");
    assert!(shown.contains(&broken) && shown.contains("E204"), "{broken}: {shown}");
    assert!(shown.contains("<strong>(読めません)</strong>"));
    // A value the translation refuses stands in its column.
    assert!(shown.contains(&format!("項目 hold_reason、{}バイト目", 258 * 7 + 69)), "{shown}");

    let content = file(CSV, &header(1, CSV), &lines());
    let later = tries_from(&mut suzuki, "8", (&name(1, CSV), &content)).body;
    let read = later.split("id=\"opened\"").next().unwrap();
    assert!(read.contains(">8 · 契約開始 · N00001") && !read.contains(">7 · "), "{read}");
    assert!(read.contains("<td>12列目</td><td>ﾀｶﾊｼ ﾊﾅｺ</td>"), "{read}");
    assert!(later.contains("このファイルは、このまま受け付けられます"), "{later}");
}

#[test]
fn what_would_hold_a_file_up_is_told_and_its_lines_are_read_all_the_same() {
    let house = House::new();
    given_contracts(&house, 60);
    let mut suzuki = given_clerk(&house, Role::Admin);
    let stops = |count| file(CSV, &header(1, CSV), &each("C", "102", count));
    let of = |change: Header| file(CSV, &change, &lines());
    let text = String::from_utf8(stops(3)).unwrap();
    let (trailer, _) = text.rsplit_once("T,").unwrap();
    let elsewhere = of(Header { operator: "MINA01".into(), ..header(1, CSV) });
    let gap = text.replace(",00000003,", ",00000009,");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(*b"H\0,\0").collect();
    let utf8_as_cp932 = text.replace(",UTF8,", ",CP932,").replace("C00002", "ﾀ");
    let wrong = file(CSV, &header(1, CSV), &each("Z", "102", 40));
    let cases: [(&str, &[u8], &str); 12] = [
        ("番号.csv", &stops(3), "F001"),
        (&name(2, CSV), &stops(3), "F001"),
        (&name(1, CSV), &elsewhere, "F002"),
        ("x.csv", &elsewhere, "F002"),
        (&name(1, CSV), gap.as_bytes(), "F006"),
        (&name(1, Form::FIXED), text.as_bytes(), "F006"),
        (&name(1, CSV), trailer.as_bytes(), "F007"),
        (&name(1, CSV), &utf16, "F009"),
        (&name(1, CSV), utf8_as_cp932.as_bytes(), "F009"),
        (&name(1, CSV), b"", "F006"),
        (&name(1, CSV), &stops(60), "解約・一時停止・鍵閉めが60行あり"),
        (&name(1, CSV), &wrong, "誤りの行が40行あり、上限(20行)を超える"),
    ];
    for (name, content, told) in cases {
        let shown = tries(&mut suzuki, (name, content)).body;
        let troubles = shown.split("id=\"troubles\"").nth(1).expect(told);
        assert!(troubles.split("</ul>").next().unwrap().contains(told), "{name} {told}: {shown}");
    }
    let shown = tries(&mut suzuki, (&name(1, CSV), trailer.as_bytes())).body;
    assert!(shown.contains("契約を停止しました") && shown.contains("<td>3</td>"), "{shown}");
    let full = Header { interface: "FL01".into(), kind: "F".into(), ..header(1, CSV) };
    let full = file(CSV, &full, &starts("C", 2));
    let shown = tries(&mut suzuki, ("KITA01_FL01_20261120_00000001_F.csv", &full)).body;
    assert!(shown.contains("全件のファイルは契約を変えません") && shown.contains("<td>2</td>"));
    assert!((1..=60).all(|n| house.world.standing(&format!("C{n:05}")) == Standing::Active));
}

#[test]
fn a_file_is_tried_by_who_manages_and_by_nobody_else_and_not_above_50_megabytes() {
    let house = House::new();
    let content = file(CSV, &header(1, CSV), &lines());
    let (name, sent) = (name(1, CSV), |clerk: &mut Viewer<'_>, name: &str, content: &[u8]| {
        sends_file(clerk, &path(), (&[("from", "")], Some((name, content))))
    });
    for (role, id) in [(Role::Viewer, "ito"), (Role::Accounting, "mori"), (Role::Desk, "abe")] {
        let mut clerk = clerk(&house, id, role);
        assert!(!clerk.get(&format!("{CONSOLE}/files")).body.contains("masters/format"));
        assert_eq!(clerk.get(&path()).refusal(), "staff.not_allowed", "{role:?}");
        clerk.proof = proof_for(&house, &clerk, &path());
        assert_eq!(sent(&mut clerk, &name, &content).refusal(), "staff.not_allowed", "{role:?}");
    }
    let mut suzuki = given_clerk(&house, Role::Admin);
    assert!(suzuki.get(&format!("{CONSOLE}/files")).body.contains("masters/format"));
    opens(&mut suzuki, &path());
    let none = sent(&mut suzuki, "", b"");
    assert_eq!((none.status.as_u16(), none.refusal()), (400, "bulk.no_file"));
    opens(&mut suzuki, &path());
    let huge = sent(&mut suzuki, &name, &b"D,0000\r\n".repeat((50 << 20) / 8 + 1));
    assert_eq!((huge.status.as_u16(), huge.refusal()), (400, "bulk.too_large"));
    "of-another-page".clone_into(&mut suzuki.proof);
    assert_eq!(sent(&mut suzuki, &name, &content).refusal(), "form.foreign");
    assert_eq!(house.audited("file.tried"), 0);
}

#[test]
fn a_long_file_is_tried_to_its_twenty_thousandth_line_and_its_page_stays_small() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    let content = file(CSV, &header(1, CSV), &each("Z", "102", 20_300));
    let begun = std::time::Instant::now();
    let shown = tries(&mut suzuki, (&name(1, CSV), &content)).body;
    println!("20,000 lines tried in {:?}; {} bytes", begun.elapsed(), shown.len());
    assert!(shown.contains("はじめの20000行だけを試しました"), "{shown}");
    assert!(shown.contains("<td>20000</td>") && shown.contains("<td>300</td>"));
    assert!(shown.len() <= 60 * 1024, "{} bytes", shown.len());
    let before = house.world.db.statements();
    let form = suzuki.get(&path());
    assert!(house.world.db.statements() - before <= 12 && form.body.len() <= 30 * 1024);
    let small = file(CSV, &header(1, CSV), &each("Z", "102", 9));
    let before = house.world.db.statements();
    assert!(tries(&mut suzuki, (&name(1, CSV), &small)).body.len() <= 30 * 1024);
    let asked = house.world.db.statements() - before;
    assert!(asked <= 24, "{asked} statements for the form and the trial");
}
