//! Rented titles, ratings and the adult matrix, as decisions see them.

use base::kernel::{Actor, Instant};
use domain::commands::{Command, Op};
use domain::decisions::{Finding, Subject, record_first_play};
use domain::subscribers::{Attributes, Role};

use crate::decisions::given_registered;
use crate::decisions::{about, answer, ask, codes, given_viewer, person};
use crate::world::World;

#[test]
fn a_rental_is_begun_in_time_and_then_watched_for_two_days() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "RENTAL1");
    let opened = world.now();
    let film = || answer(&world, &about("A-001", 1, "title:R0001"));
    assert_eq!((codes(&film()).as_str(), film().decision.ttl_s), ("P00", 900));

    world.pass_days(29);
    let play = || {
        let subject = Subject::Member { number: "A-001", person_no: 1 };
        world.act(Actor::Client("vod".to_owned()), move |tx| {
            record_first_play(tx, &subject, "title:R0001")
        })
    };
    let until = play().unwrap().1.unwrap();
    assert_eq!(until, opened.plus_days(31));
    assert_eq!(play().unwrap(), (base::kernel::Change::Already, Some(until)));
    assert_eq!(world.audited().iter().filter(|act| *act == "key.first_played").count(), 1);

    world.pass_days(2);
    world.pass(-10);
    assert_eq!(film().decision.ttl_s, 10, "never past the end of the window");
    world.pass(10);
    assert_eq!(codes(&film()), "D12");
    assert_eq!(play().unwrap_err().code(), "rental.unknown");
}

#[test]
fn a_rental_never_begun_is_over_after_thirty_days() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "RENTAL1");
    world.pass_days(30);
    let late = answer(&world, &about("A-001", 1, "title:R0001"));
    assert!(matches!(late.decision.findings[..], [Finding::RentalOver { played: false, .. }]));
    assert_eq!(late.decision.offers, ["RENTAL1"]);
}

#[test]
fn adult_titles_need_every_switch_and_never_open_for_a_child() {
    let world = World::new();
    given_viewer(&world, "A-001");
    let attributes = |adult, born: &str, role| Attributes {
        adult_allowed: Some(adult),
        birth_on: Some(born.to_owned()),
        role,
        ..Attributes::default()
    };
    let owner = attributes(true, "1980-05-05", None);
    let attr = Command::new(&world.request_id(), Op::Attr, "A-001");
    world.send(Command { attributes: owner, ..attr });
    world.given_key("A-001", "NIGHT");
    assert_eq!(ask(&world, "A-001", 1, "title:A0001"), "P00");
    assert_eq!(ask(&world, "A-001", 0, "title:A0001"), "D13 D14", "nobody is known to be of age");

    let child = attributes(true, "2015-04-01", Some(Role::Child));
    let add = person(&world, Op::PersonAdd, "A-001", 2);
    world.send(Command { attributes: child, ..add });
    given_registered(&world, "A-001", 2);
    assert_eq!(ask(&world, "A-001", 2, "title:A0001"), "D13 D14");

    let off = Attributes { adult_allowed: Some(false), ..Attributes::default() };
    let attr = Command::new(&world.request_id(), Op::Attr, "A-001");
    world.send(Command { attributes: off, ..attr });
    assert_eq!(ask(&world, "A-001", 1, "title:A0001"), "D13");
}

#[test]
fn a_rating_opens_on_the_birthday_and_no_answer_is_kept_past_it() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "MIHODAI");
    let attributes = Attributes {
        birth_on: Some("2011-11-21".to_owned()),
        max_rating_years: Some(18),
        role: Some(Role::Child),
        ..Attributes::default()
    };
    world.send(Command { attributes, ..person(&world, Op::PersonAdd, "A-001", 2) });
    given_registered(&world, "A-001", 2);
    let rated = |years: i64| {
        let mut ask = about("A-001", 2, "title:T0001");
        ask.question.least_age = Some(years);
        answer(&world, &ask)
    };
    assert_eq!(codes(&rated(12)), "P00", "advice to parents");
    assert_eq!(codes(&rated(15)), "D14");
    // Fifteen at midnight; ten seconds before, the refusal is good for ten seconds.
    let midnight = Instant::parse_compact_jst("20261121000000", "t").unwrap();
    world.pass(world.now().seconds_until(midnight) - 10);
    assert_eq!(rated(15).decision.ttl_s, 10);
    world.pass(10);
    assert_eq!((codes(&rated(15)).as_str(), codes(&rated(18)).as_str()), ("P00", "D14"));
}
