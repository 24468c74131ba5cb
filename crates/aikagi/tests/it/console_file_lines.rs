//! What the console shows of a file's lines: which were refused, why, and what to do; the whole result to carry away; and the
//! same beside the contract a line was about.

use base::kernel::clock;
use base::store::Tx;
use domain::administration::{self, Topic};
use domain::commands::Op;
use domain::files::{self, File, FileState};
use domain::operators::Role;
use domain::subscribers::{self, RefusedLine};
use linkage::sms::batch::Run;

use crate::batch_desk::{CSV, Desk, csv, each, header, line, name, row, starts};
use crate::console::{CONSOLE, given_clerk, invited, joins};
use crate::console_desk::opens;
use crate::markup::faults;
use crate::viewers::{House, Viewer};
use crate::world::{KITA, World, sms, staff};

/// The directory that the console of `house` knows.
fn desk_of(house: &House) -> Desk {
    Desk::on(house.world.db.clone(), house.world.dir.path().join("sms").join(KITA), "node-1")
}

/// A file of 61 lines, the last of which was refused, and what it contains.
fn sent_with_one_wrong(house: &House, desk: &Desk) -> (File, Vec<u8>) {
    let mut lines = starts("C", 60);
    lines.push(line("x-1", "103", "Z-404"));
    let (sent, content) = csv(1, &lines);
    desk.send(&sent, &content);
    (row(&house.world, &sent), content)
}

fn path(file: &File) -> String {
    format!("{CONSOLE}/files/{}", file.id)
}

/// Rows of the table with this id.
fn rows<'p>(page: &'p str, table: &str) -> Vec<&'p str> {
    let (_, rest) = page.split_once(&format!("<table id=\"{table}\">")).unwrap_or_default();
    let (_, rest) = rest.split_once("<tbody>").unwrap_or_default();
    let body = rest.split("</tbody>").next().unwrap_or_default();
    body.split("</tr>").map(str::trim).filter(|row| !row.is_empty()).collect()
}

/// Two persons say that a file goes on in spite of its wrong lines.
fn approved(world: &World, name: &str) {
    for who in ["suzuki", "kato"] {
        let name = name.to_owned();
        world.act(staff(who), move |tx| files::approve(tx, &name)).unwrap();
    }
}

#[test]
fn a_clerk_reads_which_lines_were_refused_why_and_what_to_do() {
    let house = House::new();
    let desk = desk_of(&house);
    let mut lines = starts("C", 60);
    lines.push(line("x-1", "103", "Z-404"));
    lines.push(crate::batch_desk::line("x-2", "203", "C00001"));
    lines[61].person_number = "009".into();
    lines[61].hold_reason = "10".into();
    lines.push(line("x-3", "103", "C00002"));
    lines[62].effective_at = "20261399000000".into();
    lines[62].hold_reason = "10".into();
    lines.push(line("x-4", "203", "C00003"));
    let (sent, content) = csv(1, &lines);
    let answers = desk.send(&sent, &content);
    let refused: Vec<&str> = answers[60..].iter().map(|one| one.code.as_str()).collect();
    assert_eq!(refused, ["E301", "E302", "E203", "E202"], "{answers:#?}");
    let mut viewer = given_clerk(&house, Role::Viewer);

    let shown = opens(&mut viewer, &path(&row(&house.world, &sent))).body;

    let told = rows(&shown, "refusals");
    assert_eq!(told.len(), 4, "{shown}");
    assert!(
        told[0].contains("<td>61</td><td>Z-404</td><td>E301</td><td>契約を一時停止"),
        "{told:?}"
    );
    assert!(told[1].contains("<td>62</td><td>C00001</td><td>E302</td>"), "{told:?}");
    assert!(told[1].contains("個人 009"), "whom it was about: {told:?}");
    assert!(told[2].contains("<td>63</td><td>C00002</td><td>E203 いつから</td>"), "{told:?}");
    assert!(told[3].contains("<td>64</td><td>C00003</td><td>E202 個人番号</td>"), "{told:?}");
    let reasons = rows(&shown, "reasons");
    assert_eq!(reasons.len(), 4, "each code once: {reasons:?}");
    assert!(reasons[0].contains("この番号の契約がありません。"), "{reasons:?}");
    assert!(reasons[0].contains("番号が正しいかを確かめてください。"), "{reasons:?}");
    assert!(!shown.contains("refused-rest"), "{shown}");
}

#[test]
fn a_file_that_waits_for_its_wrong_lines_shows_them_to_who_decides() {
    let house = House::new();
    let desk = desk_of(&house);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = Viewer::new(&house);
    joins(&mut kato, KITA, ("kato", &invited(&house, KITA, ("kato", Role::Admin))));
    let (sent, content) = csv(1, &each("Z", "104", 250));
    desk.put(&sent, &content);
    desk.work();
    let waiting = row(&house.world, &sent);
    assert_eq!(waiting.state, FileState::Guarded);

    let shown = opens(&mut suzuki, &path(&waiting)).body;

    let many = usize::try_from(waiting.errors).unwrap();
    assert!(many > 0 && many < 250, "{many}");
    assert_eq!(rows(&shown, "refusals").len(), many.min(100), "{shown}");
    assert!(shown.contains("value=\"approve\"") && !shown.contains("id=\"download\""), "{shown}");

    approved(&house.world, &sent);
    desk.work();
    let done = row(&house.world, &sent);
    assert_eq!((done.state, done.errors), (FileState::ResultSent, 250));
    let shown = cheap(&house, &mut suzuki, &path(&done));
    assert_eq!(rows(&shown, "refusals").len(), 100);
    assert!(shown.contains("ほかに150行あります"), "{shown}");
}

/// A page that costs what a page may.
fn cheap(house: &House, clerk: &mut Viewer<'_>, path: &str) -> String {
    let before = house.world.db.statements();
    let shown = clerk.get(path).body;
    let statements = house.world.db.statements() - before;
    let (_, style) = shown.split_once("rel=\"stylesheet\" href=\"").expect("a style");
    let style = style.split('"').next().unwrap().trim_start_matches(crate::viewers::BASE);
    let bytes = shown.len() + clerk.get(style).body.len();
    assert!(statements <= 12 && bytes <= 30 * 1024, "{statements} statements, {bytes} bytes");
    shown
}

#[test]
fn long_lines_leave_room_for_fewer_of_them() {
    let house = House::new();
    let desk = desk_of(&house);
    let lines = each("ZZZZZZZZ", "105", 250);
    let test = formats::sms::Header { test_flag: "1".into(), ..header(1, CSV) };
    let sent = name(1, CSV);
    desk.send(&sent, &crate::batch_desk::file(CSV, &test, &lines));
    let mut suzuki = given_clerk(&house, Role::Viewer);
    let shown = cheap(&house, &mut suzuki, &path(&row(&house.world, &sent)));
    let told = rows(&shown, "refusals").len();
    assert!((50..100).contains(&told), "{told}");
    assert!(shown.contains(&format!("ほかに{}行あります", 250 - told)), "{shown}");
}

#[test]
fn the_whole_result_is_carried_away_by_who_sees_the_file_and_that_is_written_down() {
    let house = House::new();
    let desk = desk_of(&house);
    let (sent, content) = csv(1, &starts("C", 1000));
    desk.send(&sent, &content);
    let file = row(&house.world, &sent);
    let mut viewer = given_clerk(&house, Role::Viewer);
    let shown = opens(&mut viewer, &path(&file)).body;
    assert!(shown.contains(&format!("{}/result\" id=\"download\"", path(&file))), "{shown}");

    let carried = viewer.get(&format!("{}/result", path(&file)));

    assert_eq!(carried.body.as_bytes(), desk.result(&sent));
    assert!(carried.body.len() > 64 << 10, "more than one piece");
    let disposition = carried.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, format!("attachment; filename=\"{}\"", sent.replace("_D.", "_R.")));
    assert_eq!(house.audited("console.exported"), 1);
    let held = crate::console_files::given(&house, 7, 0);
    let refused = viewer.get(&format!("{}/result", path(&held)));
    assert_eq!((refused.status.as_u16(), refused.refusal()), (404, "file.result_gone"));
    assert_eq!(house.audited("console.exported"), 1, "nothing was carried away");
}

#[test]
fn a_result_that_is_gone_is_told_in_words() {
    let house = House::new();
    let desk = desk_of(&house);
    let mut lines = starts("C", 60);
    lines.push(line("x-1", "103", "Z-404"));
    let test = header(1, CSV);
    let test = formats::sms::Header { test_flag: "1".into(), ..test };
    let (sent, content) = (name(1, CSV), crate::batch_desk::file(CSV, &test, &lines));
    desk.send(&sent, &content);
    let tried = row(&house.world, &sent);
    let mut viewer = given_clerk(&house, Role::Viewer);
    assert_eq!(rows(&opens(&mut viewer, &path(&tried)).body, "refusals").len(), 1);
    let shown = |viewer: &mut Viewer<'_>, file: &File| opens(viewer, &path(file)).body;

    // The real file takes the name of the test, and its result the place.
    desk.send(&sent, &csv(1, &lines).1);
    let real = row(&house.world, &sent);
    assert_ne!(real.id, tried.id);
    assert!(shown(&mut viewer, &tried).contains("結果ファイルが入れ替わりました"));
    assert_eq!(rows(&shown(&mut viewer, &real), "refusals").len(), 1);

    let kept = desk.root.join("out/.kept").join(sent.replace("_D.", "_R."));
    std::fs::write(&kept, "no result at all").unwrap();
    assert_eq!(viewer.get(&path(&real)).status, 200, "who may write there breaks no page");
    std::fs::remove_file(&kept).unwrap();
    let page = shown(&mut viewer, &real);
    assert!(
        page.contains("結果ファイルの控えがここにはありません")
            && !page.contains("id=\"download\"")
    );
    let (id, old) = (real.id.clone(), clock::now().plus_days(-401));
    let age = move |tx: &mut Tx<'_>| {
        let keys = [KITA.into(), (&id).into(), old.into()];
        tx.exec("UPDATE files SET sent_ms = ?3 WHERE operator_id = ?1 AND file_id = ?2", &keys)
    };
    let scope = house.world.scope(KITA, sms());
    house.world.db.housekeep(&scope, "test", age).unwrap();
    assert!(shown(&mut viewer, &real).contains("保存期間(400日)が過ぎた"));
}

#[test]
fn a_run_by_hand_hides_no_result_of_the_folder() {
    let house = House::new();
    let desk = desk_of(&house);
    let (file, content) = sent_with_one_wrong(&house, &desk);
    let by_hand = house.world.dir.path().join(&file.name);
    std::fs::write(&by_hand, content).unwrap();
    assert!(desk.batch.run_file(KITA, &by_hand, Run::Rehearse).unwrap().id > file.id);
    let mut viewer = given_clerk(&house, Role::Viewer);
    let shown = opens(&mut viewer, &path(&file)).body;
    assert_eq!(rows(&shown, "refusals").len(), 1, "{shown}");
}

#[test]
fn nothing_a_link_in_the_stations_folder_leads_to_is_shown() {
    let house = House::new();
    let desk = desk_of(&house);
    let (file, _) = sent_with_one_wrong(&house, &desk);
    let kept = desk.root.join("out/.kept");
    let elsewhere = house.world.dir.path().join("elsewhere");
    std::fs::rename(&kept, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &kept).unwrap();
    let mut viewer = given_clerk(&house, Role::Viewer);
    assert!(opens(&mut viewer, &path(&file)).body.contains("refused-missing"));
    assert_eq!(viewer.get(&format!("{}/result", path(&file))).refusal(), "file.result_gone");
}

#[test]
fn markup_in_a_refused_line_is_text() {
    let house = House::new();
    let desk = desk_of(&house);
    let mut lines = starts("C", 60);
    lines.push(line("x-1", "103", "\"><img src=x>"));
    lines.push(line("x-2", "<b>", "'<script>"));
    let (sent, content) = csv(1, &lines);
    let answers = desk.send(&sent, &content);
    assert!(answers[60..].iter().all(|one| one.result == "9"), "{answers:#?}");
    let mut viewer = given_clerk(&house, Role::Viewer);

    let shown = opens(&mut viewer, &path(&row(&house.world, &sent))).body;

    let told = rows(&shown, "refusals");
    assert_eq!(told.len(), 2, "{shown}");
    assert!(told[0].contains("img src=x") && told[1].contains("script"), "{told:?}");
    assert!(faults(&shown).is_empty(), "{:?}", faults(&shown));
}

/// Acts of a page of the timeline of `number`, newest first.
fn acts(world: &World, number: &str, topic: Option<Topic>) -> Vec<String> {
    let number = number.to_owned();
    let found = world.look(|tx| administration::timeline(tx, &number, (topic, ""))).unwrap();
    found.lines.into_iter().map(|line| line.act).collect()
}

const REFUSED: &str = "file_line.refused";

#[test]
fn a_line_that_was_refused_stands_in_the_timeline_of_its_contract_and_leads_to_the_file() {
    let house = House::new();
    let desk = desk_of(&house);
    let (sent, content) = csv(1, &starts("C", 60));
    desk.send(&sent, &content);
    house.world.sms(Op::Stop, "C00001");
    let lines = [line("x-1", "104", "C00001"), line("x-2", "103", "C00002")];
    let (sent, content) = csv(2, &lines.iter().cloned().chain(starts("D", 40)).collect::<Vec<_>>());
    let answers = desk.send(&sent, &content);
    assert_eq!((answers[0].short(), answers[1].short()), (("9", "E407"), ("0", "")));
    let file = row(&house.world, &sent);
    let mut viewer = given_clerk(&house, Role::Viewer);

    let timeline = format!("{CONSOLE}/contracts/C00001/timeline");
    let shown = opens(&mut viewer, &timeline).body;

    let told = rows(&shown, "lines");
    let words = "ファイルの1行目(契約を再開";
    assert!(
        told[0].contains(words) && told[0].contains("受け付けられませんでした: E407"),
        "{told:?}"
    );
    assert!(told[0].contains(&format!("{}\">", path(&file))), "{told:?}");
    assert!(told[0].contains(&format!("ファイル {sent}")), "{told:?}");
    assert!(told[0].contains("SMS(加入者管理)"), "{told:?}");
    assert_eq!(rows(&viewer.get(&format!("{timeline}?topic=files")).body, "lines").len(), 1);
    assert_eq!(acts(&house.world, "C00001", Some(Topic::Files)), [REFUSED]);
    assert_eq!(acts(&house.world, "C00002", Some(Topic::Files)), [""; 0]);
    assert!(!acts(&house.world, "C00001", Some(Topic::Contract)).contains(&REFUSED.to_owned()));
}

#[test]
fn refused_lines_and_the_audit_are_read_page_by_page_newest_first() {
    let world = World::new();
    world.given_contract("A-001");
    for n in 0..40 {
        world.pass(1);
        let op = if n % 2 == 0 { Op::Suspend } else { Op::Resume };
        let command = domain::commands::Command::new(&world.request_id(), op, "A-001");
        let reason = Some(domain::subscribers::Reason::Unpaid);
        world.send(domain::commands::Command { reason, ..command });
        world.pass(1);
        given_refused(&world, n, None);
    }
    given_refused(&world, 99, Some(7));
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let before = world.db.statements();
        let page = world.look(|tx| administration::timeline(tx, "A-001", (None, &after))).unwrap();
        assert!(world.db.statements() - before <= 6);
        all.extend(page.lines);
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(all.len(), 82, "40 changes, the start, 40 lines, and one of a generation to come");
    assert!(all.iter().is_sorted_by(|one, other| one.at >= other.at));
    let lines: Vec<i64> = all.iter().filter_map(|one| Some(one.refused.as_ref()?.line)).collect();
    assert_eq!(lines, std::iter::once(99).chain((0..40).rev()).collect::<Vec<_>>());
    let behind = world.look(|tx| subscribers::list_refused(tx, ("A-001", 8), ("", 100))).unwrap();
    assert_eq!(behind.len(), 40, "what names an earlier generation is not of a later one");
}

/// A line about A-001 that was refused.
fn given_refused(world: &World, line: i64, generation: Option<i64>) {
    let refused = RefusedLine {
        file_id: base::kernel::ids::new_id("fil", world.now()),
        line,
        number: "A-001".to_owned(),
        generation,
        person_no: 0,
        operation: "103".to_owned(),
        code: "E301".to_owned(),
    };
    let keep = move |tx: &mut Tx<'_>| {
        subscribers::keep_refused(tx, vec![refused.clone()]);
        Ok(())
    };
    world.db.housekeep(&world.scope(KITA, sms()), "test", keep).unwrap();
}

#[test]
fn what_had_no_effect_is_in_no_timeline_and_lines_done_again_are_there_once() {
    let world = World::new();
    let desk = Desk::new(&world);
    let mut lines = starts("C", 60);
    lines.push(line("x-1", "103", "Z-404"));
    lines.extend(starts("D", 600));
    let test = formats::sms::Header { test_flag: "1".into(), ..header(1, CSV) };
    desk.send(&name(1, CSV), &crate::batch_desk::file(CSV, &test, &lines));
    assert_eq!(kept(&world), 0, "a test");
    let (sent, content) = csv(2, &lines);
    desk.put(&sent, &content);
    desk.stop_after(&world, &sent, |done| done >= 500);
    assert_eq!(kept(&world), 1);
    // The result in the making is lost: the lines are done anew.
    let part = format!("out/.{}.part", sent.replace("_D.", "_R."));
    std::fs::remove_file(desk.root.join(part)).unwrap();
    desk.work();
    assert_eq!((row(&world, &sent).errors, kept(&world)), (1, 1));
    let scope = world.scope(KITA, base::kernel::Actor::System);
    let sweep = |days: i64| {
        let before = clock::now().plus_days(-days);
        world.db.housekeep(&scope, "sweep", move |tx| subscribers::sweep_refused(tx, before, 500))
    };
    assert_eq!((sweep(files::KEEP_DAYS).unwrap(), kept(&world)), (0, 1));
    assert_eq!((sweep(-1).unwrap(), kept(&world)), (1, 0));
}

/// How many lines are kept.
fn kept(world: &World) -> i64 {
    let count = |tx: &mut Tx<'_>| {
        let sql = "SELECT COUNT(*) FROM refused_lines WHERE operator_id = ?1";
        tx.row(sql, &[KITA.into()], base::store::Row::int)
    };
    world.look(count).unwrap().unwrap()
}

#[test]
fn a_file_that_is_wrong_from_end_to_end_fills_no_table() {
    let world = World::new();
    let file = crate::isolation_files::given_file(&world);
    let line = |line| RefusedLine {
        file_id: "fil_x".to_owned(),
        line,
        number: "A-001".to_owned(),
        generation: None,
        person_no: 0,
        operation: "103".to_owned(),
        code: "E301".to_owned(),
    };
    let note = move |tx: &mut Tx<'_>| {
        let late = File { errors: 9_999, ..file.clone() };
        files::note_refused(tx, &late, vec![line(10_000), line(10_001)]);
        files::note_refused(tx, &File { errors: 10_001, ..file.clone() }, vec![line(10_002)]);
        Ok(())
    };
    world.db.housekeep(&world.scope(KITA, sms()), "test", note).unwrap();
    assert_eq!(kept(&world), 1);
}
