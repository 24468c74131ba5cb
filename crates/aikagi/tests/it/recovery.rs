//! A password or login id is replaced or taken away: whoever knew the old ones is out.

use std::sync::Arc;

use base::kernel::clock;
use domain::commands::{Command, Op};
use domain::credentials::Passwords;
use domain::signin::{Caller, Journeys};

use crate::picture::picture;
use crate::signin::request;
use crate::viewers::{House, PASSWORD, Viewer, authorize};
use crate::world::KITA;

const NEW: &str = "あたらしいことばに変えました";

/// What a door is called, what goes through it, and the line it writes.
type Door = (&'static str, fn(&House), &'static str);

/// The ways a password or login id changes.
const DOORS: [Door; 2] = [
    ("letter", by_letter, "person.credentials_set"),
    ("reset", by_reset, "person.credentials_reset"),
];

/// The person has another letter and chooses again.
fn by_letter(house: &House) {
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let done = viewer.submit("account", &[("username", "takahashi"), ("password", NEW)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
}

/// The station takes login id and password away.
fn by_reset(house: &House) {
    let mut command = Command::new(&house.world.request_id(), Op::PersonReset, "A-001");
    command.person_no = 1;
    assert_eq!(house.world.send(command).code, None);
}

#[test]
fn whatever_changes_a_password_ends_every_cookie_code_and_token_from_before() {
    for (door, change, line) in DOORS {
        let house = House::new();
        let mut viewer = house.given_viewer("A-001", "takahashi");
        let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
        let tokens = house.redeem(&code).json();
        let [refresh, access] =
            ["refresh_token", "access_token"].map(|name| tokens[name].as_str().unwrap().to_owned());
        let unused = viewer.get(&authorize(&[])).led_with("code").unwrap();
        let lines = house.audited(line);

        change(&house);

        let asked = viewer.get(&authorize(&[("prompt", "none")]));
        assert_eq!(asked.led_with("error").as_deref(), Some("login_required"), "{door}: cookie");
        assert_eq!(house.redeem(&unused).json()["error"], "invalid_grant", "{door}: code");
        assert_eq!(house.refresh(&refresh).json()["error"], "invalid_grant", "{door}: refresh");
        assert_eq!(house.userinfo(&access).status, 401, "{door}: access");
        let old = Viewer::new(&house).sign_in("takahashi", PASSWORD);
        assert_eq!(old.refusal(), "signin.failed", "{door}: password");
        assert_eq!(house.audited(line), lines + 1, "{door}: {:?}", house.world.audited());
    }
}

#[test]
fn a_password_replaced_while_it_is_computed_is_a_wrong_one() {
    for (door, change, _) in DOORS {
        let house = House::new();
        house.given_viewer("A-001", "takahashi");
        let (signing, clients) = (&house.provider.signing, &house.provider.clients);
        let slow = Passwords::start(1).unwrap();
        let (signing, clients) = (Arc::clone(signing), Arc::clone(clients));
        let journeys = Journeys::new(&house.world.db, signing, clients, Arc::clone(&slow));
        let now = clock::now();
        let ticket = journeys.begin(&request(), ("b", now)).unwrap();
        let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
        let counted = || {
            let lockouts = picture(&house.world.db, KITA, |table, _| table != "lockouts");
            lockouts["lockouts"].len()
        };
        let old = std::thread::scope(|threads| {
            // The old password stands in line behind these.
            for _ in 0..40 {
                threads.spawn(|| slow.verify(KITA, "something else", None));
            }
            let trying = threads.spawn(|| journeys.try_password(&caller, ("takahashi", PASSWORD)));
            while counted() == 0 {
                crate::world::look_again();
            }
            change(&house);
            trying.join().unwrap()
        });
        assert_eq!(old.unwrap_err().code(), "signin.failed", "{door}");
        assert_eq!(house.audited("person.signed_in"), if door == "letter" { 2 } else { 1 });
    }
}

#[test]
fn signing_in_at_another_operator_ends_the_session_whose_cookie_it_replaces() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let name = "__Host-aikagi-session";
    let before = viewer.cookies[name].clone();
    let minami = crate::world::MINAMI;
    house
        .world
        .at(minami, crate::world::sms(), |tx| {
            domain::commands::execute(tx, &Command::new("m-1", Op::Start, "M-001"))
        })
        .unwrap();
    let letter = house
        .world
        .at(minami, crate::world::sato(), |tx| {
            domain::credentials::issue_letter_code(tx, "M-001", 0, 1)
        })
        .unwrap();
    viewer.open_page(&crate::viewers::authorize_at("/o/MINA01", &[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "M-001"), ("registration_code", &letter)]);
    let done = viewer.submit("account", &[("username", "minami-1"), ("password", NEW)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert_ne!(viewer.cookies[name], before);
    let mut thief = Viewer::new(&house);
    thief.cookies.insert(name.to_owned(), before);
    let asked = thief.get(&authorize(&[("prompt", "none")]));
    assert_eq!(asked.led_with("error").as_deref(), Some("login_required"));
    assert_eq!(house.audited("session.ended"), 1);
}
