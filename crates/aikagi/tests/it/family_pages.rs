//! The pages on which an owner looks after the household, and a member leaves it or takes it over.

use base::kernel::clock;
use base::store::Tx;
use domain::commands::{Command, Op};
use domain::credentials::{Alert, ContactKind, Says};
use domain::decisions::{Action, Ask, PinGiven, Question, Station, Subject};
use domain::operators;
use domain::subscribers::{Attributes, PersonState, Role};
use domain::{catalogue, decisions};
use web::Language;

use crate::contacts_page::{given_contact, pass_ten_minutes, waiting};
use crate::family::{PAGE, shown};
use crate::picture::{assert_same, picture};
use crate::viewers::{Answer, House, PASSWORD, Viewer};
use crate::world::KITA;

const HOUSEHOLD: &str = "/o/KITA01/household";

/// The owner, signed in; the station knows their age.
fn given_owner(house: &House) -> Viewer<'_> {
    let owner = house.given_viewer("A-001", "takahashi");
    tell(
        house,
        0,
        Attributes {
            birth_on: Some("1985-02-03".to_owned()),
            age_verified_by: Some("document".to_owned()),
            ..Attributes::default()
        },
    );
    owner
}

/// The station tells something of a member.
fn tell(house: &House, person_no: i64, attributes: Attributes) {
    let attr = Command::new(&house.world.request_id(), Op::Attr, "A-001");
    house.world.send(Command { attributes, person_no, ..attr });
}

fn does(viewer: &mut Viewer<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    viewer.look(path);
    viewer.send_form(path, fields)
}

fn member(number: i64) -> String {
    format!("{PAGE}/{number}")
}

/// The proof of a form that is not shown to them.
fn proof(house: &House, viewer: &Viewer<'_>, purpose: &str) -> String {
    let session = viewer.cookies.iter().find(|(name, _)| name.contains("session")).unwrap().1;
    house.provider.signing.handles().form_proof(session, purpose)
}

/// A hidden field of the page.
fn hidden(page: &Answer, name: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
    rest.split('"').next().unwrap().to_owned()
}

/// The owner adds a member by the form of the page, and the member registers by the invitation.
fn given_added<'h>(
    house: &'h House,
    owner: &mut Viewer<'_>,
    (kana, role, born, name): (&str, &str, &str, &str),
) -> Viewer<'h> {
    let page = owner.look(PAGE);
    let request = hidden(&page, "form");
    let fields = [
        ("do", "add"),
        ("form", request.as_str()),
        ("kana", kana),
        ("role", role),
        ("birth_on", born),
    ];
    let made = owner.send_form(PAGE, &fields);
    assert!(made.body.contains("追加しました"), "{}", made.body);
    let link = shown(&made, "link").replace("https://id.example.jp", "");
    let mut member = Viewer::new(house);
    let sent = member.get(&link);
    member.follow(&sent);
    let done = member.submit("account", &[("username", name), ("password", PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.body);
    member
}

/// What a service is told about a member who wants to watch, with the sentence for them.
fn asks(house: &House, person_no: i64, resource: &str) -> (bool, String) {
    let question = Question {
        action: Action::View,
        resource,
        least_age: None,
        adult: false,
        pin: PinGiven::Missing,
    };
    let subject = Subject::Member { number: "A-001", person_no };
    let ask = Ask { operator: KITA, client: "vod", subject, question };
    let answer = house.decisions.answer(&ask, clock::now()).unwrap();
    let station = house.world.look(|tx| {
        Ok(Station { operator: operators::find_operator(tx)?, catalogue: catalogue::load(tx)? })
    });
    let station = station.unwrap();
    let said = answer.decision.findings.first();
    let text =
        said.map(|first| web::reasons::for_user(Language::Japanese, first, &station, "BCDFGHJK"));
    (answer.decision.permit(), text.unwrap_or_default())
}

#[test]
fn a_mother_adds_a_child_sets_pg12_and_the_childs_television_refuses_at_once_in_words_for_a_child()
{
    let house = House::new();
    let mut mother = given_owner(&house);
    given_added(&house, &mut mother, ("ゆい", "child", "2009-05-06", "yuiyui"));
    house.world.given_key("A-001", "RENTAL1");
    let page = mother.look(PAGE);
    assert!(shown(&page, "member-2").contains("お子さま · 登録済み · PG12まで"), "{}", page.body);
    assert!(!asks(&house, 2, "title:R0001").0);
    let raised = does(&mut mother, &member(2), &[("do", "rate"), ("rating", "15")]);
    assert!(raised.body.contains("年齢区分を変えました"), "{}", raised.body);
    assert!(asks(&house, 2, "title:R0001").0);

    // Also long after the proof: what protects needs none.
    pass_ten_minutes(&house);
    let lowered = does(&mut mother, &member(2), &[("do", "rate"), ("rating", "12")]);
    assert!(lowered.body.contains("年齢区分を変えました"), "{}", lowered.body);
    let (permit, text) = asks(&house, 2, "title:R0001");
    assert!(!permit && text.contains("15歳以上") && text.contains("おうちの方"), "{text}");
    let again = does(&mut mother, &member(2), &[("do", "rate"), ("rating", "15")]);
    assert!(again.location().path().ends_with("/signin"), "a higher one needs a proof");
    assert!(!asks(&house, 2, "title:R0001").0);
}

#[test]
fn an_owner_sees_what_a_child_watched_and_the_child_is_told_so() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let mut child = given_added(&house, &mut owner, ("ゆい", "child", "2015-05-06", "yuiyui"));
    let mut adult = given_added(&house, &mut owner, ("たろう", "adult", "", "taro"));
    house.world.given_key("A-001", "MIHODAI");
    assert!(asks(&house, 2, "title:T0001").0 && asks(&house, 3, "title:T0002").0);
    house.decisions.flush();
    let page = owner.look(&format!("{}/watched", member(2)));
    assert!(page.body.contains("見放題パック") && !page.body.contains("T0001"), "{}", page.body);
    let refused = owner.look(&format!("{}/watched", member(3)));
    assert_eq!((refused.status.as_u16(), refused.refusal()), (403, "family.private"));
    assert!(!refused.body.contains("T0002") && !owner.look(&member(3)).body.contains("watched"));
    assert_eq!(adult.look(&format!("{}/watched", member(2))).refusal(), "family.private");
    assert!(shown(&child.look(HOUSEHOLD), "seen").contains("ご契約者"));
    assert!(!child.look(HOUSEHOLD).body.contains("ask_leave"));
    assert!(!adult.look(HOUSEHOLD).body.contains("id=\"seen\""));
}

/// What the forms of the family's page do, and those of one member's; with whatever they send beside.
const TO_ALL: [&str; 10] = [
    "add",
    "invite",
    "withdraw",
    "restore",
    "adult_on",
    "adult_off",
    "home_off",
    "home_on",
    "approve",
    "refuse",
];
const TO_ONE: [&str; 11] = [
    "rate",
    "suspend",
    "resume",
    "adult_on",
    "adult_off",
    "to_child",
    "to_adult",
    "offer",
    "remove",
    "ask_remove",
    "ask_offer",
];
const EVERYTHING: &[(&str, &str)] = &[
    ("member", "3"),
    ("rating", "18"),
    ("kana", "ユイ"),
    ("role", "child"),
    ("form", "r-1"),
    ("request", "r-1"),
    ("number", "11"),
];

#[test]
fn a_member_who_calls_each_of_the_owners_acts_by_form_is_refused_each() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let mut others = [
        given_added(&house, &mut owner, ("たろう", "adult", "1986-07-08", "taro")),
        given_added(&house, &mut owner, ("ゆい", "child", "2015-05-06", "yuiyui")),
    ];
    let books = |table: &str, _: &str| ["browser_sessions", "access_log"].contains(&table);
    let before = picture(&house.world.db, KITA, books);
    for other in &mut others {
        other.proof = proof(&house, other, "family");
        for path in [PAGE.to_owned(), member(3), format!("{}/watched", member(1))] {
            let refused = other.get(&path);
            let private = path.ends_with("watched");
            let refusal = if private { "family.private" } else { "family.owner_only" };
            assert_eq!((refused.status.as_u16(), refused.refusal()), (403, refusal), "{path}");
        }
        let all = TO_ALL.iter().map(|what| (PAGE.to_owned(), *what));
        let one = TO_ONE.iter().flat_map(|what| [(member(1), *what), (member(3), *what)]);
        for (path, what) in all.chain(one) {
            let fields = [&[("do", what)], EVERYTHING].concat();
            let refused = other.send_form(&path, &fields);
            assert_eq!(refused.refusal(), "family.owner_only", "{path} {what}: {}", refused.body);
        }
        assert_same(&before, &picture(&house.world.db, KITA, books), "a member's forms");
    }
    let nobody = Viewer::new(&house).get(&member(1));
    assert!(nobody.location().path().ends_with("/signin"));
    let foreign = others[0].send_form(HOUSEHOLD, &[("do", "leave")]);
    assert_eq!(foreign.refusal(), "form.foreign", "a proof for one page is none for another");
    assert!(
        !foreign.body.contains("form.foreign") && foreign.body.contains("受付番号"),
        "{}",
        foreign.body
    );
}

#[test]
fn a_form_that_adds_is_done_once_and_what_is_wrong_is_said_on_the_page() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let request = hidden(&owner.look(PAGE), "form");
    let mut add = |kana: &str, role: &str, born: &str| {
        let fields = [
            ("do", "add"),
            ("form", request.as_str()),
            ("kana", kana),
            ("role", role),
            ("birth_on", born),
        ];
        owner.send_form(PAGE, &fields)
    };
    for (kana, role, born, refusal) in [
        ("花子", "child", "", "family.name_malformed"),
        ("", "child", "", "field.required"),
        ("ゆい", "", "", "field.required"),
        ("ゆい", "owner", "", "field.required"),
        ("ゆい", "adult", "2015-01-01", "family.under_age"),
        ("ゆい", "child", "2015-13-01", "date.malformed"),
    ] {
        assert_eq!(add(kana, role, born).refusal(), refusal, "{kana} {role} {born}");
    }
    assert!(add("ゆい", "child", "2015-01-01").body.contains("id=\"invitation\""));
    let again = add("ゆい", "child", "2015-01-01");
    assert!(
        again.body.contains("すでに追加されています") && !again.body.contains("id=\"invitation\"")
    );
    assert_eq!(house.world.household("A-001").persons.len(), 2);
    let markup = owner.look(&member(2));
    assert!(markup.body.contains("<h1>ゆい</h1>"), "{}", markup.body);
    for path in [member(9), format!("{PAGE}/x"), format!("{PAGE}/-1")] {
        assert_eq!(owner.get(&path).status, 404, "{path}");
    }
}

#[test]
fn removing_is_asked_in_words_done_and_taken_back() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let mut other = given_added(&house, &mut owner, ("はなこ", "adult", "", "hanako"));
    given_contact((&house, &mut other), ContactKind::Mail, "hanako@example.jp");
    let asked = does(&mut owner, &member(2), &[("do", "ask_remove")]);
    assert!(asked.body.contains("はなこさんはログインできなくなり"), "{}", asked.body);
    assert!(asked.body.contains("30日以内なら、元に戻せます"));
    assert_eq!(house.world.household("A-001").persons[1].state, PersonState::Active, "only asked");
    let done = does(&mut owner, &member(2), &[("do", "remove")]);
    assert!(
        done.body.contains("世帯から外しました") && done.body.contains("id=\"gone-2\""),
        "{}",
        done.body
    );
    assert!(other.get(HOUSEHOLD).location().path().ends_with("/signin"), "signed out");
    let told =
        waiting(&house).into_iter().filter(|one| one.says == Says::Alert(Alert::LeftHousehold));
    assert_eq!(told.count(), 1);

    let back = does(&mut owner, PAGE, &[("do", "restore"), ("member", "2")]);
    assert!(back.body.contains("元に戻しました") && !back.body.contains("gone-2"));
    assert!(other.get(HOUSEHOLD).location().path().ends_with("/signin"), "and stays signed out");
    assert!(other.sign_in("hanako", PASSWORD).led_with("code").is_some(), "with what was theirs");
}

#[test]
fn an_ex_partner_leaves_with_their_own_data_and_the_owner_is_told() {
    let house = House::new();
    let mut owner = given_owner(&house);
    given_contact((&house, &mut owner), ContactKind::Mail, "owner@example.jp");
    let mut other = given_added(&house, &mut owner, ("はなこ", "adult", "1986-07-08", "hanako"));
    given_contact((&house, &mut other), ContactKind::Mail, "hanako@example.jp");
    let asked = does(&mut other, HOUSEHOLD, &[("do", "ask_leave")]);
    assert!(asked.body.contains("30日以内なら、ご契約者に頼んで"), "{}", asked.body);
    assert_eq!(house.audited("person.stopped"), 0);
    let left = does(&mut other, HOUSEHOLD, &[("do", "leave")]);
    assert!(left.body.contains("世帯から外れました"), "{}", left.body);
    assert!(other.get(HOUSEHOLD).location().path().ends_with("/signin"));
    let again = other.send_form(HOUSEHOLD, &[("do", "leave")]);
    assert!(again.location().path().ends_with("/signin"), "sent twice, it asks who is there");
    let refused = Viewer::new(&house).sign_in("hanako", PASSWORD);
    assert_eq!(refused.refusal(), "person.stopped");
    let gone = house.world.household("A-001").persons.remove(1);
    assert_eq!((gone.state, gone.kana.as_deref()), (PersonState::Stopped, Some("はなこ")));
    let told: Vec<(String, Says)> =
        waiting(&house).into_iter().map(|one| (one.address, one.says)).collect();
    for (address, alert) in
        [("owner@example.jp", Alert::MemberLeft), ("hanako@example.jp", Alert::LeftHousehold)]
    {
        assert!(told.contains(&(address.to_owned(), Says::Alert(alert))), "{address}");
    }
    assert!(owner.look(PAGE).body.contains("id=\"gone-2\""));
    assert!(!owner.look(HOUSEHOLD).body.contains("ask_leave"));
    owner.proof = proof(&house, &owner, "household");
    let sole = owner.send_form(HOUSEHOLD, &[("do", "leave")]);
    assert_eq!(sole.refusal(), "person.sole_owner");
}

#[test]
fn a_household_is_handed_over_by_two_forms_of_two_people() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let mut other = given_added(&house, &mut owner, ("はなこ", "adult", "1986-07-08", "hanako"));
    let asked = does(&mut owner, &member(2), &[("do", "ask_offer")]);
    assert!(asked.body.contains("ご契約の名義とお支払いは変わりません"), "{}", asked.body);
    let offered = does(&mut owner, &member(2), &[("do", "offer")]);
    assert!(offered.body.contains("引き継ぎを申し出ました") && offered.body.contains("end_offer"));
    assert!(other.look(HOUSEHOLD).body.contains("value=\"decline\""));
    let declined = does(&mut other, HOUSEHOLD, &[("do", "decline")]);
    assert!(declined.body.contains("断りました") && !declined.body.contains("ask_accept"));
    assert_eq!(does(&mut other, HOUSEHOLD, &[("do", "accept")]).refusal(), "family.offer_over");

    does(&mut owner, &member(2), &[("do", "offer")]);
    let asked = does(&mut other, HOUSEHOLD, &[("do", "ask_accept")]);
    assert!(asked.body.contains("世帯の管理を引き継ぎますか"));
    let accepted = does(&mut other, HOUSEHOLD, &[("do", "accept")]);
    assert!(accepted.body.contains("引き継ぎました"), "{}", accepted.body);
    let roles: Vec<Role> =
        house.world.household("A-001").persons.iter().map(|one| one.role).collect();
    assert_eq!(roles, [Role::Adult, Role::Owner]);
    assert_eq!(owner.look(PAGE).refusal(), "family.owner_only");
    assert_eq!(other.look(PAGE).status, 200);
    assert!(owner.look(HOUSEHOLD).body.contains("ask_leave"), "and may leave now");
}

#[test]
fn an_adult_has_the_switch_for_themselves_and_the_owner_those_of_the_household() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let mut other = given_added(&house, &mut owner, ("はなこ", "adult", "1986-07-08", "hanako"));
    house.world.given_key("A-001", "NIGHT");
    assert!(other.look(HOUSEHOLD).body.contains("現在：見られない設定です"));
    let on = does(&mut other, HOUSEHOLD, &[("do", "adult_on")]);
    assert!(on.body.contains("世帯の設定がオフのため"), "{}", on.body);
    assert!(on.body.contains("見られる設定にしました。 世帯の設定がオフのため"), "{}", on.body);
    assert!(!asks(&house, 2, "title:A0001").0);
    assert!(does(&mut owner, PAGE, &[("do", "adult_on")]).body.contains("見られる設定にしました"));
    assert!(asks(&house, 2, "title:A0001").0);
    let on = does(&mut owner, &member(2), &[("do", "adult_on")]);
    assert!(!on.body.contains("まだ見られません"), "{}", on.body);
    pass_ten_minutes(&house);
    does(&mut owner, &member(2), &[("do", "adult_off")]);
    assert!(!asks(&house, 2, "title:A0001").0, "off at once, without a proof");
    let on = does(&mut owner, &member(2), &[("do", "adult_on")]);
    assert!(on.location().path().ends_with("/signin"));
    let suspended = does(&mut owner, &member(2), &[("do", "suspend")]);
    assert!(suspended.location().path().ends_with("/signin"));
}

#[test]
fn a_switch_that_is_worth_nothing_while_the_households_is_off_says_so_and_what_to_do() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "NIGHT");
    let born = |age_verified_by: Option<&str>| Attributes {
        birth_on: Some("1985-02-03".to_owned()),
        age_verified_by: age_verified_by.map(str::to_owned),
        ..Attributes::default()
    };
    for (verified, next) in [
        (None, "ケーブルテレビ局がご契約者の年齢を確認します"),
        (Some("document"), "「ご家族」のページで、世帯の設定を"),
    ] {
        tell(&house, 0, born(verified));
        let on = does(&mut owner, &member(1), &[("do", "adult_on")]);
        assert!(on.body.contains("成人向けの作品を見られる設定にしました。"), "{}", on.body);
        assert_eq!(on.body.matches(next).count(), 2, "in the message and below: {}", on.body);
        let later = owner.look(&member(1));
        assert_eq!(later.body.matches(next).count(), 1, "{}", later.body);
        let off = does(&mut owner, &member(1), &[("do", "adult_off")]);
        assert!(!off.body.contains("まだ見られません"), "{}", off.body);
    }
}

#[test]
fn the_pages_of_a_household_cost_as_much_for_many_members_as_for_one_and_are_small() {
    let house = House::new();
    let mut owner = given_owner(&house);
    let cost = |owner: &mut Viewer<'_>, path: &str| {
        owner.look(path);
        let before = house.world.db.statements();
        let page = owner.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() < 30_000, "{path}: {} bytes", page.body.len());
        house.world.db.statements() - before
    };
    let alone = [cost(&mut owner, PAGE), cost(&mut owner, &member(1)), cost(&mut owner, HOUSEHOLD)];
    for number in 2..=6 {
        let add = Command::new(&house.world.request_id(), Op::PersonAdd, "A-001");
        house.world.send(Command { person_no: number, ..add });
    }
    let six = [cost(&mut owner, PAGE), cost(&mut owner, &member(1)), cost(&mut owner, HOUSEHOLD)];
    assert_eq!(alone, six);
    assert!(six.iter().all(|statements| *statements <= 12), "{six:?}");
}

/// Nothing of a decision log line names a child, before or after, who was none.
#[test]
fn the_log_says_of_each_line_whether_a_child_asked() {
    let house = House::new();
    let mut owner = given_owner(&house);
    given_added(&house, &mut owner, ("ゆい", "child", "2015-05-06", "yuiyui"));
    house.world.given_key("A-001", "MIHODAI");
    for person_no in [0, 1, 2] {
        asks(&house, person_no, "title:T0001");
    }
    house.decisions.flush();
    let said = house.world.look(|tx: &mut Tx<'_>| {
        tx.rows(
            "SELECT person_no, of_child FROM decision_log WHERE operator_id = ?1 ORDER BY person_no",
            &[KITA.into()],
            |row| Ok((row.int()?, row.flag()?)),
        )
    });
    assert_eq!(said.unwrap(), [(0, false), (1, false), (2, true)]);
    let owner = house.world.household("A-001").persons[0].person_id.clone();
    let seen = house.world.look(|tx| decisions::watched_by_child(tx, (&owner, 2))).unwrap();
    assert_eq!(seen.len(), 1);
}
