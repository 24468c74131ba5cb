//! What `isolation_rooms.rs` asks about boxes at home, and what their codes lead to.

use base::kernel::clock;
use domain::credentials::TvCodeFor;
use domain::signin::Step;

use crate::doors_world::{BROWSER, issuer};
use crate::isolation_rooms::{Probe, at_password, said};
use crate::world::MINAMI;

pub const PROBES: &[(&str, Probe)] = &[
    ("Journeys::enter_home", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let shown = (names.token.as_str(), None);
        let done = two.parts.journeys.enter_home((&client, &issuer(MINAMI)), shown, clock::now());
        said(done.map(|_| "a household"))
    }),
    ("Journeys::known_box", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let shown = (names.token.as_str(), clock::now());
        let done = two.parts.journeys.known_box((&client, &issuer(MINAMI)), shown);
        said(done.map(|one| one.model))
    }),
    ("Journeys::give_tv_code", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let shown = (names.token.as_str(), TvCodeFor::Registration);
        let whose = (&*client, &issuer(MINAMI));
        said(two.parts.journeys.give_tv_code(whose, shown, clock::now()))
    }),
    ("Journeys::ask_television", |two, names| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Recover)?;
            two.parts.journeys.ask_television(caller, &names.login)
        })
    }),
    ("Journeys::try_television", |two, _| {
        let typed = ("BCDFGHJK", "2580");
        at_password(two, |caller| two.parts.journeys.try_television(caller, typed))
    }),
    ("Journeys::begin_at_box", |two, _| {
        let begun = two.parts.journeys.begin_at_box(MINAMI, "BCDFGHJK", (BROWSER, clock::now()));
        said(begun.map(|_| "a sign-in that asks for code and birth date"))
    }),
    ("Journeys::try_box_code", |two, _| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::BoxCode { scanned: String::new() })?;
            two.parts.journeys.try_box_code(caller, ("BCDFGHJK", "1958-02-03"))
        })
    }),
    ("Journeys::holder_at_home", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let claims = crate::home::claims_of(&names.household);
        let done = two.parts.journeys.holder_at_home(&claims, &client, clock::now());
        said(done.map(|_| "a household"))
    }),
];
