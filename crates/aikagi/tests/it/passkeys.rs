//! Passkeys: made by who has just signed in, used in place of everything else, and of no use to anybody else.

use std::sync::Arc;

use base::kernel::{Actor, Scope, clock};
use base::records::{Entry, list_audit, record};
use base::store::Tx;
use domain::commands::Op;
use domain::credentials;
use serde_json::{Value as Json, json};

use crate::authenticator::{Authenticator, encoded};
use crate::second_factor::{given_kit, told};
use crate::viewers::{Answer, BASE, House, PASSWORD, Viewer, authorize, authorize_at};
use crate::world::{KITA, MINAMI};

const PAGE: &str = "/o/KITA01/passkeys";

/// What the page asks the browser to make.
pub fn asked_to_make(viewer: &mut Viewer<'_>) -> Json {
    viewer.look(PAGE);
    let asked = viewer.send_form(&format!("{PAGE}/ask"), &[]);
    assert_eq!(asked.status, 200, "{}", asked.body);
    asked.json()
}

pub fn add(viewer: &mut Viewer<'_>, answer: &str, name: &str) -> Answer {
    viewer.send_form(PAGE, &[("do", "add"), ("credential", answer), ("name", name)])
}

/// Adds a passkey to the person signed in in this browser.
pub fn given_passkey(viewer: &mut Viewer<'_>, name: &str) -> Authenticator {
    let mut phone = Authenticator::new();
    let asked = asked_to_make(viewer);
    let added = add(viewer, &phone.create(&asked), name);
    assert_eq!(added.status, 200, "{}", added.body);
    phone
}

/// What the sign-in page asks the browser for.
fn asked(viewer: &mut Viewer<'_>) -> Json {
    let asked = viewer.submit("passkey/ask", &[]);
    assert_eq!(asked.status, 200, "{}", asked.body);
    asked.json()
}

/// Opens the sign-in page and signs in with the passkey.
pub fn sign_in(viewer: &mut Viewer<'_>, phone: &mut Authenticator) -> Answer {
    viewer.open_page(&authorize(&[("prompt", "login")]));
    let asked = asked(viewer);
    viewer.submit("passkey", &[("credential", &phone.get(&asked))])
}

/// Why passkeys were refused, in order.
pub fn reasons(house: &House) -> Vec<String> {
    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let refused = lines.into_iter().filter(|line| line.act == "person.passkey_refused");
    let reason = |detail: &str| serde_json::from_str::<Json>(detail).unwrap()["reason"].clone();
    refused.map(|line| reason(&line.detail).as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_passkey_signs_in_alone_and_the_service_is_told_it_can_not_be_phished() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    given_kit(&house, "A-001");
    let mut phone = given_passkey(&mut owner, "髙橋のｽﾏﾎ");
    assert_eq!(house.audited("person.passkey_added"), 1);
    let listed = owner.look(PAGE);
    assert!(listed.body.contains("<h2>髙橋のスマホ</h2>"), "{}", listed.body);
    assert!(listed.body.contains("まだ使われていません"), "{}", listed.body);

    let mut viewer = Viewer::new(&house);
    let page = viewer.open_page(&authorize(&[("acr_values", "urn:aikagi:acr:phr")]));
    assert!(page.body.contains("autocomplete=\"username webauthn\""), "{}", page.body);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'; connect-src 'self'"), "{policy}");
    let done = sign_in(&mut viewer, &mut phone);
    let said = told(&house, &done);
    assert_eq!(said["acr"], json!("urn:aikagi:acr:phr"), "no authenticator code was asked for");
    assert_eq!(said["amr"], json!(["swk", "mfa"]));
    assert!(!viewer.look(PAGE).body.contains("まだ使われていません"));
    assert!(sign_in(&mut viewer, &mut phone).led_with("code").is_some(), "and again");
    assert_eq!(reasons(&house), [""; 0]);
}

#[test]
fn a_person_has_several_passkeys_names_them_and_takes_them_away_and_nobody_elses() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let known = asked_to_make(&mut owner);
    assert_eq!(known["user"]["id"], json!(phone.user_handle), "one person, one handle");
    assert_eq!(known["user"]["name"], "takahashi");
    let excluded = encoded(&phone.credential);
    assert_eq!(known["excludeCredentials"][0]["id"], json!(excluded));
    let mut desk = given_passkey(&mut owner, "居間のパソコン");
    let page = owner.look(PAGE);
    let id = |page: &Answer| {
        let (_, rest) = page.body.split_once("name=\"passkey\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let first = id(&page);

    let mut other = house.given_viewer("A-002", "suzuki");
    other.look(PAGE);
    let touch = |viewer: &mut Viewer<'_>, what: &str| {
        let fields = [("do", what), ("passkey", first.as_str()), ("name", "<b>私の</b>")];
        viewer.send_form(PAGE, &fields)
    };
    assert_eq!(touch(&mut other, "rename").refusal(), "passkey.unknown");
    assert_eq!(touch(&mut other, "remove").status, 200, "nothing of theirs to take away");
    assert_eq!(house.audited("person.passkey_removed"), 0);

    let renamed = touch(&mut owner, "rename");
    assert!(renamed.body.contains("&lt;b&gt;") || renamed.body.contains("&#60;b&#62;"));
    assert_eq!(touch(&mut owner, "rename").status, 200, "the same once more");
    assert_eq!(house.audited("person.passkey_renamed"), 1);
    assert_eq!(touch(&mut owner, "remove").status, 200);
    assert_eq!(house.audited("person.passkey_removed"), 1);
    let mut viewer = Viewer::new(&house);
    assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused");
    assert!(sign_in(&mut viewer, &mut desk).led_with("code").is_some());
    assert_eq!(reasons(&house), ["unknown"]);
}

#[test]
fn every_wrong_answer_is_told_the_same_and_the_audit_knows_why() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut viewer = Viewer::new(&house);
    let sessions = house.audited("person.signed_in");
    type Lie = fn(&mut Authenticator);
    let lies: [(&str, Lie); 5] = [
        ("origin", |phone| phone.origin = "https://id.example.jp.evil.example".to_owned()),
        ("rp_id", |phone| phone.rp_id = "evil.example".to_owned()),
        ("not_verified", |phone| phone.flags = 0x01),
        ("counter", |phone| phone.counter = 0),
        ("unknown", |phone| phone.credential = vec![7; 32]),
    ];
    for (reason, lie) in lies {
        let (origin, rp_id) = (phone.origin.clone(), phone.rp_id.clone());
        let (flags, counter) = (phone.flags, phone.counter);
        let credential = phone.credential.clone();
        lie(&mut phone);
        let refused = sign_in(&mut viewer, &mut phone);
        assert_eq!((refused.status.as_u16(), refused.refusal()), (422, "passkey.refused"));
        assert_eq!(reasons(&house).last().unwrap(), reason);
        (phone.origin, phone.rp_id) = (origin, rp_id);
        (phone.flags, phone.counter, phone.credential) = (flags, counter + 1, credential);
    }
    let mut stranger = Authenticator::new();
    stranger.credential.clone_from(&phone.credential);
    stranger.user_handle.clone_from(&phone.user_handle);
    stranger.counter = 100;
    assert_eq!(sign_in(&mut viewer, &mut stranger).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "signature");
    viewer.open_page(&authorize(&[]));
    for nothing in ["", "{}", "[]", "{\"id\":\"髙\"}", &"[".repeat(2_000)] {
        let refused = viewer.submit("passkey", &[("credential", nothing)]);
        assert_eq!(refused.refusal(), "passkey.refused", "{nothing}");
        assert_eq!(reasons(&house).last().unwrap(), "malformed");
    }
    assert_eq!(house.audited("person.signed_in"), sessions);
    phone.counter = 1_000;
    assert!(sign_in(&mut viewer, &mut phone).led_with("code").is_some(), "no harm was done");
}

#[test]
fn a_question_is_answered_once_by_the_sign_in_that_asked_it() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    let unasked = phone.get(&json!({"challenge": encoded(&[1; 16])}));
    assert_eq!(viewer.submit("passkey", &[("credential", &unasked)]).refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["not_asked"]);

    let first = asked(&mut viewer);
    let overtaken = phone.get(&first);
    asked(&mut viewer);
    assert_eq!(
        viewer.submit("passkey", &[("credential", &overtaken)]).refusal(),
        "passkey.refused"
    );
    assert_eq!(reasons(&house).last().unwrap(), "challenge");

    let answer = phone.get(&asked(&mut viewer));
    let mut thief = Viewer::new(&house);
    thief.open_page(&authorize(&[]));
    asked(&mut thief);
    assert_eq!(thief.submit("passkey", &[("credential", &answer)]).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "challenge", "another sign-in's question");
    let (page, proof) = (viewer.page.clone(), viewer.proof.clone());
    (thief.page, thief.proof) = (page, proof);
    let stolen = thief.submit("passkey", &[("credential", &answer)]);
    assert_eq!(stolen.refusal(), "signin.unknown", "another browser's ticket");

    let done = viewer.submit("passkey", &[("credential", &answer)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    let twice = viewer.submit("passkey", &[("credential", &answer)]);
    assert_eq!(twice.refusal(), "signin.unknown", "that sign-in is over");
    viewer.open_page(&authorize(&[("prompt", "login")]));
    asked(&mut viewer);
    assert_eq!(viewer.submit("passkey", &[("credential", &answer)]).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "challenge", "answered before");

    viewer.open_page(&authorize(&[("prompt", "login")]));
    let late = phone.get(&asked(&mut viewer));
    let later = Scope::new(KITA, Actor::System, clock::now().plus_seconds(301));
    let sweep = |tx: &mut Tx<'_>| credentials::sweep_questions(tx, 100);
    let forgotten = house.world.db.housekeep(&later, "test", sweep);
    assert!(forgotten.unwrap() >= 1, "five minutes later");
    assert_eq!(viewer.submit("passkey", &[("credential", &late)]).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "not_asked");
}

#[test]
fn a_passkey_is_its_persons_and_its_operators_only() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut other = house.given_viewer("A-002", "suzuki");
    let others = given_passkey(&mut other, "スマホ");
    let mut viewer = Viewer::new(&house);
    let own = phone.user_handle.clone();
    assert_ne!(own, others.user_handle);
    phone.user_handle.clone_from(&others.user_handle);
    assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["person"]);
    phone.user_handle = own;

    viewer.open_page(&authorize_at("/o/MINA01", &[]));
    let asked = asked(&mut viewer);
    let refused = viewer.submit("passkey", &[("credential", &phone.get(&asked))]);
    assert_eq!(refused.refusal(), "passkey.refused", "another operator's page");
    let scope = Scope::new(MINAMI, Actor::System, clock::now());
    let there = house.world.db.read(&scope, |tx| list_audit(tx, "", 100)).unwrap();
    assert!(there.iter().any(|line| line.act == "person.passkey_refused"
        && line.detail.contains("unknown")
        && !line.subject.contains("per_")));

    let copy = asked_to_make(&mut other);
    let mut thief = Authenticator::new();
    thief.credential.clone_from(&phone.credential);
    let taken = add(&mut other, &thief.create(&copy), "写し");
    assert_eq!(taken.refusal(), "passkey.refused", "a credential is one passkey");
    assert_eq!(reasons(&house).last().unwrap(), "known_already");
    assert!(sign_in(&mut viewer, &mut phone).led_with("code").is_some());
}

#[test]
fn a_passkey_is_made_in_the_session_that_was_asked_and_only_soon_after_a_sign_in() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = Authenticator::new();
    let asked = asked_to_make(&mut owner);
    phone.origin = "https://evil.example".to_owned();
    assert_eq!(add(&mut owner, &phone.create(&asked), "偽").refusal(), "passkey.refused");
    phone.origin = BASE.to_owned();
    assert_eq!(add(&mut owner, &phone.create(&asked), "二度").refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["origin", "not_asked"]);
    let mut other = house.given_viewer("A-002", "suzuki");
    asked_to_make(&mut other);
    let asked = asked_to_make(&mut owner);
    assert_eq!(add(&mut other, &phone.create(&asked), "横").refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "challenge");
    assert_eq!(add(&mut owner, "{}", "　").refusal(), "passkey.name_malformed");
    assert_eq!(house.audited("person.passkey_added"), 0);

    let stranger = Viewer::new(&house).send_form(&format!("{PAGE}/ask"), &[]);
    assert_eq!(stranger.status, 401, "{}", stranger.body);
    let foreign = owner.send_form(&format!("{PAGE}/ask"), &[("proof", "x")]);
    assert_ne!(foreign.status, 200);

    let who = {
        let cookie = &owner.cookies["__Host-aikagi-session"];
        let journeys = &house.provider.journeys;
        journeys.session_of(cookie, (KITA, clock::now())).unwrap().unwrap()
    };
    let site = Arc::new(credentials::Site::of(BASE).unwrap());
    let later = clock::now().plus_seconds(301);
    let journeys = &house.provider.journeys;
    let refused = [
        journeys.ask_new_passkey(&who, &site, later).unwrap_err().code(),
        journeys.add_passkey(&who, &site, ("{}", "遅"), later).unwrap_err().code(),
        journeys.remove_passkey(&who, "psk_x", later).unwrap_err().code(),
    ];
    assert_eq!(refused, ["proof.too_old"; 3]);
}

#[test]
fn who_is_shut_out_or_was_reset_is_not_let_in_by_a_passkey() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut viewer = Viewer::new(&house);
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let reset = person.clone();
    house
        .act(move |tx| {
            credentials::forget_passwords(tx, vec![reset.clone()])?;
            record(tx, &Entry::new("test.reset", &reset))
        })
        .unwrap();
    assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["password_taken_away"]);

    let letter = house.given_letter("A-001");
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let fields = [("username", "takahashi"), ("password", PASSWORD)];
    assert!(viewer.submit("account", &fields).led_with("code").is_some());
    assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "unknown", "passkeys went with the old password");

    viewer.sign_in("takahashi", PASSWORD);
    let mut phone = given_passkey(&mut viewer, "新しいスマホ");
    house.world.sms(Op::Stop, "A-001");
    let stopped = sign_in(&mut Viewer::new(&house), &mut phone);
    assert_eq!(stopped.refusal(), "contract.stopped");
}

#[test]
fn wrong_passwords_of_others_do_not_shut_a_passkey_out() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut thief = Viewer::new(&house);
    for _ in 0..10 {
        thief.sign_in("takahashi", "wrong but long enough");
    }
    assert_eq!(thief.sign_in("takahashi", PASSWORD).refusal(), "signin.locked");
    assert!(sign_in(&mut owner, &mut phone).led_with("code").is_some());
}
