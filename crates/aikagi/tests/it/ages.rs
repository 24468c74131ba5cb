//! When a contract or a member changed is said beside by what, for every way something changes.

use base::kernel::{Actor, Scope};
use base::store::Tx;
use domain::commands::{self, AdultTitles, Command, Op};
use domain::credentials::Fresh;
use domain::subscribers::{
    self, Attributes, HomeSignIn, Household, Person, Reason, switch_home_sign_in,
};

use crate::decisions::{about, desk, given_viewer};
use crate::world::{KITA, World, sato};

/// A minute later, `op` of the contract, or of its member 2.
fn give(world: &World, op: Op, person_no: i64) -> Command {
    world.pass(60);
    let reason = matches!(op, Op::Suspend | Op::PersonSuspend).then_some(Reason::Pause);
    let product = matches!(op, Op::KeyOpen | Op::KeyClose).then(|| "BASIC".to_owned());
    let command = Command {
        person_no,
        reason,
        product,
        new_number: (op == Op::Replace).then(|| "B-002".to_owned()),
        attributes: Attributes { adult_allowed: Some(op == Op::Attr), ..Attributes::default() },
        ..Command::new(&world.request_id(), op, "A-001")
    };
    let report = world.send_as(sato(), command.clone());
    assert_ne!(report.result, commands::ResultKind::Error, "{op:?} {report:?}");
    command
}

fn member(household: &Household, person_no: i64) -> &Person {
    household.person(person_no).unwrap()
}

#[test]
fn every_command_dates_the_contract_and_names_itself_beside() {
    let world = World::new();
    given_viewer(&world, "A-001");
    for (op, person_no) in [
        (Op::Suspend, 0),
        (Op::Resume, 0),
        (Op::PersonAdd, 2),
        (Op::PersonSuspend, 2),
        (Op::PersonResume, 2),
        (Op::PersonStop, 2),
        (Op::KeyOpen, 0),
        (Op::KeyClose, 0),
        (Op::Attr, 0),
        (Op::Stop, 0),
        (Op::StopCancel, 0),
        (Op::Replace, 0),
    ] {
        let command = give(&world, op, person_no);
        for number in ["A-001", "B-002"].into_iter().take(1 + usize::from(op == Op::Replace)) {
            let contract = world.household(number).contract;
            let cause = format!("test#{}", command.request_id);
            assert_eq!((contract.updated, contract.cause), (world.now(), cause), "{op:?}");
        }
    }
}

#[test]
fn a_member_is_dated_with_their_own_changes_alone_and_the_cause_stands_beside() {
    let world = World::new();
    given_viewer(&world, "A-001");
    for op in [Op::PersonAdd, Op::Attr, Op::PersonStop] {
        let before = world.household("A-001");
        let command = give(&world, op, 2);
        let household = world.household("A-001");
        let second = member(&household, 2);
        let cause = format!("test#{}", command.request_id);
        assert_eq!((second.updated, &second.cause), (world.now(), &cause), "{op:?}");
        assert_eq!(member(&household, 1), member(&before, 1), "{op:?} is not about the first");
    }
    let before = world.household("A-001");
    give(&world, Op::Suspend, 0);
    assert_eq!(world.household("A-001").persons, before.persons, "the contract's alone");

    let desk = desk(&world);
    let told = desk.answer(&about("A-001", 1, "channel:101"), world.now()).unwrap();
    let scope = world.scope(KITA, Actor::System);
    let why = desk.explain(&scope, &told.trace).unwrap();
    let fact = why.facts.iter().find(|fact| fact.kind == "contract").unwrap();
    let contract = world.household("A-001").contract;
    assert_eq!((&fact.cause, fact.age_s), (&contract.cause, 0));
}

#[test]
fn commands_that_come_at_once_are_each_the_cause_of_what_they_changed() {
    let world = World::new();
    world.given_contract("A-001");
    world.pass(60);
    let [adds, suspends] = ["adds", "suspends"].map(str::to_owned);
    let commands = [
        Command { person_no: 2, ..Command::new(&adds, Op::PersonAdd, "A-001") },
        Command { reason: Some(Reason::Pause), ..Command::new(&suspends, Op::Suspend, "A-001") },
    ];
    world.act(sato(), move |tx| commands::execute_many(tx, &commands)).unwrap();
    let household = world.household("A-001");
    assert_eq!(household.contract.cause, "test#suspends");
    assert_eq!(member(&household, 2).cause, "test#adds");
}

/// What the owner does themselves, without a file or call behind it.
fn does(
    world: &World,
    what: impl Fn(&mut Tx<'_>, &Fresh<'_>) -> base::kernel::Result<subscribers::Change> + Send + 'static,
) {
    world.pass(60);
    let owner = member(&world.household("A-001"), 1).person_id.clone();
    let scope = Scope::new(KITA, Actor::Person(owner.clone()), world.now());
    let change = world.db.transact(&scope, move |tx| {
        let fresh = Fresh { person_id: &owner, proved: tx.now() };
        what(tx, &fresh)
    });
    assert_eq!(change.unwrap(), subscribers::Change::Made);
}

#[test]
fn what_people_do_themselves_is_dated_too_and_says_that_it_was_them() {
    let world = World::new();
    given_viewer(&world, "A-001");
    give(&world, Op::Attr, 1);

    does(&world, |tx, fresh| commands::switch_member_adult(tx, fresh, (1, AdultTitles::Off)));
    let household = world.household("A-001");
    let owner = member(&household, 1);
    assert!(!owner.adult_allowed);
    assert_eq!(owner.updated, world.now());
    assert!(owner.cause.starts_with("own#"), "{}", owner.cause);
    let contract = &household.contract;
    assert_eq!((contract.updated, &contract.cause), (owner.updated, &owner.cause));

    does(&world, |tx, _| {
        let key = subscribers::Key { number: "A-001".to_owned(), generation: 0 };
        subscribers::wish_home_sign_in(tx, &key, HomeSignIn::Off)
    });
    let contract = world.household("A-001").contract;
    assert_eq!((contract.updated, contract.cause.as_str()), (world.now(), "own"));

    world.pass(60);
    world.act(sato(), |tx| switch_home_sign_in(tx, "A-001", HomeSignIn::Off)).unwrap();
    let contract = world.household("A-001").contract;
    assert_eq!((contract.updated, contract.cause.as_str()), (world.now(), "test"));
}
