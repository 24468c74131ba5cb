//! What is kept in memory for decisions, how fast it is dropped, and what the log knows afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Clock};

use base::kernel::{Actor, Scope};
use base::records::{Entry, record};
use domain::commands::{Command, Op};
use domain::decisions::{Ask, Capacity, Decisions, Subject, Verdict, explain, sweep};
use domain::subscribers::Reason;

use crate::decisions::{about, codes, desk, given_registered};
use crate::world::{KITA, MINAMI, World, sms};

/// Gives a person (or, without one, a household) a subject for services of `shop.example`.
pub fn given_subject(
    world: &World,
    operator: &str,
    (subject, number): (&'static str, &'static str),
) {
    world
        .at(operator, Actor::System, move |tx| {
            let person = subject.starts_with('p').then(|| {
                let keys = [tx.operator().into(), number.into()];
                let found = tx.row(
                    "SELECT person_id FROM persons
                      WHERE operator_id = ?1 AND number = ?2 AND person_no = 1",
                    &keys,
                    |row| row.text(),
                );
                found.unwrap().unwrap()
            });
            let row = [
                tx.operator().into(),
                subject.into(),
                "shop.example".into(),
                if person.is_some() { "person" } else { "household" }.into(),
                person.unwrap_or_default().into(),
                number.into(),
                0.into(),
                tx.now().into(),
            ];
            tx.exec(
                "INSERT INTO subjects
                    (operator_id, subject, sector, kind, person_id, number, gen, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                &row,
            )?;
            record(tx, &Entry::new("subject.made", number))
        })
        .unwrap();
}

fn by_subject(id: &'static str) -> Ask<'static> {
    let sector = "shop.example";
    let subject = if id.starts_with('p') {
        Subject::Person { id, sector }
    } else {
        Subject::Household { id, sector }
    };
    Ask { subject, ..about("", 0, "channel:101") }
}

fn given_viewer(world: &World) {
    world.given_contract("A-001");
    given_registered(world, "A-001", 1);
    world.given_key("A-001", "BASIC");
    given_subject(world, KITA, ("p-sub", "A-001"));
    given_subject(world, KITA, ("h-sub", "A-001"));
}

fn hold(world: &World, op: Op) {
    let reason = Some(Reason::Unpaid);
    world.send(Command { reason, ..Command::new(&world.request_id(), op, "A-001") });
}

/// Statements that write a line of the log.
const LOGGED: u64 = 1;

#[test]
fn a_cold_answer_costs_at_most_three_statements_and_a_warm_one_none() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    desk.answer(&about("B-999", 0, "channel:101"), world.now()).unwrap();
    // A line of the log is written behind the answer, and what memory holds of the station is read again after a second.
    let sent = || {
        desk.flush();
        world.db.statements() - world.db.statements_to_remember()
    };
    for ask in [by_subject("p-sub"), by_subject("h-sub")] {
        assert!(desk.answer_from_memory(&ask, world.now()).is_none(), "memory says it is cold");
        let before = sent();
        assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");
        let cold = sent() - before;
        let warm = desk.answer_from_memory(&ask, world.now()).expect("warm now");
        assert_eq!(codes(&warm), "P00");
        let warm = sent() - before - cold;
        assert_eq!(warm, LOGGED, "warm costs none but its line");
        assert!(cold <= 3 + LOGGED, "{cold} statements");
    }
}

#[test]
fn a_suspension_counts_for_the_very_next_answer_on_the_same_node() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    let ask = by_subject("p-sub");
    for _ in 0..50 {
        assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");
        hold(&world, Op::Suspend);
        assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "D04");
        hold(&world, Op::Resume);
    }
}

#[test]
fn what_was_read_before_a_commit_is_never_kept_after_it() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    let ended = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    desk.answer(&by_subject("p-sub"), world.now()).unwrap();
                }
            });
        }
        for _ in 0..40 {
            for (op, expected) in [(Op::Suspend, "D04"), (Op::Resume, "P00")] {
                hold(&world, op);
                let seen = codes(&desk.answer(&by_subject("p-sub"), world.now()).unwrap());
                if seen != expected {
                    ended.store(true, Ordering::Relaxed);
                }
                assert_eq!(seen, expected, "after {op:?}");
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
}

#[test]
fn another_node_never_permits_for_longer_than_a_second_after_a_suspension() {
    let world = World::new();
    given_viewer(&world);
    let other = world.second_node();
    if !other.is_shared() {
        return;
    }
    let desk = Decisions::open(&other, Capacity::default()).unwrap();
    let ask = by_subject("p-sub");
    assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");
    hold(&world, Op::Suspend);
    let suspended = Clock::now();
    while codes(&desk.answer(&ask, world.now()).unwrap()) == "P00" {
        assert!(suspended.elapsed() < Duration::from_secs(1), "a stale permit lived on");
        crate::world::look_again();
    }
}

#[test]
fn subjects_of_other_sectors_kinds_and_operators_are_unknown() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    let unknown = |ask: &Ask<'_>| codes(&desk.answer(ask, world.now()).unwrap()) == "D02";
    assert!(!unknown(&by_subject("p-sub")) && !unknown(&by_subject("h-sub")));
    let sector = "other.example";
    let foreign = Subject::Person { id: "p-sub", sector };
    assert!(unknown(&Ask { subject: foreign, ..by_subject("p-sub") }));
    let sector = "shop.example";
    let kind = Subject::Household { id: "p-sub", sector };
    assert!(unknown(&Ask { subject: kind, ..by_subject("p-sub") }));
    assert!(unknown(&Ask { operator: MINAMI, ..by_subject("p-sub") }));
    assert!(unknown(&by_subject("p-nobody")));
}

#[test]
fn a_person_and_a_household_are_found_under_the_number_that_replaced_theirs() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    for ask in [by_subject("p-sub"), by_subject("h-sub")] {
        assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");
    }
    let replace = Command::new(&world.request_id(), Op::Replace, "A-001");
    world.send(Command { new_number: Some("B-002".to_owned()), ..replace });
    for ask in [by_subject("p-sub"), by_subject("h-sub")] {
        assert_eq!(codes(&desk.answer(&ask, world.now()).unwrap()), "P00");
        assert!(desk.answer_from_memory(&ask, world.now()).is_some() || world.db.is_shared());
    }
    assert_eq!(
        codes(&desk.answer(&about("A-001", 0, "channel:101"), world.now()).unwrap()),
        "D03 D11"
    );
}

#[test]
fn a_trace_explains_what_was_decided_and_what_changed_since() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    hold(&world, Op::Suspend);
    world.pass(60);
    let refused = desk.answer(&by_subject("p-sub"), world.now()).unwrap();
    assert_eq!(refused.trace.len(), 8);
    let scope = || world.scope(KITA, Actor::System);
    let why = desk.explain(&scope(), &refused.trace).unwrap();
    assert_eq!(
        (why.then.codes.as_slice(), why.verdict),
        (&["D04".to_owned()][..], Verdict::Refused)
    );
    assert_eq!(why.then.subject, "A-001/00/001");
    let hold_fact = why.facts.iter().find(|fact| fact.kind == "hold").unwrap();
    assert_eq!((hold_fact.says.to_string().as_str(), hold_fact.age_s), ("SMS 10 unpaid", 60));
    assert!(hold_fact.cause.starts_with("test#req-"), "{}", hold_fact.cause);
    assert!(why.since.is_empty());

    world.pass(60);
    hold(&world, Op::Resume);
    let why = desk.explain(&scope(), &refused.trace).unwrap();
    assert_eq!((why.permit_now, why.verdict), (true, Verdict::RepairedSince));
    let acts: Vec<&str> = why.since.iter().map(|line| line.act.as_str()).collect();
    assert_eq!(acts, ["contract.resumed"]);

    let permitted = desk.answer(&by_subject("p-sub"), world.now()).unwrap();
    let why = desk.explain(&scope(), &permitted.trace).unwrap();
    assert_eq!(why.verdict, Verdict::Outside, "all is well here: look elsewhere");
    let stranger = desk.explain(&world.scope(MINAMI, Actor::System), &permitted.trace);
    assert_eq!(stranger.unwrap_err().code(), "decision.unknown");
}

#[test]
fn a_line_of_the_decision_log_is_gone_after_ninety_days() {
    let world = World::new();
    given_viewer(&world);
    let desk = desk(&world);
    let trace = desk.answer(&by_subject("p-sub"), world.now()).unwrap().trace;
    desk.flush();
    let swept = |days: i64| {
        world.pass_days(days);
        let scope = Scope::new(KITA, sms(), world.now());
        world.db.housekeep(&scope, "sweep", |tx| sweep(tx, 100)).unwrap()
    };
    assert_eq!((swept(90), swept(1)), (0, 1));
    assert_eq!(world.look(|tx| explain(tx, &trace)).unwrap_err().code(), "decision.unknown");
}
