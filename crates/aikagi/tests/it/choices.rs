//! A service asks for the account to be chosen: `prompt=select_account`.

use domain::clients::ClientTerms;
use domain::sessions::{self, Reason};

use crate::viewers::{House, PASSWORD, Viewer, authorize, claims};
use crate::world::KITA;

const CHOOSE: (&str, &str) = ("prompt", "select_account");

/// The subject of the code an answer leads to the service with.
fn subject(house: &House, answer: &crate::viewers::Answer) -> String {
    let json = house.redeem(&answer.led_with("code").expect("a code")).json();
    claims(json["id_token"].as_str().unwrap())["sub"].as_str().unwrap().to_owned()
}

#[test]
fn who_is_signed_in_goes_on_by_a_button_that_names_them() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let before = subject(&house, &viewer.get(&authorize(&[])));
    let (signed_in, page) =
        (house.audited("person.signed_in"), viewer.open_page(&authorize(&[CHOOSE])));
    assert!(page.body.contains("takahashi として続ける"), "{}", page.body);
    assert!(!page.body.contains("current-password"), "nothing is typed");
    let led = viewer.submit("stay", &[]);
    assert_eq!(subject(&house, &led), before);
    assert_eq!(house.audited("person.signed_in"), signed_in, "the same session");
    assert_eq!(viewer.submit("stay", &[]).refusal(), "signin.unknown", "once");
}

#[test]
fn another_person_signs_in_with_the_request_kept() {
    let house = House::new();
    house.given_viewer("A-002", "tanaka");
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let first = subject(&house, &viewer.get(&authorize(&[])));
    viewer.open_page(&authorize(&[CHOOSE]));
    let page = viewer.submit("go", &[("step", "password")]);
    assert!(page.body.contains("current-password"), "{}", page.body);
    assert_eq!(viewer.submit("stay", &[]).refusal(), "signin.step_changed");
    let led = viewer.submit("password", &[("username", "tanaka"), ("password", PASSWORD)]);
    assert_ne!(subject(&house, &led), first);
}

#[test]
fn who_signed_out_or_is_somebody_else_now_does_not_go_on_by_a_page_left_open() {
    let house = House::new();
    house.given_viewer("A-002", "tanaka");
    for (number, name, ended) in [("A-001", "takahashi", true), ("A-003", "saburo", false)] {
        let mut viewer = house.given_viewer(number, name);
        let person = house.world.household(number).persons[0].person_id.clone();
        viewer.open_page(&authorize(&[CHOOSE]));
        if ended {
            house.act(move |tx| sessions::end_sessions(tx, Reason::ByStaff(&person))).unwrap();
        } else {
            let mut other = Viewer::new(&house);
            other.sign_in("tanaka", PASSWORD);
            let cookie = "__Host-aikagi-session";
            viewer.cookies.insert(cookie.to_owned(), other.cookies[cookie].clone());
        }
        let page = viewer.submit("stay", &[]);
        assert!(page.body.contains("current-password"), "{}", page.body);
    }
}

#[test]
fn what_is_missing_beside_the_choice_is_asked_afterwards() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", |terms: &mut ClientTerms| terms.profile.first_party = false);
    viewer.open_page(&authorize(&[CHOOSE]));
    let page = viewer.submit("stay", &[]);
    assert!(page.body.contains("name=\"decision\""), "consent: {}", page.body);
}

#[test]
fn nobody_chooses_where_nobody_is_signed_in_or_nobody_may_be_asked() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let page = Viewer::new(&house).open_page(&authorize(&[CHOOSE]));
    assert!(page.body.contains("current-password"), "{}", page.body);
    let both = Viewer::new(&house).get(&authorize(&[("prompt", "none select_account")]));
    assert_eq!(both.led_with("error").unwrap(), "invalid_request");
}
