//! Why was this refused — or, if it was not, where does the trouble lie? A replay for the station.
//!
//! Source: brief tve §11.3.

use base::kernel::{Error, Result, ids};
use base::store::{Tx, Value};
use serde::Serialize;

use crate::catalogue;
use crate::operators;

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
    /// What was changed since of the household, of the member, of what opens it and of the station, oldest first, at most
    /// 50 lines.
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
    /// Of what: `A-001/00`, `A-001/00/002`, a product, the station.
    pub subject: String,
    /// The file line or call.
    pub cause: String,
    /// The member of the household who did it, by number.
    #[serde(skip)]
    pub by_member: Option<i64>,
}

/// Lines since an answer.
const MOST: i64 = 50;

/// What changes a member and is written under their own id. That they sign in, or type a wrong PIN, changes nothing.
const OF_MEMBERS: [&str; 10] = [
    "person.credentials_set",
    "person.locked_out",
    "person.pin_asks_changed",
    "person.pin_removed",
    "person.pin_reset",
    "person.pin_set",
    "person.recovered",
    "person.registered",
    "person.sessions_ended",
    "person.unlocked",
];

/// What changes an answer for everybody.
const OF_STATION: [&str; 4] =
    ["operator.changed", "operator.disabled", "operator.enabled", "product.changed"];

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
        Some(viewer) => changes_since(tx, (station, viewer), &line)?,
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

/// Audit lines after the answer: of the household whatever it is; of the member, of the products that open what was asked for
/// and of the station what may change an answer. By the index of subjects, each name written out.
fn changes_since(
    tx: &mut Tx<'_>,
    (station, viewer): (&Station, &Viewer<'_>),
    line: &log::Line,
) -> Result<Vec<SinceThen>> {
    let household = viewer.household;
    let label = household.key().label();
    let mut whole = vec![label.clone(), household.contract.number.clone()];
    whole.extend(household.persons.iter().map(|one| format!("{label}/{:03}", one.person_no)));
    let mut subjects = whole.clone();
    subjects.extend(viewer.asker.pin_holder(household).map(|one| one.person_id.clone()));
    subjects.extend(station.catalogue.opening(&line.resource).iter().cloned());
    subjects.push(station.operator.code.clone());
    let acts = OF_MEMBERS.iter().chain(&OF_STATION).map(|act| (*act).to_owned());
    let keys: [Value; 7] = [
        tx.operator().into(),
        subjects.into(),
        // Ids of the audit sort by time.
        ids::first_id("aud", line.at).into(),
        line.at.into(),
        acts.collect::<Vec<_>>().into(),
        whole.into(),
        MOST.into(),
    ];
    tx.rows(
        // In an order no index has, as `records::list_about`.
        "SELECT at_ms, actor, act, subject, cause FROM audit
          WHERE operator_id = ?1 AND subject IN ARRAY(?2) AND audit_id >= ?3 AND at_ms > ?4
            AND (act IN ARRAY(?5) OR subject IN ARRAY(?6))
          ORDER BY audit_id || '' LIMIT ?7",
        &keys,
        |row| {
            let (at, actor) = (row.instant()?.rfc3339_jst(), row.text()?);
            let (act, subject, cause) = (row.text()?, row.text()?, row.text()?);
            let numbered = |id: &str| {
                let known = household.persons.iter().find(|one| one.person_id == id);
                known.map(|one| one.person_no)
            };
            let by_member = actor.strip_prefix("person:").and_then(numbered);
            // Their id tells nobody whom it is about.
            let subject = match numbered(&subject) {
                Some(no) => format!("{label}/{no:03}"),
                None => subject,
            };
            Ok(SinceThen { at, actor, act, subject, cause, by_member })
        },
    )
}
