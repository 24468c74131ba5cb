//! A receiver that takes nothing for days: its backlog costs no more than one that is small, and what
//! was given up is forgotten in the end.

use base::kernel::Actor;
use base::records::outbox::{self, Outcome};
use base::records::{Entry, Receiver, put_receiver, record};
use serde_json::json;

use crate::world::{KITA, World};

fn given_receiver(world: &World) {
    let receiver = Receiver {
        id: "vod".to_owned(),
        kind: "webhook".to_owned(),
        events: "*".to_owned(),
        settings: "{}".to_owned(),
        secret_sealed: None,
        enabled: true,
    };
    world
        .act(Actor::System, move |tx| {
            put_receiver(tx, &receiver)?;
            record(tx, &Entry::new("receiver.put", "vod"))
        })
        .unwrap();
}

/// One event on each of `contracts`, at `version`.
fn given_events(world: &World, contracts: usize, version: i64) {
    world
        .act(Actor::System, move |tx| {
            for number in 0..contracts {
                let number = format!("C{number:04}");
                let entry = Entry::new("contract.suspended", &number).version(version);
                record(tx, &entry.event(&number, json!({})))?;
            }
            Ok(())
        })
        .unwrap();
}

/// Claims what is due and fails at it. Answers how many were claimed, and the statements it took.
fn round(world: &World, outcome: &Outcome) -> (usize, u64) {
    let (scope, outcome) = (world.scope(KITA, Actor::System), outcome.clone());
    let counted = world.db.statements();
    let claimed = world
        .db
        .housekeep(&scope, "claim", |tx| outbox::claim(tx, "vod", tx.now().plus_seconds(50), 16))
        .unwrap();
    let statements = world.db.statements() - counted;
    let count = claimed.len();
    world
        .db
        .housekeep(&scope, "settle", move |tx| {
            claimed.iter().try_for_each(|one| outbox::settle(tx, one, &outcome))
        })
        .unwrap();
    (count, statements)
}

fn is_due(world: &World) -> bool {
    let scope = world.scope("*", Actor::System);
    let due = world.db.read(&scope, |tx| outbox::receivers_due(tx, 10)).unwrap();
    !due.is_empty()
}

fn rounds_until_nothing_is_due(world: &World) -> Vec<(usize, u64)> {
    let failed = Outcome::Failed("down".to_owned());
    let mut rounds = Vec::new();
    while is_due(world) {
        rounds.push(round(world, &failed));
        assert!(rounds.len() < 500, "due for ever: {rounds:?}");
    }
    rounds
}

#[test]
fn a_dead_receiver_with_a_large_backlog_costs_a_claim_no_more_and_is_not_due_while_all_heads_wait()
{
    let small = World::new();
    given_receiver(&small);
    given_events(&small, 16, 1);
    let (claimed, most) = round(&small, &Outcome::Failed("down".to_owned()));
    assert_eq!(claimed, 16);

    let world = World::new();
    given_receiver(&world);
    for version in 1..=6 {
        given_events(&world, 100, version);
    }
    let rounds = rounds_until_nothing_is_due(&world);
    let claimed: usize = rounds.iter().map(|round| round.0).sum();
    assert_eq!(claimed, 100, "each stream's head once, and nothing behind it");
    assert!(rounds.len() <= 100_usize.div_ceil(16) + 1, "{} rounds", rounds.len());
    let worst = rounds.iter().map(|round| round.1).max().unwrap();
    assert!(worst <= most, "{worst} statements, {most} for a small one");
    assert!(!is_due(&world));

    // New events of streams whose heads wait are set aside, not tried.
    given_events(&world, 100, 7);
    let rounds = rounds_until_nothing_is_due(&world);
    assert!(rounds.iter().all(|round| round.0 == 0) && rounds.len() <= 3, "{rounds:?}");

    // Once it is up again everything arrives, each stream in its order.
    world.pass(3600);
    let mut delivered = 0;
    while is_due(&world) {
        let (claimed, _) = round(&world, &Outcome::Delivered);
        delivered += claimed;
        assert!(claimed > 0, "due, and nothing is claimed after {delivered}");
    }
    assert_eq!(delivered, 700);
}

#[test]
fn what_follows_a_delivered_or_refused_head_is_due_at_once() {
    let world = World::new();
    given_receiver(&world);
    for version in 1..=3 {
        given_events(&world, 1, version);
    }
    for outcome in [Outcome::Delivered, Outcome::Refused("no".to_owned()), Outcome::Delivered] {
        assert_eq!(round(&world, &outcome).0, 1);
    }
    assert!(!is_due(&world));
}

#[test]
fn events_given_up_long_ago_are_forgotten_and_younger_ones_are_not() {
    let world = World::new();
    given_receiver(&world);
    given_events(&world, 5, 1);
    round(&world, &Outcome::Refused("no".to_owned()));
    let forget = |days: i64| {
        let scope = world.scope(KITA, Actor::System);
        let forget = move |tx: &mut base::store::Tx<'_>| {
            outbox::forget(tx, "vod", (outbox::Over::Dead, tx.now().plus_days(-days)), 500)
        };
        world.db.housekeep(&scope, "forget", forget).unwrap()
    };
    world.pass_days(89);
    assert_eq!(forget(90), 0);
    world.pass_days(2);
    assert_eq!(forget(90), 5);
}

#[test]
fn a_lease_written_by_a_clock_that_is_ahead_does_not_stop_the_others() {
    let world = World::new();
    let take = |holder: &'static str, ahead: i64| {
        let scope = world.scope("*", Actor::System).at(world.now().plus_seconds(ahead));
        let take = move |tx: &mut base::store::Tx<'_>| {
            base::records::acquire_lease(tx, "seal", holder, tx.now().plus_seconds(60))
        };
        world.db.housekeep(&scope, "lease", take).unwrap().is_some()
    };
    assert!(take("one", 0));
    assert!(!take("two", 0), "held");
    assert!(!take("two", -30), "held, by a clock that is a little ahead");
    world.pass(61);
    assert!(take("two", 3600), "over; taken by a clock that is an hour ahead");
    assert!(take("one", 0), "not believed");
    assert!(!take("three", 0), "held again");
}
