//! What happened to a household, newest first: every line of the audit about its contract, its keys and boxes, its members.
//!
//! Source: brief tve §11.2 (contract 360, timeline); `docs/decisions/0054`.

use std::collections::BTreeMap;

use base::kernel::{Error, Instant, Result};
use base::records::{self, About, AuditLine};
use base::store::Tx;
use serde_json::Value;

use crate::subscribers::{self, Household, Load, Reason, Source, UNKNOWN};

use super::topics::Topic;

/// Lines of a page.
const PAGE: i64 = 30;
/// Lines beside the contract itself.
const NEWEST: usize = 5;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// A member of the household, by number.
    Member(i64),
    /// Somebody or something else, as the audit names it: `sms:…`, `staff:…`, `system`.
    Other(String),
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The audit's id of the line.
    pub id: String,
    /// When.
    pub at: Instant,
    /// What: `contract.suspended`.
    pub act: String,
    /// To which member; 0: to the household.
    pub person_no: i64,
    /// By whom.
    pub by: Doer,
    /// The file line or the call behind it.
    pub cause: String,
    /// Which product, for keys.
    pub product: Option<String>,
    /// Why, for suspensions.
    pub reason: Option<Reason>,
}

/// A page of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// `A-001/00`.
    pub label: String,
    /// Newest first.
    pub lines: Vec<Happened>,
    /// Behind which line the next page begins, if there is one.
    pub next: Option<String>,
}

/// What happened to the newest household of a number, about one topic or all, behind the line `after` (empty: from the newest on).
///
/// # Errors
/// `contract.unknown`
pub fn timeline(
    tx: &mut Tx<'_>,
    number: &str,
    (topic, after): (Option<Topic>, &str),
) -> Result<Timeline> {
    let all = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?;
    let household = all.last().ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let acts = topic.map(|topic| topic.acts().iter().map(|act| (*act).to_owned()).collect());
    let mut lines = read(tx, household, (acts, after, PAGE + 1))?;
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let lines = told(household, lines);
    let next = lines.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Timeline { label: household.key().label(), lines, next })
}

/// The newest lines, for the page of the contract; and who put the holds of the station, by their cause, as far as a page of
/// them says.
pub(super) fn newest(
    tx: &mut Tx<'_>,
    household: &Household,
) -> Result<(Vec<Happened>, BTreeMap<String, String>)> {
    let mut lines = read(tx, household, (None, "", PAGE))?;
    let put_by = put_by(household, &lines);
    lines.truncate(NEWEST);
    Ok((told(household, lines), put_by))
}

/// The audit names who gave the command that a hold came from.
fn put_by(household: &Household, lines: &[AuditLine]) -> BTreeMap<String, String> {
    let held = ["contract.suspended", "person.suspended"];
    let given = lines.iter().filter(|line| held.contains(&line.act.as_str())).filter_map(|line| {
        let detail: Value = serde_json::from_str(&line.detail).ok()?;
        let request = format!("#{}", detail.get("request_id")?.as_str()?);
        let mut ours = household.holds.iter().filter(|hold| hold.source == Source::Console);
        let hold = ours.find(|hold| hold.cause.ends_with(&request))?;
        Some((hold.cause.clone(), line.actor.clone()))
    });
    given.collect()
}

fn told(household: &Household, lines: Vec<AuditLine>) -> Vec<Happened> {
    let label = household.key().label();
    lines.into_iter().map(|line| happened(household, &label, line)).collect()
}

fn read(
    tx: &mut Tx<'_>,
    household: &Household,
    (acts, after, limit): (Option<Vec<String>>, &str, i64),
) -> Result<Vec<AuditLine>> {
    let label = household.key().label();
    // The number alone: a command for later names no generation yet. Each name is written out, so that no order of a
    // database's language decides what belongs to the household.
    let mut subjects = vec![label.clone(), household.contract.number.clone()];
    for person in &household.persons {
        subjects.push(format!("{label}/{:03}", person.person_no));
        subjects.push(person.person_id.clone());
    }
    let about = About { subjects, acts, before: after };
    records::list_about(tx, &about, limit)
}

fn happened(household: &Household, label: &str, line: AuditLine) -> Happened {
    let numbered = |id: &str| {
        household.persons.iter().find(|one| one.person_id == id).map(|one| one.person_no)
    };
    let of_label = line.subject.strip_prefix(label).and_then(|rest| rest.strip_prefix('/'));
    let person_no = of_label.and_then(|no| no.parse().ok()).or_else(|| numbered(&line.subject));
    let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
    let said = |name: &str| detail.get(name).and_then(Value::as_str);
    let by = match line.actor.strip_prefix("person:").and_then(numbered) {
        Some(no) => Doer::Member(no),
        // Somebody else's id tells a clerk nothing.
        None if line.actor.starts_with("person:") => Doer::Other("person".to_owned()),
        None => Doer::Other(line.actor),
    };
    Happened {
        id: line.id,
        at: line.at,
        act: line.act,
        person_no: person_no.unwrap_or(0),
        by,
        product: said("product").map(str::to_owned),
        reason: said("reason").and_then(named),
        cause: line.cause,
    }
}

/// The reason the audit names by this word.
pub(super) fn named(word: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.as_str() == word)
}
