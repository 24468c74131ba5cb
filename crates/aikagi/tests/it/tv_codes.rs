//! Who forgot the password comes in again by a code on the box at home and a PIN, and by neither alone.

use base::store::Tx;
use domain::clients::Grant;
use domain::commands::{self, Command, Op};
use domain::credentials::{self, Fresh, PinKind};
use domain::subscribers::{self, HomeSignIn, Reason};

use crate::home::{Box, given_box, switch_home};
use crate::second_factor::told as claims_of;
use crate::viewers::{Answer, House, PASSWORD, SECRET, Viewer, authorize};
use crate::world::{KITA, sato};

const NEW: &str = "いぬも２匹いると楽しいです。";
const PIN: &str = "2580";

/// Has a box show a code.
pub fn code_of(house: &House, signed: &str) -> String {
    let answer = shown(house, signed);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["code"].as_str().unwrap().to_owned()
}

fn shown(house: &House, signed: &str) -> Answer {
    house.client_form("/o/KITA01/tv_code", ("vod", SECRET), &[("assertion", signed)])
}

/// Gives the owner of `number` a PIN.
pub fn given_pin(house: &House, number: &str, kind: PinKind, pin: &'static str) {
    let person = house.world.household(number).persons[0].person_id.clone();
    let master = house.provider.signing.master().clone();
    let set = move |tx: &mut Tx<'_>| {
        let fresh = Fresh { person_id: &person, proved: tx.now() };
        credentials::set_pin(tx, &master, &fresh, (kind, pin))
    };
    house.act(set).unwrap();
}

/// The household of takahashi, with a PIN and a box; and another one.
fn given(house: &House) -> (Box, Box) {
    switch_home(house, KITA, true);
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::JwtBearer));
    for (number, name) in [("A-001", "takahashi"), ("A-002", "saito")] {
        drop(house.given_viewer(number, name));
        given_pin(house, number, PinKind::Viewing, PIN);
    }
    let own = given_box(&house.world, "A-001", "STB-1");
    (own, given_box(&house.world, "A-002", "STB-2"))
}

/// A sign-in that says whose it is and wants the television's code.
pub fn at_television<'h>(house: &'h House, name: &str) -> Viewer<'h> {
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "recover")]);
    viewer.submit("forgotten", &[("username", name), ("ask", "television")]);
    viewer
}

fn try_it(viewer: &mut Viewer<'_>, code: &str, pin: &str) -> Answer {
    viewer.submit("television", &[("code", code), ("pin", pin)])
}

fn is_new_password(answer: &Answer) -> bool {
    answer.status == 200 && answer.body.contains("new-password")
}

#[test]
fn a_code_on_the_box_at_home_and_a_pin_lead_to_a_new_password_once() {
    let house = House::new();
    let (own, _) = given(&house);
    let code = code_of(&house, &own.assertion("one"));
    let mut viewer = at_television(&house, "Ｔakahashi");

    let page = try_it(&mut viewer, &code.to_lowercase().replace('-', " "), PIN);

    assert!(is_new_password(&page), "{}", page.body);
    let done = viewer.submit("renewal", &[("password", NEW)]);
    assert_eq!(claims_of(&house, &done)["acr"], "urn:aikagi:acr:password");
    let old = Viewer::new(&house).sign_in("takahashi", PASSWORD);
    assert_eq!(old.status, 422, "the old one is over");
    let again = try_it(&mut at_television(&house, "takahashi"), &code, PIN);
    assert_eq!(again.refusal(), "signin.code_wrong", "used up");
    let acts = ["home.code_shown", "person.recovery_proved", "person.recovered"];
    assert_eq!(acts.map(|act| house.audited(act)), [1; 3]);
    let whole = crate::picture::picture(&house.world.db, KITA, |_, _| false);
    let kept = format!("{whole:?}");
    assert!(!kept.contains(&code) && !kept.contains(&code.replace('-', "")), "kept in the clear");
}

#[test]
fn whatever_is_wrong_is_answered_alike_and_leads_nowhere() {
    let house = House::new();
    let (own, other) = given(&house);
    let code = code_of(&house, &own.assertion("one"));
    let theirs = code_of(&house, &other.assertion("two"));
    let tries = [
        ("takahashi", code.as_str(), "2581"),
        ("takahashi", &theirs, PIN),
        ("takahashi", "BCDF-GHJK", PIN),
        ("takahashi", "", ""),
        ("saito", &code, PIN),
        ("nobodyhere", &code, PIN),
    ];
    let mut answers = tries.map(|(name, code, pin)| {
        let mut viewer = at_television(&house, name);
        let answer = try_it(&mut viewer, code, pin);
        (answer.status, answer.refusal().to_owned(), name)
    });
    answers.sort();
    assert!(answers.iter().all(|one| one.1 == "signin.code_wrong"), "{answers:?}");
    let page = try_it(&mut at_television(&house, "takahashi"), &code, PIN);
    assert!(is_new_password(&page), "wrong tries of others do not use it up: {}", page.body);
}

#[test]
fn a_code_ends_with_the_box_the_switch_and_the_contract_and_after_fifteen_minutes() {
    type Ends = fn(&House, &Box);
    fn act(house: &House, work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<()> + Send + 'static) {
        house.world.act(sato(), work).unwrap();
    }
    let ends: &[(&str, Ends)] = &[
        ("taken away", |house, one| {
            let handle = one.handle.clone();
            act(house, move |tx| commands::remove_box(tx, "A-001", &handle));
        }),
        ("another key", |house, one| {
            let handle = one.handle.clone();
            act(house, move |tx| {
                commands::set_box_key(tx, "A-001", (&handle, &crate::home::public_key()))
            });
        }),
        ("household off", |house, _| {
            act(house, |tx| {
                subscribers::switch_home_sign_in(tx, "A-001", HomeSignIn::Off).map(|_| ())
            });
        }),
        ("operator off", |house, _| switch_home(house, KITA, false)),
        ("held", |house, _| {
            let reason = Some(Reason::Unpaid);
            let hold = Command { reason, ..Command::new("hold", Op::Suspend, "A-001") };
            assert_eq!(house.world.send(hold).code, None);
        }),
        ("a newer code", |house, one| drop(code_of(house, &one.assertion("newer")))),
        ("too old", |house, _| {
            let age = |tx: &mut Tx<'_>| {
                let keys = [KITA.into(), tx.now().into()];
                tx.exec("UPDATE tv_codes SET expires_ms = ?2 WHERE operator_id = ?1", &keys)
            };
            let scope = house.world.scope(KITA, sato()).at(base::kernel::clock::now());
            assert_eq!(house.world.db.housekeep(&scope, "test", age).unwrap(), 1);
        }),
    ];
    for (name, end) in ends {
        let house = House::new();
        switch_home(&house, KITA, true);
        house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::JwtBearer));
        drop(house.given_viewer("A-001", "takahashi"));
        given_pin(&house, "A-001", PinKind::Viewing, PIN);
        let own = given_box(&house.world, "A-001", "STB-1");
        let code = code_of(&house, &own.assertion("one"));
        let mut viewer = at_television(&house, "takahashi");

        end(&house, &own);

        let answer = try_it(&mut viewer, &code, PIN);
        assert_eq!(answer.refusal(), "signin.code_wrong", "{name}: {}", answer.body);
    }
}

#[test]
fn who_could_buy_proves_it_by_the_purchase_pin_and_wrong_ones_lock_it() {
    let house = House::new();
    let (own, _) = given(&house);
    given_pin(&house, "A-001", PinKind::Purchase, "908172");
    let code = code_of(&house, &own.assertion("one"));
    let mut viewer = at_television(&house, "takahashi");
    for _ in 0..4 {
        assert_eq!(try_it(&mut viewer, &code, PIN).refusal(), "signin.code_wrong");
    }
    assert_eq!(try_it(&mut viewer, &code, PIN).refusal(), "signin.locked");
    let locked = try_it(&mut at_television(&house, "takahashi"), &code, "908172");
    assert_eq!(locked.refusal(), "signin.locked", "also the right one");
}

#[test]
fn only_a_box_that_proves_itself_is_given_a_code_and_only_where_the_station_has_it() {
    let house = House::new();
    let (own, _) = given(&house);
    let signed = own.assertion("one");
    code_of(&house, &signed);
    for refused in [signed.as_str(), "a.b.c", ""] {
        assert_ne!(shown(&house, refused).status, 200, "{refused}");
    }
    switch_home(&house, KITA, false);
    assert_eq!(shown(&house, &own.assertion("two")).json()["error_description"], "home.off");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[("prompt", "login")]));
    let page = viewer.submit("go", &[("step", "recover")]);
    assert!(!page.body.contains("value=\"television\""), "not offered: {}", page.body);
    let form = [("username", "takahashi"), ("ask", "television")];
    assert_ne!(viewer.submit("forgotten", &form).status, 200);
}
