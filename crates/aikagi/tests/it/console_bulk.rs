//! Work on many contracts at the console: one person puts it in, it is tried, another one approves it, it is done by the
//! runner of the SMS's files, and perhaps taken back.

use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use base::kernel::Error;
use base::records::{LinkageLine, WriteBehind};
use base::store::Tx;
use domain::commands::{self, Command, Op};
use domain::files::{self, Bulk, BulkState, BulkWord};
use domain::operators::Role;
use domain::subscribers::{Reason, Source, Standing};
use http::Method;
use linkage::sms::batch::{Batch, Polled};

use crate::batch_desk::{answers, quick};
use crate::console::{CONSOLE, given_clerk, invited, joins};
use crate::console_desk::opens;
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, sms, staff};

/// What does files, on the folder the console writes to.
pub struct Runner {
    pub batch: Batch,
    pub root: PathBuf,
}

impl Runner {
    pub fn new(house: &House) -> Self {
        let db = house.world.db.clone();
        let book = WriteBehind::start(db.clone(), "linkage_log", LinkageLine::INSERT).unwrap();
        let batch = Batch::new(db, Arc::new(book), "node-1").timed(quick());
        Self { batch, root: house.world.dir.path().join("bulks").join(KITA) }
    }

    /// Lets it work until there is nothing to do.
    pub fn work(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.batch.poll_bulk(KITA, &self.root).unwrap() != Polled::Idle {
            assert!(Instant::now() < deadline, "the runner does not come to an end");
        }
    }
}

/// `count` contracts `C00001`… of the northern operator.
pub fn given_contracts(house: &House, count: usize) -> Vec<String> {
    let numbers: Vec<String> = (1..=count).map(|n| format!("C{n:05}")).collect();
    let start = |number: &String| Command::new(&format!("s-{number}"), Op::Start, number);
    let all: Vec<Command> = numbers.iter().map(start).collect();
    house.world.act(sms(), move |tx| commands::execute_many(tx, &all)).unwrap();
    numbers
}

/// Sends the form, with a file or without.
pub fn puts_in(
    clerk: &mut Viewer<'_>,
    fields: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    sends_file(clerk, &format!("{CONSOLE}/bulk/new"), (fields, file))
}

/// Fields, and the name and content of a file.
pub type Sending<'s> = (&'s [(&'s str, &'s str)], Option<(&'s str, &'s [u8])>);

/// Sends a form that leads to `path`, with a file or without.
pub fn sends_file(clerk: &mut Viewer<'_>, path: &str, (fields, file): Sending<'_>) -> Answer {
    const EDGE: &str = "----an-edge-that-stands-in-no-file";
    let mut body = Vec::new();
    let mut part = |name: &str, (file, value): (&str, &[u8])| {
        let head =
            format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    };
    let proof = clerk.proof.clone();
    part("proof", ("", proof.as_bytes()));
    fields.iter().for_each(|(name, value)| part(name, ("", value.as_bytes())));
    if let Some((name, content)) = file {
        part("file", (&format!("; filename=\"{name}\"\r\ncontent-type: text/csv"), content));
    }
    body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={EDGE}");
    clerk.send_typed(&Method::POST, path, (&kind, body))
}

/// Opens the form, and sends it filled in; answers the page it leads to.
pub fn puts(clerk: &mut Viewer<'_>, fields: &[(&str, &str)]) -> String {
    opens(clerk, &format!("{CONSOLE}/bulk/new"));
    let sent = puts_in(clerk, fields, None);
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location().path().to_owned()
}

/// Opens a page and says a word on it.
pub fn says(clerk: &mut Viewer<'_>, path: &str, word: &str) -> Answer {
    opens(clerk, path);
    clerk.send_form(path, &[("do", word)])
}

/// The proof a page at `path` would carry, whatever is on it.
pub fn proof_for(house: &House, clerk: &Viewer<'_>, path: &str) -> String {
    let cookie = &clerk.cookies["__Host-aikagi-console"];
    let below = path.trim_start_matches(CONSOLE);
    house.provider.signing.handles().form_proof(cookie, &format!("console:{below}"))
}

pub fn bulk(house: &House, path: &str) -> Bulk {
    let id = path.rsplit('/').next().unwrap().to_owned();
    house.world.look(move |tx| files::find_bulk(tx, &id)).unwrap()
}

/// A clerk besides the first one.
pub fn clerk<'h>(house: &'h House, id: &'static str, role: Role) -> Viewer<'h> {
    let invitation = invited(house, KITA, (id, role));
    let mut clerk = Viewer::new(house);
    joins(&mut clerk, KITA, (id, &invitation));
    clerk
}

fn stopped(house: &House, numbers: &[String]) -> usize {
    let is_stopped = |number: &&String| house.world.standing(number) == Standing::Stopped;
    numbers.iter().filter(is_stopped).count()
}

#[test]
fn a_bulk_of_600_stops_is_guarded_and_done_as_tried_when_a_second_person_approves_it() {
    let house = House::new();
    let runner = Runner::new(&house);
    let numbers = given_contracts(&house, 600);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let list = format!("{}\nZ-404\n", numbers.join("\r\n"));
    let path = puts(&mut suzuki, &[("title", "11月の解約"), ("verb", "stop"), ("numbers", &list)]);
    let shown = suzuki.get(&path);
    assert!(shown.body.contains("試しています") && shown.headers.contains_key("refresh"));

    runner.work();
    let tried = suzuki.get(&path);
    assert!(tried.body.contains("解約・一時停止・鍵閉めが601行あり"), "{}", tried.body);
    assert!(tried.body.contains("契約を停止しました") && tried.body.contains("<td>600</td>"));
    assert!(tried.body.contains("<td>601</td><td>Z-404</td><td>E301"), "{}", tried.body);
    assert!(!tried.headers.contains_key("refresh"));
    assert_eq!(stopped(&house, &numbers), 0, "only tried");
    assert_eq!(says(&mut kato, &path, "ask").refusal(), "bulk.own_upload");
    assert!(says(&mut suzuki, &path, "ask").body.contains("承認を依頼しました"));
    let today = opens(&mut kato, &format!("{CONSOLE}/today")).body;
    assert!(today.contains("<li id=\"bulks\" class=\"alarm\"><strong>1</strong>"), "{today}");

    let own = says(&mut suzuki, &path, "approve");
    assert_eq!((own.status.as_u16(), own.refusal()), (403, "bulk.own_upload"));
    runner.work();
    assert_eq!(stopped(&house, &numbers), 0, "who put it in is not enough");
    assert!(says(&mut kato, &path, "approve").body.contains("承認しました"));
    runner.work();

    assert_eq!((bulk(&house, &path).state, stopped(&house, &numbers)), (BulkState::Done, 600));
    let done = kato.get(&path);
    assert!(done.body.contains("試したときと同じ結果でした"), "{}", done.body);
    let result = |of: &str, kato: &mut Viewer<'_>| {
        let file = kato.get(&format!("{path}/result?of={of}"));
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let all = answers(file.body.as_bytes(), false);
        all.into_iter().map(|one| (one.line, one.result, one.code, one.state)).collect::<Vec<_>>()
    };
    let (run, tried) = (result("run", &mut kato), result("tried", &mut kato));
    assert_eq!(run.len(), 601);
    assert_eq!(run, tried, "the result file matches the dry run");
    let acts = ["bulk.uploaded", "bulk.asked", "bulk.approved", "file.applied"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 1, 1, 2]);
    assert_eq!(house.audited("file.guarded"), 0, "both have said that it is meant");
    assert_eq!(house.audited("console.exported"), 2, "each result carried away is written down");
    let found = bulk(&house, &path);
    for file in [found.tried_id, found.run_id] {
        let page = opens(&mut kato, &format!("{CONSOLE}/files/{}", file.unwrap())).body;
        assert!(page.contains("<td>601</td><td>Z-404</td>"), "neither hides the other: {page}");
    }
}

#[test]
fn what_is_suspended_here_is_the_stations_hold_in_the_name_of_who_put_it_in() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 2);
    let (mut suzuki, mut kato) =
        (given_clerk(&house, Role::Admin), clerk(&house, "kato", Role::Admin));
    let fields = [
        ("title", "不正利用"),
        ("verb", "suspend"),
        ("reason", "40"),
        ("reference", "No.12"),
        ("numbers", "C00001,\n\nC00002"),
    ];
    let path = puts(&mut suzuki, &fields);
    assert_eq!(puts(&mut suzuki, &fields), path, "sent twice, put in once");
    runner.work();
    says(&mut suzuki, &path, "ask");
    let read = kato.get(&path);
    let asked = "契約を一時停止する · 40 不正利用 · 今すぐ</td><td>2</td>";
    assert!(read.body.contains(asked), "who approves reads what is asked: {}", read.body);
    says(&mut kato, &path, "approve");
    runner.work();
    let hold = house.world.household("C00001").holds.remove(0);
    assert_eq!((hold.source, hold.reason), (Source::Console, Reason::Fraud));
    assert_eq!(
        (hold.reference.as_deref(), hold.cause.starts_with("file:KITA01_CN01_")),
        (Some("No.12"), true)
    );
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let by: Vec<_> = lines.iter().filter(|line| line.act == "contract.suspended").collect();
    assert!(by.iter().all(|line| line.actor == "staff:suzuki") && by.len() == 2, "{by:?}");
    house.world.sms(Op::Resume, "C00001");
    assert_eq!(house.world.standing("C00001"), Standing::Suspended, "the SMS does not lift it");
}

#[test]
fn of_all_ways_to_approve_none_is_open_to_who_put_it_in_and_two_at_once_approve_it_once() {
    let house = House::new();
    let runner = Runner::new(&house);
    given_contracts(&house, 1);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let path = puts(&mut suzuki, &[("title", "x"), ("verb", "stop"), ("numbers", "C00001")]);
    assert_eq!(says(&mut kato, &path, "approve").refusal(), "bulk.changed_meanwhile", "untried");
    runner.work();
    assert_eq!(says(&mut kato, &path, "approve").refusal(), "bulk.changed_meanwhile", "not asked");
    says(&mut suzuki, &path, "ask");
    let shown = suzuki.get(&path);
    assert!(!shown.body.contains("value=\"approve\"") && shown.body.contains("送信した本人は"));
    assert_eq!(says(&mut suzuki, &path, "approve").refusal(), "bulk.own_upload", "by form");
    let by_address = suzuki.get(&format!("{path}?do=approve"));
    assert_eq!((by_address.status.as_u16(), bulk(&house, &path).state), (200, BulkState::Asked));
    let mut again = clerk(&house, "suzuki", Role::StationManager);
    assert_eq!(says(&mut again, &path, "approve").refusal(), "bulk.own_upload", "another session");
    opens(&mut kato, &path);
    again.proof.clone_from(&kato.proof);
    assert_eq!(again.send_form(&path, &[("do", "approve")]).refusal(), "form.foreign");

    let id = bulk(&house, &path).id;
    clerk(&house, "ito", Role::Admin);
    let barrier = Barrier::new(2);
    let approve = |who: &'static str| {
        barrier.wait();
        let id = id.clone();
        let word = move |tx: &mut Tx<'_>| files::decide_bulk(tx, &id, BulkWord::Approve);
        house.world.act(staff(who), word)
    };
    let done = std::thread::scope(|scope| {
        ["kato", "ito"].map(|who| scope.spawn(move || approve(who))).map(|one| one.join().unwrap())
    });
    let late: Vec<_> = done.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(late, [&Error::Conflict { code: "bulk.changed_meanwhile" }]);
    assert_eq!(house.audited("bulk.approved"), 1);
    again.proof = proof_for(&house, &again, &path);
    let late = again.send_form(&path, &[("do", "withdraw")]);
    assert_eq!(late.refusal(), "bulk.changed_meanwhile");
}

#[test]
fn what_was_done_is_taken_back_but_for_what_something_else_changed_since() {
    let house = House::new();
    let runner = Runner::new(&house);
    let numbers = given_contracts(&house, 30);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let fields = [("title", "まちがい"), ("verb", "stop"), ("numbers", &*numbers.join("\n"))];
    let path = puts(&mut suzuki, &fields);
    runner.work();
    says(&mut suzuki, &path, "ask");
    says(&mut kato, &path, "approve");
    runner.work();
    assert_eq!(stopped(&house, &numbers), 30);
    house.world.sms(Op::StopCancel, "C00007");

    let asked = says(&mut kato, &path, "undo");
    assert!(asked.body.contains("30行の操作を取り消し"), "{}", asked.body);
    assert_eq!(bulk(&house, &path).state, BulkState::Done, "nothing is taken back unasked");
    let sure = kato.send_form(&path, &[("do", "undo"), ("sure", "yes")]);
    assert!(sure.body.contains("元に戻し始めました"), "{}", sure.body);
    runner.work();

    let left = bulk(&house, &path);
    assert_eq!((left.state, left.restored, left.left_over), (BulkState::Undone, 29, 1));
    assert_eq!(left.conflicts, ["C00007"]);
    assert_eq!(stopped(&house, &numbers), 0);
    let shown = kato.get(&path);
    assert!(shown.body.contains("<li>C00007</li>"), "{}", shown.body);
    assert_eq!(house.audited("file.partly_undone"), 1);
}

#[test]
fn each_page_of_it_is_small_and_asks_the_database_little() {
    let house = House::new();
    let runner = Runner::new(&house);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let unknown: Vec<String> = (0..2_000).map(|n| format!("Z{n:019}")).collect();
    let fields = [("title", "x"), ("verb", "stop"), ("numbers", &*unknown.join("\n"))];
    let path = puts(&mut suzuki, &fields);
    runner.work();
    for path in [path, format!("{CONSOLE}/bulk"), format!("{CONSOLE}/bulk/new")] {
        let before = house.world.db.statements();
        let shown = suzuki.get(&path);
        let statements = house.world.db.statements() - before;
        assert_eq!(shown.status, 200);
        assert!(statements <= 12, "{path}: {statements} statements");
        assert!(shown.body.len() <= 30 * 1024, "{path}: {} bytes", shown.body.len());
    }
}
