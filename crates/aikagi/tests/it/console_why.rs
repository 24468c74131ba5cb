//! Why somebody can not watch, where there is no number: by contract, member, title and time.

use base::kernel::{Actor, Instant, clock};
use base::store::{Row, Tx};
use domain::commands::{Command, Op};
use domain::credentials::{self, PinKind};
use domain::decisions::{self, Ask, Question, WhyAsked};
use domain::operators::{self, OperatorDraft, Policies, Role};
use domain::subscribers::Reason;

use crate::console::{CONSOLE, given_clerk, given_sato};
use crate::console_desk::{contract, does, opens};
use crate::console_undo::{given_service, given_up};
use crate::decisions::about;
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, MINAMI, sato, sms};

fn why(clerk: &mut Viewer<'_>, query: &str) -> Answer {
    clerk.get(&format!("{CONSOLE}/why?{query}"))
}

/// A moment as a browser sends it.
fn moment(at: Instant) -> String {
    at.rfc3339_jst().get(..16).unwrap().replace(':', "%3A")
}

/// Everything that an answer leaves behind, and what a first play does.
fn left_behind(house: &House) -> (i64, i64) {
    house.decisions.flush();
    let count =
        |sql| house.world.look(|tx| tx.row(sql, &[KITA.into()], Row::int)).unwrap().unwrap();
    (
        count("SELECT COUNT(*) FROM decision_log WHERE operator_id = ?1"),
        count("SELECT COUNT(first_play_ms) FROM grants WHERE operator_id = ?1"),
    )
}

#[test]
fn what_was_answered_about_that_time_is_found_by_member_and_title_and_nobody_elses_is() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-002");
    house.world.given_key("A-001", "BASIC");
    let fraud = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Admin), ..fraud });
    let now = clock::now();
    let hour_ago = now.plus_seconds(-3600);
    let asked = |number, person, resource, at| {
        house.decisions.answer(&about(number, person, resource), at).unwrap().trace
    };
    let trace = asked("A-001", 1, "channel:101", hour_ago);
    let nearer = asked("A-001", 1, "channel:102", hour_ago.plus_seconds(120));
    let of_others =
        [asked("A-001", 0, "channel:101", hour_ago), asked("A-002", 1, "channel:101", hour_ago)];
    let mut clerk = given_clerk(&house, Role::Viewer);

    let at = moment(hour_ago);
    let shown = why(&mut clerk, &format!("number=a-001&person=1&title=channel%3A101&at={at}")).body;
    let by_trace = why(&mut clerk, &format!("trace={trace}")).body;
    let told = |page: &str| page.split_once("id=\"verdict\"").unwrap().1.to_owned();
    assert_eq!(told(&shown), told(&by_trace), "as by its trace");

    let by_name = "%E3%83%99%E3%83%BC%E3%82%B7%E3%83%83%E3%82%AF";
    let shown = why(&mut clerk, &format!("number=A-001&person=1&title={by_name}&at={at}")).body;
    assert!(shown.contains("channel:101") && shown.contains(&format!("trace={nearer}")), "{shown}");
    for other in of_others {
        assert!(!shown.contains(&other), "{other}: {shown}");
    }
    let before = moment(hour_ago.plus_seconds(-7200));
    let nothing = why(&mut clerk, &format!("number=A-001&person=1&title=BASIC&at={before}")).body;
    assert!(nothing.contains("ごろ、") && nothing.contains("ためしに判断しました"), "{nothing}");
    assert!(nothing.contains("id=\"since\""), "what changed since then: {nothing}");
    let foreign = house.world.at(MINAMI, sato(), move |tx| {
        let what = "channel:101".to_owned();
        let number = "A-001".to_owned();
        decisions::why_about(tx, &WhyAsked { number, person_no: 1, what, at: Some(hour_ago) })
    });
    assert_eq!(foreign.unwrap_err().code(), "contract.unknown");
}

#[test]
fn a_rehearsal_says_what_would_be_answered_now_and_leaves_nothing_behind_but_who_looked() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "RENTAL1");
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let page = clerk.get(&format!("{CONSOLE}/contracts/A-001")).body;
    assert!(
        page.contains("/why?number=A-001&#38;person=1")
            || page.contains("/why?number=A-001&person=1")
    );
    let form = why(&mut clerk, "number=A-001&person=1").body;
    assert!(
        form.contains("<option value=\"RENTAL1\">") && !form.contains("id=\"verdict\""),
        "{form}"
    );
    let before = left_behind(&house);

    let statements = house.world.db.statements();
    let could = why(&mut clerk, "number=A-001&title=BASIC").body;
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12, "{statements}");
    assert!(could.contains("今は視聴できます") && could.contains("ためしに判断"), "{could}");
    let rental = why(&mut clerk, "number=A-001&person=1&title=title%3AR0001").body;
    assert!(rental.contains("id=\"verdict\""), "{rental}");
    let hold = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Admin), ..hold });
    let held = why(&mut clerk, "number=A-001&person=1&title=BASIC").body;
    assert!(held.contains("今は視聴できません") && held.contains("D04"), "{held}");
    assert!(!held.contains("(お問い合わせ番号 "), "there is none: {held}");
    assert!(!held.contains("verb=resume"), "who only looks is offered nothing: {held}");
    assert!(!held.contains("id=\"since\""), "of now nothing changed since: {held}");
    let unknown = why(&mut clerk, "number=A-001&title=T9999").body;
    assert!(unknown.contains("title:T9999") && unknown.contains("D09"), "{unknown}");

    assert_eq!(left_behind(&house), before, "no answer, no first play");
    assert_eq!(house.audited("console.explained"), 4);
    let listed = clerk.get(&format!("{CONSOLE}/logs?kind=staff")).body;
    assert!(listed.contains(">A-001 個人 001</a>"), "whom it was about: {listed}");
}

#[test]
fn what_can_not_be_looked_up_is_said_and_the_form_stays() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let ahead = moment(clock::now().plus_days(1));
    for (query, code) in [
        ("number=Z-999&title=BASIC".to_owned(), "contract.unknown"),
        ("number=A-001&person=9&title=BASIC".to_owned(), "person.unknown"),
        ("number=A-001&person=x&title=BASIC".to_owned(), "person.number_invalid"),
        ("number=A-001&title=%E3%81%AA%E3%81%84".to_owned(), "why.title_unknown"),
        ("number=A-001&title=BASIC&at=yesterday".to_owned(), "time.malformed"),
        (format!("number=A-001&title=BASIC&at={ahead}"), "why.in_future"),
    ] {
        let told = why(&mut clerk, &query);
        assert_eq!(told.refusal(), code, "{query}: {}", told.body);
        assert!(told.body.contains("id=\"about\"") && !told.body.contains("id=\"verdict\""));
    }
    assert_eq!(house.audited("console.explained"), 0);
}

/// A hold, by whoever it is.
fn holds(house: &House, actor: Actor, (reason, person_no): (Reason, i64)) {
    let op = if person_no == 0 { Op::Suspend } else { Op::PersonSuspend };
    let command = Command::new(&house.world.request_id(), op, "A-001");
    house.world.send_as(actor, Command { reason: Some(reason), person_no, ..command });
}

/// The page without what stands around it.
fn causes(clerk: &mut Viewer<'_>, number: &str, person: i64) -> String {
    let page = why(clerk, &format!("number={number}&person={person}&title=BASIC")).body;
    page.split_once("id=\"causes\"").expect(&page).1.to_owned()
}

#[test]
fn a_button_is_shown_to_who_may_press_it_only() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    house.world.given_contract("A-002");
    house.world.given_key("A-002", "BASIC");
    holds(&house, sato(), (Reason::Admin, 0));
    holds(&house, sato(), (Reason::Admin, 1));
    for role in [Role::Viewer, Role::Accounting] {
        let mut clerk = given_clerk(&house, role);
        let shown = causes(&mut clerk, "A-001", 1);
        assert!(shown.contains("D04") && shown.contains("D06"), "{shown}");
        assert!(!shown.contains("verb="), "{role:?}: {shown}");
        let unregistered = causes(&mut clerk, "A-002", 1);
        assert!(unregistered.contains("D07") && !unregistered.contains("#person-"), "{role:?}");
        let none = why(&mut clerk, "number=A-001&person=1&title=NIGHT").body;
        assert!(none.contains("D09") && !none.contains("verb="), "{role:?}: {none}");
    }
    let mut clerk = given_sato(&house);
    let shown = causes(&mut clerk, "A-001", 1);
    assert!(shown.contains("A-001?verb=resume#do"), "{shown}");
    assert!(
        shown.contains("verb=person_resume&#38;person=1#do")
            || shown.contains("verb=person_resume&person=1#do"),
        "{shown}"
    );
}

#[test]
fn what_others_hold_is_said_to_be_theirs_and_no_button_pretends_otherwise() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let owner = house.world.household("A-001").persons[0].person_id.clone();
    holds(&house, sms(), (Reason::Unpaid, 0));
    holds(&house, Actor::Person(owner), (Reason::Pause, 1));
    let mut clerk = given_sato(&house);

    let shown = causes(&mut clerk, "A-001", 1);
    assert!(shown.contains("未納による停止です") && shown.contains("D06"), "{shown}");
    assert!(shown.contains("ご契約者による停止です"), "{shown}");
    assert!(!shown.contains("verb="), "{shown}");
    for fields in [&[("verb", "resume")][..], &[("verb", "person_resume"), ("person", "1")]] {
        opens(&mut clerk, &contract("A-001"));
        let preview =
            clerk.send_form(&contract("A-001"), &[&[("do", "preview")], fields].concat()).body;
        assert!(preview.contains("ここで解ける局の停止はありません"), "{fields:?}: {preview}");
        assert!(!preview.contains("局の停止は解けますが"), "{fields:?}: {preview}");
        assert!(!preview.contains("value=\"give\""), "there is nothing to give: {preview}");
    }

    holds(&house, sato(), (Reason::Fraud, 0));
    holds(&house, sato(), (Reason::Fraud, 1));
    let both = causes(&mut clerk, "A-001", 1);
    assert!(both.contains("A-001?verb=resume#do") && both.contains("person_resume"), "{both}");
    let (preview, _) = does(&mut clerk, "A-001", &[("verb", "person_resume"), ("person", "1")]);
    assert!(preview.body.contains("ほかの停止が残る"), "{}", preview.body);
    assert_eq!(house.world.household("A-001").holds.len(), 3, "theirs stay");
}

#[test]
fn each_cause_leads_to_what_the_station_can_do_about_it_at_the_member_it_is_about() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut add = Command::new("k-2", Op::PersonAdd, "A-001");
    add.person_no = 2;
    house.world.send(add);
    let tomorrow = clock::now().plus_days(2);
    let open = Command::new("k-3", Op::KeyOpen, "A-001");
    let product = Some("BASIC".to_owned());
    house.world.send(Command { product, effective_at: Some(tomorrow), ..open });
    let mut clerk = given_sato(&house);

    let later = causes(&mut clerk, "A-001", 1);
    assert!(later.contains("D10") && later.contains("product=BASIC#do"), "{later}");
    let unregistered = causes(&mut clerk, "A-001", 2);
    let link = "/contracts/A-001?person=2#person-2";
    assert!(unregistered.contains("D07") && unregistered.contains(link), "{unregistered}");
    let page = clerk.look(&format!("{}?person=2", contract("A-001"))).body;
    assert!(page.contains("<tr id=\"person-2\">"), "{page}");
    assert!(page.contains("<option value=\"2\" selected>"), "{page}");

    house.world.given_key("A-001", "BASIC");
    let stricter = |tx: &mut Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let policies = Policies { pin_rating_years: 12, ..known.policies };
        let (name_ja, name_en) = (known.name_ja, known.name_en);
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.world.at(KITA, sato(), stricter).unwrap();
    let asked = |least_age: i64| {
        let ask = about("A-001", 1, "channel:101");
        let question = Question { least_age: Some(least_age), ..ask.question };
        house.decisions.answer(&Ask { question, ..ask }, clock::now()).unwrap().trace
    };
    let trace = asked(15);
    let unset = why(&mut clerk, &format!("trace={trace}")).body;
    assert!(unset.contains("D15") && unset.contains("暗証番号がまだありません"), "{unset}");
    assert!(!unset.contains("#person-1"), "there is none to take away: {unset}");
    let whose = house.world.household("A-001").persons[0].person_id.clone();
    let master = house.provider.signing.master().clone();
    let set = move |tx: &mut Tx<'_>| {
        let fresh = credentials::Fresh { person_id: &whose, proved: tx.now() };
        credentials::set_pin(tx, &master, &fresh, (PinKind::Viewing, "2580"))
    };
    house.act(set).unwrap();
    let forgotten = why(&mut clerk, &format!("trace={trace}")).body;
    assert!(forgotten.contains("A-001?person=1#person-1\">暗証番号を消す"), "{forgotten}");

    let mut limit = Command::new("k-4", Op::Attr, "A-001");
    limit.person_no = 1;
    limit.attributes.max_rating_years = Some(12);
    house.world.send(limit);
    let rated = why(&mut clerk, &format!("trace={}", asked(15))).body;
    assert!(rated.contains("D14") && rated.contains("ご契約者がマイページで"), "{rated}");
    assert!(rated.contains("A-001?person=1#person-1\">この方の設定を見る"), "{rated}");
}

#[test]
fn where_nothing_stands_in_the_way_the_clerk_looks_outside_and_tells_a_service_again() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let asked = "number=A-001&person=1&title=BASIC";
    let mut clerk = given_sato(&house);
    let fine = why(&mut clerk, asked).body;
    assert!(fine.contains("id=\"outside\"") && !fine.contains("id=\"untold\""), "{fine}");

    given_service(&house);
    holds(&house, sato(), (Reason::Admin, 0));
    house.world.sms(Op::Resume, "A-001");
    given_up(&house);
    let mut looker = given_clerk(&house, Role::Viewer);
    let seen = why(&mut looker, asked).body;
    assert!(seen.contains("id=\"untold\"") && seen.contains("vod-site"), "{seen}");
    assert!(seen.contains("/contracts/A-001#delivery") && !seen.contains("value=\"resend\""));
    let statements = house.world.db.statements();
    let shown = opens(&mut clerk, &format!("{CONSOLE}/why?{asked}")).body;
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12, "{statements}");
    assert!(shown.contains("value=\"resend\""), "{shown}");
    let fields = [("do", "resend"), ("receiver", "vod-site")];
    let told = clerk.send_form(&contract("A-001"), &fields);
    assert!(told.body.contains("送り直します"), "{}", told.body);
    assert!(!why(&mut clerk, asked).body.contains("id=\"untold\""));
}

fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).expect(from);
    rest.split(to).next().unwrap()
}

/// What the page says has changed since, a line each.
fn rows_since(page: &str) -> Vec<String> {
    let since = page.split_once("id=\"since\"").map(|(_, rest)| rest).unwrap_or_default();
    since.split("<tr>").skip(2).map(str::to_owned).collect()
}

#[test]
fn what_changed_since_is_worded_and_counts_the_member_the_product_and_the_station_too() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mut add = Command::new("k-2", Op::PersonAdd, "A-001");
    add.person_no = 2;
    house.world.send(add);
    house.world.given_key("A-001", "BASIC");
    let ids: Vec<String> =
        house.world.household("A-001").persons.iter().map(|one| one.person_id.clone()).collect();
    let sets_pin = |whose: String| {
        let master = house.provider.signing.master().clone();
        move |tx: &mut Tx<'_>| {
            let fresh = credentials::Fresh { person_id: &whose, proved: tx.now() };
            credentials::set_pin(tx, &master, &fresh, (PinKind::Viewing, "2580"))
        }
    };
    house.act(sets_pin(ids[0].clone())).unwrap();
    let ask = Ask { client: "vod", ..about("A-001", 1, "channel:101") };
    let trace = house.decisions.answer(&ask, clock::now().plus_seconds(-5)).unwrap().trace;
    let mut clerk = given_sato(&house);
    let before = why(&mut clerk, &format!("trace={trace}")).body;

    house.act(sets_pin(ids[1].clone())).unwrap();
    viewer.sign_in("takahashi", crate::viewers::PASSWORD);
    clerk.look(&contract("A-001"));
    let reset = |tx: &mut Tx<'_>| domain::administration::reset_pins(tx, ("A-001", 1));
    house.world.at(KITA, sato(), reset).unwrap();
    let others = |tx: &mut Tx<'_>| {
        let mut basic = domain::catalogue::find(tx, "BASIC")?;
        basic.name_en = "The Basics".to_owned();
        domain::catalogue::put_product(tx, &basic)?;
        let mut night = domain::catalogue::find(tx, "NIGHT")?;
        night.name_en = "The Night".to_owned();
        domain::catalogue::put_product(tx, &night)?;
        let known = operators::find_operator(tx)?;
        let policies = Policies { max_persons: known.policies.max_persons - 1, ..known.policies };
        let (name_ja, name_en) = (known.name_ja, known.name_en);
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.world.at(KITA, sato(), others).unwrap();

    let statements = house.world.db.statements();
    let after = why(&mut clerk, &format!("trace={trace}")).body;
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12, "{statements}");
    let (before, since) = (rows_since(&before), rows_since(&after));
    let fresh: Vec<&String> = since.iter().filter(|row| !before.contains(row)).collect();
    let told =
        ["暗証番号の初期化 — 個人 001", "商品の登録・変更 — ベーシック", "局の設定の変更 — "];
    for (said, row) in told.iter().zip(&fresh) {
        assert!(row.contains(said) && row.contains("職員 sato"), "{said}: {row}");
    }
    assert_eq!(fresh.len(), told.len(), "nobody else's, and no sign-in: {fresh:?}");

    let asked = between(&after, "id=\"asked\">", "</p>");
    for said in ["みるぷらす動画㈱", "A-001 個人 001", "ベーシック (channel:101)"] {
        assert!(asked.contains(said), "{said}: {asked}");
    }
    let facts = between(&after, "id=\"facts\"", "</table>");
    assert!(facts.contains("個人 001") && facts.contains("回目の変更"), "{facts}");
    assert!(!facts.contains("version ") && !facts.contains("A-001/00"), "{facts}");
}
