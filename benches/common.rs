//! What every measurement needs: a database, an operator with products, medians, a printed row.

use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

use base::kernel::{Actor, Instant, Scope, clock};
use base::store::{Db, Settings};
use domain::catalogue::{self, Kind, Product};
use domain::operators::{self, OperatorDraft, Policies};

pub const OPERATOR: &str = "BENCH1";

/// Databases to measure on: SQLite always, PostgreSQL when `BENCH_POSTGRES_URL` names an empty one.
pub fn databases(folder: &Path) -> Vec<(&'static str, Settings)> {
    let sqlite = Settings::Sqlite { path: folder.join("bench.db"), relaxed: false };
    let postgres = std::env::var("BENCH_POSTGRES_URL").ok();
    std::iter::once(("SQLite", sqlite))
        .chain(postgres.map(|url| ("PostgreSQL", Settings::Postgres { url })))
        .collect()
}

/// A new folder below the target folder, on the disk the product would use.
pub fn folder(name: &str) -> PathBuf {
    let root = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let folder = root.join("bench-data").join(name);
    let _not_there_yet = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::path::absolute(folder).unwrap()
}

/// The operator's SMS, now.
pub fn scope(cause: &str) -> Scope {
    Scope::new(OPERATOR, Actor::Sms("bench".to_owned()), clock::now()).caused_by(cause)
}

/// Opens and migrates a database and adds the operator with two products.
pub fn given_operator(settings: &Settings) -> Db {
    let db = Db::open(settings).unwrap();
    db.migrate().unwrap();
    db.transact(&scope("bench"), |tx| {
        let draft = OperatorDraft {
            name_ja: "計測ケーブル".to_owned(),
            name_en: "Bench Cable".to_owned(),
            policies: Policies::default(),
        };
        operators::put_operator(tx, &draft)?;
        for (code, kind, refs) in
            [("BASIC", Kind::Channel, "channel:101"), ("MIHODAI", Kind::Svod, "title:T0001")]
        {
            catalogue::put_product(tx, &product(code, kind, refs))?;
        }
        Ok(())
    })
    .unwrap();
    db
}

fn product(code: &str, kind: Kind, refs: &str) -> Product {
    Product {
        code: code.to_owned(),
        kind,
        name_ja: code.to_owned(),
        name_en: code.to_owned(),
        rating_years: Some(0),
        adult: false,
        items: Vec::new(),
        refs: vec![refs.to_owned()],
        sold_from: Instant::from_ms(0),
        sold_until: Instant::FOREVER,
        start_window_hours: None,
        play_window_hours: None,
    }
}

/// Seconds `work` takes.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Clock::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Prints a row of the table in `RESULTS.md`.
pub fn row(what: &str, ours: &str, reference: &str, verdict: &str) {
    println!("| {what} | {ours} | {reference} | {verdict} |");
}

/// Resident memory of a process in KiB.
pub fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
