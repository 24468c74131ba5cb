//! Passkeys of the staff: made by who has just signed in at the console, used in place of everything else, and by nobody else.

use base::records::list_audit;
use domain::operators::{self, Role, StaffDraft};
use domain::staff;
use serde_json::Value as Json;

use crate::authenticator::Authenticator;
use crate::console::{CONSOLE, age, given_clerk, invited, is_in, joins};
use crate::passkeys;
use crate::viewers::{Answer, House, Viewer, authorize};
use crate::world::{KITA, MINAMI};

const PAGE: &str = "/console/KITA01/security";

fn asked_to_make(clerk: &mut Viewer<'_>) -> Answer {
    opens(clerk);
    clerk.send_form(&format!("{PAGE}/ask"), &[])
}

/// Opens the page, and keeps the proof of its own forms.
fn opens(clerk: &mut Viewer<'_>) -> Answer {
    crate::console_desk::opens(clerk, PAGE)
}

fn given_passkey(clerk: &mut Viewer<'_>, name: &str) -> Authenticator {
    let mut phone = Authenticator::new();
    let asked = asked_to_make(clerk);
    assert_eq!(asked.status, 200, "{}", asked.body);
    let answer = phone.create(&asked.json());
    let added = clerk.send_form(PAGE, &[("do", "add"), ("credential", &answer), ("name", name)]);
    assert_eq!(added.status, 200, "{}", added.body);
    phone
}

/// What the sign-in page at the console of `operator` asks the browser for.
fn asked(browser: &mut Viewer<'_>, operator: &str) -> Answer {
    browser.get(&format!("/console/{operator}"));
    browser.send_form(&format!("/console/{operator}/sign-in/passkey/ask"), &[])
}

fn answers(browser: &mut Viewer<'_>, operator: &str, answer: &str) -> Answer {
    let path = format!("/console/{operator}/sign-in/passkey");
    browser.send_form(&path, &[("credential", answer), ("path", "/today")])
}

fn signs_in(browser: &mut Viewer<'_>, phone: &mut Authenticator) -> Answer {
    let asked = asked(browser, KITA);
    assert_eq!(asked.status, 200, "{}", asked.body);
    answers(browser, KITA, &phone.get(&asked.json()))
}

/// Why passkeys of the staff were refused, in order.
fn reasons(house: &House) -> Vec<String> {
    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let refused = lines.into_iter().filter(|line| line.act == "staff.passkey_refused");
    let reason = |detail: &str| serde_json::from_str::<Json>(detail).unwrap()["reason"].clone();
    refused.map(|line| reason(&line.detail).as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_clerk_signs_in_by_a_passkey_alone_and_is_led_to_where_they_wanted_to_go() {
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    assert!(opens(&mut clerk).body.contains("パスキーはまだありません"));
    let mut phone = given_passkey(&mut clerk, "受付のパソコン");
    let page = opens(&mut clerk);
    assert!(page.body.contains("<h2>受付のパソコン</h2>"), "{}", page.body);
    let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'; connect-src 'self'"), "{policy}");

    let mut elsewhere = Viewer::new(&house);
    let led = signs_in(&mut elsewhere, &mut phone);

    assert_eq!(led.location().path(), format!("{CONSOLE}/today"), "{}", led.body);
    assert!(is_in(&mut elsewhere) && is_in(&mut clerk));
    let audited = ["staff.passkey_added", "person.passkey_added"].map(|act| house.audited(act));
    assert_eq!(audited, [1, 0], "the staff's own books");
    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let last = lines.iter().rfind(|line| line.act == "staff.signed_in").unwrap();
    assert!(last.subject == "sato" && last.detail.contains("passkey"), "{last:?}");
    assert!(!opens(&mut elsewhere).body.contains("まだ使われていません"));
    assert_eq!(reasons(&house), [""; 0]);
}

#[test]
fn a_passkey_is_made_and_taken_away_by_who_has_just_signed_in_and_named_by_nobody_else() {
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    let mut phone = given_passkey(&mut clerk, "スマホ");
    let page = opens(&mut clerk);
    let (_, rest) = page.body.split_once("name=\"passkey\" value=\"").unwrap();
    let id = rest.split('"').next().unwrap().to_owned();
    let touch = |clerk: &mut Viewer<'_>, what: &str| {
        opens(clerk);
        clerk.send_form(PAGE, &[("do", what), ("passkey", id.as_str()), ("name", "<b>私の</b>")])
    };
    let mut other = given_clerk(&house, Role::StationManager);
    assert_eq!(touch(&mut other, "rename").refusal(), "passkey.unknown");
    assert_eq!(touch(&mut other, "remove").status, 200, "nothing of theirs to take away");
    assert!(touch(&mut clerk, "rename").body.contains("&#60;b&#62;私の"));
    assert_eq!(house.audited("staff.passkey_renamed"), 1);

    age(&house, "UPDATE staff_sessions SET auth_ms = auth_ms - 301000");
    let late = asked_to_make(&mut clerk);
    assert_eq!((late.status.as_u16(), late.refusal()), (401, "proof.too_old"));
    assert_eq!(touch(&mut clerk, "remove").refusal(), "proof.too_old");
    assert!(!opens(&mut clerk).body.contains("data-kind=\"new\""));
    assert_eq!(touch(&mut clerk, "rename").status, 200, "a name is no proof");
    let asked = touch(&mut clerk, "again");
    assert!(asked.body.contains("name=\"path\" value=\"/security\""), "{}", asked.body);
    assert!(!is_in(&mut clerk), "whoever goes on proves themselves first");

    let back = signs_in(&mut clerk, &mut phone);
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(touch(&mut clerk, "remove").status, 200);
    assert_eq!(house.audited("staff.passkey_removed"), 1);
    let gone = signs_in(&mut Viewer::new(&house), &mut phone);
    assert_eq!((gone.status.as_u16(), gone.refusal()), (422, "passkey.refused"));
    assert_eq!(reasons(&house), ["unknown"]);
}

#[test]
fn whatever_is_wrong_about_a_passkey_is_told_alike_and_no_question_is_answered_twice() {
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    let mut phone = given_passkey(&mut clerk, "スマホ");
    let mut browser = Viewer::new(&house);
    type Lie = fn(&mut Authenticator);
    let lies: [(&str, Lie); 4] = [
        ("origin", |phone| phone.origin = "https://id.example.jp.evil.example".to_owned()),
        ("not_verified", |phone| phone.flags = 0x01),
        ("counter", |phone| phone.counter = 0),
        ("unknown", |phone| phone.credential = vec![7; 32]),
    ];
    for (reason, lie) in lies {
        let (origin, flags) = (phone.origin.clone(), phone.flags);
        let (counter, credential) = (phone.counter, phone.credential.clone());
        lie(&mut phone);
        let refused = signs_in(&mut browser, &mut phone);
        assert_eq!((refused.status.as_u16(), refused.refusal()), (422, "passkey.refused"));
        assert_eq!(reasons(&house).last().unwrap(), reason);
        (phone.origin, phone.flags) = (origin, flags);
        (phone.counter, phone.credential) = (counter + 1, credential);
    }
    let question = asked(&mut browser, KITA).json();
    let answer = phone.get(&question);
    let mut thief = Viewer::new(&house);
    assert_eq!(answers(&mut thief, KITA, &answer).refusal(), "passkey.refused", "no visit at all");
    asked(&mut thief, KITA);
    assert_eq!(answers(&mut thief, KITA, &answer).refusal(), "passkey.refused");
    assert_eq!(reasons(&house).last().unwrap(), "challenge", "another browser's question");
    assert_eq!(answers(&mut browser, KITA, &answer).status, 303);
    assert_eq!(answers(&mut browser, KITA, &answer).refusal(), "passkey.refused");
    let foreign = asked(&mut browser, MINAMI);
    assert_eq!(foreign.status, 200);
    let there = answers(&mut browser, MINAMI, &phone.get(&foreign.json()));
    assert_eq!(there.refusal(), "passkey.refused", "another station's people");
    "https://evil.example".clone_into(&mut browser.origin);
    assert_eq!(asked(&mut browser, KITA).refusal(), "form.foreign");
}

#[test]
fn a_clerk_is_no_person_and_a_person_no_clerk_whatever_passkey_they_show() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut theirs = passkeys::given_passkey(&mut owner, "スマホ");
    let mut clerk = given_clerk(&house, Role::StationManager);
    let mut ours = given_passkey(&mut clerk, "スマホ");
    let mut browser = Viewer::new(&house);
    assert_eq!(signs_in(&mut browser, &mut theirs).refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["of_another_kind"]);
    assert_eq!(passkeys::sign_in(&mut browser, &mut ours).refusal(), "passkey.refused");
    assert_eq!(passkeys::reasons(&house), ["of_another_kind"]);
    browser.open_page(&authorize(&[("prompt", "login")]));
    let signed_in = passkeys::sign_in(&mut browser, &mut theirs);
    assert!(signed_in.led_with("code").is_some(), "no harm was done: {}", signed_in.body);
    assert!(!is_in(&mut browser));
}

/// Something after which a passkey lets nobody in.
type Way = fn(&House);

#[test]
fn a_passkey_ends_with_its_member_with_another_invitation_and_when_who_leads_them_says_so() {
    let ways: [(&str, Way); 4] = [
        ("off", |house| {
            let off = |tx: &mut base::store::Tx<'_>| {
                let member = operators::find_staff(tx, "sato")?.expect("sato");
                operators::put_staff(tx, "sato", &StaffDraft { enabled: false, ..member.draft })
            };
            house.act(off).unwrap();
        }),
        ("invited", |house| drop(invited(house, KITA, ("sato", Role::Desk)))),
        ("ended", |house| drop(house.act(|tx| staff::end_passkeys(tx, "sato")))),
        ("station", |house| drop(house.act(operators::disable))),
    ];
    for (name, way) in ways {
        let house = House::new();
        let mut clerk = given_clerk(&house, Role::Desk);
        let mut phone = given_passkey(&mut clerk, "スマホ");
        let mut browser = Viewer::new(&house);
        let question = asked(&mut browser, KITA).json();
        way(&house);
        let told = answers(&mut browser, KITA, &phone.get(&question));
        let code = if name == "station" { "operator.disabled" } else { "passkey.refused" };
        assert_eq!(told.refusal(), code, "{name}: {}", told.body);
        assert!(!is_in(&mut browser), "{name}");
    }
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    given_passkey(&mut clerk, "スマホ");
    let mut manager = Viewer::new(&house);
    let invitation = invited(&house, KITA, ("suzuki", Role::StationManager));
    joins(&mut manager, KITA, ("suzuki", &invitation));
    let person = format!("{CONSOLE}/staff/sato");
    let shown = crate::console_desk::opens(&mut manager, &person);
    assert!(shown.body.contains("value=\"end_passkeys\""), "{}", shown.body);
    let ended = manager.send_form(&person, &[("do", "end_passkeys")]);
    assert!(ended.body.contains("パスキーを削除しました"), "{}", ended.body);
    assert!(!ended.body.contains("value=\"end_passkeys\""), "{}", ended.body);
    assert_eq!(house.audited("staff.passkeys_ended"), 1);
    assert!(!is_in(&mut clerk), "who holds the telephone is signed in with nothing else of it");
}
