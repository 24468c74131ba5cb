//! What would make a recovery last waits a day, whatever page it is done on; what a recovery undoes by itself does not.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::credentials::ContactKind;

use crate::contacts_page::given_contact;
use crate::family::given_family;
use crate::forgotten::{ask, codes, fan_out};
use crate::passkeys::given_passkey;
use crate::picture::{Picture, picture};
use crate::second_factor::given_kit;
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, sato};

const MAIL: &str = "hanako@example.jp";
const NEW: &str = "いぬも２匹いると楽しいです。";

/// A page, and a form of it.
type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// Every form that needs a young proof and would make a recovery last. What it names need not be there: the guard comes first.
const WAITING: [Form; 15] = [
    ("pins", &[("do", "set"), ("kind", "viewing"), ("pin", "908172")]),
    ("pins", &[("do", "set"), ("kind", "purchase"), ("pin", "560417")]),
    ("pins", &[("do", "ask"), ("from", "12")]),
    ("pins", &[("do", "remove"), ("kind", "viewing")]),
    ("security", &[("action", "begin")]),
    ("security", &[("action", "confirm"), ("code", "000000")]),
    ("security", &[("action", "codes")]),
    ("security", &[("action", "remove")]),
    ("contacts", &[("do", "add"), ("kind", "MAIL"), ("address", "yoso@example.jp")]),
    ("contacts", &[("do", "verify"), ("contact", "ctc_1"), ("code", "123456")]),
    ("contacts", &[("do", "remove"), ("contact", "ctc_1")]),
    ("family", &[("do", "invite"), ("member", "2")]),
    ("family", &[("do", "approve"), ("request", "apr_1"), ("number", "12")]),
    ("family", &[("do", "home_off")]),
    ("family", &[("do", "home_on")]),
];

fn send(viewer: &mut Viewer<'_>, (page, fields): &Form) -> Answer {
    let path = format!("/o/KITA01/{page}");
    viewer.look(&path);
    viewer.send_form(&path, fields)
}

/// The owner of a family forgot the password and came in by a code to a contact.
pub fn given_recovered(house: &House) -> Viewer<'_> {
    let mut before = given_family(house);
    given_contact((house, &mut before), ContactKind::Mail, MAIL);
    let mut viewer = Viewer::new(house);
    ask(&mut viewer, "takahashi");
    fan_out(house);
    let code = codes(house).last().expect("a code").1.clone();
    viewer.submit("recovery", &[("code", &code)]);
    let done = viewer.submit("renewal", &[("password", NEW)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    viewer
}

/// A day goes by.
fn pass_a_day(house: &House) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let age = |tx: &mut Tx<'_>| {
        tx.exec(
            "UPDATE passwords SET waits_until_ms = waits_until_ms - 86400000 WHERE waits_until_ms > 0",
            &[],
        )
    };
    assert_eq!(house.world.db.housekeep(&scope, "test", age).unwrap(), 1, "one person waits");
}

/// Everything the person signs in with and the family's papers.
fn credentials(house: &House) -> Picture {
    let tables = [
        "pins",
        "contacts",
        "sent_codes",
        "totps",
        "recovery_codes",
        "registration_codes",
        "approvals",
        "passkeys",
    ];
    picture(&house.world.db, KITA, move |table, _| !tables.contains(&table))
}

#[test]
fn whatever_would_make_a_recovery_last_waits_a_day_on_every_page() {
    let house = House::new();
    let mut viewer = given_recovered(&house);
    let before = credentials(&house);
    for form in &WAITING {
        let refused = send(&mut viewer, form);
        assert_eq!(refused.refusal(), "recovery.waits", "{form:?}: {}", refused.body);
        assert!(refused.body.contains("24時間"), "{form:?}: {}", refused.body);
    }
    assert_eq!(credentials(&house), before, "nothing changed");
    let line = house.world.audited().into_iter().filter(|line| line.contains("person.recovered"));
    assert_eq!(line.count(), 1);

    pass_a_day(&house);
    for form in &WAITING {
        let answer = send(&mut viewer, form);
        assert_ne!(answer.refusal(), "recovery.waits", "{form:?}");
    }
    assert_ne!(credentials(&house), before, "and then it is done");
}

#[test]
fn what_a_recovery_undoes_and_what_only_takes_away_does_not_wait() {
    let house = House::new();
    let mut viewer = given_recovered(&house);
    given_passkey(&mut viewer, "ｽﾏﾎ");
    let path = "/o/KITA01/family";
    viewer.look(path);
    let withdrawn = viewer.send_form(path, &[("do", "withdraw"), ("member", "2")]);
    assert_eq!((withdrawn.status.as_u16(), withdrawn.refusal()), (200, ""), "{}", withdrawn.body);
    let mut again = Viewer::new(&house);
    ask(&mut again, "takahashi");
    fan_out(&house);
    let code = codes(&house).last().expect("a code").1.clone();
    again.submit("recovery", &[("code", &code)]);
    again.submit("renewal", &[("password", "また忘れたので書いておきます")]);
    let passkeys = picture(&house.world.db, KITA, |table, _| table != "passkeys");
    assert!(passkeys["passkeys"].is_empty(), "the rightful person's recovery takes it away");
}

#[test]
fn who_proved_an_authenticator_too_and_who_has_a_letter_of_the_station_wait_for_nothing() {
    let house = House::new();
    let mut before = given_family(&house);
    given_contact((&house, &mut before), ContactKind::Mail, MAIL);
    let kit = given_kit(&house, "A-001");
    let mut viewer = Viewer::new(&house);
    ask(&mut viewer, "takahashi");
    fan_out(&house);
    let code = codes(&house).last().expect("a code").1.clone();
    viewer.submit("recovery", &[("code", &code)]);
    let second = kit.paper[0].as_str();
    let done = viewer.submit("renewal", &[("password", NEW), ("code", second)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert_eq!(send(&mut viewer, &WAITING[0]).refusal(), "", "an authenticator was proved");

    let house = House::new();
    given_recovered(&house);
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&crate::viewers::authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let done = viewer.submit("account", &[("username", "takahashi"), ("password", NEW)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert_eq!(send(&mut viewer, &WAITING[0]).refusal(), "", "the station asked who they are");
}
