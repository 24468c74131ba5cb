//! A person sets up an authenticator on the page for it, and nobody else does it for them.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::sessions::{Reason, end_sessions};
use totp_rs::{Builder, Secret, Totp};

use crate::second_factor::told;
use crate::viewers::{Answer, House, PASSWORD, Viewer};
use crate::world::{KITA, sato};

const PAGE: &str = "/o/KITA01/security";

/// The text of the element with this id.
fn element<'a>(page: &'a Answer, id: &str) -> &'a str {
    let (_, rest) = page.body.split_once(&format!("id=\"{id}\">")).expect("the element");
    rest.split("</").next().unwrap()
}

fn authenticator(page: &Answer) -> Totp {
    let secret = element(page, "secret").replace(' ', "");
    Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build().unwrap()
}

fn code(totp: &Totp, seconds: i64) -> String {
    totp.generate(u64::try_from(clock::now().ms() / 1000 + seconds).unwrap()).to_string()
}

fn does(viewer: &mut Viewer<'_>, action: &str) -> Answer {
    viewer.send_form(PAGE, &[("action", action)])
}

/// Makes every proof of the house older than a change allows.
fn pass_ten_minutes(house: &House) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let age = |tx: &mut Tx<'_>| {
        tx.exec("UPDATE browser_sessions SET auth_ms = auth_ms - 600000", &[]).map(drop)
    };
    house.world.db.housekeep(&scope, "test", age).unwrap();
}

#[test]
fn an_authenticator_is_set_up_confirmed_asked_for_and_taken_away() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let page = viewer.look(PAGE);
    assert!(page.body.contains("認証アプリを使う"), "{}", page.body);
    let begun = does(&mut viewer, "begin");
    assert!(begun.body.contains("<svg"), "a code to scan");
    let totp = authenticator(&begun);
    let again = viewer.look(PAGE);
    assert!(!again.body.contains("id=\"secret\""), "shown once");

    let wrong = viewer.send_form(PAGE, &[("action", "confirm"), ("code", "000000")]);
    assert_eq!((wrong.status.as_u16(), wrong.refusal()), (400, "totp.code_wrong"));
    assert!(wrong.body.contains("name=\"code\""), "{}", wrong.body);
    let right = code(&totp, 0);
    let done = viewer.send_form(PAGE, &[("action", "confirm"), ("code", &right)]);
    assert!(done.body.contains("登録が終わりました"), "{}", done.body);
    let listed = element(&done, "codes").matches("<li>").count();
    assert!(done.body.contains("使える予備コードは10個です"), "{listed}: {}", done.body);
    let (_, rest) = element(&done, "codes").split_once("<li>").unwrap();
    let paper = rest.split("</li>").next().unwrap().to_owned();

    let mut elsewhere = Viewer::new(&house);
    assert!(elsewhere.sign_in("takahashi", PASSWORD).body.contains("one-time-code"));
    let signed_in = elsewhere.submit("second", &[("code", &paper)]);
    assert_eq!(told(&house, &signed_in)["acr"], "urn:aikagi:acr:mfa");
    assert!(viewer.look(PAGE).body.contains("使える予備コードは9個です"));

    let renewed = does(&mut viewer, "codes");
    assert!(renewed.body.contains("使える予備コードは10個です"), "{}", renewed.body);
    assert!(does(&mut viewer, "remove").body.contains("やめました"));
    let mut third = Viewer::new(&house);
    assert!(third.sign_in("takahashi", PASSWORD).led_with("code").is_some(), "not asked any more");
    assert_eq!(does(&mut viewer, "codes").refusal(), "totp.unknown", "codes for nothing");
    let acts = ["person.totp_added", "person.totp_removed", "person.recovery_codes_issued"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 1, 2]);
}

#[test]
fn who_proved_to_be_themselves_too_long_ago_does_it_again_first() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    viewer.look(PAGE);
    pass_ten_minutes(&house);
    for action in ["begin", "confirm", "codes", "remove"] {
        let sent = viewer.send_form(PAGE, &[("action", action), ("code", "123456")]);
        assert!(sent.location().path().ends_with("/signin"), "{action}: {}", sent.body);
    }
    assert_eq!(house.audited("person.totp_begun"), 0);
    let sent = does(&mut viewer, "begin");
    let page = viewer.follow(&sent);
    assert!(page.body.contains("もう一度ご本人であることを確認します"), "{}", page.body);
    let back = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(back.body.contains("認証アプリを使う"), "{}", back.body);
    assert!(does(&mut viewer, "begin").body.contains("<svg"));
}

#[test]
fn nobody_else_sets_it_up() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mut other = house.given_viewer("A-002", "tanaka");
    viewer.look(PAGE);
    other.proof.clone_from(&viewer.proof);
    assert_eq!(does(&mut other, "begin").refusal(), "form.foreign", "another session's form");
    other.look("/o/KITA01/services");
    assert_eq!(does(&mut other, "begin").refusal(), "form.foreign", "another page's form");
    viewer.origin = "https://evil.example.jp".to_owned();
    assert_eq!(does(&mut viewer, "begin").refusal(), "form.foreign");
    viewer.origin = crate::viewers::BASE.to_owned();
    let person = house.world.household("A-001").persons[0].person_id.clone();
    house.act(move |tx| end_sessions(tx, Reason::ByStaff(&person))).unwrap();
    let sent = does(&mut viewer, "begin");
    assert!(sent.location().path().ends_with("/signin"), "the session has ended");
    assert_eq!(house.audited("person.totp_begun"), 0);
}
