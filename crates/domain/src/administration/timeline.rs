//! What happened to a household, newest first: every line of the audit about its contract, its keys and boxes, its members; and
//! every line of a file about it that was not accepted.
//!
//! Source: brief tve §11.2 (contract 360, timeline); `docs/decisions/0054`, `0068`.

use std::collections::BTreeMap;

use base::kernel::{Error, Instant, Result};
use base::records::{self, About, AuditLine};
use base::store::Tx;
use serde_json::Value;

use crate::subscribers::{self, Household, Load, Reason, Refused, RefusedLine, Source, UNKNOWN};

use super::topics::Topic;

/// Lines of a page.
const PAGE: i64 = 30;
/// Lines beside the contract itself.
const NEWEST: usize = 5;
/// What such a line of a file is called among the acts.
const REFUSED: &str = "file_line.refused";

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
    /// The audit's id of the line; of a refused line of a file, its own.
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
    /// The line of a file, where that was not accepted.
    pub refused: Option<RefusedLine>,
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
/// Under [`Topic::Files`] are the lines of files that were not accepted.
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
    let behind = age(after);
    let lines = match topic {
        Some(Topic::Files) => Vec::new(),
        topic => {
            let acts = topic.map(|one| one.acts().iter().map(|act| (*act).to_owned()).collect());
            told(household, read(tx, household, (acts, &named("aud", behind), PAGE + 1))?)
        }
    };
    let refused = match topic {
        None | Some(Topic::Files) => refused(tx, household, (behind, PAGE + 1))?,
        Some(_) => Vec::new(),
    };
    let mut lines = joined(lines, refused);
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let next = lines.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Timeline { label: household.key().label(), lines, next })
}

/// What an id sorts by, of whichever book: what stands behind its prefix.
fn age(id: &str) -> &str {
    id.split_once('_').map_or("", |(_, age)| age)
}

/// The id of a book that sorts by `age`; empty: none.
fn named(prefix: &str, age: &str) -> String {
    if age.is_empty() { String::new() } else { format!("{prefix}_{age}") }
}

/// Lines of both books, newest first.
fn joined(mut lines: Vec<Happened>, refused: Vec<Happened>) -> Vec<Happened> {
    lines.extend(refused);
    lines.sort_by(|one, other| age(&other.id).cmp(age(&one.id)));
    lines
}

/// Lines of files about a household that were not accepted.
fn refused(
    tx: &mut Tx<'_>,
    household: &Household,
    (behind, limit): (&str, i64),
) -> Result<Vec<Happened>> {
    let key = household.key();
    let of = (key.number.as_str(), key.generation);
    let all = subscribers::list_refused(tx, of, (&named("rfl", behind), limit))?;
    let happened = |Refused { id, at, actor, cause, line }: Refused| Happened {
        id,
        at,
        act: REFUSED.to_owned(),
        person_no: line.person_no,
        by: Doer::Other(actor),
        cause,
        product: None,
        reason: None,
        refused: Some(line),
    };
    Ok(all.into_iter().map(happened).collect())
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
        reason: said("reason").and_then(reason_named),
        refused: None,
        cause: line.cause,
    }
}

/// The reason the audit names by this word.
pub(super) fn reason_named(word: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.as_str() == word)
}
