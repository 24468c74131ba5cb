//! Stories of the database: nothing is written unrecorded, many callers share it, caches are told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::kernel::{Actor, Error, Scope};
use base::store::Settings;
use domain::commands::{self, Command, Op};
use domain::operators;
use domain::subscribers::Reason;

use crate::viewers::{House, Viewer, authorize_at};
use crate::world::{KITA, MINAMI, World, sato, sms};

/// Waits for `done`, at most half a minute: machines are busy.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "in vain: {what}");
        crate::world::look_again();
    }
}

#[test]
fn a_change_that_nobody_wrote_down_is_refused_and_undone() {
    let world = World::new();
    let keys = |tx: &base::store::Tx<'_>| [tx.operator().to_owned().into()];
    let refused = world.act(Actor::System, move |tx| {
        tx.exec("UPDATE operators SET name_ja = 'x' WHERE operator_id = ?1", &keys(tx))
    });
    assert!(matches!(refused, Err(Error::Internal { .. })), "{refused:?}");
    let name = world.look(operators::find_operator).unwrap().name_ja;
    assert_eq!(name, "北浜ケーブル");
}

#[test]
fn text_that_one_database_can_not_keep_is_refused_by_both_wherever_it_stands() {
    let world = World::new();
    let zero = || base::store::Value::from("a\u{0}b");
    let refused =
        |work: fn(&mut base::store::Tx<'_>, base::store::Value) -> base::kernel::Result<()>| {
            let value = zero();
            world.act(Actor::System, move |tx| work(tx, value.clone())).unwrap_err().code()
        };
    let all = [
        refused(|tx, zero| {
            let sql = "SELECT code FROM operators WHERE operator_id = ?1";
            tx.rows(sql, &[zero], |row| row.text()).map(drop)
        }),
        refused(|tx, zero| {
            let sql = "UPDATE operators SET name_ja = ?2 WHERE operator_id = ?1";
            tx.exec(sql, &[tx.operator().into(), zero]).map(drop)
        }),
        refused(|tx, zero| {
            let sql = "DELETE FROM lockouts WHERE operator_id = ?1 AND subject = ?2";
            tx.exec_many(sql, &[vec![tx.operator().into(), zero]]).map(drop)
        }),
        refused(|tx, _| base::records::record(tx, &base::records::Entry::new("a.b", "a\u{0}b"))),
        refused(|tx, _| {
            let list = vec!["a".to_owned(), "a\u{0}b".to_owned()];
            domain::credentials::locked_out(tx, list).map(drop)
        }),
    ];
    assert_eq!(all, ["text.zero_character"; 5]);
    assert!(!world.audited().contains(&"a.b".to_owned()));
}

#[test]
fn a_panic_in_one_transaction_harms_no_other() {
    let world = World::new();
    let failed = world.act(Actor::System, |_| -> base::kernel::Result<()> { panic!("on purpose") });
    assert!(matches!(failed, Err(Error::Internal { .. })));
    world.given_contract("A-001");
}

#[test]
fn forty_callers_at_one_household_lose_nothing() {
    let world = World::new();
    world.given_contract("A-001");
    std::thread::scope(|threads| {
        for n in 0..40 {
            let world = &world;
            threads.spawn(move || {
                let mut command = Command::new(&format!("p-{n}"), Op::Suspend, "A-001");
                command.reason = Reason::ALL.get(n % 7).copied();
                world.send(command);
            });
        }
    });
    let household = world.household("A-001");
    assert_eq!(household.holds.len(), 7, "one hold for each reason");
    assert_eq!(household.contract.version, 8, "each change counted once");
}

#[test]
fn forty_callers_with_one_request_id_cause_one_effect_and_get_one_answer() {
    let world = World::new();
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..40 {
            threads.spawn(|| {
                let report = world.send(Command::new("same", Op::Start, "A-001"));
                reports.lock().unwrap().push(report);
            });
        }
    });
    let reports = reports.into_inner().unwrap();
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]), "{reports:?}");
    let opened = world.audited().into_iter().filter(|act| act == "contract.opened").count();
    assert_eq!(opened, 1);
}

#[test]
fn a_second_node_learns_of_a_changed_policy_within_a_second_or_so() {
    let world = World::new();
    let other = world.second_node();
    let name = |db: &base::store::Db| {
        let scope = world.scope(KITA, Actor::System);
        db.read(&scope, |tx| tx.operator_fact(operators::find_operator)).unwrap().name_en.clone()
    };
    assert_eq!(name(&other), "Kitahama Cable");
    world
        .act(Actor::System, |tx| {
            let known = operators::find_operator(tx)?;
            let draft = operators::OperatorDraft {
                name_ja: known.name_ja,
                name_en: "Kitahama Cable TV".to_owned(),
                policies: known.policies,
            };
            operators::put_operator(tx, &draft)
        })
        .unwrap();
    eventually("the other node reads the new name", || name(&other) == "Kitahama Cable TV");
}

#[test]
fn the_stations_to_choose_from_are_kept_in_memory_and_follow_every_change_at_once() {
    let house = House::new();
    house.given_client(Scope::PLATFORM, "everywhere", |_| {});
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize_at("", &[("client_id", "everywhere"), ("ui_locales", "en")]));
    let page = viewer.page.clone();
    let mut names = || {
        let shown = viewer.get(&page).body;
        let known = ["Kitahama Cable", "Kita TV", "Minamino TV", "Nishi TV"];
        known.into_iter().filter(|name| shown.contains(*name)).collect::<Vec<_>>()
    };
    let call = |operator: &str, name: &'static str| {
        let put = move |tx: &mut base::store::Tx<'_>| {
            let (name_ja, name_en) = (name.to_owned(), name.to_owned());
            let policies = operators::Policies::default();
            operators::put_operator(tx, &operators::OperatorDraft { name_ja, name_en, policies })
        };
        house.world.at(operator, sato(), put).unwrap();
    };
    assert_eq!(names(), ["Kitahama Cable", "Minamino TV"]);
    house.world.at(MINAMI, sato(), operators::disable).unwrap();
    assert_eq!(names(), ["Kitahama Cable"]);
    house.world.at(MINAMI, sato(), operators::enable).unwrap();
    assert_eq!(names(), ["Kitahama Cable", "Minamino TV"]);
    call(KITA, "Kita TV");
    assert_eq!(names(), ["Kita TV", "Minamino TV"]);
    call("NISI01", "Nishi TV");
    assert_eq!(names(), ["Kita TV", "Minamino TV", "Nishi TV"]);

    // On a database of several nodes they are read again after a second.
    let statements = [(); 5].map(|()| {
        let before = house.world.db.statements();
        house.provider.journeys.operators(base::kernel::clock::now()).unwrap();
        house.world.db.statements() - before
    });
    assert!(statements.contains(&0) && statements.iter().all(|sent| *sent < 2), "{statements:?}");
}

#[test]
fn listeners_hear_of_a_commit_before_its_caller_is_answered_and_not_of_a_refusal() {
    let world = World::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    world.db.on_commit(Box::new(move |touched| {
        let numbers = touched.iter().filter_map(|one| one.key.as_deref().map(str::to_owned));
        ears.lock().unwrap().extend(numbers);
    }));
    world.given_contract("A-001");
    assert!(heard.lock().unwrap().contains(&"A-001".to_owned()));
    world.sms(Op::Stop, "A-999");
    assert!(!heard.lock().unwrap().contains(&"A-999".to_owned()));
}

#[test]
fn a_rehearsal_answers_like_the_act_and_keeps_nothing() {
    let world = World::new();
    let lines = [
        Command::new("r1", Op::Start, "A-001"),
        Command { reason: Some(Reason::Unpaid), ..Command::new("r2", Op::Suspend, "A-001") },
        Command::new("r3", Op::Stop, "A-404"),
    ];
    let scope = world.scope(KITA, sms());
    let mut overlay = commands::Overlay::default();
    let mut rehearsed = Vec::new();
    // One line at a time: what an earlier part changed must count for the later ones.
    for line in lines.clone() {
        let before = overlay.clone();
        let (reports, later) = world
            .db
            .rehearse(&scope, move |tx| {
                commands::rehearse_many(tx, &before, std::slice::from_ref(&line))
            })
            .unwrap();
        rehearsed.extend(reports);
        overlay.absorb(later);
    }
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0);
    let done = world.act(sms(), move |tx| commands::execute_many(tx, &lines)).unwrap();
    assert_eq!(rehearsed, done.reports);
}

#[test]
fn a_set_of_commands_is_taken_back_unless_something_else_came_after() {
    let world = World::new();
    world.given_contract("A-001");
    let lines = [
        Command { reason: Some(Reason::Unpaid), ..Command::new("u1", Op::Suspend, "A-001") },
        Command::new("u2", Op::Start, "A-002"),
        Command { person_no: 2, ..Command::new("u3", Op::PersonAdd, "A-001") },
        Command::new("u4", Op::Start, "A-003"),
    ];
    let done = world.act(sms(), move |tx| commands::execute_many(tx, &lines)).unwrap();
    world.sms(Op::Stop, "A-003");
    let before = done.before.clone();
    let undone = world.act(sms(), move |tx| commands::restore(tx, &before, false)).unwrap();
    let conflicts = undone.iter().filter(|one| matches!(one, commands::Undone::Conflict(..)));
    assert_eq!(conflicts.count(), 1, "{undone:?}");
    let restored = world.household("A-001");
    assert_eq!((restored.holds.len(), restored.persons.len()), (0, 1));
    assert_eq!(restored.contract.version, 4, "versions never go back");
    // A start taken back is as if it never was; the number can be started again.
    let mut again = Command::new("u5", Op::Stop, "A-002");
    assert_eq!(world.send(again.clone()).code.as_deref(), Some("contract.unknown"));
    again = Command::new("u6", Op::Start, "A-002");
    let report = world.send(again);
    assert_eq!((report.code, report.version), (None, 3));
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    let world = World::new();
    let scope = Scope::new(Scope::PLATFORM, Actor::System, world.now());
    world
        .db
        .housekeep(&scope, "test", |tx| {
            tx.exec(
                "INSERT INTO schema_migrations (version, name, applied_ms) VALUES (9999, 'x', 0)",
                &[],
            )
        })
        .unwrap();
    assert_eq!(world.db.migrate(), Err(Error::refused("store.schema_newer")));
}

#[test]
fn what_was_committed_survives_a_reopening_and_relaxed_is_only_for_tests() {
    let world = World::new();
    world.given_contract("A-001");
    let again = world.second_node();
    let scope = world.scope(KITA, Actor::System);
    assert_eq!(again.read(&scope, domain::subscribers::count_open).unwrap(), 1);
    if let Settings::Sqlite { relaxed, .. } = &world.settings {
        assert!(relaxed);
    }
}

#[test]
fn work_that_loses_against_another_transaction_is_run_again() {
    let world = World::new();
    let tries = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&tries);
    let first = Command::new("dup", Op::Start, "A-001");
    world.send(first.clone());
    let report = world
        .act(sms(), move |tx| {
            count.fetch_add(1, Ordering::SeqCst);
            commands::execute(tx, &first)
        })
        .unwrap();
    assert_eq!(report.code, None, "the first answer");
    assert_eq!(tries.load(Ordering::SeqCst), 2, "tried, then looked up");
}
