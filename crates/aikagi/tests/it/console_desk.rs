//! What a clerk does at the console: finds a caller's contract, sees why somebody can not watch, and does something about it.

use std::sync::Arc;

use base::kernel::clock;
use domain::commands::{Command, Op};
use domain::credentials::{self, PinKind};
use domain::decisions::Decisions;
use domain::operators::Role;
use domain::staff::Desks;
use domain::subscribers::{Reason, Source, Standing};
use federation::oidc::Provider;

use crate::console::{CONSOLE, given_clerk, given_sato, invited, joins};
use crate::viewers::{Answer, BASE, House, Viewer};
use crate::world::{KITA, World};

/// The console of a house: the SMS's files and the work put in lie in folders of the test.
pub fn console_of(
    world: &World,
    (provider, decisions): (&Provider, &Arc<Decisions>),
    desks: Desks,
) -> console::Console {
    console::Console {
        db: world.db.clone(),
        base_url: BASE.into(),
        desks: Arc::new(desks),
        decisions: Arc::clone(decisions),
        signing: Arc::clone(&provider.signing),
        strangers: Arc::clone(&provider.strangers),
        bulks: world.dir.path().join("bulks"),
        files: world.dir.path().join("sms"),
        reads: linkage::sms::batch::read,
        answers: linkage::sms::batch::answered,
    }
}

pub fn contract(number: &str) -> String {
    format!("{CONSOLE}/contracts/{number}")
}

/// Opens a page, and keeps the proof of its own forms: the first on every page is that of signing out.
pub fn opens(clerk: &mut Viewer<'_>, path: &str) -> Answer {
    let shown = clerk.look(path);
    let (_, last) = shown.body.rsplit_once("name=\"proof\" value=\"").expect("a form");
    last.split('"').next().unwrap().clone_into(&mut clerk.proof);
    shown
}

/// The fields a preview hands on to its form.
pub fn handed_on(preview: &Answer) -> Vec<(String, String)> {
    let hidden = preview.body.split("<input type=\"hidden\" name=\"").skip(1);
    let form = hidden.filter_map(|part| {
        let (name, rest) = part.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    });
    form.filter(|(name, _)| name != "proof").collect()
}

/// Fills in the form about a verb, reads what it would do, and does it.
pub fn does(clerk: &mut Viewer<'_>, number: &str, fields: &[(&str, &str)]) -> (Answer, Answer) {
    let path = contract(number);
    opens(clerk, &path);
    let preview = clerk.send_form(&path, &[&[("do", "preview")], fields].concat());
    let done = gives(clerk, &path, &preview);
    (preview, done)
}

pub fn gives(clerk: &mut Viewer<'_>, path: &str, preview: &Answer) -> Answer {
    let handed = handed_on(preview);
    let mut fields: Vec<(&str, &str)> =
        handed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("do", "give"));
    opens(clerk, path);
    clerk.send_form(path, &fields)
}

fn suspend(number: &str, reason: Reason, request: &str) -> Command {
    Command { reason: Some(reason), ..Command::new(request, Op::Suspend, number) }
}

#[test]
fn a_caller_is_found_by_number_login_id_or_box_and_the_books_say_so_without_what_was_typed() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-002");
    let one = domain::boxes::NewBox { serial: "STB-77".to_owned(), ..Default::default() };
    house.act(move |tx| domain::commands::add_box(tx, "A-002", &one)).unwrap();
    let mut clerk = given_clerk(&house, Role::Viewer);
    let mut finds = |typed: &str| {
        let found = clerk.get(&format!("{CONSOLE}/contracts?q={typed}"));
        if found.status == 303 {
            return found.location().path().to_owned();
        }
        found.refusal().to_owned() + found.body.split("<table id=\"found\"").nth(1).unwrap_or("")
    };
    assert_eq!(finds("a-001"), contract("A-001"));
    assert_eq!(finds("takahashi"), contract("A-001"));
    assert_eq!(finds("%EF%BC%B3TB-77"), contract("A-002"), "in full width");
    let begun = finds("A-0");
    assert!(begun.contains("A-001") && begun.contains("A-002"), "{begun}");
    assert_eq!(finds("A-"), "search.too_short");
    assert_eq!(finds("a%01b"), "search.malformed");
    assert_eq!(finds("a%00b"), "request.parameters_malformed");
    assert_eq!(finds("Z-999"), "");
    assert_eq!(house.audited("console.searched"), 5, "what was looked for, not what was refused");
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    assert!(
        lines.iter().all(|line| !line.detail.contains("takahashi")),
        "a login id is somebody's"
    );
}

#[test]
fn a_clerk_suspends_for_fraud_and_what_the_sms_resumes_leaves_the_hold_on_the_page() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    house.world.send(suspend("A-001", Reason::Unpaid, "m1"));
    let mut clerk = given_sato(&house);
    let (preview, done) =
        does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "40"), ("reference", "☎ 12")]);
    assert!(preview.body.contains("停止がもう1つ加わり"), "{}", preview.body);
    assert!(done.body.contains("実行しました"), "{}", done.body);

    house.world.sms(Op::Resume, "A-001");

    let shown = clerk.look(&contract("A-001"));
    assert!(shown.body.contains("40 不正利用") && shown.body.contains("☎ 12"), "{}", shown.body);
    assert!(!shown.body.contains("<td>10 料金未納</td>"), "{}", shown.body);
    assert!(shown.body.contains("局 · 職員 sato"), "who put it: {}", shown.body);
    assert!(!shown.body.contains("console#"), "from where, in words: {}", shown.body);
    let household = house.world.household("A-001");
    let holds: Vec<_> = household.holds.iter().map(|hold| (hold.source, hold.reason)).collect();
    assert_eq!(holds, [(Source::Console, Reason::Fraud)]);

    does(&mut clerk, "A-001", &[("verb", "resume")]);
    assert_eq!(house.world.household("A-001").standing(clock::now()), Standing::Active);
}

#[test]
fn what_was_shown_is_done_once_and_never_over_what_somebody_else_changed() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let path = contract("A-001");
    opens(&mut clerk, &path);
    let fields = [("do", "preview"), ("verb", "suspend"), ("reason", "50")];
    let preview = clerk.send_form(&path, &fields);
    let first = gives(&mut clerk, &path, &preview);
    let second = gives(&mut clerk, &path, &preview);
    assert!(first.body.contains("実行しました") && second.body.contains("実行しました"));
    assert_eq!(house.audited("contract.suspended"), 1, "sent twice, done once");

    let preview = clerk.send_form(&path, &[("do", "preview"), ("verb", "resume")]);
    house.world.send(suspend("A-001", Reason::Unpaid, "m2"));
    let late = gives(&mut clerk, &path, &preview);
    assert_eq!(late.refusal(), "contract.version_differs");
    assert!(late.body.contains("10 料金未納"), "what the other one did is shown: {}", late.body);
    assert_eq!(house.world.household("A-001").holds.len(), 2, "nothing was done");
}

#[test]
fn a_member_who_is_no_number_is_refused_and_never_the_whole_household() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let path = contract("A-001");
    opens(&mut clerk, &path);
    for person in ["2x", "-1", "1000", "99999999999999999999"] {
        let fields =
            [("do", "preview"), ("verb", "key_open"), ("product", "BASIC"), ("person", person)];
        assert_eq!(clerk.send_form(&path, &fields).refusal(), "person.number_invalid", "{person}");
    }
}

#[test]
fn who_only_looks_is_shown_no_verb_and_refused_each_when_they_send_its_form_anyway() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let path = contract("A-001");
    let shown = clerk.look(&path);
    assert!(!shown.body.contains("name=\"verb\"") && !shown.body.contains("value=\"unlock\""));
    let before = house.world.household("A-001");
    let mut desk = given_sato(&house);
    let form = desk.look(&path);
    let mut verbs: Vec<String> = form
        .body
        .split("<select id=\"verb\"")
        .nth(1)
        .and_then(|rest| rest.split("</select>").next())
        .unwrap()
        .split("value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(verbs.len(), 12, "{verbs:?}");
    verbs.extend(["replace", "swap", "take_back"].map(str::to_owned));
    // The proof in the sign-out form is another one: this is what the page would have carried.
    let proof = |clerk: &Viewer<'_>| {
        let cookie = &clerk.cookies["__Host-aikagi-console"];
        house.provider.signing.handles().form_proof(cookie, "console:/contracts/A-001")
    };
    for verb in &verbs {
        for act in ["preview", "give"] {
            clerk.proof = proof(&clerk);
            let whom = if verb.contains("person") { "1" } else { "0" };
            let fields = [
                ("do", act),
                ("verb", verb.as_str()),
                ("reason", "40"),
                ("person", whom),
                ("product", "BASIC"),
                ("new_number", "B-001"),
                ("moved_for", "MOVING"),
                ("serial", "STB-1"),
                ("new_serial", "STB-2"),
                ("cancels", "k1"),
                ("request", "r-1"),
                ("version", "1"),
            ];
            let told = clerk.send_form(&path, &fields);
            assert_eq!(told.refusal(), "staff.not_allowed", "{act} {verb}: {}", told.body);
        }
    }
    for help in
        ["unlock", "end_sessions", "reset_pins", "reset_pins_preview", "letter", "letter_preview"]
    {
        clerk.proof = proof(&clerk);
        let told = clerk.send_form(&path, &[("do", help), ("person", "1")]);
        assert_eq!(told.refusal(), "staff.not_allowed", "{help}");
    }
    assert_eq!(house.world.household("A-001"), before);
}

#[test]
fn the_desk_helps_who_calls_and_hands_verbs_on() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Desk);
    let path = contract("A-001");
    let shown = opens(&mut clerk, &path);
    assert!(shown.body.contains("id=\"others-do\"") && !shown.body.contains("id=\"do\""));
    let given = [("do", "preview"), ("verb", "suspend"), ("reason", "50")];
    assert_eq!(clerk.send_form(&path, &given).refusal(), "staff.not_allowed");
    opens(&mut clerk, &path);
    let helped = clerk.send_form(&path, &[("do", "end_sessions"), ("person", "1")]);
    assert!(helped.body.contains("ログアウトしました"), "{}", helped.body);
}

#[test]
fn a_caller_who_can_not_watch_is_helped_from_the_number_on_the_screen() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_sato(&house);
    does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "50")]);
    let ask = |expected: bool| {
        let question = domain::decisions::Question {
            action: domain::decisions::Action::View,
            resource: "channel:101",
            least_age: None,
            adult: false,
            pin: domain::decisions::PinGiven::Missing,
        };
        let subject = domain::decisions::Subject::Member { number: "A-001", person_no: 1 };
        let ask = domain::decisions::Ask { operator: KITA, client: "vod", subject, question };
        let answer = house.decisions.answer(&ask, clock::now()).unwrap();
        assert_eq!(answer.decision.permit(), expected);
        answer.trace
    };
    let trace = ask(false);

    let why = clerk.get(&format!("{CONSOLE}/why?trace={}", trace.to_lowercase()));

    assert!(why.body.contains("D04") && why.body.contains("50 局判断"), "{}", why.body);
    assert!(why.body.contains("一時停止中 · 成人向け: オフ"), "facts in words: {}", why.body);
    let button = "/console/KITA01/contracts/A-001?verb=resume#do";
    assert!(why.body.contains(button), "{}", why.body);
    let form = clerk.look(button.trim_end_matches("#do"));
    assert!(form.body.contains("value=\"resume\" selected"), "{}", form.body);
    does(&mut clerk, "A-001", &[("verb", "resume")]);
    ask(true);
    let after = clerk.get(&format!("{CONSOLE}/why?trace={trace}"));
    assert!(after.body.contains("今は視聴できます"), "{}", after.body);
    let (_, since) = after.body.split_once("id=\"since\"").expect("what changed since");
    for said in ["契約の再開 — 契約全体", "職員 sato", "この画面"] {
        assert!(since.contains(said), "{said}: {since}");
    }
    assert!(!after.body.contains("contract.resumed") && !after.body.contains("staff:sato"));
    assert!(!after.body.contains("console#"), "no cause as the books write it: {}", after.body);
    assert_eq!(since.matches("<tr>").count(), 2, "looking is no change: {since}");
    assert_eq!(house.audited("console.explained"), 2);
    let unknown = clerk.get(&format!("{CONSOLE}/why?trace=BCDFGHJK"));
    assert_eq!(unknown.refusal(), "decision.unknown");
}

#[test]
fn what_a_file_or_a_household_wrote_never_runs_in_the_console() {
    let house = House::new();
    let evil = "<script>alert(1)</script>\"'<img src=x>";
    let mut start = Command::new("k1", Op::Start, "A-001");
    start.attributes.kana = Some(evil.to_owned());
    start.attributes.note = Some(evil.to_owned());
    house.world.send(start);
    let mut held = suspend("A-001", Reason::Other, "k2");
    held.reference = Some(evil.to_owned());
    house.world.send(held);
    let one = domain::boxes::NewBox {
        serial: "STB<b>1".to_owned(),
        model: evil.to_owned(),
        name: evil.to_owned(),
        area: evil.to_owned(),
        public_key: None,
    };
    house.act(move |tx| domain::commands::add_box(tx, "A-001", &one)).unwrap();
    let mut clerk = given_sato(&house);
    let shown = clerk.look(&contract("A-001"));
    assert!(shown.body.contains("alert(1)"), "it is shown");
    assert!(!shown.body.contains("<script") && !shown.body.contains("<img"), "{}", shown.body);
    assert!(!shown.body.contains("<b>"), "{}", shown.body);
    let policy = shown.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let query = "q=%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [format!("contracts?{query}"), format!("why?{}", query.replace("q=", "trace="))] {
        let shown = clerk.get(&format!("{CONSOLE}/{path}"));
        assert!(!shown.body.contains("<script"), "{path}: {}", shown.body);
    }
}

#[test]
fn each_page_of_the_console_is_small_and_asks_the_database_little() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    for no in 2..20 {
        let mut add = Command::new(&house.world.request_id(), Op::PersonAdd, "A-001");
        add.person_no = no;
        house.world.send(add);
    }
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_sato(&house);
    clerk.look(CONSOLE);
    for path in [CONSOLE.to_owned(), contract("A-001"), format!("{CONSOLE}/why")] {
        let before = house.world.db.statements();
        let shown = clerk.get(&path);
        let statements = house.world.db.statements() - before;
        assert!(statements <= 12, "{path}: {statements} statements");
        assert!(shown.body.len() <= 30 * 1024, "{path}: {} bytes", shown.body.len());
    }
}

#[test]
fn nobody_uses_a_form_of_the_console_from_another_site_or_session() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    opens(&mut clerk, &contract("A-001"));
    let fields = [("do", "unlock"), ("person", "1")];
    assert_eq!(clerk.send_form(&contract("A-001"), &fields).status, 200);
    let mut other = Viewer::new(&house);
    let invitation = invited(&house, KITA, ("kato", Role::Desk));
    joins(&mut other, KITA, ("kato", &invitation));
    other.proof.clone_from(&clerk.proof);
    assert_eq!(other.send_form(&contract("A-001"), &fields).refusal(), "form.foreign");
    house.world.given_contract("A-002");
    assert_eq!(
        clerk.send_form(&contract("A-002"), &fields).refusal(),
        "form.foreign",
        "a form is about its own contract"
    );
    "https://evil.example".clone_into(&mut clerk.origin);
    let foreign = clerk.send_form(&contract("A-001"), &fields);
    assert_eq!(foreign.refusal(), "form.foreign");
    assert!(foreign.body.contains("form.foreign"), "a clerk reads the code: {}", foreign.body);
}

#[test]
fn a_caller_who_lost_the_letter_or_the_pin_is_helped_and_no_clerk_sees_either_pin() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let whose = person.clone();
    let master = house.provider.signing.master().clone();
    let set = move |tx: &mut base::store::Tx<'_>| {
        let fresh = credentials::Fresh { person_id: &whose, proved: tx.now() };
        credentials::set_pin(tx, &master, &fresh, (PinKind::Viewing, "2580"))
    };
    house.act(set).unwrap();
    let mut clerk = given_sato(&house);
    let mut help = |what: &str| {
        opens(&mut clerk, &contract("A-001"));
        clerk.send_form(&contract("A-001"), &[("do", what), ("person", "1")])
    };
    let shown = help("reset_pins_preview").body;
    assert!(shown.contains("A-001 個人 001: 暗証番号を消す"), "{shown}");
    assert!(shown.contains("視聴用と購入用の暗証番号が消えます"), "{shown}");
    assert!(shown.contains("name=\"do\" value=\"reset_pins\""), "{shown}");
    assert_eq!(house.audited("person.pin_reset"), 0, "shown is not done");
    assert!(help("reset_pins").body.contains("暗証番号を消しました"));
    assert!(help("reset_pins").body.contains("暗証番号は設定されていません"));
    assert_eq!(house.audited("person.pin_reset"), 1);
    let left = house.world.look(|tx| credentials::pins_of(tx, &person)).unwrap();
    assert!(left.is_empty(), "{left:?}");
    let nothing = help("reset_pins_preview").body;
    assert!(
        nothing.contains("暗証番号は設定されていません")
            && !nothing.contains("value=\"reset_pins\"")
    );
}

#[test]
fn another_letter_is_made_when_its_clerk_has_read_that_the_one_before_dies() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let old = house.given_letter("A-001");
    let is_good = || {
        let check = house.world.look(|tx| credentials::check_letter(tx, "A-001", &old)).unwrap();
        matches!(check, credentials::LetterCheck::Good(_))
    };
    let mut clerk = given_sato(&house);
    let path = contract("A-001");
    let page = opens(&mut clerk, &path).body;
    assert!(!page.contains("value=\"letter\""), "nothing is made by one touch: {page}");
    let before = house.audited("letter.issued");

    let shown = clerk.send_form(&path, &[("do", "letter_preview"), ("person", "1")]);
    assert!(shown.body.contains("前の登録案内は、この場で使えなくなります"), "{}", shown.body);
    assert!(is_good() && house.audited("letter.issued") == before, "shown is not done");
    let unknown = clerk.send_form(&path, &[("do", "letter_preview"), ("person", "7")]);
    assert_eq!(unknown.refusal(), "person.unknown");
    opens(&mut clerk, &path);
    let handed = handed_on(&shown);
    let mut fields: Vec<(&str, &str)> =
        handed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("do", "letter"));
    let made = clerk.send_form(&path, &fields);

    assert_eq!(made.headers["content-type"], "application/pdf");
    assert!(made.body.starts_with("%PDF"));
    assert_eq!(house.audited("letter.issued"), before + 1);
    assert!(!is_good(), "the older one is dead");
}

#[test]
fn a_removed_member_is_brought_back_as_they_were_and_nobody_is_added_by_hand() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut add = Command::new("k-2", Op::PersonAdd, "A-001");
    add.person_no = 2;
    add.attributes.kana = Some("タカハシ　ユイ".to_owned());
    house.world.send(add.clone());
    let mut clerk = given_sato(&house);
    does(&mut clerk, "A-001", &[("verb", "person_stop"), ("person", "2")]);
    assert!(house.world.household("A-001").person(2).unwrap().is_gone());
    let again = house.world.send(Command { request_id: "k-3".to_owned(), ..add });
    assert_eq!(again.code.as_deref(), Some("person.number_used"), "an SMS restores nobody");

    let page = clerk.look(&contract("A-001")).body;
    assert!(page.contains("タカハシ　ユイ"), "whom a caller names: {page}");
    assert!(page.contains("課金の開始後に表示します"), "{page}");
    let restore = [("verb", "person_restore"), ("person", "2")];
    let (preview, done) = does(&mut clerk, "A-001", &restore);
    assert!(preview.body.contains("退会した個人を戻す"), "{}", preview.body);
    assert!(preview.body.contains("ご家族に戻り"), "{}", preview.body);
    assert!(done.body.contains("実行しました"), "{}", done.body);
    let back = house.world.household("A-001").person(2).cloned().unwrap();
    assert!(!back.is_gone() && back.kana.as_deref() == Some("タカハシ　ユイ"), "{back:?}");
    opens(&mut clerk, &contract("A-001"));
    for act in ["preview", "give"] {
        let fields = [
            ("do", act),
            ("verb", "person_restore"),
            ("person", "9"),
            ("request", "r-9"),
            ("version", &house.world.household("A-001").contract.version.to_string()),
        ];
        let told = clerk.send_form(&contract("A-001"), &fields);
        assert_eq!(told.refusal(), "person.unknown", "{act}: {}", told.body);
    }
    assert_eq!(house.world.household("A-001").persons.len(), 2, "nobody was added");
}
