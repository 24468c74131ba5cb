//! Letters and sessions end with the life they belong to: a removal, a stop, a file taken back.

use base::kernel::Actor;
use domain::commands::{self, Command, Op};
use domain::credentials::{LetterCheck, check_letter, issue_letter_code};
use domain::subscribers::{PersonState, Reason, Standing};

use crate::viewers::{House, PASSWORD, Viewer, authorize};
use crate::world::{World, sato, sms};

/// A new letter of member `person_no`, as printed.
fn letter(world: &World, number: &'static str, person_no: i64) -> String {
    let generation = world.household(number).contract.generation;
    world.act(sato(), move |tx| issue_letter_code(tx, number, generation, person_no)).unwrap()
}

/// Whether this number and code open the registration.
fn is_good(world: &World, number: &'static str, code: &str) -> bool {
    let code = code.to_owned();
    let scope = world.scope(crate::world::KITA, Actor::Anonymous);
    let check = move |tx: &mut base::store::Tx<'_>| check_letter(tx, number, &code);
    matches!(world.db.housekeep(&scope, "test", check).unwrap(), LetterCheck::Good(_))
}

fn person(world: &World, op: Op, number: &str, person_no: i64) -> Command {
    Command { person_no, ..Command::new(&world.request_id(), op, number) }
}

#[test]
fn a_number_typed_in_small_letters_means_the_household_of_the_letter() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_contract("a-002");
    let (capital, small) = (letter(&world, "A-001", 1), letter(&world, "a-002", 1));
    assert!(is_good(&world, "a-001", &capital));
    assert!(is_good(&world, "a-002", &small) && !is_good(&world, "A-002", &small));
    assert!(!is_good(&world, "a-001", &small), "each number has its own letter");
}

#[test]
fn after_a_stop_or_a_removal_no_letter_issued_before_is_good() {
    let world = World::new();
    world.given_contract("A-001");
    world.send(person(&world, Op::PersonAdd, "A-001", 2));
    let (owner, member) = (letter(&world, "A-001", 1), letter(&world, "A-001", 2));
    assert!(is_good(&world, "A-001", &owner) && is_good(&world, "A-001", &member));

    world.send(person(&world, Op::PersonStop, "A-001", 2));
    assert!(!is_good(&world, "A-001", &member));
    world.send_as(sato(), person(&world, Op::PersonAdd, "A-001", 2));
    assert!(!is_good(&world, "A-001", &member), "also when the member is restored");
    assert!(is_good(&world, "A-001", &owner), "the others' letters live");

    world.sms(Op::Stop, "A-001");
    assert!(!is_good(&world, "A-001", &owner));
    world.sms(Op::StopCancel, "A-001");
    assert!(!is_good(&world, "A-001", &owner), "also when the stop is taken back");
    let again = letter(&world, "A-001", 1);
    world.sms(Op::Stop, "A-001");
    let next = Command { generation: Some(1), ..person(&world, Op::Start, "A-001", 0) };
    assert_eq!(world.send(next).state, Some(Standing::Active));
    for old in [&owner, &member, &again] {
        assert!(!is_good(&world, "A-001", old), "also when the number is used again");
    }
}

#[test]
fn after_an_undo_no_letter_of_what_it_took_back_is_good_also_when_the_number_starts_again() {
    let world = World::new();
    let start = Command::new(&world.request_id(), Op::Start, "A-001");
    let done = world
        .act(sms(), move |tx| commands::execute_many(tx, std::slice::from_ref(&start)))
        .unwrap();
    let old = letter(&world, "A-001", 1);
    assert!(is_good(&world, "A-001", &old));
    world.act(sato(), move |tx| commands::restore(tx, &done.before, false)).unwrap();
    assert!(!is_good(&world, "A-001", &old));
    let started = world.sms(Op::Start, "A-001");
    assert_eq!((started.state, started.version), (Some(Standing::Active), 3));
    assert!(!is_good(&world, "A-001", &old));
    assert!(is_good(&world, "A-001", &letter(&world, "A-001", 1)));
}

#[test]
fn a_letter_survives_a_replacement_and_what_touches_its_person_not() {
    let world = World::new();
    world.given_contract("A-001");
    let old = letter(&world, "A-001", 1);
    let mut replace = Command::new(&world.request_id(), Op::Replace, "A-001");
    replace.new_number = Some("B-001".to_owned());
    let done = world
        .act(sms(), move |tx| commands::execute_many(tx, std::slice::from_ref(&replace)))
        .unwrap();
    assert!(is_good(&world, "A-001", &old), "as printed");
    let back = done.before.clone();
    world.act(sato(), move |tx| commands::restore(tx, &back, false)).unwrap();
    assert!(is_good(&world, "A-001", &old), "the owner is who they were");

    world.send(Command {
        new_number: Some("B-001".to_owned()),
        ..Command::new(&world.request_id(), Op::Replace, "A-001")
    });
    let new = letter(&world, "B-001", 1);
    assert!(!is_good(&world, "A-001", &old), "a new letter kills the old one");
    assert!(is_good(&world, "B-001", &new));
    world.send(person(&world, Op::PersonReset, "B-001", 1));
    assert!(!is_good(&world, "B-001", &new));
}

#[test]
fn a_letter_printed_before_a_replacement_registers_the_person_at_the_new_number() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    house.world.send(Command {
        new_number: Some("B-001".to_owned()),
        ..Command::new(&house.world.request_id(), Op::Replace, "A-001")
    });
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let done = viewer.submit("account", &[("username", "hanako"), ("password", PASSWORD)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    let owner = house.world.household("B-001");
    assert_eq!(owner.person(1).unwrap().state, PersonState::Active);
}

#[test]
fn whoever_may_not_register_hears_the_households_reason_first_and_keeps_the_letter() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    let hold = |op, reason| Command {
        person_no: i64::from(op == Op::PersonSuspend),
        reason: Some(reason),
        ..Command::new(&house.world.request_id(), op, "A-001")
    };
    house.world.send(hold(Op::PersonSuspend, Reason::Admin));
    house.world.send(hold(Op::Suspend, Reason::Fraud));
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let mut try_it = || {
        let done = viewer.submit("account", &[("username", "hanako"), ("password", PASSWORD)]);
        done.refusal().to_owned()
    };

    assert_eq!(try_it(), "contract.suspended");
    house.world.sms(Op::Resume, "A-001");
    assert_eq!(try_it(), "person.suspended");

    let owner = house.world.household("A-001");
    assert_eq!(owner.person(1).unwrap().state, PersonState::Invited);
    house.world.send(person(&house.world, Op::PersonResume, "A-001", 1));
    assert_eq!(try_it(), "", "the letter was not spent");
    let owner = house.world.household("A-001");
    assert_eq!(owner.person(1).unwrap().state, PersonState::Active);
}

#[test]
fn a_stop_ends_sessions_and_tokens_for_good() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let refresh = house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned();
    house.world.sms(Op::Stop, "A-001");
    house.world.sms(Op::StopCancel, "A-001");
    assert_eq!(house.refresh(&refresh).status, 400);
    let silent = viewer.get(&authorize(&[("prompt", "none")]));
    assert_eq!(silent.led_with("error").as_deref(), Some("login_required"));
    assert!(viewer.sign_in("takahashi", PASSWORD).led_with("code").is_some(), "a new sign-in");
}
