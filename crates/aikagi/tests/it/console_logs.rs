//! The station's books as a clerk reads them: filtered, led on from, a page at a time, and carried away with a mark.

use base::kernel::{Actor, Scope, clock, ids};
use base::records::pages::{self, ByWhom, OfAccess, OfAudit, OfLinkage, Page, Stretch};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use domain::administration::Topic;
use domain::commands::{Command, Op};
use domain::decisions::{self, OfDecisions};
use domain::operators::Role;
use domain::subscribers::Reason;

use crate::batch_desk::{Desk, csv, line};
use crate::console::{CONSOLE, given_clerk};
use crate::console_desk::opens;
use crate::doors_table::ROUTES;
use crate::house::source::sources;
use crate::viewers::{House, Viewer};
use crate::world::{KITA, MINAMI, World, sato};

/// A page of the books, up to tomorrow.
fn logs(clerk: &mut Viewer<'_>, query: &str) -> String {
    let tomorrow = clock::now().plus_days(1).day_jst().iso();
    clerk.get(&format!("{CONSOLE}/logs?to={tomorrow}&{query}")).body
}

/// Rows of a page of the books.
fn rows(page: &str) -> Vec<&str> {
    let Some((_, table)) = page.split_once("<table id=\"lines\">") else { return Vec::new() };
    let body = table.split("</table>").next().unwrap().split_once("<tbody>").unwrap().1;
    body.split("<tr").skip(1).collect()
}

/// Puts rows into a book of `operator`, as its writer does.
fn put(world: &World, operator: &'static str, sql: &'static str, lines: Vec<Vec<Value>>) {
    let scope = Scope::new(operator, Actor::System, world.now());
    let write = move |tx: &mut Tx<'_>| tx.exec_many(sql, &lines).map(drop);
    world.db.housekeep(&scope, "test", write).unwrap();
}

const LINKAGE: &str = base::records::LinkageLine::INSERT;
const ACCESS: &str = base::records::AccessLine::INSERT;
const OUTBOX: &str = "INSERT INTO outbox (operator_id, outbox_id, receiver_id, stream, version, event, payload, state, attempts,
        next_ms, fence, created_ms) VALUES (?1, ?2, ?3, ?4, 1, 'contract.suspended', '{}', ?5, 3, 0, 0, ?6)";
const DECISIONS: &str = "INSERT INTO decision_log (operator_id, trace, at_ms, client_id, number, gen, person_no, action, resource,
        least_age, adult, permit, codes, version)
    VALUES (?1, ?2, ?3, 'vod', ?4, 0, ?5, 'view', 'title:HIMITSU', NULL, 0, ?6, ?7, 1)";

fn given_linkage(
    world: &World,
    operator: &'static str,
    (kind, reference, result): (&str, &str, &str),
) {
    let at = world.now();
    let row = vec![
        operator.into(),
        ids::new_id("lnk", at).into(),
        at.into(),
        "in".into(),
        "kita-sms".into(),
        kind.into(),
        reference.into(),
        "".into(),
        result.into(),
        "lines 1".into(),
    ];
    put(world, operator, LINKAGE, vec![row]);
}

fn given_access(world: &World, operator: &'static str, (actor, route, code): (&str, &str, &str)) {
    let at = world.now();
    let row = vec![
        operator.into(),
        ids::new_id("acc", at).into(),
        at.into(),
        actor.into(),
        route.into(),
        200.into(),
        code.into(),
        1500.into(),
        "".into(),
    ];
    put(world, operator, ACCESS, vec![row]);
}

fn given_decision(
    world: &World,
    operator: &'static str,
    (trace, number, person_no, codes): (&str, &str, i64, &str),
) {
    let permit = i64::from(codes == "P00");
    let row = vec![
        operator.into(),
        trace.into(),
        world.now().into(),
        number.into(),
        person_no.into(),
        permit.into(),
        codes.into(),
    ];
    put(world, operator, DECISIONS, vec![row]);
}

#[test]
fn a_clerk_follows_a_file_to_its_lines_and_to_what_each_changed() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-0010");
    let desk = Desk::new(&house.world);
    let (name, content) = csv(1, &[line("x-1", "103", "A-001"), line("x-2", "103", "A-0010")]);
    assert!(desk.send(&name, &content).iter().all(|one| one.result == "0"));
    desk.book.flush();
    given_linkage(&house.world, KITA, ("command", "r-77", "E301"));
    given_linkage(&house.world, MINAMI, ("file", "SECRET_FILE", "RESULT_SENT"));
    let fraud = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Fraud), ..fraud });
    let mut clerk = given_clerk(&house, Role::Viewer);

    let linkage = logs(&mut clerk, "book=linkage&kind=file");
    assert_eq!(rows(&linkage).len(), 1, "{linkage}");
    assert!(linkage.contains(&format!("/files/{name}")) && !linkage.contains("SECRET_FILE"));
    assert!(linkage.contains("2行(正常2、注意0、誤り0)"), "in words: {linkage}");
    let refused = logs(&mut clerk, "book=linkage&outcome=refused");
    assert!(rows(&refused).len() == 1 && refused.contains("失敗 E301"), "{refused}");
    assert!(refused.contains("lines 1<"), "what is not known, as it is: {refused}");

    let effects = logs(&mut clerk, &format!("book=audit&kind=contract&behind={name}"));
    let of_file = rows(&effects);
    assert_eq!(of_file.len(), 2, "what the file changed, and nothing else: {effects}");
    for (number, request) in [("A-001", "x-1"), ("A-0010", "x-2")] {
        let told = |row: &&str| {
            row.contains(&format!("{CONSOLE}/contracts/{number}\""))
                && row.contains("契約の一時停止 — 10 料金未納")
                && row.contains(&format!("受付番号 {request}"))
                && row.contains(&format!("{CONSOLE}/files/{name}\""))
        };
        assert_eq!(
            of_file.iter().copied().filter(|row| told(row)).count(),
            1,
            "{number}: {effects}"
        );
    }
    let one = logs(&mut clerk, "book=audit&behind=x-2");
    assert!(rows(&one).len() == 1 && one.contains("A-0010"), "one line of the file: {one}");
    let files = logs(&mut clerk, "book=audit&kind=files");
    assert!(files.contains("ファイルの受付") && files.contains("/files/fil_"), "{files}");
    let page = clerk.get(&format!("{CONSOLE}/files/{name}")).body;
    assert!(page.contains("id=\"effects\"") && page.contains(&format!("behind={name}")), "{page}");
}

#[test]
fn the_audit_is_filtered_by_contract_member_doer_kind_and_outcome_and_is_this_stations_only() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.given_viewer("A-002", "tanaka");
    Viewer::new(&house).sign_in("takahashi", "kita no hama no toudai");
    let hold = |op| Command { reason: Some(Reason::Fraud), ..Command::new("r-1", op, "A-001") };
    house.world.send_as(sato(), hold(Op::Suspend));
    let foreign = |tx: &mut Tx<'_>| record(tx, &Entry::new("contract.suspended", "A-001/00"));
    house.world.at(MINAMI, Actor::Staff("himitsu".to_owned()), foreign).unwrap();
    let mut clerk = given_clerk(&house, Role::Viewer);

    let all = logs(&mut clerk, "");
    assert!(
        !all.contains("himitsu") && !all.contains("per_"),
        "ids of persons are for machines: {all}"
    );
    let of_sato = logs(&mut clerk, "doer=staff&who=sato&kind=contract");
    let told = rows(&of_sato);
    assert!(told.len() == 1 && told[0].contains("契約の一時停止 — 40 不正利用"), "{of_sato}");
    assert_eq!(
        rows(&logs(&mut clerk, "who=sato&kind=contract")).len(),
        1,
        "an id alone is a colleague's"
    );
    let signed_in = logs(&mut clerk, "number=a-001&person=1&kind=sign-ins");
    assert!(rows(&signed_in).iter().any(|row| row.contains(">A-001 個人 001</a>")), "{signed_in}");
    let other = logs(&mut clerk, "number=A-002");
    assert!(!rows(&other).is_empty() && !other.contains(">A-001"), "{other}");
    let refused = logs(&mut clerk, "number=A-001&kind=sign-ins&outcome=refused");
    assert!(refused.contains("id=\"no-lines\""), "{refused}");
    for (query, code) in [
        ("number=Z-999", "contract.unknown"),
        ("number=A-001&person=9", "person.unknown"),
        ("number=A-001&person=x", "person.number_invalid"),
        ("from=2026-13-01", "date.malformed"),
        ("from=2126-01-01", "logs.days_reversed"),
        ("who=%E9%AB%98%E6%A9%8B", "logs.text_malformed"),
        ("after=%27", "request.parameters_malformed"),
    ] {
        let told = clerk.get(&format!("{CONSOLE}/logs?{query}"));
        assert_eq!(told.refusal(), code, "{query}: {}", told.body);
        assert!(told.body.contains("id=\"filter\""), "the form is still there: {query}");
    }
}

#[test]
fn requests_and_answers_are_listed_in_words_and_no_title_is_told() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let world = &house.world;
    let password = "POST /o/{operator}/signin/password";
    given_access(world, KITA, ("anonymous", password, "signin.failed"));
    given_access(world, KITA, ("staff:sato", "GET /console/{operator}/today", ""));
    given_access(world, MINAMI, ("staff:himitsu", "GET /console/{operator}/today", ""));
    given_decision(world, KITA, ("BCDF2345", "A-001", 0, "P00"));
    given_decision(world, KITA, ("BCDF2346", "A-001", 1, "D04 D09"));
    given_decision(world, KITA, ("BCDF2347", "A-002", 1, "D13"));
    given_decision(world, MINAMI, ("BCDF2348", "A-001", 1, "D13"));
    let mut clerk = given_clerk(&house, Role::Viewer);

    let wrong = logs(&mut clerk, "book=access&kind=sign-in&outcome=refused");
    let told = rows(&wrong);
    assert!(
        told.len() == 1 && told[0].contains("ログインの画面") && told[0].contains("ログイン前の方")
    );
    assert!(!told[0].contains("signin.failed"), "in words: {wrong}");
    let of_sato = logs(&mut clerk, "book=access&doer=staff&who=sato&kind=console");
    assert!(rows(&of_sato).len() == 1 && !of_sato.contains("himitsu"), "{of_sato}");

    let statements = world.db.statements();
    let shown = logs(&mut clerk, "book=decisions&number=A-001");
    let statements = world.db.statements() - statements;
    assert!(statements <= 12, "{statements}");
    let told = rows(&shown);
    assert_eq!(told.len(), 2, "the household and its members: {shown}");
    assert!(told.iter().any(|row| row.contains("視聴できません — 契約が一時停止中")), "{shown}");
    assert!(shown.contains("/why?trace=BCDF2346") && !shown.contains("HIMITSU"), "{shown}");
    let of_member = logs(&mut clerk, "book=decisions&number=A-001&person=1&kind=D09");
    assert_eq!(rows(&of_member).len(), 1, "{of_member}");
    let refused = logs(&mut clerk, "book=decisions&outcome=refused");
    assert_eq!(rows(&refused).len(), 2, "{refused}");
    let page = clerk.get(&format!("{CONSOLE}/contracts/A-001")).body;
    assert!(page.contains("/logs?book=decisions&#38;number=A-001"), "{page}");
}

/// What every page of a book tells, and how many pages there were.
fn read_through<L>(mut page: impl FnMut(&Stretch) -> Page<L>, world: &World) -> (Vec<L>, usize) {
    let mut stretch = Stretch {
        since: world.now().plus_days(-1),
        until: world.now().plus_days(1),
        after: String::new(),
        limit: 2,
        looked_at: 10,
    };
    let (mut lines, mut pages) = (Vec::new(), 0);
    loop {
        let read = page(&stretch);
        pages += 1;
        assert!(read.lines.len() <= 2 && pages < 40);
        lines.extend(read.lines);
        let Some(next) = read.next else { return (lines, pages) };
        stretch.after = next;
    }
}

#[test]
fn where_all_lines_are_meant_each_stands_on_one_page() {
    let world = World::new();
    for turn in 0..7 {
        world.pass(1);
        world.act(sato(), |tx| record(tx, &Entry::new("console.searched", "contracts"))).unwrap();
        given_access(&world, KITA, ("anonymous", "GET /", if turn == 3 { "x.y" } else { "" }));
    }
    let all = OfAudit::default();
    let (audit, _) = read_through(|s| world.look(|tx| pages::audit(tx, &all, s)).unwrap(), &world);
    let count = "SELECT COUNT(*) FROM audit WHERE operator_id = ?1";
    let written = world.look(|tx| tx.row(count, &[KITA.into()], |row| row.int())).unwrap();
    assert_eq!(Some(audit.len() as i64), written);
    let all = OfAccess::default();
    let (calls, pages) =
        read_through(|s| world.look(|tx| pages::access(tx, &all, s)).unwrap(), &world);
    assert_eq!((calls.len(), pages), (7, 4));
    assert!(calls.is_sorted_by(|a, b| a.at > b.at), "{calls:?}");
}

#[test]
fn a_rare_line_is_found_in_bounded_looks_and_every_line_stands_on_one_page() {
    let world = World::new();
    world.given_contract("A-001");
    let receiver = "INSERT INTO receivers (operator_id, receiver_id, kind, events, settings, enabled, updated_ms)
        VALUES (?1, ?2, ?3, '*', '{}', 1, 0)";
    let to = |id: &str, kind: &str| vec![KITA.into(), id.into(), kind.into()];
    put(&world, KITA, receiver, vec![to("vod-hook", "webhook"), to("post", "post")]);
    for turn in 0..40 {
        world.pass(1);
        let (at, rare) = (world.now(), turn % 8 == 0);
        let act = if rare { "console.exported" } else { "console.searched" };
        world.act(sato(), move |tx| record(tx, &Entry::new(act, "contracts"))).unwrap();
        given_linkage(&world, KITA, ("file", "f", if rare { "F010" } else { "RESULT_SENT" }));
        let state = if rare { "DEAD" } else { "DONE" };
        for receiver in ["vod-hook", "post"] {
            let row: Vec<Value> = vec![
                KITA.into(),
                ids::new_id("evt", at).into(),
                receiver.into(),
                "A-001".into(),
                state.into(),
                at.into(),
            ];
            put(&world, KITA, OUTBOX, vec![row]);
        }
        given_access(&world, KITA, ("anonymous", "GET /", if rare { "x.y" } else { "" }));
        let codes = if rare { "D04" } else { "P00" };
        given_decision(&world, KITA, (&format!("T{turn:03}"), "A-001", turn % 2, codes));
    }
    let refused = || "refused".to_owned();
    let of = OfAudit { acts: Some(vec!["console.exported".to_owned()]), ..OfAudit::default() };
    let (audit, pages) =
        read_through(|s| world.look(|tx| pages::audit(tx, &of, s)).unwrap(), &world);
    assert!(audit.len() == 5 && pages >= 4 && audit.is_sorted_by(|a, b| a.at > b.at), "{pages}");

    let of = OfLinkage { outcome: refused(), ..OfLinkage::default() };
    let (linkage, _) =
        read_through(|s| world.look(|tx| pages::linkage(tx, &of, s)).unwrap(), &world);
    assert_eq!(linkage.len(), 10, "a file and a delivery each time, and no mail twice");
    assert!(linkage.is_sorted_by(|a, b| a.at >= b.at));
    let of = OfLinkage { reference: "A-001".to_owned(), ..OfLinkage::default() };
    let (told, _) = read_through(|s| world.look(|tx| pages::linkage(tx, &of, s)).unwrap(), &world);
    assert!(told.len() == 40 && told.iter().all(|one| one.peer == "vod-hook"));

    let of = OfAccess { outcome: refused(), ..OfAccess::default() };
    let (access, _) = read_through(|s| world.look(|tx| pages::access(tx, &of, s)).unwrap(), &world);
    assert_eq!(access.len(), 5);
    let by = ByWhom { begins: "staff:".to_owned(), whole: String::new() };
    let of = OfAccess { by, ..OfAccess::default() };
    let (none, pages) =
        read_through(|s| world.look(|tx| pages::access(tx, &of, s)).unwrap(), &world);
    assert!(none.is_empty() && pages >= 4, "nothing fits, and it comes to an end: {pages}");

    for (number, wanted) in [("", 5), ("A-001", 5), ("A-00", 0)] {
        let of =
            OfDecisions { number: number.to_owned(), outcome: refused(), ..OfDecisions::default() };
        let page = |s: &Stretch| world.look(|tx| decisions::page_of_decisions(tx, &of, s)).unwrap();
        let (answers, _) = read_through(page, &world);
        assert!(answers.len() == wanted && answers.is_sorted_by(|a, b| a.at > b.at), "{number}");
    }
}

#[test]
fn lines_are_carried_away_by_who_may_with_a_mark_and_an_audit_line_and_run_in_no_spreadsheet() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    given_linkage(&house.world, KITA, ("command", "=HYPERLINK(1)", "OK"));
    given_linkage(&house.world, MINAMI, ("command", "SECRET", "OK"));
    let path = format!("{CONSOLE}/logs");
    let mut viewer = given_clerk(&house, Role::Desk);
    let shown = opens(&mut viewer, &format!("{path}?book=linkage"));
    assert!(!shown.body.contains("id=\"export\""), "what is not allowed is not shown");
    let own = house.provider.signing.handles();
    let cookie = viewer.cookies["__Host-aikagi-console"].clone();
    viewer.proof = own.form_proof(&cookie, "console:/logs");
    assert_eq!(viewer.send_form(&path, &[("book", "linkage")]).refusal(), "staff.not_allowed");
    assert_eq!(house.audited("console.exported"), 0);

    let mut manager = given_clerk(&house, Role::Admin);
    opens(&mut manager, &format!("{path}?book=linkage"));
    let sent = manager.send_form(&path, &[("book", "linkage"), ("kind", "command")]);

    let text = sent.body.strip_prefix('\u{feff}').expect("the mark Excel looks for");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let told: Vec<Vec<String>> =
        reader.records().map(|one| one.unwrap().iter().map(str::to_owned).collect()).collect();
    let number = told[0][0].split_whitespace().last().unwrap().to_owned();
    assert!(number.starts_with("exp_"), "{text}");
    assert!(told[0][2].contains("KITA01") && told[0][3].contains("suzuki"), "{text}");
    assert_eq!(told.len(), 3, "who took it, the heads, the line: {text}");
    assert_eq!(told[2][3], "'=HYPERLINK(1)", "no formula");
    assert_eq!(told[2].last(), Some(&number), "each line says where it comes from");
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let line = lines.iter().find(|one| one.act == "console.exported").expect("written down");
    assert_eq!((&line.subject, line.actor.as_str()), (&number, "staff:suzuki"));
    assert!(line.detail.contains("\"lines\":1") && line.detail.contains("\"kind\":\"command\""));
}

#[test]
fn every_act_written_in_the_house_has_a_topic_and_with_it_words() {
    let known = |act: &str| Topic::ALL.into_iter().any(|topic| topic.acts().contains(&act));
    let mut unknown = Vec::new();
    let mut seen = 0;
    for source in sources() {
        for at in source.find("Entry::new(") {
            let rest = source.text[at + "Entry::new(".len()..].trim_start();
            let Some(act) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            if source.is_test(at) {
                continue;
            }
            seen += 1;
            if !known(act) {
                unknown.push(format!("{}: {act}", source.place(at)));
            }
        }
    }
    assert!(seen > 60 && unknown.is_empty(), "{seen} {unknown:#?}");
}

#[test]
fn every_route_of_the_doors_belongs_to_a_part_of_the_product() {
    for route in ROUTES {
        let path = route.2;
        let ours =
            !path.ends_with("()") && !path.starts_with("/docs") && !path.starts_with("/openapi");
        let seen = !["/livez", "/readyz", "/metrics"].contains(&path);
        if ours && seen {
            let name = console::areas::name_of(&format!("{} {path}", route.0));
            assert_ne!(name, "console.area.other", "{path}");
        }
    }
    let routes = console::areas::routes_of("sign-in").unwrap();
    assert!(routes.contains(&"POST /o/{operator}/signin/password".to_owned()));
    assert_eq!(console::areas::routes_of("elsewhere"), None);
}
