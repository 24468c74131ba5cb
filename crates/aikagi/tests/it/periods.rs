//! Stories of key periods that meet, and of ones that end before they begin.

use base::kernel::Instant;
use domain::commands::{Command, End, Op, Report};
use domain::entitlements::{Grant, load};

use crate::world::World;

fn code(report: &Report) -> &str {
    report.code.as_deref().unwrap_or("")
}

/// A command about BASIC of A-001.
fn key(world: &World, op: Op) -> Command {
    Command { product: Some("BASIC".to_owned()), ..Command::new(&world.request_id(), op, "A-001") }
}

/// Opens from so many days on to so many days on.
fn open(world: &World, from: i64, until: i64) -> Report {
    let day = |days| world.now().plus_days(days);
    let end_at = Some(End::At(day(until)));
    world.send(Command { effective_at: Some(day(from)), end_at, ..key(world, Op::KeyOpen) })
}

fn grants(world: &World) -> Vec<Grant> {
    let key = world.household("A-001").key();
    let mut all = world.look(|tx| load(tx, vec!["A-001".to_owned()])).unwrap();
    all.remove(&key).map(|ring| ring.grants).unwrap_or_default()
}

/// Each grant in a word, oldest first.
fn states(world: &World, at: Instant) -> Vec<&'static str> {
    grants(world).iter().map(|grant| grant.state_at(at).as_str()).collect()
}

#[test]
fn a_key_that_would_end_before_it_begins_is_closed_at_once_and_never_opens() {
    let world = World::new();
    world.given_contract("A-001");
    open(&world, 20, 40);
    // The 30th is before the 20th day from now: nothing is left of it.
    let closed = world.send(Command { end_at: Some(End::Month), ..key(&world, Op::KeyClose) });

    assert_eq!(code(&closed), "");
    for days in [0, 15, 25, 45] {
        assert_eq!(states(&world, world.now().plus_days(days)), ["CLOSED"], "{days}");
    }
    assert_eq!(code(&open(&world, 5, 30)), "", "a new key, not more of the old one");
    assert_eq!(states(&world, world.now()), ["CLOSED", "SCHEDULED"]);
    let acts = world.audited();
    assert_eq!(acts[acts.len() - 3..], ["key.opened", "key.closed", "key.opened"]);
}

#[test]
fn a_period_that_meets_several_makes_one_of_them_all() {
    let world = World::new();
    world.given_contract("A-001");
    let now = world.now();
    open(&world, 10, 12);
    open(&world, 1, 3);
    open(&world, 20, 22);
    assert_eq!(states(&world, now), ["SCHEDULED"; 3]);

    assert_eq!(code(&open(&world, 2, 10)), "note.extended", "touching is meeting");

    let period = |grant: &Grant| (grant.starts, grant.ends);
    let living: Vec<_> = grants(&world)
        .iter()
        .filter(|grant| grant.state_at(now).as_str() == "SCHEDULED")
        .map(period)
        .collect();
    let day = |days| now.plus_days(days);
    assert_eq!(living, [(day(1), Some(day(12))), (day(20), Some(day(22)))]);
    assert_eq!(states(&world, now), ["CLOSED", "SCHEDULED", "SCHEDULED"], "never opened");
    assert_eq!(code(&open(&world, 2, 11)), "note.same_already", "it is covered");
    let fetch = |days| states(&world, day(days));
    assert_eq!(fetch(11), ["CLOSED", "OPEN", "SCHEDULED"]);
}
