//! The owner of a household invites its members: a code that is a letter in all but its paper.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::commands::{Command, Op};
use domain::credentials::{Alert, ContactKind, Says};
use domain::subscribers::{PersonState, Reason};

use crate::contacts_page::{given_contact, pass_ten_minutes, waiting};
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, MINAMI, sato};

pub const PAGE: &str = "/o/KITA01/family";

fn person(house: &House, op: Op, person_no: i64) -> Command {
    Command { person_no, ..Command::new(&house.world.request_id(), op, "A-001") }
}

/// A household with its owner signed in, and a member who was never invited.
pub fn given_family(house: &House) -> Viewer<'_> {
    let owner = house.given_viewer("A-001", "takahashi");
    house.world.send(person(house, Op::PersonAdd, 2));
    owner
}

fn does(viewer: &mut Viewer<'_>, what: &str, member: &str) -> Answer {
    viewer.look(PAGE);
    viewer.send_form(PAGE, &[("do", what), ("member", member)])
}

/// What stands on a page between an element's id and its end.
pub fn shown(page: &Answer, id: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("id=\"{id}\"")).expect("shown");
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap().replace("&amp;", "&").replace("&#38;", "&")
}

/// An invitation for member 2: where its link leads, without the host, and its code.
pub fn invite(owner: &mut Viewer<'_>) -> (String, String) {
    let made = does(owner, "invite", "2");
    assert!(made.body.contains("招待を作成しました"), "{}", made.body);
    let link = shown(&made, "link").replace("https://id.example.jp", "");
    (link, shown(&made, "invitation").replace(' ', ""))
}

/// The browser of member 2, whom the owner invited.
pub fn given_member<'h>(house: &'h House, owner: &mut Viewer<'_>, name: &str) -> Viewer<'h> {
    let (link, _) = invite(owner);
    let mut member = Viewer::new(house);
    let sent = member.get(&link);
    member.follow(&sent);
    assert_eq!(registers(&mut member, name).status, 200);
    member
}

/// Whether a link still leads to where login id and password are chosen; else it is refused.
fn opens(house: &House, link: &str) -> bool {
    let mut viewer = Viewer::new(house);
    let sent = viewer.get(link);
    if sent.status == 303 {
        return viewer.follow(&sent).body.contains("new-password");
    }
    assert_eq!(sent.refusal(), "registration.refused");
    false
}

fn registers(viewer: &mut Viewer<'_>, name: &str) -> Answer {
    viewer.submit("account", &[("username", name), ("password", PASSWORD)])
}

fn change(house: &House, sql: &'static str) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let change = move |tx: &mut Tx<'_>| tx.exec(sql, &[KITA.into()]).map(drop);
    house.world.db.housekeep(&scope, "test", change).unwrap();
}

#[test]
fn an_owner_invites_a_member_who_registers_once_by_the_link_and_the_owner_is_told() {
    let house = House::new();
    let mut owner = given_family(&house);
    given_contact((&house, &mut owner), ContactKind::Mail, "hanako@example.jp");
    let page = owner.look(PAGE);
    assert!(shown(&page, "member-1").contains("ご契約者 · 登録済み"), "{}", page.body);
    assert!(shown(&page, "member-2").contains("まだ登録していません"));

    let (link, code) = invite(&mut owner);
    let again = owner.look(PAGE);
    assert!(!again.body.contains(&code) && shown(&again, "member-2").contains("招待中"));

    // Programs look at links before people do.
    assert!(opens(&house, &link) && opens(&house, &link));
    let mut member = Viewer::new(&house);
    let sent = member.get(&link);
    assert!(!sent.location().as_str().contains(&code), "the code leaves the address");
    let page = member.follow(&sent);
    assert!(page.body.contains("new-password"), "{}", page.body);
    let done = registers(&mut member, "hanako");
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(member.page.ends_with("/o/KITA01/contacts?"), "{}", member.page);

    let household = house.world.household("A-001");
    let [first, second] = household.persons.as_slice() else { panic!("two members") };
    assert_eq!(second.state, PersonState::Active);
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let by = format!("person:{}", first.person_id);
    let made = lines.iter().find(|line| line.act == "invitation.made").unwrap();
    assert_eq!((&made.subject[..], &made.actor[..]), ("A-001/00/002", &by[..]));
    assert!(made.detail.contains(&first.person_id) && made.detail.contains(&second.person_id));
    let registered = lines.iter().rfind(|line| line.act == "person.registered").unwrap();
    assert!(registered.detail.contains("invitation"), "{}", registered.detail);
    let told = waiting(&house);
    let told = told.iter().filter(|one| one.says == Says::Alert(Alert::InvitationUsed));
    assert_eq!(told.count(), 1);

    assert!(!opens(&house, &link), "it is spent");
    assert_eq!(does(&mut owner, "invite", "2").refusal(), "family.registered");
    assert!(!owner.look(PAGE).body.contains("value=\"invite\""));
}

#[test]
fn a_new_invitation_or_letter_kills_the_one_before_and_the_owner_takes_back_only_their_own() {
    let house = House::new();
    let mut owner = given_family(&house);
    let (first, _) = invite(&mut owner);
    let (second, code) = invite(&mut owner);
    assert!(!opens(&house, &first) && opens(&house, &second));
    // Typed, it is what a letter's code is.
    let mut typing = Viewer::new(&house);
    typing.open_page(&authorize(&[]));
    typing.submit("go", &[("step", "letter")]);
    let typed = [("contract_number", "a-001"), ("registration_code", code.as_str())];
    assert!(typing.submit("letter", &typed).body.contains("new-password"));

    assert!(does(&mut owner, "withdraw", "2").body.contains("招待を取り消しました"));
    assert!(!opens(&house, &second));
    let refused = registers(&mut typing, "hanako");
    assert_eq!(refused.refusal(), "registration.refused", "also where it was typed before");
    does(&mut owner, "withdraw", "2");
    assert_eq!(house.audited("invitation.withdrawn"), 1, "there was nothing more");

    let (third, _) = invite(&mut owner);
    let letter = house.act(|tx| domain::credentials::issue_letter_code(tx, "A-001", 0, 2)).unwrap();
    assert!(!opens(&house, &third), "the station's letter");
    does(&mut owner, "withdraw", "2");
    assert!(opens(&house, &format!("/o/KITA01/invitation?number=A-001&code={letter}")));
    invite(&mut owner);
    assert!(!opens(&house, &format!("/o/KITA01/invitation?number=A-001&code={letter}")));
}

#[test]
fn only_the_owner_sees_the_family_and_only_who_just_proved_it_invites() {
    let house = House::new();
    let mut owner = given_family(&house);
    let (link, _) = invite(&mut owner);
    let mut member = Viewer::new(&house);
    let sent = member.get(&link);
    member.follow(&sent);
    registers(&mut member, "hanako");
    house.world.send(person(&house, Op::PersonAdd, 3));
    let refused = member.look(PAGE);
    assert_eq!((refused.status.as_u16(), refused.refusal()), (403, "family.owner_only"));
    member.look("/o/KITA01/contacts");
    member.proof.clone_from(&owner.proof);
    let foreign = member.send_form(PAGE, &[("do", "invite"), ("member", "3")]);
    assert_eq!(foreign.refusal(), "form.foreign");
    let person_id = house.world.household("A-001").persons[1].person_id.clone();
    let invited = house.act(move |tx| {
        let fresh = domain::credentials::Fresh { person_id: &person_id, proved: tx.now() };
        domain::credentials::invite(tx, &fresh, 3).map(drop)
    });
    assert_eq!(invited.unwrap_err().code(), "family.owner_only");

    pass_ten_minutes(&house);
    let page = owner.look(PAGE);
    assert!(page.body.contains("5分以内") && !page.body.contains("value=\"invite\""));
    for what in ["invite", "withdraw", "again"] {
        owner.look(PAGE);
        let sent = owner.send_form(PAGE, &[("do", what), ("member", "3")]);
        assert!(sent.location().path().ends_with("/signin"), "{what}: {}", sent.body);
        assert!(owner.follow(&sent).body.contains("ご家族を見るために"));
    }
    assert_eq!(house.audited("invitation.made"), 1);
}

#[test]
fn whoever_is_gone_held_or_not_of_the_household_is_not_invited() {
    let house = House::new();
    let mut owner = given_family(&house);
    house.world.given_contract("A-002");
    for (member, refusal) in [
        ("1", "family.registered"),
        ("9", "person.unknown"),
        ("-1", "person.unknown"),
        ("x", "request.parameters_malformed"),
        ("", "request.parameters_malformed"),
    ] {
        assert_eq!(does(&mut owner, "invite", member).refusal(), refusal, "{member}");
    }
    let hold = Command { reason: Some(Reason::Admin), ..person(&house, Op::PersonSuspend, 2) };
    house.world.send(hold);
    assert_eq!(does(&mut owner, "invite", "2").refusal(), "person.suspended");
    house.world.send(person(&house, Op::PersonResume, 2));
    let (link, _) = invite(&mut owner);
    house.world.send(person(&house, Op::PersonStop, 2));
    assert!(!opens(&house, &link), "removed");
    assert_eq!(does(&mut owner, "invite", "2").refusal(), "person.stopped");
    assert!(!owner.look(PAGE).body.contains("id=\"member-2\""));
    house.world.sms(Op::Stop, "A-001");
    assert_eq!(owner.get(PAGE).status, 303, "a stopped household is signed out");
    assert_eq!(house.audited("invitation.made"), 1);
}

#[test]
fn an_invitation_is_over_after_seven_days_with_its_owners_access_and_at_other_operators() {
    let house = House::new();
    let mut owner = given_family(&house);
    let (link, _) = invite(&mut owner);
    assert!(opens(&house, &link));
    let there = Viewer::new(&house).get(&link.replace(KITA, MINAMI));
    assert_eq!(there.refusal(), "registration.refused");
    let nobody = Viewer::new(&house).get(link.split('?').next().unwrap());
    assert_eq!(nobody.refusal(), "registration.refused");
    change(
        &house,
        "UPDATE registration_codes SET expires_ms = expires_ms - 604800000 WHERE operator_id = ?1",
    );
    assert!(!opens(&house, &link));

    let (link, _) = invite(&mut owner);
    let mut member = Viewer::new(&house);
    let sent = member.get(&link);
    member.follow(&sent);
    house.world.send(person(&house, Op::PersonReset, 1));
    assert!(!opens(&house, &link), "who made it is somebody else now, perhaps");
    assert_eq!(registers(&mut member, "hanako").refusal(), "registration.refused");
    assert_eq!(house.world.household("A-001").persons[1].state, PersonState::Invited);
}

#[test]
fn an_invitation_takes_over_nobody_who_registered_meanwhile() {
    let house = House::new();
    let mut owner = given_family(&house);
    let (link, _) = invite(&mut owner);
    let mut browsers = [Viewer::new(&house), Viewer::new(&house)];
    for browser in &mut browsers {
        let sent = browser.get(&link);
        browser.follow(&sent);
    }
    let [first, second] = &mut browsers;
    registers(first, "hanako");
    assert_eq!(registers(second, "thief").refusal(), "registration.refused");
    // As if it had been made in the same moment.
    change(&house, "UPDATE registration_codes SET used_ms = NULL WHERE operator_id = ?1");
    assert_eq!(registers(second, "thief").refusal(), "registration.refused");
    assert!(Viewer::new(&house).sign_in("hanako", PASSWORD).led_with("code").is_some());
}
