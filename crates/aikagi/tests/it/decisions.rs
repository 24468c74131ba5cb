//! May this person watch this now, and if not, why not: the order of the codes, keys and bundles,
//! buildings. Rentals and ratings are in `decisions_rules.rs`.

use base::kernel::Actor;
use base::records::{Entry, record};
use domain::commands::{Command, Op};
use domain::decisions::{
    Action, Answer, Ask, Capacity, Decisions, Finding, PinGiven, Question, Subject,
};
use domain::operators;
use domain::subscribers::{self, Attributes, By, Load, Reason, Source, Unit};

use crate::world::{KITA, MINAMI, World, sato};

/// The place where questions are answered, over the world's database.
pub fn desk(world: &World) -> Decisions {
    Decisions::open(&world.db, Capacity::default()).unwrap()
}

/// What is asked about a member (0: the household) by the station's own numbers.
pub fn about<'a>(number: &'a str, person_no: i64, resource: &'a str) -> Ask<'a> {
    Ask {
        operator: KITA,
        client: "test",
        subject: Subject::Member { number, person_no },
        question: Question {
            action: Action::View,
            resource,
            least_age: None,
            adult: false,
            pin: PinGiven::Missing,
        },
    }
}

pub fn answer(world: &World, ask: &Ask<'_>) -> Answer {
    desk(world).answer(ask, world.now()).unwrap()
}

/// The codes of an answer: `P00`, `D04 D09`.
pub fn codes(answer: &Answer) -> String {
    answer.decision.codes().collect::<Vec<_>>().join(" ")
}

pub fn ask(world: &World, number: &str, person_no: i64, resource: &str) -> String {
    codes(&answer(world, &about(number, person_no, resource)))
}

/// A command with a person and a change to it.
pub fn person(world: &World, op: Op, number: &str, person_no: i64) -> Command {
    Command { person_no, ..Command::new(&world.request_id(), op, number) }
}

fn suspend(world: &World, number: &str, person_no: i64, reason: Reason) {
    let op = if person_no == 0 { Op::Suspend } else { Op::PersonSuspend };
    let command = Command { reason: Some(reason), ..person(world, op, number, person_no) };
    world.send(command);
}

/// Registers a member, as the letter's code would.
pub fn given_registered(world: &World, number: &'static str, person_no: i64) {
    world
        .act(Actor::System, move |tx| {
            let before = subscribers::load(tx, vec![number.to_owned()], Load::ForChange)?;
            let (mut after, now) = (before.clone(), tx.now());
            let household = after.last_mut().unwrap();
            let by = By { source: Source::Owner, at: now, now, cause: "letter" };
            household.register(person_no, &by)?;
            household.contract.version += 1;
            subscribers::save(tx, &before, &after)?;
            tx.touch(Some(number));
            record(tx, &Entry::new("person.registered", number))
        })
        .unwrap();
}

pub fn given_viewer(world: &World, number: &'static str) {
    world.given_contract(number);
    given_registered(world, number, 1);
}

#[test]
fn all_failing_checks_are_told_in_their_order() {
    let world = World::new();
    given_viewer(&world, "A-001");
    assert_eq!(ask(&world, "A-001", 1, "title:T0001"), "D09");
    world.given_key("A-001", "MIHODAI");
    assert_eq!(ask(&world, "A-001", 1, "title:T0001"), "P00");

    world.at(KITA, sato(), operators::disable).unwrap();
    suspend(&world, "A-001", 0, Reason::Unpaid);
    suspend(&world, "A-001", 1, Reason::Fraud);

    let answer = answer(&world, &about("A-001", 1, "title:A0001"));
    assert_eq!(codes(&answer), "D01 D04 D06 D09 D13");
    assert_eq!(answer.decision.ttl_s, 30);
    let reasons = vec![Reason::Unpaid];
    let held = Finding::ContractSuspended { reasons, building: false };
    assert_eq!(answer.decision.findings[1], held);
}

#[test]
fn what_nobody_knows_is_told_apart_from_what_was_not_bought() {
    let world = World::new();
    given_viewer(&world, "A-001");
    assert_eq!(ask(&world, "B-999", 1, "title:T0001"), "D02");
    assert_eq!(ask(&world, "A-001", 7, "title:T0001"), "D02");
    let unknown = answer(&world, &about("A-001", 1, "title:NONE"));
    assert_eq!(unknown.decision.findings, [Finding::NotInContract { resource_known: false }]);
    assert!(unknown.decision.offers.is_empty());
    let missing = answer(&world, &about("A-001", 1, "title:T0001"));
    assert_eq!(missing.decision.offers, ["MIHODAI", "PACK"]);
    assert_eq!(ask(&world, "A-001", 1, "title:R0001"), "D18", "to be rented");
    assert_eq!(ask(&world, "A-001", 1, "title:O0001"), "D09", "not sold any more");
    world.sms(Op::Stop, "A-001");
    assert_eq!(ask(&world, "A-001", 1, "title:T0001"), "D03 D09");
}

#[test]
fn a_person_who_left_or_never_registered_is_told_so() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "BASIC");
    world.send(person(&world, Op::PersonAdd, "A-001", 2));
    assert_eq!(ask(&world, "A-001", 2, "channel:101"), "D07");
    given_registered(&world, "A-001", 2);
    assert_eq!(ask(&world, "A-001", 2, "channel:101"), "P00");
    world.send(person(&world, Op::PersonStop, "A-001", 2));
    assert_eq!(ask(&world, "A-001", 2, "channel:101"), "D05");
    assert_eq!(ask(&world, "A-001", 0, "channel:101"), "P00", "the household goes on");
}

#[test]
fn a_reserved_contract_and_a_scheduled_key_begin_later_and_the_refusal_is_not_kept_past_it() {
    let world = World::new();
    let starts = world.now().plus_seconds(20);
    let at = |op| Command {
        effective_at: Some(starts),
        ..Command::new(&world.request_id(), op, "A-001")
    };
    world.send(at(Op::Start));
    world.send(Command { product: Some("BASIC".to_owned()), ..at(Op::KeyOpen) });
    let early = answer(&world, &about("A-001", 0, "channel:101"));
    assert_eq!((codes(&early).as_str(), early.decision.ttl_s), ("D10", 20));
    world.pass(20);
    assert_eq!(ask(&world, "A-001", 0, "channel:101"), "P00");
    world.send(Command {
        effective_at: Some(world.now()),
        product: Some("BASIC".to_owned()),
        ..Command::new(&world.request_id(), Op::KeyClose, "A-001")
    });
    let closed = answer(&world, &about("A-001", 0, "channel:101"));
    assert_eq!(codes(&closed), "D11");
    assert_eq!(closed.decision.offers, ["BASIC", "PACK"]);
}

#[test]
fn closing_a_bundle_closes_only_what_no_other_key_supports() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "PACK");
    world.given_key("A-001", "MIHODAI");
    assert_eq!(ask(&world, "A-001", 1, "channel:101"), "P00");
    let close = |product: &str| Command {
        product: Some(product.to_owned()),
        ..Command::new(&world.request_id(), Op::KeyClose, "A-001")
    };
    world.send(close("PACK"));
    assert_eq!(ask(&world, "A-001", 1, "title:T0001"), "P00", "by the pack of its own");
    assert_eq!(ask(&world, "A-001", 1, "channel:101"), "D11");
}

#[test]
fn a_key_of_one_person_opens_nothing_for_another() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.send(person(&world, Op::PersonAdd, "A-001", 2));
    given_registered(&world, "A-001", 2);
    world.send(Command {
        product: Some("MIHODAI".to_owned()),
        ..person(&world, Op::KeyOpen, "A-001", 2)
    });
    assert_eq!(ask(&world, "A-001", 2, "title:T0001"), "P00");
    assert_eq!(ask(&world, "A-001", 1, "title:T0001"), "D09");
    assert_eq!(ask(&world, "A-001", 0, "title:T0001"), "D09", "nor for the household");
}

/// A building that has the basic channels, and a flat in it.
fn given_building(world: &World) {
    let start = |number: &str, unit: Unit, parent: Option<&str>| {
        let bulk_parent = parent.map(str::to_owned);
        let attributes = Attributes { unit: Some(unit), bulk_parent, ..Attributes::default() };
        world.send(Command { attributes, ..Command::new(&world.request_id(), Op::Start, number) });
    };
    start("TOWER", Unit::BulkParent, None);
    start("TOWER-101", Unit::BulkChild, Some("TOWER"));
    world.given_key("TOWER", "BASIC");
}

#[test]
fn a_flat_shares_the_open_keys_of_its_building_until_the_building_is_suspended() {
    let world = World::new();
    given_building(&world);
    world.given_key("TOWER-101", "MIHODAI");
    assert_eq!(ask(&world, "TOWER-101", 0, "channel:101"), "P00");

    suspend(&world, "TOWER", 0, Reason::Unpaid);
    let held = answer(&world, &about("TOWER-101", 0, "channel:101"));
    let reasons = vec![Reason::Unpaid];
    let building = Finding::ContractSuspended { reasons, building: true };
    assert_eq!(held.decision.findings, [building]);
    assert_eq!(ask(&world, "TOWER-101", 0, "title:T0001"), "P00", "the flat's own goes on");
    world.sms(Op::Stop, "TOWER");
    assert_eq!(ask(&world, "TOWER-101", 0, "channel:101"), "D11");
}

#[test]
fn a_building_with_a_new_number_goes_on_serving_its_flats_and_holds_them() {
    let world = World::new();
    given_building(&world);
    let desk = desk(&world);
    let ask = about("TOWER-101", 0, "channel:101");
    assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");

    let replace = Command::new(&world.request_id(), Op::Replace, "TOWER");
    let report = world.send(Command { new_number: Some("TOWER-N".to_owned()), ..replace });
    assert_eq!(report.code, None);
    assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00", "the flat watches on");

    let mut later = Command::new(&world.request_id(), Op::Suspend, "TOWER-N");
    later.effective_at = Some(world.now().plus_seconds(90));
    later.reason = Some(Reason::Pause);
    world.send(later);
    let said = desk.answer(&ask, world.now()).unwrap();
    assert_eq!(said.decision.ttl_s, 90, "no longer than until the building's command is due");

    suspend(&world, "TOWER-N", 0, Reason::Unpaid);
    let held = desk.answer(&ask, world.now()).unwrap();
    assert_eq!(codes(&held), "D04", "the new number holds its flats");
    desk.flush();
    let explained = desk.explain(&world.scope(KITA, sato()), &held.trace).unwrap();
    assert_eq!(explained.findings_now, held.decision.findings);
}

#[test]
fn an_answer_is_not_kept_past_the_month_or_a_command_that_is_known_to_come() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "BASIC");
    let desk = desk(&world);
    let ttl =
        || desk.answer(&about("A-001", 1, "channel:101"), world.now()).unwrap().decision.ttl_s;
    assert_eq!(ttl(), 3600);
    let soon = world.now().plus_seconds(600);
    let stop = Command::new(&world.request_id(), Op::Stop, "A-001");
    world.send(Command { effective_at: Some(soon), ..stop });
    assert_eq!(ttl(), 600);
    let purchase =
        Question { action: Action::Purchase, ..about("", 0, "product:MIHODAI").question };
    let buy = Ask { question: purchase, ..about("A-001", 1, "") };
    assert_eq!(desk.answer(&buy, world.now()).unwrap().decision.ttl_s, 0);
}

#[test]
fn another_operators_household_is_unknown() {
    let world = World::new();
    given_viewer(&world, "A-001");
    world.given_key("A-001", "BASIC");
    let foreign = Ask { operator: MINAMI, ..about("A-001", 1, "channel:101") };
    assert_eq!(codes(&answer(&world, &foreign)), "D02");
    let nowhere = Ask { operator: "NONE00", ..foreign };
    let error = desk(&world).answer(&nowhere, world.now()).unwrap_err();
    assert_eq!(error.code(), "operator.unknown");
}
