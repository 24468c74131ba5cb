//! Stories of the books: the audit's chain, the outbox's order, leases.

use base::kernel::{Actor, Result, Scope};
use base::records::outbox::{self, Delivery, Outcome};
use base::records::{self, Receiver};
use base::store::Tx;
use domain::commands::Op;

use crate::world::{KITA, MINAMI, World};

fn given_receiver(world: &World, events: &str) {
    let receiver = Receiver {
        id: "vod".to_owned(),
        kind: "webhook".to_owned(),
        events: events.to_owned(),
        settings: "{}".to_owned(),
        secret_sealed: None,
        enabled: true,
    };
    world
        .act(Actor::System, move |tx| {
            records::put_receiver(tx, &receiver)?;
            records::record(tx, &records::Entry::new("receiver.changed", "vod"))
        })
        .unwrap();
}

fn keep<T: Send + 'static>(
    world: &World,
    work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> T {
    world.db.housekeep(&world.scope(KITA, Actor::System), "test", work).unwrap()
}

fn claim(world: &World) -> Vec<Delivery> {
    let until = world.now().plus_seconds(30);
    keep(world, move |tx| outbox::claim(tx, "vod", until, 100))
}

fn settle(world: &World, delivery: &Delivery, outcome: Outcome) {
    let delivery = delivery.clone();
    keep(world, move |tx| outbox::settle(tx, &delivery, &outcome));
}

#[test]
fn events_of_one_contract_go_out_in_order_and_of_others_side_by_side() {
    let world = World::new();
    given_receiver(&world, "contract.*");
    world.given_contract("A-001");
    world.sms(Op::Stop, "A-001");
    world.given_contract("A-002");

    let first = claim(&world);
    let names: Vec<_> = first.iter().map(|d| (d.stream.as_str(), d.event.as_str())).collect();
    assert_eq!(names, [("A-001", "contract.opened"), ("A-002", "contract.opened")]);
    assert!(claim(&world).is_empty(), "claimed rows are leased, later ones wait for them");

    settle(&world, &first[0], Outcome::Failed("503".to_owned()));
    assert!(claim(&world).is_empty(), "backing off still blocks its stream");
    world.pass(1);
    let again = claim(&world);
    assert_eq!((again[0].id.as_str(), again[0].attempts), (first[0].id.as_str(), 1));
    settle(&world, &again[0], Outcome::Delivered);
    assert_eq!(claim(&world)[0].event, "contract.stopped");
}

#[test]
fn a_holder_that_slept_past_its_lease_settles_nothing() {
    let world = World::new();
    given_receiver(&world, "*");
    world.given_contract("A-001");
    let slow = claim(&world);
    world.pass(31);
    let quick = claim(&world);
    assert_eq!(slow[0].id, quick[0].id, "at least once");
    settle(&world, &slow[0], Outcome::Refused("410".to_owned()));
    let backlog = keep(&world, outbox::backlog);
    assert_eq!((backlog[0].pending, backlog[0].dead), (1, 0));
    settle(&world, &quick[0], Outcome::Delivered);
    assert!(keep(&world, outbox::backlog).is_empty());
}

#[test]
fn what_fails_for_two_days_is_dead_and_can_be_revived() {
    let world = World::new();
    given_receiver(&world, "*");
    world.given_contract("A-001");
    let mut tries = 0;
    while let [delivery] = claim(&world).as_slice() {
        settle(&world, delivery, Outcome::Failed("no route".to_owned()));
        world.pass(14_400);
        tries += 1;
    }
    assert_eq!(tries, 13);
    assert_eq!(keep(&world, outbox::backlog)[0].dead, 1);
    assert_eq!(keep(&world, |tx| outbox::revive(tx, "vod", None)), 1);
    assert_eq!(claim(&world).len(), 1);
}

#[test]
fn two_nodes_share_the_outbox_without_taking_a_row_twice() {
    let world = World::new();
    given_receiver(&world, "*");
    for n in 0..30 {
        world.given_contract(&format!("A-{n:03}"));
    }
    let other = world.second_node();
    let until = world.now().plus_seconds(30);
    let scope = world.scope(KITA, Actor::System);
    let (ours, theirs) = std::thread::scope(|threads| {
        let ours = threads.spawn(|| claim(&world));
        let theirs = threads.spawn(|| {
            other.housekeep(&scope, "test", move |tx| outbox::claim(tx, "vod", until, 100))
        });
        (ours.join().unwrap(), theirs.join().unwrap().unwrap())
    });
    let mut ids: Vec<_> = ours.iter().chain(&theirs).map(|delivery| delivery.id.clone()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!((ids.len(), all), (30, 30));
}

#[test]
fn only_the_operators_own_receivers_hear_of_its_contracts() {
    let world = World::new();
    given_receiver(&world, "*");
    world
        .at(MINAMI, Actor::Sms("m".to_owned()), |tx| {
            let command = domain::commands::Command::new("m1", Op::Start, "M-001");
            domain::commands::execute(tx, &command)
        })
        .unwrap();
    assert!(claim(&world).is_empty());
}

#[test]
fn the_chain_proves_itself_and_shows_a_changed_a_missing_and_a_slipped_in_line() {
    let sealed = || {
        let world = World::new();
        world.given_contract("A-001");
        world.given_contract("A-002");
        world.pass(120);
        world.sms(Op::Stop, "A-002");
        while keep(&world, records::seal) > 0 {}
        world
    };
    let world = sealed();
    let report = keep(&world, records::verify_chain);
    assert_eq!((report.broken.as_deref(), report.seals, report.unsealed), (None, 1, 1));
    assert!(report.rows >= 2);

    let tampered: [&'static str; 3] = [
        "UPDATE audit SET actor = 'nobody' WHERE operator_id = ?1 AND act = 'contract.opened'
            AND subject = 'A-001/00'",
        "DELETE FROM audit WHERE operator_id = ?1 AND subject = 'A-001/00'",
        "INSERT INTO audit (operator_id, audit_id, at_ms, actor, act, subject, version, detail, cause)
         SELECT operator_id, audit_id || '0', at_ms, actor, act, 'A-009/00', version, detail, cause
           FROM audit WHERE operator_id = ?1 AND subject = 'A-001/00'",
    ];
    for sql in tampered {
        let world = sealed();
        keep(&world, move |tx| tx.exec(sql, &[KITA.into()]));
        assert!(keep(&world, records::verify_chain).broken.is_some(), "{sql}");
    }
}

#[test]
fn who_ends_gives_back_all_leases_of_its_own_at_every_operator_and_no_others() {
    let world = World::new();
    let take = |operator: &str, name: &'static str, holder: &'static str| {
        let until = world.now().plus_seconds(10);
        let work = move |tx: &mut Tx<'_>| records::acquire_lease(tx, name, holder, until);
        world.db.housekeep(&world.scope(operator, Actor::System), "test", work).unwrap()
    };
    let first = take(KITA, "sms-files", "node-a").unwrap();
    assert!(take(MINAMI, "sms-files", "node-a").is_some());
    assert!(take(KITA, "seal", "node-b").is_some());
    assert!(take(KITA, "sms-files", "node-c").is_none());

    let platform = world.scope(Scope::PLATFORM, Actor::System);
    let back = |holder: &'static str| {
        let work = move |tx: &mut Tx<'_>| records::release_leases_of(tx, holder);
        world.db.housekeep(&platform, "test", work).unwrap()
    };
    assert_eq!((back("node-a"), back("node-a")), (2, 0));

    assert!(take(KITA, "sms-files", "node-c").unwrap().fence > first.fence);
    assert!(take(MINAMI, "sms-files", "node-c").is_some());
    assert!(take(KITA, "seal", "node-c").is_none(), "node-b still has it");
    assert_eq!(back("node-a"), 0, "what was taken over is not its own any more");
    assert!(take(KITA, "sms-files", "node-a").is_none());
}

#[test]
fn a_lease_has_one_holder_and_passes_on_when_it_runs_out() {
    let world = World::new();
    let take = |holder: &'static str| {
        let until = world.now().plus_seconds(10);
        keep(&world, move |tx| records::acquire_lease(tx, "watch", holder, until))
    };
    let first = take("node-a").unwrap();
    assert!(take("node-b").is_none());
    assert_eq!(take("node-a").unwrap().fence, first.fence, "renewed");
    world.pass(11);
    assert!(take("node-b").unwrap().fence > first.fence);
    assert!(take("node-a").is_none());
}
