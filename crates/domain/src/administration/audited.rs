//! Lines of the audit: which are meant, and what they say.

use std::collections::BTreeMap;

use base::kernel::{Error, Result};
use base::records::AuditLine;
use base::records::pages::{self, OfAudit, Page, Stretch};
use base::store::Tx;
use serde_json::Value;

use crate::subscribers::{self, Key, Load, Reason, UNKNOWN};

use super::logs::{Ended, Kind, Wanted};
use super::timeline::reason_named;
use super::topics::{REFUSALS, Topic};

/// Of what a line of the audit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// A household, or a member of it; 0: the household.
    Household(String, i64),
    /// A file: its id and its name.
    File(String, String),
    /// Work on many contracts, by id.
    Bulk(String),
    /// An answer, by its trace.
    Answer(String),
    /// Something else, as the audit names it.
    Other(String),
}

/// A line of the audit with what its detail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// As it was written.
    pub line: AuditLine,
    /// Of what.
    pub of: Of,
    /// Which product, for keys.
    pub product: Option<String>,
    /// Why, for suspensions.
    pub reason: Option<Reason>,
    /// The request of the SMS behind it; empty: none.
    pub request_id: String,
    /// Whether it says that something was not done.
    pub refused: bool,
}

/// A page of what is meant.
pub(super) fn read(tx: &mut Tx<'_>, wanted: &Wanted, stretch: &Stretch) -> Result<Page<AuditLine>> {
    let of = wanted.of_audit(tx)?;
    pages::audit(tx, &of, stretch)
}

impl Wanted {
    /// What is meant of the audit: of a contract, every name its households and their members have there.
    fn of_audit(&self, tx: &mut Tx<'_>) -> Result<OfAudit> {
        let of = |topic: &Topic| topic.acts().iter().map(|act| (*act).to_owned()).collect();
        let mut acts = match &self.kind {
            Kind::Topic(topic) => Some(of(topic)),
            _ => None,
        };
        let mut other_than = Vec::new();
        let refusals = || REFUSALS.iter().map(|act| (*act).to_owned()).collect::<Vec<_>>();
        match self.ended {
            Some(Ended::Waiting) => acts = Some(Vec::new()),
            Some(Ended::Refused) => {
                let of_topic: Option<Vec<String>> = acts.take();
                let meant = |act: &String| of_topic.as_ref().is_none_or(|all| all.contains(act));
                acts = Some(refusals().into_iter().filter(meant).collect());
            }
            Some(Ended::Done) => other_than = refusals(),
            None => {}
        }
        let subjects = if self.number.is_empty() { None } else { Some(self.subjects(tx)?) };
        Ok(OfAudit { subjects, acts, other_than, by: self.by.clone(), behind: self.behind.clone() })
    }

    fn subjects(&self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        let all = subscribers::load(tx, vec![self.number.clone()], Load::Whole)?;
        if all.is_empty() {
            return Err(Error::not_found(UNKNOWN, &self.number));
        }
        let mut subjects = Vec::new();
        if self.person_no == 0 {
            subjects.push(self.number.clone());
        }
        for household in &all {
            let label = household.key().label();
            for person in &household.persons {
                if self.person_no == 0 || self.person_no == person.person_no {
                    subjects.push(format!("{label}/{:03}", person.person_no));
                    subjects.push(person.person_id.clone());
                }
            }
            if self.person_no == 0 {
                subjects.push(label);
            }
        }
        if subjects.is_empty() {
            return Err(Error::not_found(subscribers::PERSON_UNKNOWN, self.person_no.to_string()));
        }
        Ok(subjects)
    }
}

/// A line with what its detail says.
pub(super) fn told(members: &BTreeMap<String, (Key, i64)>, line: AuditLine) -> Audited {
    let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
    let said = |name: &str| detail.get(name).and_then(Value::as_str);
    Audited {
        of: of(members, &line, [said("name"), said("about")].map(Option::unwrap_or_default)),
        product: said("product").map(str::to_owned),
        reason: said("reason").and_then(reason_named),
        request_id: said("request_id").unwrap_or_default().to_owned(),
        refused: REFUSALS.contains(&line.act.as_str()),
        line,
    }
}

fn of(members: &BTreeMap<String, (Key, i64)>, line: &AuditLine, [name, about]: [&str; 2]) -> Of {
    let subject = line.subject.as_str();
    if let Some((key, person_no)) = members.get(subject) {
        return Of::Household(key.number.clone(), *person_no);
    }
    let is_of = |topics: &[Topic]| topics.iter().any(|one| one.acts().contains(&line.act.as_str()));
    match subject.split_once('_') {
        Some(("fil", _)) => return Of::File(subject.to_owned(), name.to_owned()),
        Some(("blk", _)) => return Of::Bulk(subject.to_owned()),
        Some(("per" | "ses" | "grn", _)) => return Of::Other(String::new()),
        _ => {}
    }
    if line.act == "console.explained" && subject != "rehearsed" {
        return Of::Answer(subject.to_owned());
    }
    // What was only rehearsed is known by whom it was about.
    let subject = if line.act == "console.explained" { about } else { subject };
    if is_of(&Topic::OF_HOUSEHOLDS) || line.act == "console.explained" {
        let mut parts = subject.split('/');
        let number = parts.next().unwrap_or_default().to_owned();
        let person_no = parts.nth(1).and_then(|no| no.parse().ok()).unwrap_or(0);
        return Of::Household(number, person_no);
    }
    // A file that was only tried is known by its name.
    Of::Other(if name.is_empty() { subject } else { name }.to_owned())
}
