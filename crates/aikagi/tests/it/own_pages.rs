//! Sign-ins for pages of our own: they end in a session and at that page, and nowhere else.

use base::kernel::{Scope, clock};
use domain::commands::Op;
use domain::signin::{Caller, Destination, Moved, OwnPage, Purpose, SignedIn, Visit};

use crate::viewers::{House, PASSWORD};
use crate::world::{KITA, MINAMI};

fn device(issuer: &str) -> Purpose {
    let own = OwnPage::Device { user_code: Some("BCDF-GHJK".to_owned()) };
    Purpose::Own(Visit { issuer: issuer.to_owned(), own })
}

/// Signs in for the page; answers where that leads and the browser's cookie.
fn sign_in(house: &House, purpose: &Purpose) -> (Destination, String) {
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let mut ticket = journeys.begin(purpose, ("b", now)).unwrap();
    if purpose.is_for_platform() {
        let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
        ticket = journeys.choose_operator(&caller, KITA).unwrap();
    }
    let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
    let Moved::Finished(finish) = journeys.try_password(&caller, ("takahashi", PASSWORD)).unwrap()
    else {
        panic!("there is nothing more to prove");
    };
    assert_eq!(finish.operator, KITA);
    (finish.to, finish.session.unwrap().0)
}

#[test]
fn a_sign_in_for_a_page_of_our_own_leads_there_with_a_session_and_without_a_code() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let granted = house.audited("authorization.granted");
    for issuer in [KITA, Scope::PLATFORM] {
        let purpose = device(issuer);
        let (to, cookie) = sign_in(&house, &purpose);
        assert_eq!(Purpose::Own(own(to)), purpose);
        let who = house.provider.journeys.session_of(&cookie, (issuer, clock::now())).unwrap();
        let SignedIn { operator, member, .. } = who.expect("signed in");
        let person = &house.world.household("A-001").persons[0].person_id;
        assert_eq!((operator.as_str(), &member.person_id), (KITA, person));
    }
    assert_eq!(house.audited("authorization.granted"), granted, "nothing was given to anybody");
}

fn own(to: Destination) -> Visit {
    match to {
        Destination::Own(visit) => visit,
        Destination::Client { .. } | Destination::Refused { .. } => panic!("led to a client"),
    }
}

#[test]
fn a_page_of_our_own_sees_nobody_from_elsewhere_nor_anybody_who_is_shut_out() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let (_, cookie) = sign_in(&house, &device(KITA));
    let seen = |cookie: &str, issuer: &str| {
        house.provider.journeys.session_of(cookie, (issuer, clock::now())).unwrap().is_some()
    };
    assert!(seen(&cookie, KITA) && !seen(&cookie, MINAMI), "another operator's page");
    assert!(!seen(&cookie[..cookie.len() - 1], KITA) && !seen("", KITA), "invented");
    house.world.sms(Op::Stop, "A-001");
    assert!(!seen(&cookie, KITA), "a stopped household");
}
