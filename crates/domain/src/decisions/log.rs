//! The decision log: every answer under a trace, written behind.
//!
//! Source: brief tve §5.8, §11.3; kept 90 days.

use std::collections::BTreeMap;

use base::kernel::{Instant, Result};
use base::records::half_and_most;
use base::store::{Row, Tx, Value};

use super::question::{Decision, Question, Viewer};
use super::trace;

/// Days a line is kept.
pub(super) const KEPT_DAYS: i64 = 90;

pub(super) const INSERT_LINE: &str = "INSERT INTO decision_log
    (operator_id, trace, at_ms, client_id, number, gen, person_no, action, resource, least_age,
     adult, permit, codes, version, of_child, micros)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// The line of one answer. `(operator, client)`: who was asked, by whom; `micros`: how long it took.
pub(super) fn line(
    (operator, client): (&str, &str),
    (trace, now, micros): (&str, Instant, i64),
    viewer: Option<&Viewer<'_>>,
    question: &Question<'_>,
    decision: &Decision,
) -> Vec<Value> {
    let contract = viewer.map(|viewer| &viewer.household.contract);
    let mut codes = String::with_capacity(4);
    for code in decision.codes() {
        if !codes.is_empty() {
            codes.push(' ');
        }
        codes.push_str(code);
    }
    vec![
        operator.into(),
        trace.into(),
        now.into(),
        client.into(),
        contract.map_or("", |contract| contract.number.as_str()).into(),
        contract.map_or(0, |contract| contract.generation).into(),
        viewer.map_or(0, |viewer| viewer.asker.person_no()).into(),
        question.action.as_str().into(),
        question.resource.into(),
        question.least_age.into(),
        question.adult.into(),
        decision.permit().into(),
        codes.into(),
        contract.map_or(0, |contract| contract.version).into(),
        viewer.is_some_and(|viewer| viewer.asker.is_child()).into(),
        micros.into(),
    ]
}

/// A line as it was written.
pub(super) struct Line {
    pub(super) trace: String,
    pub(super) at: Instant,
    pub(super) client: String,
    pub(super) number: String,
    pub(super) generation: i64,
    pub(super) person_no: i64,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) least_age: Option<i64>,
    pub(super) adult: bool,
    pub(super) codes: String,
    pub(super) version: i64,
}

/// The line under a trace, as somebody typed it.
pub(super) fn find(tx: &mut Tx<'_>, typed: &str) -> Result<Option<Line>> {
    let Some((trace, from, to)) = trace::read(typed, tx.now()) else { return Ok(None) };
    let keys: [Value; 4] = [tx.operator().into(), trace.into(), from.into(), to.into()];
    tx.row(
        "SELECT trace, at_ms, client_id, number, gen, person_no, action, resource, least_age, adult,
                codes, version
           FROM decision_log
          WHERE operator_id = ?1 AND trace = ?2 AND at_ms >= ?3 AND at_ms < ?4
          ORDER BY at_ms DESC LIMIT 1",
        &keys,
        read,
    )
}

pub(super) fn read(row: &mut Row) -> Result<Line> {
    Ok(Line {
        trace: row.text()?,
        at: row.instant()?,
        client: row.text()?,
        number: row.text()?,
        generation: row.int()?,
        person_no: row.int()?,
        action: row.text()?,
        resource: row.text()?,
        least_age: row.int_if_any()?,
        adult: row.flag()?,
        codes: row.text()?,
        version: row.int()?,
    })
}

/// How often somebody might watch, and why not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// How often yes.
    pub permits: i64,
    /// How often no, by the first reason, which is what the viewer was told; the most frequent first.
    pub denials: Vec<(String, i64)>,
    /// How long half of them took at most, and 95 of 100, in microseconds, whoever asked; none: there were none.
    pub took: Option<(i64, i64)>,
}

/// The operator's answers since `since`. At most the newest `limit` are looked at.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_answers(tx: &mut Tx<'_>, (since, limit): (Instant, i64)) -> Result<Answered> {
    let keys: [Value; 3] = [tx.operator().into(), since.into(), limit.into()];
    let given = tx.rows(
        "SELECT codes, permit, COUNT(*) FROM
            (SELECT codes, permit FROM decision_log
              WHERE operator_id = ?1 AND at_ms >= ?2 ORDER BY at_ms DESC LIMIT ?3) newest
          GROUP BY codes, permit",
        &keys,
        |row| Ok((row.text()?, row.flag()?, row.int()?)),
    )?;
    let took = tx.rows(
        "SELECT micros FROM decision_log
          WHERE operator_id = ?1 AND at_ms >= ?2 AND micros IS NOT NULL ORDER BY at_ms DESC LIMIT ?3",
        &keys,
        Row::int,
    )?;
    Ok(Answered { took: half_and_most(took), ..summed(&given) })
}

fn summed(given: &[(String, bool, i64)]) -> Answered {
    let mut by_reason: BTreeMap<&str, i64> = BTreeMap::new();
    for (codes, _, count) in given.iter().filter(|(_, permit, _)| !permit) {
        let first = codes.split(' ').next().unwrap_or_default();
        *by_reason.entry(first).or_default() += count;
    }
    let mut denials: Vec<(String, i64)> =
        by_reason.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    denials.sort_by_key(|(_, count)| -count);
    let permits = given.iter().filter(|(_, permit, _)| *permit).map(|(.., count)| count).sum();
    Answered { permits, denials, took: None }
}

/// Removes about `limit` lines of the operator older than 90 days; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let before = tx.now().plus_days(-KEPT_DAYS);
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    tx.exec(
        "DELETE FROM decision_log WHERE operator_id = ?1 AND at_ms <=
            (SELECT MAX(at_ms) FROM
                (SELECT at_ms FROM decision_log WHERE operator_id = ?1 AND at_ms < ?2
                  ORDER BY at_ms LIMIT ?3) AS oldest)",
        &keys,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_counts_for_its_first_reason() {
        let given = |codes: &str, permit, count| (codes.to_owned(), permit, count);
        let all = [given("P00", true, 9), given("D04 D09", false, 2), given("D09", false, 3)];
        let denials = vec![("D09".to_owned(), 3), ("D04".to_owned(), 2)];
        assert_eq!(summed(&all), Answered { permits: 9, denials, took: None });
        let also = [given("D04", false, 2), given("D04 D13", false, 5)];
        assert_eq!(summed(&also).denials, [("D04".to_owned(), 7)]);
    }
}
