//! Why was this refused — or, if it was not, where does the trouble lie? A replay for the station.
//!
//! Source: brief tve §11.3.

use base::kernel::{Error, Result};
use base::store::{Tx, Value};
use serde::Serialize;

use crate::catalogue;
use crate::operators;
use crate::subscribers::Household;

use super::aggregate::{Aggregate, parent_of};
use super::decide::decide;
use super::facts::{self, Fact};
use super::findings::{Finding, PERMIT};
use super::gather::MOST_MOVES;
use super::log;
use super::question::{Action, Asker, PinGiven, Question, Station, Viewer};
use super::repo;

/// What is known about an answer that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Its trace.
    pub trace: String,
    /// What was asked and answered then.
    pub then: Then,
    /// Whether the same question would be answered with yes now.
    pub permit_now: bool,
    /// Every check that fails now, in order.
    pub findings_now: Vec<Finding>,
    /// Where that leaves the clerk.
    pub verdict: Verdict,
    /// The facts the answer stands on now.
    pub facts: Vec<Fact>,
    /// What was changed of the household since, oldest first, at most 50 lines.
    pub since: Vec<SinceThen>,
}

/// What the replay means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Refused, and would be now.
    Refused,
    /// Refused, but would be permitted now.
    RepairedSince,
    /// Permitted, but would be refused now.
    RefusedSince,
    /// Permitted, and would be now: the trouble lies outside of this system.
    Outside,
}

/// The question and its answer as the log has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Then {
    /// When, in JST.
    pub at: String,
    /// Who asked.
    pub client: String,
    /// About whom: `A-001/00/002`; empty when the subject was unknown.
    pub subject: String,
    /// What was to be done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// What was answered.
    pub codes: Vec<String>,
    /// The version the contract had.
    pub version: i64,
}

/// A change since the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SinceThen {
    /// When, in JST.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What: `contract.resumed`.
    pub act: String,
    /// Of what.
    pub subject: String,
    /// The file line or call.
    pub cause: String,
}

/// Replays the answer under `trace` with the facts of now.
///
/// # Errors
/// `decision.unknown` — no such trace in this operator, or older than 90 days.
pub fn explain(tx: &mut Tx<'_>, trace: &str) -> Result<Explanation> {
    let line = log::find(tx, trace)?.ok_or_else(|| Error::not_found("decision.unknown", trace))?;
    let station = station(tx)?;
    replay(tx, &station, line)
}

/// The operator and what it sells.
pub(super) fn station(tx: &mut Tx<'_>) -> Result<Station> {
    Ok(Station { operator: operators::find_operator(tx)?, catalogue: catalogue::load(tx)? })
}

/// What a line of the log asks, answered with the facts of now.
pub(super) fn replay(tx: &mut Tx<'_>, station: &Station, line: log::Line) -> Result<Explanation> {
    let now = tx.now();
    let aggregate = repo::find_aggregate(tx, &line.number)?.unwrap_or_default();
    let building = building(tx, &aggregate)?;
    let viewer = viewer(&aggregate, building.as_ref(), &line);
    let permitted = line.codes == PERMIT;
    let question = Question {
        action: Action::parse(&line.action)?,
        resource: &line.resource,
        least_age: line.least_age,
        adult: line.adult,
        // No PIN is in the log. Who was let in had the right one, if one was asked for.
        pin: if permitted { PinGiven::Right } else { PinGiven::Missing },
    };
    let decision = decide(station, viewer.as_ref(), &question, now);
    let facts = facts::collect(station, viewer.as_ref(), &question, now);
    let verdict = match (permitted, decision.permit()) {
        (false, false) => Verdict::Refused,
        (false, true) => Verdict::RepairedSince,
        (true, false) => Verdict::RefusedSince,
        (true, true) => Verdict::Outside,
    };
    let since = match &viewer {
        Some(viewer) => changes_since(tx, viewer.household, &line)?,
        None => Vec::new(),
    };
    Ok(Explanation {
        trace: line.trace.clone(),
        then: then(line),
        permit_now: decision.permit(),
        findings_now: decision.findings,
        verdict,
        facts,
        since,
    })
}

fn then(line: log::Line) -> Then {
    let subject = if line.number.is_empty() {
        String::new()
    } else {
        format!("{}/{:02}/{:03}", line.number, line.generation, line.person_no)
    };
    Then {
        at: line.at.rfc3339_jst(),
        client: line.client,
        subject,
        action: line.action,
        resource: line.resource,
        codes: line.codes.split(' ').map(str::to_owned).collect(),
        version: line.version,
    }
}

fn viewer<'a>(
    aggregate: &'a Aggregate,
    building: Option<&'a Aggregate>,
    line: &log::Line,
) -> Option<Viewer<'a>> {
    let (household, keyring) = aggregate.generation(line.generation)?;
    let asker = match line.person_no {
        0 => Asker::Household,
        person_no => Asker::Person(household.person(person_no)?),
    };
    let shared = parent_of(household).and(building).and_then(Aggregate::building);
    let coming = aggregate.coming_with(building);
    let guarded = aggregate.guarded_for(household, &asker);
    Some(Viewer { asker, household, keyring, building: shared, coming, guarded })
}

/// The building of a flat, under the number it has now.
fn building(tx: &mut Tx<'_>, flat: &Aggregate) -> Result<Option<Aggregate>> {
    let mut number = flat.parent().map(str::to_owned);
    let mut building = None;
    for _ in 0..MOST_MOVES {
        let Some(wanted) = number else { break };
        building = repo::find_aggregate(tx, &wanted)?;
        number = building.as_ref().and_then(|one| one.replaced_by()).map(str::to_owned);
    }
    Ok(building)
}

/// Audit lines of the household after the answer. A contract whose version stands where it stood has
/// none, and then the audit is not read at all.
fn changes_since(
    tx: &mut Tx<'_>,
    household: &Household,
    line: &log::Line,
) -> Result<Vec<SinceThen>> {
    if household.contract.version == line.version {
        return Ok(Vec::new());
    }
    // Ids of the audit sort by time; the label of the contract is followed by nothing or by `/`.
    let label = household.key().label();
    let keys: [Value; 5] = [
        tx.operator().into(),
        line.at.into(),
        (&label).into(),
        format!("{label}/").into(),
        format!("{label}0").into(),
    ];
    tx.rows(
        "SELECT at_ms, actor, act, subject, cause FROM audit
          WHERE operator_id = ?1 AND at_ms > ?2
            AND (subject = ?3 OR (subject > ?4 AND subject < ?5))
          ORDER BY audit_id LIMIT 50",
        &keys,
        |row| {
            Ok(SinceThen {
                at: row.instant()?.rfc3339_jst(),
                actor: row.text()?,
                act: row.text()?,
                subject: row.text()?,
                cause: row.text()?,
            })
        },
    )
}
