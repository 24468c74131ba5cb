//! Commands of callers who come at the same time: one transaction, an answer for each.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use base::kernel::{Actor, Scope};
use domain::commands::{Command, CommandGroups, Op, Report};
use domain::subscribers::{self, Load, Reason};

use crate::world::{KITA, MINAMI, World};

const PATIENCE: Duration = Duration::from_secs(20);

/// Holds the household, and with it SQLite's writer, until the sender is gone.
fn occupy(world: &World, until: Receiver<()>, begun: std::sync::mpsc::SyncSender<()>) {
    let until = std::sync::Mutex::new(until);
    world
        .act(Actor::System, move |tx| {
            subscribers::load(tx, vec!["A-001".to_owned()], Load::ForChange)?;
            begun.send(()).unwrap();
            let _released = until.lock().unwrap().recv();
            Ok(())
        })
        .unwrap();
}

/// What each command is answered when all come while the household is occupied.
fn together(world: &World, groups: &CommandGroups, asked: &[(Scope, Command)]) -> Vec<Report> {
    let (release, until) = sync_channel(1);
    let (begun, ready) = sync_channel(1);
    std::thread::scope(|threads| {
        threads.spawn(|| occupy(world, until, begun));
        ready.recv().unwrap();
        let calls: Vec<_> = asked
            .iter()
            .map(|(scope, command)| {
                threads.spawn(|| groups.execute(scope, command.clone()).unwrap())
            })
            .collect();
        let since = Instant::now();
        // Two go at once and wait for the household; the others wait for company.
        while groups.waiting() + 2 < asked.len() {
            assert!(since.elapsed() < PATIENCE, "{} of {} wait", groups.waiting(), asked.len());
            crate::world::look_again();
        }
        drop(release);
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn key(world: &World, at: usize) -> (Scope, Command) {
    let actor = Actor::Sms("kita-sms".to_owned());
    let scope = world.scope(KITA, actor).caused_by(&format!("call:{at}"));
    let mut command = Command::new(&format!("together-{at}"), Op::PersonSuspend, "A-001");
    command.person_no = 1;
    command.reason = Some(Reason::Unpaid);
    (scope, command)
}

#[test]
fn callers_who_come_together_share_a_transaction_and_are_answered_each_for_itself() {
    let world = World::new();
    world.given_contract("A-001");
    let groups = CommandGroups::new(world.db.clone());
    let mut asked: Vec<_> = (0..24).map(|at| key(&world, at)).collect();
    asked[7].1.number = "A-999".to_owned();
    asked[9].1.request_id = "together-8".to_owned();
    asked[11].1.reason = None;
    let before = world.db.statements();

    let reports = together(&world, &groups, &asked);

    let code = |at: usize| reports[at].code.clone().unwrap_or_default();
    assert_eq!(code(7), "contract.unknown");
    assert_eq!(reports[8], reports[9], "the same request twice is done once");
    assert_eq!(code(11), "field.required");
    let done = reports.iter().filter(|one| one.code.is_none()).count();
    assert!((1..=2).contains(&done), "one suspends (and its repetition is told so): {reports:?}");
    let rest = reports.iter().filter(|one| one.code.as_deref() == Some("note.hold_exists"));
    assert_eq!(rest.count() + done + 2, 24, "the others find it suspended");
    for (at, report) in reports.iter().enumerate().filter(|(at, _)| *at != 9) {
        assert_eq!(report.request_id, format!("together-{at}"), "each hears its own answer");
    }
    let spent = world.db.statements() - before;
    assert!(spent < 60, "{spent} statements for 24 commands");
    let written: Vec<String> = world.audited();
    assert_eq!(written.iter().filter(|act| *act == "person.suspended").count(), 1);
}

#[test]
fn company_is_never_shared_between_operators_or_clients_and_each_fact_keeps_its_own_call() {
    let world = World::new();
    world.given_contract("A-001");
    let groups = CommandGroups::new(world.db.clone());
    let mut asked: Vec<_> = (0..12).map(|at| key(&world, at)).collect();
    for (at, (_, command)) in asked.iter_mut().enumerate() {
        command.op = Op::PersonAdd;
        command.person_no = 2 + i64::try_from(at % 4).unwrap();
        command.reason = None;
    }
    together(&world, &groups, &asked);
    let household = world.household("A-001");
    let causes: Vec<&str> =
        household.persons.iter().skip(1).map(|person| person.cause.as_str()).collect();
    assert_eq!(causes.len(), 4);
    for cause in causes {
        let (call, request) = cause.split_once('#').unwrap();
        assert_eq!(call.strip_prefix("call:"), request.strip_prefix("together-"), "{cause}");
    }

    let stranger = world.scope(MINAMI, Actor::Sms("kita-sms".to_owned()));
    let report = groups.execute(&stranger, key(&world, 99).1).unwrap();
    assert_eq!(report.code.as_deref(), Some("contract.unknown"));
    assert_eq!(groups.waiting(), 0);
}
