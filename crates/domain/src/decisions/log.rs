//! The decision log: every answer under a trace, written behind.
//!
//! Source: brief tve §5.8, §11.3; kept 90 days.

use base::kernel::{Instant, Result};
use base::store::{Tx, Value};

use super::question::{Decision, Question, Viewer};
use super::trace;

/// Days a line is kept.
pub(super) const KEPT_DAYS: i64 = 90;

pub(super) const INSERT_LINE: &str = "INSERT INTO decision_log
    (operator_id, trace, at_ms, client_id, number, gen, person_no, action, resource, least_age,
     adult, permit, codes, version)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// The line of one answer. `(operator, client)`: who was asked, by whom.
pub(super) fn line(
    (operator, client): (&str, &str),
    (trace, now): (&str, Instant),
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
        |row| {
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
        },
    )
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
