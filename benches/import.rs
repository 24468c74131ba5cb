//! A batch file of command lines (contract start, persons, keys) from `in` to `out`, against the same
//! rows inserted by a bare prepared-statement loop (SQLite) or COPY (PostgreSQL).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::kernel::Instant as Moment;
use base::records::{LinkageLine, WriteBehind};
use base::store::{Db, Settings};
use formats::sms::{Charset, Form, Layout};
use futures_util::{SinkExt as _, TryStreamExt as _};
use linkage::sms::batch::{Batch, Polled, Timing};

use crate::common::{OPERATOR, databases, folder, given_operator, resident_kib, row, scope};

/// Tables a file of starts writes.
const TABLES: [&str; 7] =
    ["contracts", "persons", "grants", "audit", "inbox", "file_undo", "outbox"];
/// Rows to a commit of the bare loop: as many as a chunk of the product writes.
const BARE_COMMIT: usize = 3_000;

/// What an import took.
struct Import {
    lines: u64,
    seconds: f64,
    /// Lines done and resident KiB, sampled as it went.
    memory: Vec<(i64, u64)>,
}

fn import(db: &Db, root: &Path, wanted: u64) -> Import {
    std::fs::create_dir_all(root.join("in")).unwrap();
    let wish = aikagi::generate::Wish {
        operator: OPERATOR.to_owned(),
        contracts: wanted / 4,
        first: 1,
        seed: 20_261_122,
        form: Form { layout: Layout::Fixed, charset: Charset::Cp932, byte_order_mark: false },
        day: Moment::from_ms(1_795_143_600_000).day_jst(),
        sequence: 1,
        products: vec!["BASIC".to_owned(), "MIHODAI".to_owned()],
    };
    let (_, lines) = aikagi::generate::generate(&wish, &root.join("in")).unwrap();
    let book = WriteBehind::start(db.clone(), "linkage", LinkageLine::INSERT).unwrap();
    let timing = Timing { slice: Duration::from_millis(250), ..Timing::default() };
    let batch = Batch::new(db.clone(), Arc::new(book), "bench").timed(timing);
    let mut memory = Vec::new();
    let begun = Instant::now();
    while batch.poll(OPERATOR, root).unwrap() != Polled::Idle {
        memory.push((lines_done(db), resident_kib(std::process::id())));
    }
    Import { lines, seconds: begun.elapsed().as_secs_f64(), memory }
}

fn lines_done(db: &Db) -> i64 {
    db.read(&scope("bench"), |tx| {
        tx.row(
            "SELECT lines_done FROM files WHERE operator_id = ?1 ORDER BY file_id LIMIT 1",
            &[OPERATOR.into()],
            base::store::Row::int,
        )
    })
    .unwrap()
    .unwrap_or(0)
}

/// How much resident memory grew from line 100 000 on.
fn growth(memory: &[(i64, u64)]) -> f64 {
    let late: Vec<u64> =
        memory.iter().filter(|(done, _)| *done >= 100_000).map(|(_, kib)| *kib).collect();
    match (late.first(), late.iter().max()) {
        (Some(first), Some(most)) => *most as f64 / *first as f64,
        _ => 1.0,
    }
}

/// Rows and seconds of the bare prepared loop that inserts what the import wrote.
fn bare_sqlite(imported: &Path, folder: &Path) -> (usize, f64) {
    let path = folder.join("bare.db");
    let bare = Settings::Sqlite { path: path.clone(), relaxed: false };
    Db::open(&bare).unwrap().migrate().unwrap();
    let from = rusqlite::Connection::open(imported).unwrap();
    let to = rusqlite::Connection::open(&path).unwrap();
    to.pragma_update(None, "synchronous", "FULL").unwrap();
    let (mut count, mut spent) = (0, Duration::ZERO);
    for table in TABLES {
        let mut read = from.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let width = read.column_count();
        let marks: Vec<String> = (1..=width).map(|n| format!("?{n}")).collect();
        let insert = format!("INSERT INTO {table} VALUES ({})", marks.join(", "));
        let mut rows = read.query([]).unwrap();
        let mut batch: Vec<Vec<rusqlite::types::Value>> = Vec::new();
        loop {
            let more = rows.next().unwrap();
            let end = more.is_none();
            if let Some(found) = more {
                batch.push((0..width).map(|at| found.get(at).unwrap()).collect());
            }
            if batch.len() == BARE_COMMIT || end {
                let begun = Instant::now();
                to.execute_batch("BEGIN").unwrap();
                let mut statement = to.prepare_cached(&insert).unwrap();
                for one in &batch {
                    statement.execute(rusqlite::params_from_iter(one)).unwrap();
                }
                to.execute_batch("COMMIT").unwrap();
                spent += begun.elapsed();
                count += batch.len();
                batch.clear();
            }
            if end {
                break;
            }
        }
    }
    (count, spent.as_secs_f64())
}

/// Rows and seconds of COPY into empty tables of the same schema.
fn bare_postgres(url: &str) -> (usize, f64) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connect = || async {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let (client, driver) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(driver);
        client
    };
    let joint = if url.contains('?') { '&' } else { '?' };
    runtime.block_on(async {
        let client = connect().await;
        client
            .batch_execute("DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare")
            .await
            .unwrap();
    });
    let bare = Settings::Postgres { url: format!("{url}{joint}options=-csearch_path%3Dbare") };
    Db::open(&bare).unwrap().migrate().unwrap();
    let (mut count, mut spent) = (0, Duration::ZERO);
    for table in TABLES {
        let (rows, took) = runtime.block_on(async {
            let client = connect().await;
            let out = client.copy_out(&format!("COPY {table} TO STDOUT BINARY")).await.unwrap();
            let parts: Vec<_> = out.try_collect().await.unwrap();
            let begun = Instant::now();
            let sink =
                client.copy_in(&format!("COPY bare.{table} FROM STDIN BINARY")).await.unwrap();
            let mut sink = std::pin::pin!(sink);
            for part in parts {
                sink.feed(part).await.unwrap();
            }
            let rows = sink.finish().await.unwrap();
            (rows, begun.elapsed())
        });
        count += usize::try_from(rows).unwrap();
        spent += took;
    }
    (count, spent.as_secs_f64())
}

pub fn run(arguments: &[String]) {
    let lines = arguments.first().map_or(1_000_000, |text| text.parse().unwrap());
    let folder = folder("import");
    for (name, settings) in databases(&folder) {
        let db = given_operator(&settings);
        let done = import(&db, &folder.join(name), lines);
        let (rows, spent) = match &settings {
            Settings::Sqlite { path, .. } => bare_sqlite(path, &folder),
            Settings::Postgres { url } => bare_postgres(url),
        };
        let (ours, bare) = (rows as f64 / done.seconds, rows as f64 / spent);
        row(
            &format!("batch file, {} lines, {name}", done.lines),
            &format!(
                "{:.0} s, {:.0} lines/s = {ours:.0} rows/s; RSS × {:.2} from line 100 k",
                done.seconds,
                done.lines as f64 / done.seconds,
                growth(&done.memory)
            ),
            &format!("{bare:.0} rows/s ({rows} rows in {spent:.1} s)"),
            &format!("{:.2} (≥ 0.25)", ours / bare),
        );
    }
}
