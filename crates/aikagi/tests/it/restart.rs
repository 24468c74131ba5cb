//! Stories in which PostgreSQL itself goes down in the middle of work.
//!
//! Run alone by `./check`, which says in `TEST_POSTGRES_RESTART` how to restart its own server.

use std::process::Command as Program;
use std::time::{Duration, Instant};

use base::kernel::Error;
use domain::commands::{self, Command, Op, Report, ResultKind};

use crate::world::{World, read_env, sms};

/// Sends a command as an SMS does: the same request again while the answer is "later".
fn insist(world: &World, command: &Command) -> Report {
    let begun = Instant::now();
    loop {
        let once = command.clone();
        match world.act(sms(), move |tx| commands::execute(tx, &once)) {
            Ok(report) => return report,
            Err(error @ (Error::Unavailable { .. } | Error::Conflict { .. })) => {
                assert!(begun.elapsed() < Duration::from_secs(60), "never came back: {error}");
            }
            Err(error) => panic!("not an answer for a caller: {error}"),
        }
    }
}

#[test]
#[ignore = "restarts the PostgreSQL server: ./check runs it alone"]
fn restart_of_postgresql_under_load_loses_nothing_and_does_nothing_twice() {
    let restart = read_env("TEST_POSTGRES_RESTART").expect("how to restart the server");
    let world = World::new();
    std::thread::scope(|threads| {
        for caller in 0..8 {
            let world = &world;
            threads.spawn(move || {
                for n in 0..150 {
                    let number = format!("R-{caller}-{n:03}");
                    let command = Command::new(&format!("start-{number}"), Op::Start, &number);
                    let report = insist(world, &command);
                    assert_eq!(report.result, ResultKind::Ok, "{report:?}");
                    assert_eq!(insist(world, &command), report, "asked again");
                }
            });
        }
        for _ in 0..3 {
            let before = world.db.statements();
            let status = Program::new("sh").args(["-c", &restart]).status().unwrap();
            assert!(status.success());
            let begun = Instant::now();
            while world.db.statements() < before + 200 && begun.elapsed() < Duration::from_secs(5) {
                crate::world::look_again();
            }
        }
    });
    let opened = world.audited().into_iter().filter(|act| act == "contract.opened").count();
    assert_eq!(opened, 8 * 150);
    let open = world.look(domain::subscribers::count_open).unwrap();
    assert_eq!(open, 8 * 150);
}
