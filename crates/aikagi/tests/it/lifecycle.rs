//! Stories of contracts, persons and keys: the cells of the state tables, seen from outside.

use std::collections::BTreeMap;

use base::kernel::Actor;
use domain::commands::{Command, End, Op, Report, ResultKind, remove_box};
use domain::subscribers::{Around, Attributes, PersonStanding, Reason, Standing};

use crate::world::{KITA, MINAMI, World, sato, sms};

fn suspend(world: &World, actor: Actor, number: &str, reason: Reason) -> Report {
    let mut command = Command::new(&world.request_id(), Op::Suspend, number);
    command.reason = Some(reason);
    world.send_as(actor, command)
}

fn code(report: &Report) -> &str {
    report.code.as_deref().unwrap_or("")
}

#[test]
fn a_contract_comes_back_only_when_the_last_hold_is_lifted() {
    let world = World::new();
    world.given_contract("A-001");
    suspend(&world, sms(), "A-001", Reason::Unpaid);
    suspend(&world, sato(), "A-001", Reason::Fraud);

    let report = world.sms(Op::Resume, "A-001");
    assert_eq!((code(&report), report.state), ("note.holds_remain", Some(Standing::Suspended)));

    let report = world.send_as(sato(), Command::new(&world.request_id(), Op::Resume, "A-001"));
    assert_eq!((code(&report), report.state), ("", Some(Standing::Active)));
    assert_eq!(
        world.audited().into_iter().filter(|act| act.starts_with("contract.")).collect::<Vec<_>>(),
        [
            "contract.opened",
            "contract.suspended",
            "contract.suspended",
            "contract.resumed",
            "contract.resumed"
        ]
    );
}

#[test]
fn the_same_request_is_answered_the_same_and_done_once() {
    let world = World::new();
    world.given_contract("A-001");
    let mut command = Command::new("once", Op::Suspend, "A-001");
    command.reason = Some(Reason::Unpaid);
    let first = world.send(command.clone());
    world.pass(60);
    let second = world.send(command.clone());
    assert_eq!(first, second);
    assert_eq!(world.household("A-001").holds.len(), 1);

    command.reason = Some(Reason::Pause);
    let other = world.send(command);
    assert_eq!((other.result, code(&other)), (ResultKind::Error, "request.reused"));
    assert_eq!(world.household("A-001").contract.version, 2);
}

#[test]
fn a_start_does_not_resume_and_a_second_start_updates_attributes() {
    let world = World::new();
    world.given_contract("A-001");
    suspend(&world, sms(), "A-001", Reason::Unpaid);
    let mut again = Command::new(&world.request_id(), Op::Start, "A-001");
    assert_eq!(code(&world.send(again.clone())), "note.same_already");
    again.request_id = world.request_id();
    again.attributes.kana = Some("ﾀｶﾊｼ ﾊﾅｺ".to_owned());
    let report = world.send(again);
    assert_eq!(
        (code(&report), report.state),
        ("note.attributes_updated", Some(Standing::Suspended))
    );
}

#[test]
fn a_stop_taken_back_within_seven_days_restores_holds_and_keys_and_later_it_does_not() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_key("A-001", "MIHODAI");
    suspend(&world, sms(), "A-001", Reason::Pause);
    assert_eq!(world.sms(Op::Stop, "A-001").state, Some(Standing::Stopped));
    assert_eq!(code(&world.sms(Op::Stop, "A-001")), "note.closed_already");
    assert_eq!(code(&world.sms(Op::Resume, "A-001")), "contract.cannot_resume_stopped");
    world.pass_days(6);
    assert_eq!(world.sms(Op::StopCancel, "A-001").state, Some(Standing::Suspended));
    assert_eq!(world.sms(Op::Resume, "A-001").state, Some(Standing::Active));

    world.sms(Op::Stop, "A-001");
    world.pass_days(8);
    assert_eq!(code(&world.sms(Op::StopCancel, "A-001")), "contract.nothing_to_cancel");
    assert_eq!(code(&world.sms(Op::Start, "A-001")), "contract.number_stopped");
    let mut next = Command::new(&world.request_id(), Op::Start, "A-001");
    next.generation = Some(1);
    assert_eq!(world.send(next).state, Some(Standing::Active));
    assert_eq!(world.household("A-001").contract.generation, 1);
}

#[test]
fn a_reserved_contract_can_be_suspended_and_starts_suspended() {
    let world = World::new();
    let mut start = Command::new(&world.request_id(), Op::Start, "A-001");
    start.effective_at = Some(world.now().plus_days(3));
    assert_eq!(world.send(start).state, Some(Standing::Reserved));
    suspend(&world, sms(), "A-001", Reason::Work);
    assert_eq!(world.standing("A-001"), Standing::Reserved);
    world.pass_days(4);
    assert_eq!(world.standing("A-001"), Standing::Suspended);
}

#[test]
fn members_are_limited_restored_within_thirty_days_and_the_owner_stays() {
    let world = World::new();
    world.given_contract("A-001");
    let by = |actor, op, no| {
        let mut command = Command::new(&world.request_id(), op, "A-001");
        command.person_no = no;
        world.send_as(actor, command)
    };
    let person = |op, no| by(sms(), op, no);
    for no in 2..=6 {
        assert_eq!(code(&person(Op::PersonAdd, no)), "");
    }
    assert_eq!(code(&person(Op::PersonAdd, 7)), "person.too_many");
    assert_eq!(code(&person(Op::PersonStop, 1)), "person.sole_owner");
    assert_eq!(code(&person(Op::PersonStop, 2)), "");
    assert_eq!(code(&person(Op::PersonStop, 2)), "note.closed_already");
    world.pass_days(29);
    assert_eq!(code(&by(sato(), Op::PersonAdd, 2)), "");
    person(Op::PersonStop, 3);
    world.pass_days(31);
    assert_eq!(code(&by(sato(), Op::PersonAdd, 3)), "person.stopped");
    assert_eq!(code(&person(Op::PersonStop, 9)), "person.unknown");
}

#[test]
fn a_member_of_a_suspended_contract_is_not_touched_but_is_suspended_with_it() {
    let world = World::new();
    world.given_contract("A-001");
    suspend(&world, sms(), "A-001", Reason::Unpaid);
    let household = world.household("A-001");
    assert_eq!(
        household.person_standing(1, Around::default(), world.now()),
        PersonStanding::ContractSuspended(vec![Reason::Unpaid])
    );
    world.sms(Op::Resume, "A-001");
    assert_eq!(
        world.household("A-001").person_standing(1, Around::default(), world.now()),
        PersonStanding::Invited
    );
}

#[test]
fn a_replaced_number_keeps_people_holds_and_keys_under_the_new_one() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_key("A-001", "MIHODAI");
    suspend(&world, sms(), "A-001", Reason::Unpaid);
    let owner = world.household("A-001").persons[0].person_id.clone();
    let mut replace = Command::new(&world.request_id(), Op::Replace, "A-001");
    replace.new_number = Some("B-777".to_owned());
    assert_eq!(world.send(replace.clone()).state, Some(Standing::Stopped));
    let new = world.household("B-777");
    assert_eq!(new.persons[0].person_id, owner);
    assert_eq!(new.standing(world.now()), Standing::Suspended);
    assert_eq!(world.household("A-001").persons.len(), 0);
    let place = world.look(|tx| domain::subscribers::key_of_person(tx, &owner)).unwrap().unwrap();
    assert_eq!(place.0.number, "B-777");
    replace.request_id = world.request_id();
    assert_eq!(code(&world.send(replace)), "contract.replace_target_invalid");
}

#[test]
fn a_command_for_later_waits_can_be_cancelled_and_runs_when_due() {
    let world = World::new();
    world.given_contract("A-001");
    let mut later = Command::new("later-1", Op::Suspend, "A-001");
    later.reason = Some(Reason::Pause);
    later.effective_at = Some(world.now().plus_days(1));
    assert_eq!(code(&world.send(later.clone())), "note.scheduled");
    later.request_id = "later-2".to_owned();
    later.effective_at = Some(world.now().plus_days(2));
    world.send(later);
    let mut cancel = Command::new(&world.request_id(), Op::CancelScheduled, "A-001");
    cancel.cancels = Some("later-1".to_owned());
    assert_eq!(code(&world.send(cancel.clone())), "");
    cancel.request_id = world.request_id();
    assert_eq!(code(&world.send(cancel)), "job.nothing_to_cancel");

    world.pass_days(3);
    let run = |world: &World| {
        let until = world.now().plus_seconds(60);
        let jobs = world
            .act(Actor::System, move |tx| {
                let jobs = base::records::jobs::claim(tx, until, 10)?;
                base::records::record(tx, &base::records::Entry::new("test.claimed", "x"))?;
                Ok(jobs)
            })
            .unwrap();
        for job in jobs.clone() {
            world.act(Actor::System, move |tx| domain::commands::run_job(tx, &job)).unwrap();
        }
        jobs.len()
    };
    assert_eq!(run(&world), 1);
    assert_eq!(world.standing("A-001"), Standing::Suspended);
    assert_eq!(run(&world), 0);
}

#[test]
fn keys_open_extend_close_at_month_end_and_are_refused_for_what_is_not_sold() {
    let world = World::new();
    world.given_contract("A-001");
    assert_eq!(code(&world.given_key("A-001", "MIHODAI")), "");
    assert_eq!(code(&world.given_key("A-001", "MIHODAI")), "note.same_already");
    assert_eq!(code(&world.given_key("A-001", "NO-SUCH")), "product.unknown");
    assert_eq!(code(&world.given_key("A-001", "OLD")), "product.not_sold");
    assert_eq!(code(&world.given_key("A-001", "NIGHT")), "product.needs_adult_proof");
    let mut close = Command::new(&world.request_id(), Op::KeyClose, "A-001");
    close.product = Some("MIHODAI".to_owned());
    close.end_at = Some(End::Month);
    assert_eq!(code(&world.send(close.clone())), "");
    close.request_id = world.request_id();
    assert_eq!(code(&world.send(close.clone())), "note.closed_already");
    close.product = Some("BASIC".to_owned());
    close.request_id = world.request_id();
    assert_eq!(code(&world.send(close)), "note.nothing_open");
    suspend(&world, sms(), "A-001", Reason::Unpaid);
    assert_eq!(code(&world.given_key("A-001", "BASIC")), "note.held");
}

#[test]
fn another_operator_sees_nothing_of_ours() {
    let world = World::new();
    world.given_contract("A-001");
    let command = Command::new("x", Op::Stop, "A-001");
    let report =
        world.at(MINAMI, sms(), move |tx| domain::commands::execute(tx, &command)).unwrap();
    assert_eq!(code(&report), "contract.unknown");
    assert_eq!(world.standing("A-001"), Standing::Active);
    let lines = world
        .db
        .read(&world.scope(MINAMI, sms()), |tx| base::records::list_audit(tx, "", 1000))
        .unwrap();
    assert!(lines.iter().all(|line| !line.subject.contains("A-001")), "{KITA} leaks");
}

/// One of each operation, in an order in which each has something to do.
fn one_of_each(world: &World, number: &str) -> Vec<Command> {
    let new = |op| Command::new(&world.request_id(), op, number);
    let person = |op| Command { person_no: 2, ..new(op) };
    let key = |op| Command { product: Some("MIHODAI".to_owned()), ..new(op) };
    let reason = Some(Reason::Unpaid);
    let kana =
        Attributes { kana: Some("ﾀｶﾊｼ ﾊﾅｺ".to_owned()), ..Attributes::default() };
    let credit = Attributes { credit_rank: Some("C".to_owned()), ..Attributes::default() };
    let later = Command { effective_at: Some(world.now().plus_days(3)), ..new(Op::Stop) };
    let cancelled = Some(later.request_id.clone());
    vec![
        new(Op::Start),
        person(Op::PersonAdd),
        Command { reason, ..person(Op::PersonSuspend) },
        person(Op::PersonResume),
        person(Op::PersonReset),
        Command { attributes: kana, ..new(Op::Attr) },
        Command { attributes: credit, ..new(Op::CreditSet) },
        Command {
            reference: Some(format!("OLD-{number}")),
            new_device: Some(format!("NEW-{number}")),
            ..new(Op::DeviceReplace)
        },
        key(Op::KeyOpen),
        key(Op::KeyClose),
        key(Op::KeyRevoke),
        Command { reason, ..new(Op::Suspend) },
        new(Op::Resume),
        later,
        Command { cancels: cancelled, ..new(Op::CancelScheduled) },
        person(Op::PersonStop),
        new(Op::Stop),
        new(Op::StopCancel),
        Command { new_number: Some(format!("{number}-N")), ..new(Op::Replace) },
    ]
}

#[test]
fn a_command_costs_at_most_eight_statements() {
    let world = World::new();
    let mut least: BTreeMap<String, u64> = BTreeMap::new();
    // On a shared database the operator's facts are read again each second; the least of some rounds
    // is what a command itself costs.
    for round in 0..5 {
        for command in one_of_each(&world, &format!("A-{round:03}")) {
            let name = format!("{:?} {}", command.op, command.effective_at.is_some());
            let swapped = command.reference.clone().filter(|_| command.op == Op::DeviceReplace);
            let number = command.number.clone();
            let handle = swapped.map(|old| crate::boxes::given_box(&world, &number, &old));
            let before = world.db.statements();
            let report = world.send(command);
            let spent = world.db.statements() - before;
            let nothing = ["contract.unknown", "device.unknown"].contains(&code(&report));
            assert!(!nothing, "{name} had nothing to do");
            if let Some(handle) = handle {
                world.act(sato(), move |tx| remove_box(tx, &number, &handle)).unwrap();
            }
            least.entry(name).and_modify(|least| *least = spent.min(*least)).or_insert(spent);
        }
    }
    for (op, _) in Op::ALL {
        assert!(least.contains_key(&format!("{op:?} false")), "{op:?} was not tried");
    }
    // A replacement writes two contracts, one new and one as it was given up.
    let most = |name: &str| if name.starts_with("Replace ") { 9 } else { 8 };
    let over: Vec<_> = least.iter().filter(|(name, spent)| **spent > most(name)).collect();
    assert!(over.is_empty(), "too many statements: {over:?}");
}
