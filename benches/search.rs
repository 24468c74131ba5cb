//! How long a clerk waits for a search: invented households by the million, and two thousand searches of each kind, each with its audit line
//! and commit, as the console does it.

use std::time::Instant as Clock;

use base::kernel::{Actor, Scope, clock};
use base::store::{Db, Settings};
use domain::administration::{self, Found};
use rand::RngExt as _;

use crate::common::{OPERATOR, databases, folder, given_operator, row};
use crate::written::{Dialect, write};

/// Searches of each kind.
const SEARCHES: usize = 2000;
/// Members of a household.
const MEMBERS: u64 = 2;
/// Households written at a time.
const BATCH: u64 = 250_000;
/// What names are put together from: forty halves of two kana.
const HALVES: &str = "アオアカイシイワウエウチエトオオオカオダカトカワキタクボクロコダコンサカサトシマスギセキタカタケタナツジナカニシノダハラヒガヒラフジホリマエマツミヤムラモリヤマ";
const COUNT: u64 = 40;

/// A number that looks like chance and is the same on every database: of the household `n`, for its member `m`.
const fn chance(n: u64, m: u64) -> u64 {
    (n * 48_271 + m * 7_919_377) % 2_147_483_647
}

fn half(at: u64) -> String {
    HALVES.chars().skip((at % COUNT * 2) as usize).take(2).collect()
}

fn name(n: u64, m: u64) -> String {
    let (family, given) = (chance(n, 0), chance(n, m));
    let [a, b] = [half(family), half(family / COUNT)];
    let [c, d] = [half(given / 1600), half(given / 64_000)];
    format!("{a}{b} {c}{d}")
}

fn telephone(n: u64) -> String {
    format!("090{:08}", chance(n, 0) % 100_000_000)
}

fn number(n: u64) -> String {
    format!("C{n:08}")
}

/// The same in SQL: `chance`, `name` and `telephone` of household `n`.
struct Sql(Dialect);

impl Sql {
    fn name(m: u64, between: &str) -> String {
        let chance = |m: u64| format!("((n * 48271 + {}) % 2147483647)", m * 7_919_377);
        let half = |of: &str| format!("substr('{HALVES}', 1 + CAST({of} % 40 AS INTEGER) * 2, 2)");
        let (family, given) = (chance(0), chance(m));
        format!(
            "{} || {} || '{between}' || {} || {}",
            half(&family),
            half(&format!("({family} / 40)")),
            half(&format!("({given} / 1600)")),
            half(&format!("({given} / 64000)")),
        )
    }

    /// What writes the households `from` to `to`.
    fn texts(&self, from: u64, to: u64) -> Vec<String> {
        let number = "'C' || substr(CAST(100000000 + n AS TEXT), 2)";
        let telephone =
            "'090' || substr(CAST(100000000 + (n * 48271) % 2147483647 % 100000000 AS TEXT), 2)";
        let (series, bytes) = (self.0.series(from, to), self.0.bytes);
        let mut texts = vec![format!(
            "INSERT INTO contracts (operator_id, number, gen, state, version, unit, starts_ms, kana,
                 telephone, adult_allowed, cause, created_ms, updated_ms, kana_folded, telephone_folded)
             SELECT '{OPERATOR}', {number}, 0, 'OPEN', 1, 'HOUSE', 0, {kana}, {telephone}, 0, 'bench', 0, 0,
                    {folded}, {digits} FROM {series} AS s",
            kana = Self::name(1, " "),
            folded = bytes(&Self::name(1, "")),
            digits = bytes(telephone),
        )];
        for m in 1..=MEMBERS {
            texts.push(format!(
                "INSERT INTO persons (operator_id, number, gen, person_no, person_id, role, state, kana,
                     max_rating_years, adult_allowed, cause, created_ms, updated_ms, kana_folded)
                 SELECT '{OPERATOR}', {number}, 0, {m}, 'per_' || CAST(n * {MEMBERS} + {m} AS TEXT),
                        'ADULT', 'ACTIVE', {kana}, 18, 0, 'bench', 0, 0, {folded} FROM {series} AS s",
                kana = Self::name(m, " "),
                folded = bytes(&Self::name(m, "")),
            ));
        }
        texts.push(format!(
            "INSERT INTO logins (operator_id, login_name, person_id, created_ms)
             SELECT '{OPERATOR}', 'user' || CAST(n AS TEXT), 'per_' || CAST(n * {MEMBERS} + 1 AS TEXT), 0
               FROM {series} AS s WHERE n % 5 = 0"
        ));
        texts.push(format!(
            "INSERT INTO boxes (operator_id, box_id, number, gen, machine_no, model, name, area, created_ms,
                 changed_ms)
             SELECT '{OPERATOR}', 'box_' || CAST(n AS TEXT), {number}, 0, 'STB-' || CAST(n AS TEXT), '', '',
                    '', 0, 0 FROM {series} AS s WHERE n % 10 = 0"
        ));
        texts
    }
}

fn write_all(settings: &Settings, households: u64) {
    let sql = Sql(Dialect::of(settings));
    let texts = (1..=households)
        .step_by(BATCH as usize)
        .map(|first| sql.texts(first, households.min(first + BATCH - 1)).join(";"));
    write(settings, texts);
}

/// What is typed about household `n`.
type Typed = fn(u64) -> String;

const KINDS: [(&str, Typed); 9] = [
    ("number, whole", number),
    ("number, first 6", |n| number(n).chars().take(6).collect()),
    ("name, whole", |n| name(n, 2)),
    ("name, first 3 kana", |n| name(n, 2).chars().take(3).collect()),
    ("telephone, whole", telephone),
    ("telephone, first 5", |n| telephone(n).chars().take(5).collect()),
    ("login id", |n| format!("user{}", n - n % 5)),
    ("box", |n| format!("STB-{}", n - n % 10)),
    ("a name nobody has", |n| format!("{}ヴヴヴ", name(n, 1))),
];

fn search(db: &Db, typed: &str, after: &str) -> (Found, f64) {
    let scope = Scope::new(OPERATOR, Actor::Staff("bench".to_owned()), clock::now());
    let (typed, after) = (typed.to_owned(), after.to_owned());
    let begun = Clock::now();
    let found = db.transact(&scope, move |tx| administration::search(tx, &typed, &after));
    (found.unwrap(), begun.elapsed().as_secs_f64() * 1000.0)
}

fn tell(what: &str, mut took: Vec<f64>, of: &str) {
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let (middle, late) = (at(0.5), at(0.99));
    let verdict = if late < 150.0 { "yes" } else { "no" };
    row(
        &format!("search by {what}, {of}"),
        &format!("p50 {middle:.2} ms, p99 {late:.2} ms"),
        "—",
        &format!("p99 < 150 ms: {verdict}"),
    );
}

fn measure(db: &Db, households: u64, of: &str) {
    let mut later = Vec::new();
    for (what, typed) in KINDS {
        let mut took = Vec::new();
        for _ in 0..SEARCHES {
            let n = rand::rng().random_range(10..households);
            let (found, ms) = search(db, &typed(n), "");
            assert_eq!(found.contracts.is_empty(), what.contains("nobody"), "{what} {n}");
            took.push(ms);
            if let Some(next) = found.next {
                later.push(search(db, &typed(n), &next).1);
            }
        }
        tell(what, took, of);
    }
    tell("whatever has a second page: that page", later, of);
}

pub fn run(arguments: &[String]) {
    let persons: u64 = arguments.first().map_or(1_000_000, |text| text.parse().unwrap());
    let only = arguments.get(1);
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    for (name, settings) in
        databases(&folder("search")).into_iter().filter(|(name, _)| wanted(name))
    {
        let db = given_operator(&settings);
        let begun = Clock::now();
        write_all(&settings, persons / MEMBERS);
        println!("{name}: {persons} persons written in {:.0} s", begun.elapsed().as_secs_f64());
        measure(&db, persons / MEMBERS, &format!("{persons} persons, {name}"));
    }
}
