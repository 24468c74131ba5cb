//! Who forgot the password is helped by the owner of the household, and by nobody else.

use base::kernel::{Scope, clock};
use base::store::{Row, Tx};
use domain::commands::{Command, Op};
use domain::credentials::{Alert, ContactKind, FORGOTTEN, Says};

use crate::contacts_page::{given_contact, pass_ten_minutes, waiting};
use crate::family::{self, PAGE};
use crate::forgotten::fan_out;
use crate::second_factor::given_kit_of;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, sato};

const NEW: &str = "いぬも２匹いると楽しいです。";
const OWNER: &str = "hanako@example.jp";
const MEMBER: &str = "saburo@example.jp";

/// A household: its owner, and a member with a contact.
fn given_household(house: &House) -> (Viewer<'_>, Viewer<'_>) {
    let mut owner = family::given_family(house);
    let mut member = family::given_member(house, &mut owner, "saburo");
    given_contact((house, &mut owner), ContactKind::Mail, OWNER);
    given_contact((house, &mut member), ContactKind::Mail, MEMBER);
    (owner, member)
}

/// Opens a sign-in and asks the owner for this login id; answers the page that waits.
fn ask(viewer: &mut Viewer<'_>, name: &str) -> Answer {
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "recover")]);
    viewer.submit("forgotten", &[("username", name), ("ask", "owner")])
}

/// Asks, has the owner told, and answers the number.
fn asked(house: &House, viewer: &mut Viewer<'_>, name: &str) -> String {
    let page = ask(viewer, name);
    fan_out(house);
    family::shown(&page, "number")
}

/// The requests the owner is shown now.
fn requests(owner: &mut Viewer<'_>) -> Vec<String> {
    let page = owner.look(PAGE);
    let mut all: Vec<String> = Vec::new();
    for part in page.body.split("name=\"request\" value=\"").skip(1) {
        all.push(part.split('"').next().unwrap().to_owned());
    }
    all.dedup();
    all
}

fn decides(owner: &mut Viewer<'_>, what: &str, (request, number): (&str, &str)) -> Answer {
    owner.look(PAGE);
    owner.send_form(PAGE, &[("do", what), ("request", request), ("number", number)])
}

fn approve(owner: &mut Viewer<'_>, number: &str) {
    let request = requests(owner).pop().expect("a request");
    let done = decides(owner, "approve", (&request, number));
    assert!(done.body.contains("承認しました"), "{}", done.body);
}

fn other_than(number: &str) -> &'static str {
    if number == "11" { "12" } else { "11" }
}

/// Presses the button of the page that waits: whether it goes on to the new password.
fn goes_on(viewer: &mut Viewer<'_>) -> bool {
    let answer = viewer.submit("approved", &[]);
    if answer.body.contains("new-password") {
        return true;
    }
    assert_eq!(answer.refusal(), "approval.pending", "{}", answer.body);
    false
}

fn is_let_in(house: &House, name: &str, password: &str) -> bool {
    let answer = Viewer::new(house).sign_in(name, password);
    answer.status == 303 && answer.led_with("code").is_some()
}

fn told(house: &House, alert: Alert) -> Vec<String> {
    let all = waiting(house).into_iter().filter(|one| one.says == Says::Alert(alert));
    all.map(|one| one.address).collect()
}

fn change(house: &House, sql: &'static str) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let change = move |tx: &mut Tx<'_>| tx.exec(sql, &[KITA.into()]).map(drop);
    house.world.db.housekeep(&scope, "test", change).unwrap();
}

#[test]
fn a_member_who_forgot_the_password_chooses_a_new_one_when_the_owner_typed_their_number() {
    let house = House::new();
    let (mut owner, member) = given_household(&house);
    let mut viewer = Viewer::new(&house);
    let page = ask(&mut viewer, "saburo");
    let number = family::shown(&page, "number");
    assert!(number.len() == 2 && !page.body.contains(MEMBER), "{}", page.body);
    assert!(requests(&mut owner).is_empty(), "nobody was told yet");
    fan_out(&house);
    assert_eq!(told(&house, Alert::ApprovalAsked), [OWNER]);
    assert_eq!(told(&house, Alert::ApprovalAskedForYou), [MEMBER]);
    assert!(!owner.look(PAGE).body.contains(&format!(">{number}<")), "the owner is not shown it");
    assert!(!goes_on(&mut viewer));

    approve(&mut owner, &format!(" {number} "));
    assert!(requests(&mut owner).is_empty() && told(&house, Alert::Approved) == [MEMBER]);
    assert!(is_let_in(&house, "saburo", PASSWORD), "nothing is changed before the end");
    assert!(goes_on(&mut viewer));
    let again = viewer.post("approved", &format!("proof={}", viewer.proof));
    assert_eq!(again.refusal(), "signin.step_changed", "once");
    let done = viewer.submit("renewal", &[("password", NEW)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);

    assert!(is_let_in(&house, "saburo", NEW) && !is_let_in(&house, "saburo", PASSWORD));
    let mut member = member;
    assert!(member.get("/o/KITA01/security").location().path().ends_with("/signin"));
    assert_eq!(told(&house, Alert::PasswordReplaced), [MEMBER]);
    let person = house.world.household("A-001").persons[1].person_id.clone();
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let line = |act: &str| lines.iter().find(|line| line.act == act).unwrap().clone();
    let given = line("person.approval_given");
    let by = house.world.household("A-001").persons[0].person_id.clone();
    assert_eq!((given.subject, given.actor), (person.clone(), format!("person:{by}")));
    assert!(line("person.recovered").detail.contains("owner"));
    assert_eq!(line("person.approval_asked").subject, person);
}

#[test]
fn who_asks_for_nobody_for_the_owner_or_for_a_member_is_answered_and_written_down_alike() {
    let house = House::new();
    let (mut owner, _) = given_household(&house);
    let count = |sql: &'static str| {
        let scope = Scope::new(KITA, sato(), clock::now());
        let count = move |tx: &mut Tx<'_>| tx.row(sql, &[KITA.into()], Row::int);
        house.world.db.read(&scope, count).unwrap().unwrap()
    };
    let rows = || {
        let outbox = "SELECT COUNT(*) FROM outbox WHERE operator_id = ?1";
        (count("SELECT COUNT(*) FROM approvals WHERE operator_id = ?1"), count(outbox))
    };
    let mut pages = Vec::new();
    for name in ["saburo", "takahashi", "nobody-at-all"] {
        let (before, mut viewer) = (rows(), Viewer::new(&house));
        let page = ask(&mut viewer, name);
        let after = rows();
        assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1), "{name}");
        let number = family::shown(&page, "number");
        let ticket = viewer.page.split_once("ticket=").unwrap().1.to_owned();
        // The two digits also come up by chance in what is random.
        let shown = format!("id=\"number\">{number}<");
        let same = page.body.replace(&ticket, "").replace(&viewer.proof, "").replace(&shown, "");
        pages.push((page.status, same.replace(name, "")));
        assert!(!goes_on(&mut viewer));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    fan_out(&house);
    assert_eq!(requests(&mut owner).len(), 1, "the member's");
    assert_eq!(told(&house, Alert::ApprovalAsked).len(), 1);
    let scope = Scope::new(KITA, sato(), clock::now());
    let left = house.world.db.read(&scope, |tx| {
        let sql = "SELECT COUNT(*) FROM outbox WHERE operator_id = ?1 AND receiver_id = ?2";
        tx.row(sql, &[KITA.into(), FORGOTTEN.into()], Row::int)
    });
    assert_eq!(left.unwrap(), Some(0));
}

#[test]
fn only_the_owner_of_the_same_household_who_just_proved_it_decides_with_the_right_number() {
    let house = House::new();
    let (mut owner, mut member) = given_household(&house);
    let mut neighbour = house.given_viewer("A-002", "tanaka");
    let add = Command::new(&house.world.request_id(), Op::PersonAdd, "A-002");
    house.world.send(Command { person_no: 2, ..add });
    let mut viewer = Viewer::new(&house);
    let number = asked(&house, &mut viewer, "saburo");
    let request = requests(&mut owner).pop().unwrap();

    let theirs = decides(&mut neighbour, "approve", (&request, &number));
    assert_eq!(theirs.refusal(), "approval.number_wrong");
    decides(&mut neighbour, "refuse", (&request, ""));
    assert_eq!(member.get(PAGE).refusal(), "family.owner_only");
    let person_id = house.world.household("A-001").persons[1].person_id.clone();
    let (id, typed) = (request.clone(), number.clone());
    let own = house.act(move |tx| {
        let fresh = domain::credentials::Fresh { person_id: &person_id, proved: tx.now() };
        domain::credentials::approve(tx, &fresh, (&id, &typed))
    });
    assert_eq!(own.unwrap_err().code(), "family.owner_only");
    assert!(!goes_on(&mut viewer));

    let wrong = other_than(&number);
    for _ in 0..2 {
        let refused = decides(&mut owner, "approve", (&request, wrong));
        assert_eq!(refused.refusal(), "approval.number_wrong");
    }
    approve(&mut owner, &number);
    assert!(goes_on(&mut viewer));

    let mut second = Viewer::new(&house);
    let number = asked(&house, &mut second, "saburo");
    let request = requests(&mut owner).pop().unwrap();
    for _ in 0..3 {
        decides(&mut owner, "approve", (&request, other_than(&number)));
    }
    assert!(requests(&mut owner).is_empty(), "three wrong ones end it");
    let late = decides(&mut owner, "approve", (&request, &number));
    assert_eq!(late.refusal(), "approval.number_wrong");
    assert!(!goes_on(&mut second));

    let mut third = Viewer::new(&house);
    let number = asked(&house, &mut third, "saburo");
    let request = requests(&mut owner).pop().unwrap();
    pass_ten_minutes(&house);
    owner.look(PAGE);
    for what in ["approve", "refuse"] {
        let fields = [("do", what), ("request", request.as_str()), ("number", number.as_str())];
        let sent = owner.send_form(PAGE, &fields);
        assert!(sent.location().path().ends_with("/signin"), "{what}: {}", sent.body);
        owner.look(PAGE);
    }
    assert!(!goes_on(&mut third));
    assert_eq!(house.audited("person.approval_given"), 1);
    assert_eq!(house.audited("person.approval_mistyped"), 5);
}

#[test]
fn an_approval_is_over_when_refused_after_fifteen_minutes_and_when_anything_else_helped() {
    let house = House::new();
    let (mut owner, _) = given_household(&house);
    let mut viewer = Viewer::new(&house);
    let number = asked(&house, &mut viewer, "saburo");
    let request = requests(&mut owner).pop().unwrap();
    assert!(decides(&mut owner, "refuse", (&request, "")).body.contains("申し込みを断りました"));
    let late = decides(&mut owner, "approve", (&request, &number));
    assert_eq!(late.refusal(), "approval.number_wrong");
    assert!(!goes_on(&mut viewer) && house.audited("person.approval_refused") == 1);

    let mut viewer = Viewer::new(&house);
    let number = asked(&house, &mut viewer, "saburo");
    approve(&mut owner, &number);
    change(&house, "UPDATE approvals SET expires_ms = expires_ms - 900000 WHERE operator_id = ?1");
    assert!(!goes_on(&mut viewer));

    // Two sign-ins at once: the one that ends first ends the other.
    let mut both = [Viewer::new(&house), Viewer::new(&house)];
    for viewer in &mut both {
        let number = asked(&house, viewer, "saburo");
        approve(&mut owner, &number);
    }
    let [first, second] = &mut both;
    assert!(goes_on(first));
    assert!(first.submit("renewal", &[("password", NEW)]).led_with("code").is_some());
    assert!(!goes_on(second));

    // Who approved, or was approved, is somebody else now, perhaps.
    for member in [1, 2] {
        let mut viewer = Viewer::new(&house);
        let number = asked(&house, &mut viewer, "saburo");
        approve(&mut owner, &number);
        let reset = Command::new(&house.world.request_id(), Op::PersonReset, "A-001");
        house.world.send(Command { person_no: member, ..reset });
        assert!(!goes_on(&mut viewer), "{member}");
        if member == 1 {
            let letter = house.given_letter("A-001");
            owner = Viewer::new(&house);
            owner.open_page(&authorize(&[]));
            owner.submit("go", &[("step", "letter")]);
            let typed = [("contract_number", "A-001"), ("registration_code", letter.as_str())];
            owner.submit("letter", &typed);
            owner.submit("account", &[("username", "takahashi"), ("password", PASSWORD)]);
        }
    }
}

#[test]
fn who_has_an_authenticator_proves_it_after_an_approval_too_and_five_requests_in_a_row_are_told() {
    let house = House::new();
    let (mut owner, _) = given_household(&house);
    given_kit_of(&house, &house.world.household("A-001").persons[1].person_id);
    let mut viewer = Viewer::new(&house);
    let number = asked(&house, &mut viewer, "saburo");
    approve(&mut owner, &number);
    assert!(goes_on(&mut viewer));
    let refused = viewer.submit("renewal", &[("password", NEW), ("code", "000000")]);
    assert_eq!(refused.refusal(), "signin.code_wrong");
    assert!(!is_let_in(&house, "saburo", NEW));

    let mut again = viewer;
    for _ in 0..5 {
        again = Viewer::new(&house);
        asked(&house, &mut again, "saburo");
    }
    assert_eq!(told(&house, Alert::ApprovalAsked).len(), 5);
    assert_eq!(requests(&mut owner).len(), 4);
    let soon = again.submit("go", &[("step", "recover")]);
    assert_eq!(soon.status, 200);
    let soon = again.submit("forgotten", &[("username", "saburo"), ("ask", "owner")]);
    assert_eq!(soon.refusal(), "contact.code_just_sent");
}
