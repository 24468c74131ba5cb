//! A household gets another owner: one offers, the other accepts. And what an owner sees of what a child watched.

use base::kernel::{Actor, Change, Result};
use base::store::Tx;
use domain::commands::{self, Command, Offer, Op};
use domain::credentials::{self, Fresh};
use domain::decisions::{self, WatchedTitle};
use domain::subscribers::{Attributes, Reason, Role};

use crate::decisions::{about, codes, desk, given_registered, person};
use crate::households::{by, given_household};
use crate::world::{World, sato};

fn offer(world: &World, to: i64) -> Result<Change> {
    by(world, 1, move |tx, who| commands::offer_household(tx, who, to))
}

fn accept(world: &World, person_no: i64) -> Result<()> {
    by(world, person_no, commands::accept_household)
}

fn end(world: &World, person_no: i64) -> Change {
    by(world, person_no, commands::end_offer).unwrap()
}

fn seen(world: &World, person_no: i64) -> Option<Offer> {
    let id = world.household("A-001").person(person_no).unwrap().person_id.clone();
    world.look(|tx| commands::offer_of(tx, &id)).unwrap()
}

fn roles(world: &World) -> Vec<Role> {
    world.household("A-001").persons.iter().map(|one| one.role).collect()
}

fn code<T>(refused: Result<T>) -> &'static str {
    refused.err().expect("refused").code()
}

#[test]
fn a_household_is_offered_and_accepted_and_the_owner_before_is_an_adult_of_it() {
    let world = given_household();
    let before = world.household("A-001").contract.version;
    assert_eq!(offer(&world, 2).unwrap(), Change::Made);
    assert_eq!(offer(&world, 2).unwrap(), Change::Already);
    let until = world.now().plus_days(7);
    for person_no in [1, 2] {
        assert_eq!(seen(&world, person_no).map(|one| (one.to, one.expires)), Some((2, until)));
    }
    assert_eq!(seen(&world, 3), None, "it concerns two");
    assert_eq!(roles(&world), [Role::Owner, Role::Adult, Role::Child], "until it is accepted");
    world.send(person(&world, Op::PersonAdd, "A-001", 4));
    let invited = by(&world, 1, |tx, who| credentials::invite(tx, who, 4)).unwrap();

    assert_eq!(code(accept(&world, 3)), "family.offer_over");
    assert_eq!(code(accept(&world, 1)), "family.offer_over");
    accept(&world, 2).unwrap();
    assert_eq!(&roles(&world)[..3], [Role::Adult, Role::Owner, Role::Child]);
    assert!(world.household("A-001").contract.version > before);
    assert_eq!(code(accept(&world, 2)), "family.offer_over", "once");
    let check = world.look(|tx| credentials::check_letter(tx, "A-001", &invited.code)).unwrap();
    assert_eq!(check, credentials::LetterCheck::Bad, "the owner before invites nobody any more");

    assert_eq!(code(offer(&world, 3)), "family.owner_only");
    by(&world, 2, |tx, who| commands::suspend_member(tx, who, 1)).unwrap();
    let lines = world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let household = world.household("A-001");
    let made: Vec<_> = lines.iter().filter(|line| line.subject == "A-001/00").collect();
    let acts: Vec<&str> = made.iter().map(|line| line.act.as_str()).collect();
    assert!(acts.ends_with(&["household.offered", "contract.owner_changed"]), "{acts:?}");
    let line = made.last().unwrap();
    assert_eq!(line.actor, format!("person:{}", household.persons[1].person_id));
    assert!(line.detail.contains(&household.persons[0].person_id), "{}", line.detail);
}

#[test]
fn a_household_is_offered_to_one_registered_adult_at_a_time() {
    let world = given_household();
    let adult = Attributes { role: Some(Role::Adult), ..Attributes::default() };
    for person_no in [4, 5] {
        let attributes = adult.clone();
        world.send(Command { attributes, ..person(&world, Op::PersonAdd, "A-001", person_no) });
    }
    given_registered(&world, "A-001", 5);
    for (to, refusal) in [
        (1, "family.not_owner"),
        (3, "family.not_adult"),
        (4, "family.not_adult"),
        (9, "person.unknown"),
    ] {
        assert_eq!(code(offer(&world, to)), refusal, "{to}");
    }
    let reason = Some(Reason::Admin);
    world.send_as(sato(), Command { reason, ..person(&world, Op::PersonSuspend, "A-001", 5) });
    assert_eq!(code(offer(&world, 5)), "person.suspended");
    world.send_as(sato(), person(&world, Op::PersonResume, "A-001", 5));

    offer(&world, 2).unwrap();
    assert_eq!(code(offer(&world, 5)), "family.offer_pending");
    assert_eq!(end(&world, 5), Change::Already, "it is not theirs to end");
    assert_eq!(end(&world, 1), Change::Made);
    assert_eq!(end(&world, 1), Change::Already);
    assert_eq!(code(accept(&world, 2)), "family.offer_over");
    offer(&world, 5).unwrap();
    assert_eq!(end(&world, 5), Change::Made);
    assert_eq!((seen(&world, 1), seen(&world, 5)), (None, None));
    let acts = world.audited();
    for act in ["household.offer_withdrawn", "household.offer_declined"] {
        assert_eq!(acts.iter().filter(|one| *one == act).count(), 1, "{act}");
    }
}

#[test]
fn an_offer_is_over_after_seven_days_and_when_either_is_not_who_they_were() {
    type Change = fn(&World);
    let changes: [(&str, Change); 5] = [
        ("seven days", |world| world.pass_days(7)),
        ("the owner's access was ended", |world| {
            world.send(person(world, Op::PersonReset, "A-001", 1));
            given_registered(world, "A-001", 1);
        }),
        ("the adult's was", |world| {
            world.send(person(world, Op::PersonReset, "A-001", 2));
            given_registered(world, "A-001", 2);
        }),
        ("removed and brought back", |world| {
            by(world, 1, |tx, who| commands::remove_member(tx, who, 2)).unwrap();
            by(world, 1, |tx, who| commands::restore_member(tx, who, 2)).unwrap();
        }),
        ("another birth date", |world| {
            let mut attr = person(world, Op::Attr, "A-001", 2);
            attr.attributes.birth_on = Some("2010-01-01".to_owned());
            world.send(attr);
        }),
    ];
    for (why, change) in changes {
        let world = given_household();
        offer(&world, 2).unwrap();
        change(&world);
        assert_eq!(code(accept(&world, 2)), "family.offer_over", "{why}");
        assert_eq!((seen(&world, 1), seen(&world, 2)), (None, None), "{why}");
        assert_eq!(roles(&world), [Role::Owner, Role::Adult, Role::Child]);
    }
    let world = given_household();
    offer(&world, 2).unwrap();
    world.pass_days(8);
    let swept = world.db.housekeep(&world.scope("KITA01", Actor::System), "test", |tx| {
        Ok((commands::sweep_offers(tx, 10)?, commands::sweep_offers(tx, 10)?))
    });
    assert_eq!(swept.unwrap(), (1, 0));
}

#[test]
fn of_an_accepting_and_a_taking_back_at_once_one_is_done() {
    for _ in 0..5 {
        let world = given_household();
        offer(&world, 2).unwrap();
        let (accepted, withdrawn) = std::thread::scope(|scope| {
            let accepting = scope.spawn(|| accept(&world, 2));
            let withdrawing = scope.spawn(|| by(&world, 1, commands::end_offer));
            (accepting.join().unwrap(), withdrawing.join().unwrap())
        });
        let handed_over = roles(&world)[1] == Role::Owner;
        assert_eq!(accepted.is_ok(), handed_over);
        assert_eq!(withdrawn.unwrap() == Change::Made, !handed_over);
    }
}

#[test]
fn neither_half_is_done_with_an_old_proof_or_within_a_day_after_a_recovery() {
    let world = given_household();
    offer(&world, 2).unwrap();
    let adult = world.household("A-001").persons[1].person_id.clone();
    let (id, old) = (adult.clone(), world.now().plus_seconds(-301));
    let tired = world.act(Actor::Person(adult.clone()), move |tx| {
        commands::accept_household(tx, &Fresh { person_id: &id, proved: old })
    });
    assert_eq!(code(tired), "proof.too_old");
    let until = world.now().plus_seconds(60);
    let forgot = move |tx: &mut Tx<'_>| {
        credentials::replace_credentials(tx, &adult, ("hanako", "$argon2id$x"))?;
        let keys = [tx.operator().into(), adult.as_str().into(), until.into()];
        tx.change_one(
            "UPDATE passwords SET waits_until_ms = ?3 WHERE operator_id = ?1 AND person_id = ?2",
            &keys,
        )
    };
    world.act(Actor::System, forgot).unwrap();
    assert_eq!(code(accept(&world, 2)), "recovery.waits");
    world.pass(61);
    accept(&world, 2).unwrap();
}

/// Member `of` asks to view each of these, and the log is written.
fn watches(world: &World, of: i64, resources: &[&str]) {
    let desk = desk(world);
    for resource in resources {
        desk.answer(&about("A-001", of, resource), world.now()).unwrap();
        world.pass(60);
    }
    desk.flush();
}

fn watched(world: &World, viewer: i64, of: i64) -> Result<Vec<WatchedTitle>> {
    let id = world.household("A-001").person(viewer).unwrap().person_id.clone();
    world.look(|tx| decisions::watched_by_child(tx, (&id, of)))
}

#[test]
fn an_owner_sees_what_a_child_watched_and_never_another_adult() {
    let world = given_household();
    world.given_key("A-001", "MIHODAI");
    watches(&world, 3, &["title:T0001", "title:T0002", "title:T0001", "title:A0001"]);
    watches(&world, 2, &["title:T0002"]);
    let seen = watched(&world, 1, 3).unwrap();
    let named: Vec<_> = seen.iter().map(|one| one.resource.as_str()).collect();
    assert_eq!(
        named,
        ["title:T0001", "title:T0002"],
        "the latest first, once; what was refused is not watched"
    );
    assert_eq!(seen[0].product.as_ref().unwrap().0, "見放題パック");
    assert_eq!(watched(&world, 3, 3).unwrap().len(), 2, "the child too");
    for (viewer, of) in [(1, 2), (2, 1), (2, 3), (3, 1)] {
        assert_eq!(code(watched(&world, viewer, of)), "family.private", "{viewer} of {of}");
    }
    assert_eq!(code(watched(&world, 1, 9)), "person.unknown");
    assert!(watched(&world, 1, 1).unwrap().is_empty(), "there is no list of an adult's");
}

#[test]
fn what_somebody_watched_as_an_adult_stays_theirs_whoever_makes_them_a_child() {
    let world = given_household();
    world.given_key("A-001", "MIHODAI");
    watches(&world, 2, &["title:T0001"]);
    let mut attr = person(&world, Op::Attr, "A-001", 2);
    attr.attributes.role = Some(Role::Child);
    world.send(attr);
    watches(&world, 2, &["title:T0002"]);
    let seen = watched(&world, 1, 2).unwrap();
    assert_eq!(seen.iter().map(|one| one.resource.as_str()).collect::<Vec<_>>(), ["title:T0002"]);
    assert_eq!(
        codes(&desk(&world).answer(&about("A-001", 2, "title:T0001"), world.now()).unwrap()),
        "P00"
    );
}
