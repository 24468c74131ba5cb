//! Signing in with a second factor: asked for after any weaker proof, told truthfully, of no use out of order.

use std::sync::Arc;

use base::kernel::{Actor, Instant, Result, Scope, clock};
use base::store::Tx;
use domain::credentials::{self, Fresh};
use domain::signing::MasterKey;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize, claims};
use crate::world::KITA;

/// A viewer's authenticator and recovery codes, set up a minute ago.
pub struct Kit {
    totp: Totp,
    pub paper: Vec<String>,
}

impl Kit {
    /// What the authenticator shows now.
    pub fn shown(&self) -> String {
        code(&self.totp, 0)
    }
}

fn owner_of(house: &House, number: &str) -> String {
    house.world.household(number).persons[0].person_id.clone()
}

fn does<T: Send + 'static>(
    house: &House,
    (person, at): (&str, Instant),
    what: impl Fn(&mut Tx<'_>, &MasterKey, &Fresh<'_>) -> Result<T> + Send + 'static,
) -> T {
    let (signing, person) = (Arc::clone(&house.provider.signing), person.to_owned());
    let scope = Scope::new(KITA, Actor::Person(person.clone()), at);
    let work = move |tx: &mut Tx<'_>| {
        what(tx, signing.master(), &Fresh { person_id: &person, proved: at })
    };
    house.world.db.transact(&scope, work).unwrap()
}

pub fn given_kit(house: &House, number: &str) -> Kit {
    given_kit_of(house, &owner_of(house, number))
}

/// The same, for anybody.
pub fn given_kit_of(house: &House, person: &str) -> Kit {
    let earlier = clock::now().plus_seconds(-90);
    let enrolled = does(house, (person, earlier), |tx, master, who| {
        credentials::enrol_totp(tx, master, who, ("北浜ケーブル", "takahashi"))
    });
    let secret = Secret::try_from_base32(&enrolled.secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let first = code(&totp, -90);
    does(house, (person, earlier), move |tx, master, who| {
        credentials::confirm_totp(tx, master, who, &first)
    });
    let paper = does(house, (person, earlier), credentials::issue_recovery_codes);
    Kit { totp, paper }
}

/// What the authenticator shows `seconds` from now.
fn code(totp: &Totp, seconds: i64) -> String {
    totp.generate(u64::try_from(clock::now().ms() / 1000 + seconds).unwrap()).to_string()
}

/// The ID token of the code an answer leads to the service with.
pub fn told(house: &House, answer: &Answer) -> serde_json::Value {
    let tokens = house.redeem(&answer.led_with("code").expect("a code"));
    claims(tokens.json()["id_token"].as_str().unwrap())
}

#[test]
fn who_has_an_authenticator_is_asked_for_it_and_the_service_is_told_so() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    given_kit(&house, "A-001");
    let mut viewer = Viewer::new(&house);

    let page = viewer.sign_in("takahashi", PASSWORD);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("autocomplete=\"one-time-code\""), "{}", page.body);
    let sessions = house.audited("person.signed_in");
    let wrong = viewer.submit("second", &[("code", "ﾁｶﾞｳ")]);
    assert_eq!((wrong.status.as_u16(), wrong.refusal()), (422, "signin.code_wrong"));
    assert!(!wrong.body.contains("ﾁｶﾞｳ"), "a code is not shown again");
    assert_eq!(house.audited("person.signed_in"), sessions);
    let silent = viewer.get(&authorize(&[("prompt", "none")]));
    assert_eq!(silent.led_with("error").unwrap(), "login_required", "half a sign-in is no session");
}

#[test]
fn a_code_or_a_recovery_code_ends_the_sign_in_and_each_does_once() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let now = code(&kit.totp, 0);
    let mut viewer = Viewer::new(&house);
    viewer.sign_in("takahashi", PASSWORD);
    let done = viewer.submit("second", &[("code", &format!("{} {}", &now[..3], &now[3..]))]);
    let said = told(&house, &done);
    assert_eq!(said["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(said["acr"], json!("urn:aikagi:acr:mfa"));

    let mut thief = Viewer::new(&house);
    thief.sign_in("takahashi", PASSWORD);
    assert_eq!(thief.submit("second", &[("code", &now)]).refusal(), "signin.code_wrong");
    let done = thief.submit("second", &[("code", &kit.paper[0])]);
    assert_eq!(told(&house, &done)["acr"], json!("urn:aikagi:acr:mfa"));
    let mut third = Viewer::new(&house);
    third.sign_in("takahashi", PASSWORD);
    assert_eq!(third.submit("second", &[("code", &kit.paper[0])]).refusal(), "signin.code_wrong");
    assert_eq!(house.audited("person.second_factor_asked"), 3);
    assert_eq!(house.audited("person.factor_proved"), 2);
    assert_eq!(house.audited("person.factor_refused"), 2);
}

#[test]
fn the_second_step_is_of_no_use_before_the_first_or_after_the_password_changed() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let mut early = Viewer::new(&house);
    early.open_page(&authorize(&[]));
    let refused = early.submit("second", &[("code", &kit.paper[0])]);
    assert_eq!(refused.refusal(), "signin.step_changed", "no password yet");

    let mut other = Viewer::new(&house);
    other.sign_in("takahashi", PASSWORD);
    let (page, proof) = (other.page.clone(), other.proof.clone());
    early.page = page;
    early.proof = proof;
    let stolen = early.submit("second", &[("code", &kit.paper[0])]);
    assert_eq!(stolen.refusal(), "signin.unknown", "another browser's ticket");

    let person = owner_of(&house, "A-001");
    house
        .act(move |tx| credentials::replace_credentials(tx, &person, ("takahashi", "$argon2id$x")))
        .unwrap();
    let overtaken = other.submit("second", &[("code", &kit.paper[1])]);
    assert_eq!(overtaken.refusal(), "signin.step_changed");
    assert_eq!(house.audited("person.signed_in"), 1, "by letter, and nobody since");
}

#[test]
fn wrong_second_factors_are_not_forgiven_by_a_right_password() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let mut thief = Viewer::new(&house);
    for _ in 0..9 {
        assert_eq!(thief.sign_in("takahashi", PASSWORD).status, 200);
        let wrong = thief.submit("second", &[("code", "BCDF-GHJK-MNPQ")]);
        assert_eq!(wrong.refusal(), "signin.code_wrong");
    }
    thief.sign_in("takahashi", PASSWORD);
    let tenth = thief.submit("second", &[("code", "BCDF-GHJK-MNPQ")]);
    assert_eq!(tenth.refusal(), "signin.locked");
    assert_eq!(thief.submit("second", &[("code", &kit.paper[0])]).refusal(), "signin.locked");
    let mut owner = Viewer::new(&house);
    assert_eq!(owner.sign_in("takahashi", PASSWORD).refusal(), "signin.locked");
    assert_eq!(house.audited("person.locked_out"), 1);
}

#[test]
fn a_new_letter_does_not_stand_in_for_the_second_factor() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let fields = [("username", "takahashi2"), ("password", PASSWORD)];
    let page = viewer.submit("account", &fields);
    assert!(page.body.contains("autocomplete=\"one-time-code\""), "{}", page.body);
    let done = viewer.submit("second", &[("code", &kit.paper[0])]);
    let said = told(&house, &done);
    assert_eq!((&said["amr"], &said["acr"]), (&json!(["otp"]), &json!("urn:aikagi:acr:password")));
}

#[test]
fn the_person_is_asked_to_allow_a_service_after_the_second_factor_and_not_before() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    house.given_client(KITA, "vod", |terms| terms.profile.first_party = false);
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    assert!(page.body.contains("one-time-code"), "{}", page.body);
    assert_eq!(house.audited("consent.asked"), 0);
    let page = viewer.submit("second", &[("code", &kit.paper[0])]);
    let (_, rest) = page.body.split_once("name=\"shown\" value=\"").unwrap();
    let shown = rest.split('"').next().unwrap().to_owned();
    let done = viewer.submit("consent", &[("decision", "allow"), ("shown", &shown)]);
    assert_eq!(told(&house, &done)["acr"], json!("urn:aikagi:acr:mfa"));
}
