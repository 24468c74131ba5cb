//! All stations as the platform's own people see them: a list, and before it those that need somebody.

use base::kernel::{Error, Instant, Result, Scope};
use base::store::{Row, Tx, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::operators::{self, OperatorState};

/// Stations on a page of the list.
pub const STATIONS: usize = 50;
/// Stations that need somebody, at a time.
pub const NEEDING: usize = 20;
/// Deliveries given up are counted up to here.
pub const COUNTED: i64 = 1000;

/// Which stations are looked at.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// How code or name begins; empty: all.
    pub beginning: String,
    /// The list goes on after this code.
    pub after: String,
    /// Those that need somebody go on after this code.
    pub needing_after: String,
}

/// Something that waits: how often, and since when at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many.
    pub count: i64,
    /// Since when the oldest of them.
    pub since: Option<Instant>,
}

/// One station, and what waits there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its code.
    pub code: String,
    /// Name in Japanese.
    pub name_ja: String,
    /// Name in English.
    pub name_en: String,
    /// In service or not.
    pub state: OperatorState,
    /// Since when it is on trial, if it is.
    pub trial: Option<Instant>,
    /// Files that wait for the one before them.
    pub held: Waiting,
    /// Files that wait for two persons.
    pub guarded: Waiting,
    /// The business day whose nightly file is missed, and since when.
    pub late: Option<(String, Instant)>,
    /// Deliveries that were given up: [`COUNTED`] of them or more are told as so many.
    pub dead: Waiting,
}

/// A page of stations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stations {
    /// Those that need somebody, by code; only where nothing was looked for.
    pub needing: Vec<Station>,
    /// After which code more of them come.
    pub needing_next: Option<String>,
    /// The list, by code.
    pub listed: Vec<Station>,
    /// After which code more of it comes.
    pub next: Option<String>,
}

/// All stations, or those whose code or name begins so; spoken by the platform. Three statements, whatever there is: which
/// need somebody is found without looking at the others.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator.
pub fn stations(tx: &mut Tx<'_>, sought: &Sought) -> Result<Stations> {
    by_platform(tx)?;
    let beginning = sought.beginning.trim();
    let (needing, needing_next) = if beginning.is_empty() {
        cut(needing(tx, &sought.needing_after)?, NEEDING)
    } else {
        (Vec::new(), None)
    };
    let (listed, next) = cut(codes(tx, beginning, &sought.after)?, STATIONS);
    let all = figures(tx, needing.iter().chain(&listed).cloned().collect())?;
    let those = |codes: &[String]| {
        all.iter().filter(|one| codes.contains(&one.code)).cloned().collect::<Vec<_>>()
    };
    Ok(Stations { needing: those(&needing), needing_next, listed: those(&listed), next })
}

/// One station, and what waits there; spoken by the platform.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator; `operator.unknown`
pub fn station(tx: &mut Tx<'_>, code: &str) -> Result<Station> {
    by_platform(tx)?;
    let found = figures(tx, vec![code.to_owned()])?.into_iter().next();
    found.ok_or_else(|| Error::not_found("operator.unknown", code))
}

fn by_platform(tx: &Tx<'_>) -> Result<()> {
    if tx.operator() == Scope::PLATFORM {
        return Ok(());
    }
    Err(Error::Forbidden { code: "operator.platform_only" })
}

/// The first `most` codes, and the last of them where more come.
fn cut(mut codes: Vec<String>, most: usize) -> (Vec<String>, Option<String>) {
    let more = codes.len() > most;
    codes.truncate(most);
    let next = codes.last().filter(|_| more).cloned();
    (codes, next)
}

/// From each station where something waits the indexes lead to the next.
const NEXT_NEEDING: &str = "WITH RECURSIVE needing (operator_id, place) AS (
        SELECT ?1, 0
         UNION ALL
        SELECT (SELECT MIN(next.operator_id) FROM (
                    SELECT (SELECT f.operator_id FROM files f
                             WHERE f.state = 'HELD' AND f.by_hand = 0
                               AND f.operator_id > needing.operator_id
                             ORDER BY f.operator_id LIMIT 1) AS operator_id
                     UNION ALL
                    SELECT (SELECT f.operator_id FROM files f
                             WHERE f.state = 'GUARDED' AND f.by_hand = 0
                               AND f.operator_id > needing.operator_id
                             ORDER BY f.operator_id LIMIT 1)
                     UNION ALL
                    SELECT (SELECT d.operator_id FROM outbox d
                             WHERE d.state = 'DEAD' AND d.operator_id > needing.operator_id
                               AND d.operator_id <> '*'
                             ORDER BY d.operator_id LIMIT 1)
                     UNION ALL
                    SELECT (SELECT l.operator_id FROM late_files l
                             WHERE l.operator_id > needing.operator_id
                             ORDER BY l.operator_id LIMIT 1)
                     UNION ALL
                    SELECT (SELECT t.operator_id FROM operators t
                             WHERE t.trial = 1 AND t.operator_id > needing.operator_id
                             ORDER BY t.operator_id LIMIT 1)) next),
               needing.place + 1
          FROM needing WHERE needing.operator_id IS NOT NULL AND needing.place < 21)
     SELECT operator_id FROM needing
      WHERE place > 0 AND operator_id IS NOT NULL ORDER BY place";

/// Codes of stations where something waits, after `after`: from each the index leads to the next, so that those where
/// nothing does cost nothing. One more than [`NEEDING`].
fn needing(tx: &mut Tx<'_>, after: &str) -> Result<Vec<String>> {
    let keys: [Value; 1] = [after.into()];
    tx.rows(NEXT_NEEDING, &keys, Row::text)
}

/// Codes of the list after `after`, one more than a page.
fn codes(tx: &mut Tx<'_>, beginning: &str, after: &str) -> Result<Vec<String>> {
    let limit = STATIONS as i64 + 1;
    if beginning.is_empty() {
        return operators::list_codes(tx, after, limit);
    }
    let code = beginning.nfkc().collect::<String>().to_ascii_uppercase();
    let keys: [Value; 5] = [
        after.into(),
        beginning.into(),
        code.into(),
        beginning.to_lowercase().into(),
        limit.into(),
    ];
    tx.rows(
        "SELECT operator_id FROM operators
          WHERE operator_id > ?1
            AND (SUBSTR(operator_id, 1, LENGTH(?3)) = ?3 OR SUBSTR(name_ja, 1, LENGTH(?2)) = ?2
                 OR LOWER(SUBSTR(name_en, 1, LENGTH(?4))) = ?4)
          ORDER BY operator_id LIMIT ?5",
        &keys,
        Row::text,
    )
}

/// The stations with these codes, in their order.
fn figures(tx: &mut Tx<'_>, codes: Vec<String>) -> Result<Vec<Station>> {
    let keys: [Value; 2] = [codes.into(), COUNTED.into()];
    tx.rows(
        "SELECT o.operator_id, o.name_ja, o.name_en, o.state,
                (SELECT n.began_ms FROM launches n
                  WHERE n.operator_id = o.operator_id AND n.live_ms IS NULL),
                (SELECT COUNT(*) FROM files f
                  WHERE f.state = 'HELD' AND f.by_hand = 0 AND f.operator_id = o.operator_id),
                (SELECT MIN(f.updated_ms) FROM files f
                  WHERE f.state = 'HELD' AND f.by_hand = 0 AND f.operator_id = o.operator_id),
                (SELECT COUNT(*) FROM files f
                  WHERE f.state = 'GUARDED' AND f.by_hand = 0 AND f.operator_id = o.operator_id),
                (SELECT MIN(f.updated_ms) FROM files f
                  WHERE f.state = 'GUARDED' AND f.by_hand = 0 AND f.operator_id = o.operator_id),
                (SELECT COUNT(*) FROM (SELECT d.created_ms FROM outbox d
                  WHERE d.state = 'DEAD' AND d.operator_id = o.operator_id LIMIT ?2) given_up),
                (SELECT MIN(d.created_ms) FROM outbox d
                  WHERE d.state = 'DEAD' AND d.operator_id = o.operator_id),
                l.business_on, l.since_ms
           FROM operators o
           LEFT JOIN late_files l ON l.operator_id = o.operator_id
          WHERE o.operator_id IN ARRAY(?1) ORDER BY o.operator_id",
        &keys,
        read,
    )
}

fn read(row: &mut Row) -> Result<Station> {
    fn waiting(row: &mut Row) -> Result<Waiting> {
        Ok(Waiting { count: row.int()?, since: row.instant_if_any()? })
    }
    Ok(Station {
        code: row.text()?,
        name_ja: row.text()?,
        name_en: row.text()?,
        state: OperatorState::parse(&row.text()?)?,
        trial: row.instant_if_any()?,
        held: waiting(row)?,
        guarded: waiting(row)?,
        dead: waiting(row)?,
        late: row.text_if_any()?.zip(row.instant_if_any()?),
    })
}

#[cfg(test)]
mod tests {
    use base::kernel::{Actor, clock};
    use base::store::{Db, Settings};

    use super::*;

    #[test]
    fn which_stations_need_somebody_is_found_by_indexes_alone() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::Sqlite { path: folder.path().join("plans.db"), relaxed: true };
        let db = Db::open(&settings).unwrap();
        db.migrate().unwrap();
        let sql: &'static str = format!("EXPLAIN QUERY PLAN {NEXT_NEEDING}").leak();
        let scope = Scope::new(Scope::PLATFORM, Actor::System, clock::now());
        let plan = db.read(&scope, |tx| {
            tx.rows(sql, &["".into()], |row| {
                row.int()?;
                row.int()?;
                row.int()?;
                row.text()
            })
        });
        let plan = plan.unwrap();
        let of = |table: &str| {
            plan.iter()
                .filter(|step| step.contains(&format!(" {table} ")))
                .cloned()
                .collect::<Vec<_>>()
        };
        for (table, wanted, times) in [
            ("f", "INDEX files_waiting (state=? AND operator_id>?)", 2),
            ("d", "INDEX outbox_dead (state=? AND operator_id>?)", 1),
            ("l", "PRIMARY KEY (operator_id>?)", 1),
            ("t", "INDEX operators_trial (trial=? AND operator_id>?)", 1),
        ] {
            let steps = of(table);
            assert_eq!(steps.len(), times, "{table}: {plan:?}");
            assert!(steps.iter().all(|step| step.contains(wanted)), "{table}: {steps:?}");
        }
    }
}
