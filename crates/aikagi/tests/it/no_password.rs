//! Who has a letter and a remote control registers without a password, and goes on at their phone by a code the
//! television shows.

use base::kernel::clock;
use domain::commands::{Command, Op};
use domain::sessions::{self, Reason};
use domain::subscribers::PersonState;

use crate::contacts_page::pass_ten_minutes;
use crate::family::shown;
use crate::second_factor::given_kit;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::KITA;

const PASSKEYS: &str = "/o/KITA01/passkeys";
const ME: &str = "/o/KITA01/me";

/// A television where the owner typed a letter.
fn with_letter(house: &House) -> Viewer<'_> {
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    let typed = [("contract_number", "A-001"), ("registration_code", letter.as_str())];
    assert!(viewer.submit("letter", &typed).body.contains("パスワードを決めずに登録する"));
    viewer
}

/// A television whose owner registered on it.
pub fn given_television(house: &House) -> Viewer<'_> {
    house.world.given_contract("A-001");
    let mut television = with_letter(house);
    assert!(television.submit("no-password", &[]).led_with("code").is_some());
    television
}

fn asks(television: &mut Viewer<'_>) -> Answer {
    television.look(PASSKEYS);
    television.send_form(PASSKEYS, &[("do", "phone")])
}

/// Where the picture on the television leads, and the code to type.
fn invited(television: &mut Viewer<'_>) -> (String, String) {
    let made = asks(television);
    assert_eq!(made.status, 200, "{}", made.body);
    let link = shown(&made, "link").replace("https://id.example.jp", "");
    (link, shown(&made, "invitation").replace(' ', ""))
}

/// A phone that read the picture.
fn reads<'h>(house: &'h House, link: &str) -> (Viewer<'h>, Answer) {
    let mut phone = Viewer::new(house);
    let sent = phone.get(link);
    let page = if sent.status == 303 { phone.follow(&sent) } else { sent };
    (phone, page)
}

fn reset(house: &House) {
    let reset = Command::new(&house.world.request_id(), Op::PersonReset, "A-001");
    assert_eq!(house.world.send(Command { person_no: 1, ..reset }).code, None);
}

fn after(house: &House, milliseconds: i64) {
    let scope = base::kernel::Scope::new(KITA, crate::world::sato(), clock::now());
    let age = move |tx: &mut base::store::Tx<'_>| {
        let by = [milliseconds.into()];
        tx.exec("UPDATE registration_codes SET expires_ms = expires_ms - ?1", &by).map(drop)
    };
    house.world.db.housekeep(&scope, "test", age).unwrap();
}

#[test]
fn who_has_a_letter_and_a_remote_control_is_signed_in_without_a_password_and_goes_on_at_the_phone()
{
    let house = House::new();
    let mut television = given_television(&house);
    let household = house.world.household("A-001");
    assert_eq!(household.persons[0].state, PersonState::Active);
    let me = television.look(ME);
    assert!(shown(&me, "login").starts_with("tv-"), "{}", me.body);

    let (link, code) = invited(&mut television);
    let (mut phone, page) = reads(&house, &link);
    assert!(page.body.contains("この端末でログインする"), "{}", page.body);
    assert!(!page.body.contains("type=\"password\""), "nothing is chosen: {}", page.body);
    let keeps = phone.submit("no-password", &[]);
    assert!(keeps.body.contains("パスキーの追加"), "{}", keeps.body);
    assert_eq!(phone.look(ME).status, 200);
    assert_eq!(shown(&television.look(ME), "login"), shown(&me, "login"), "nothing ended");

    let (_, again) = reads(&house, &link);
    assert_eq!(again.refusal(), "registration.refused", "once");
    let acts = ["person.registered", "person.credentials_set", "person.phone_invited"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 1, 1]);
    assert_eq!(house.audited("person.signed_in"), 2);
    let (_, newer) = invited(&mut television);
    let whole = format!("{:?}", crate::picture::picture(&house.world.db, KITA, |_, _| false));
    assert!(!whole.contains(&code) && !whole.contains(&newer), "in the clear");
}

#[test]
fn a_letter_is_spent_without_a_password_too_and_counts_as_it_does_with_one() {
    let house = House::new();
    house.world.given_contract("A-001");
    let mut television = with_letter(&house);
    let mut other = with_letter(&house);
    assert!(other.submit("no-password", &[]).led_with("code").is_some());
    let late = television.submit("no-password", &[]);
    assert_eq!(late.refusal(), "registration.refused", "a newer letter ended the older one");
    let mut nobody = Viewer::new(&house);
    nobody.open_page(&authorize(&[]));
    assert_eq!(nobody.submit("no-password", &[]).refusal(), "signin.step_changed");
    assert_eq!(house.audited("person.registered"), 1);
}

#[test]
fn who_had_a_password_is_out_once_somebody_registers_by_the_letter_without_one() {
    let house = House::new();
    let mut before = house.given_viewer("A-001", "takahashi");
    let mut television = with_letter(&house);
    assert!(television.submit("no-password", &[]).led_with("code").is_some());
    assert_eq!(before.get(ME).status, 303, "signed out");
    let tried = Viewer::new(&house).sign_in("takahashi", PASSWORD);
    assert_eq!(tried.refusal(), "signin.failed");
}

/// Makes something wrong, after the code for the phone was made.
type Spoils = fn(&House, &mut Viewer<'_>);

const SPOILS: &[(&str, Spoils)] = &[
    ("ten minutes", |house, _| after(house, 600_001)),
    ("another code", |_, television| {
        invited(television);
    }),
    ("a letter of the station", |house, _| {
        house.given_letter("A-001");
    }),
    ("a reset", |house, _| reset(house)),
    ("a stop", |house, _| {
        house.world.sms(Op::Stop, "A-001");
    }),
    ("a log-out everywhere", |house, _| ends(house, |person| Reason::AllDevices(person))),
    ("a password by recovery", |house, _| ends(house, |person| Reason::PasswordReplaced(person))),
    ("the desk", |house, _| ends(house, |person| Reason::ByStaff(person))),
];

/// Ends what the owner is signed in by.
fn ends(house: &House, reason: for<'r> fn(&'r str) -> Reason<'r>) {
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let ended = house.act(move |tx| sessions::end_sessions(tx, reason(&person))).unwrap();
    assert_eq!(ended.sessions, 1);
}

#[test]
fn a_code_for_the_phone_is_over_with_what_it_stands_on_before_and_after_it_is_read() {
    for (what, spoil) in SPOILS {
        let house = House::new();
        let mut television = given_television(&house);
        let (link, code) = invited(&mut television);
        let (mut waits, page) = reads(&house, &link);
        assert!(page.body.contains("この端末でログインする"), "{what}");
        spoil(&house, &mut television);
        let late = waits.submit("no-password", &[]);
        assert!(late.status.is_client_error(), "{what}: {} {}", late.status, late.body);
        assert!(waits.get(ME).status == 303, "{what}: nobody is signed in");
        assert_eq!(reads(&house, &link).1.refusal(), "registration.refused", "{what}");
        let mut typed = Viewer::new(&house);
        typed.open_page(&authorize(&[]));
        typed.submit("go", &[("step", "letter")]);
        let form = [("contract_number", "A-001"), ("registration_code", code.as_str())];
        assert_eq!(typed.submit("letter", &form).refusal(), "registration.refused", "{what}");
    }
}

#[test]
fn a_code_for_the_phone_sets_no_password_and_passes_by_no_second_factor() {
    let house = House::new();
    let mut television = house.given_viewer("A-001", "takahashi");
    let (link, _) = invited(&mut television);
    let (mut phone, _) = reads(&house, &link);
    let chosen = [("username", "shiranai"), ("password", "kita no hama no toudai")];
    assert_eq!(phone.submit("account", &chosen).refusal(), "registration.refused");
    assert!(Viewer::new(&house).sign_in("takahashi", PASSWORD).led_with("code").is_some());

    given_kit(&house, "A-001");
    let (mut phone, _) = reads(&house, &link);
    let asked = phone.submit("no-password", &[]);
    assert!(asked.body.contains("signin/second"), "{}", asked.body);
    assert_eq!(phone.get(ME).status, 303, "nobody is signed in yet");
}

#[test]
fn a_code_for_the_phone_needs_a_young_proof_and_leaves_the_letter_of_the_station_alone() {
    let house = House::new();
    let mut television = given_television(&house);
    let letter = house.given_letter("A-001");
    assert_eq!(asks(&mut television).refusal(), "phone.letter_waits");
    let mut phone = Viewer::new(&house);
    phone.open_page(&authorize(&[]));
    phone.submit("go", &[("step", "letter")]);
    let typed = [("contract_number", "A-001"), ("registration_code", letter.as_str())];
    assert!(phone.submit("letter", &typed).body.contains("new-password"), "it is still good");

    let house = House::new();
    let mut television = given_television(&house);
    television.look(PASSKEYS);
    pass_ten_minutes(&house);
    let late = television.send_form(PASSKEYS, &[("do", "phone")]);
    assert_eq!(late.refusal(), "proof.too_old");
    assert!(!television.look(PASSKEYS).body.contains("value=\"phone\""));
    assert_eq!(house.audited("person.phone_invited"), 0);
}
