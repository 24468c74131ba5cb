//! Online commands, durable, 64 callers, against group-committed updates of single rows.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use base::kernel::ids;
use base::store::{Db, Settings};
use domain::commands::{self, Command, CommandGroups, Op, ResultKind};
use domain::subscribers::Reason;

use crate::common::{databases, folder, given_operator, median, row, scope, seconds};

const CALLERS: u64 = 64;
const EACH: u64 = 150;
const ROUNDS: usize = 5;

/// Suspends and resumes: 64 callers, each at a contract of its own.
fn commands(db: &Db, run: &str) -> f64 {
    let groups = &CommandGroups::new(db.clone());
    let taken = seconds(|| {
        std::thread::scope(|threads| {
            for caller in 0..CALLERS {
                threads.spawn(move || {
                    for n in 0..EACH {
                        let op = if n % 2 == 0 { Op::Suspend } else { Op::Resume };
                        let id = format!("{run}-{caller}-{n}");
                        let mut command = Command::new(&id, op, &format!("C{caller:05}"));
                        command.reason = Some(Reason::Unpaid);
                        let report = groups.execute(&scope("bench"), command).unwrap();
                        assert_eq!(report.result, ResultKind::Ok);
                    }
                });
            }
        });
    });
    (CALLERS * EACH) as f64 / taken
}

/// One update of the bare counterpart: the value, the contract, and where to say that it is durable.
type Update = (u64, u64, SyncSender<()>);

/// The bare counterpart on SQLite: 64 callers hand single-row updates to one writer, who commits
/// what is there, at most 64 at once, and then answers.
fn bare_sqlite(path: &std::path::Path) -> f64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    let (hand, queue) = sync_channel::<Update>(CALLERS as usize);
    let writer = std::thread::spawn(move || write_bare(&connection, &queue));
    let taken = seconds(|| {
        std::thread::scope(|threads| {
            for caller in 0..CALLERS {
                let hand = hand.clone();
                threads.spawn(move || {
                    let (done, wait) = sync_channel(1);
                    for n in 0..EACH {
                        hand.send((n, caller, done.clone())).unwrap();
                        wait.recv().unwrap();
                    }
                });
            }
        });
    });
    drop(hand);
    writer.join().unwrap();
    (CALLERS * EACH) as f64 / taken
}

fn write_bare(connection: &rusqlite::Connection, queue: &Receiver<Update>) {
    let sql = "UPDATE contracts SET note = ?1 WHERE operator_id = 'BENCH1' AND number = ?2";
    while let Ok(first) = queue.recv() {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut update = connection.prepare_cached(sql).unwrap();
        let group: Vec<Update> = std::iter::once(first)
            .chain(queue.try_iter().take(CALLERS as usize - 1))
            .inspect(|(n, caller, _)| {
                update.execute((n.to_string(), format!("C{caller:05}"))).unwrap();
            })
            .collect();
        connection.execute_batch("COMMIT").unwrap();
        for (_, _, done) in group {
            done.send(()).unwrap();
        }
    }
}

/// The bare counterpart on PostgreSQL: 64 connections, each updating a row of its own, the contract `number` names.
/// Updates a second.
pub fn bare_postgres(url: &str, number: fn(u64) -> String) -> f64 {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clients: Vec<_> = (0..CALLERS)
        .map(|_| {
            runtime.block_on(async {
                let config: tokio_postgres::Config = url.parse().unwrap();
                let (client, driver) = config.connect(tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(driver);
                client
            })
        })
        .collect();
    let taken = seconds(|| {
        let tasks: Vec<_> = (0..CALLERS)
            .zip(clients)
            .map(|(caller, client)| {
                runtime.spawn(async move {
                    let update = client
                        .prepare(
                            "UPDATE contracts SET note = $1
                              WHERE operator_id = 'BENCH1' AND number = $2",
                        )
                        .await
                        .unwrap();
                    let number = number(caller);
                    for n in 0..EACH {
                        client.execute(&update, &[&n.to_string(), &number]).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
    });
    (CALLERS * EACH) as f64 / taken
}

pub fn run() {
    for (name, settings) in databases(&folder("online")) {
        let db = given_operator(&settings);
        for caller in 0..CALLERS {
            let start =
                Command::new(&format!("start-{caller}"), Op::Start, &format!("C{caller:05}"));
            db.transact(&scope("bench"), move |tx| commands::execute(tx, &start)).unwrap();
        }
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(commands(&db, &ids::typed_code(6)));
            bare.push(match &settings {
                Settings::Sqlite { path, .. } => bare_sqlite(path),
                Settings::Postgres { url } => bare_postgres(url, |caller| format!("C{caller:05}")),
            });
        }
        let (ours, bare) = (median(ours), median(bare));
        row(
            &format!("online commands, durable, 64 callers, {name}"),
            &format!("{ours:.0}/s"),
            &format!("{bare:.0} group-committed row updates/s"),
            &format!("{:.2} (≥ 0.4)", ours / bare),
        );
    }
}
