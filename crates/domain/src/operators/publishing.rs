//! What a station sells or decides is changed by somebody who saw how it stands, and says why; and what was changed so far.
//!
//! The audit is the history: each line holds what was before and after, and the description. Source: issue 4, §2.7; brief tve
//! §11.2, change workflow.

use std::collections::BTreeMap;

use base::kernel::{Error, Instant, Result};
use base::records::{self, About, AuditLine, inbox};
use base::store::Tx;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::repo;

/// Longest description, in characters.
pub const LONGEST_WHY: usize = 200;
/// Changes that are shown of one thing.
const SHOWN: i64 = 20;

/// A thing, as fields and their texts. Secrets never appear here.
pub type Facts = BTreeMap<String, String>;

/// How somebody saw what they change, and why they change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publishing {
    /// The version they saw: [`version_of`] its facts; empty: nothing of the kind was there.
    pub seen: String,
    /// The description.
    pub why: String,
}

/// One field of a thing, as it was and as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub field: String,
    /// Its text before; empty: there was none.
    pub before: String,
    /// And after.
    pub after: String,
}

/// A change of a thing, as the audit knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The audit's id of the line.
    pub id: String,
    /// When.
    pub at: Instant,
    /// By whom, as the audit names them: `staff:…`, `operations:…`.
    pub by: String,
    /// The description; empty: none was asked for.
    pub why: String,
    /// What was changed; empty: the audit did not say so yet.
    pub changes: Vec<Difference>,
}

impl Publishing {
    /// The description, without what stands around it.
    ///
    /// # Errors
    /// `field.required`, `field.too_long` naming `why`.
    pub fn why(&self) -> Result<&str> {
        let why = self.why.trim();
        if why.is_empty() {
            return Err(Error::invalid("field.required", "why"));
        }
        if why.chars().count() > LONGEST_WHY || why.chars().any(char::is_control) {
            return Err(Error::invalid("field.too_long", "why"));
        }
        Ok(why)
    }

    /// Whether the thing still is what was seen.
    ///
    /// # Errors
    /// `masters.changed_meanwhile`
    pub fn check_seen(&self, known: Option<&Facts>) -> Result<()> {
        if known.map(version_of).unwrap_or_default() == self.seen {
            return Ok(());
        }
        Err(Error::Conflict { code: "masters.changed_meanwhile" })
    }
}

/// What a thing is known by: another one as soon as anything of it is different.
#[must_use]
pub fn version_of(facts: &Facts) -> String {
    let mut digest = hex::encode(inbox::digest(json!(facts).to_string().as_bytes()));
    digest.truncate(32);
    digest
}

/// The fields of something, below `name`.
#[must_use]
pub fn facts_of(name: &str, thing: &impl Serialize) -> Facts {
    let mut facts = Facts::new();
    if let Ok(value) = serde_json::to_value(thing) {
        flatten(name, &value, &mut facts);
    }
    facts
}

fn flatten(path: &str, value: &Json, facts: &mut Facts) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&inner, value, facts);
            }
        }
        Json::String(text) => drop(facts.insert(path.to_owned(), text.clone())),
        other => drop(facts.insert(path.to_owned(), other.to_string())),
    }
}

/// What is different, by name of field. What is empty is as if it were not there.
#[must_use]
pub fn differences(before: &Facts, after: &Facts) -> Vec<Difference> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let text = |facts: &Facts, name: &str| facts.get(name).cloned().unwrap_or_default();
    let changed = names.into_iter().filter(|name| text(before, name) != text(after, name));
    changed
        .map(|name| Difference {
            field: name.clone(),
            before: text(before, name),
            after: text(after, name),
        })
        .collect()
}

/// What the audit keeps of a change, beside what else it says: each field before and after, and the description.
#[must_use]
pub fn kept(mut detail: Json, (before, after): (Option<&Facts>, &Facts), why: &str) -> Json {
    let nothing = Facts::new();
    let changes: BTreeMap<String, [String; 2]> = differences(before.unwrap_or(&nothing), after)
        .into_iter()
        .map(|one| (one.field, [one.before, one.after]))
        .collect();
    if let Some(fields) = detail.as_object_mut() {
        fields.insert("changes".to_owned(), json!(changes));
        if !why.is_empty() {
            fields.insert("why".to_owned(), why.into());
        }
    }
    detail
}

/// Locks what the operator of this scope sells and decides until the commit: of two who publish at once the second sees what the
/// first did.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn hold(tx: &mut Tx<'_>) -> Result<()> {
    repo::hold(tx)
}

/// The latest changes of `subject` by any of these acts, newest first. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn publications(tx: &mut Tx<'_>, which: (&[&str], &str)) -> Result<Vec<Published>> {
    publications_by(tx, which, |_, detail| kept_changes(detail))
}

/// The same of what keeps its changes otherwise: `changes` reads them from the act and what the audit kept of it.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn publications_by(
    tx: &mut Tx<'_>,
    (acts, subject): (&[&str], &str),
    changes: fn(&str, &Json) -> Vec<Difference>,
) -> Result<Vec<Published>> {
    let about = About {
        subjects: vec![subject.to_owned()],
        acts: Some(acts.iter().map(|act| (*act).to_owned()).collect()),
        before: "",
    };
    let lines = records::list_about(tx, &about, SHOWN)?.into_iter();
    Ok(lines.map(|line| published(line, changes)).collect())
}

fn published(line: AuditLine, changes: fn(&str, &Json) -> Vec<Difference>) -> Published {
    let detail: Json = serde_json::from_str(&line.detail).unwrap_or_default();
    Published {
        changes: changes(&line.act, &detail),
        id: line.id,
        at: line.at,
        by: line.actor,
        why: detail.get("why").map(text).unwrap_or_default(),
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What [`kept`] wrote.
fn kept_changes(detail: &Json) -> Vec<Difference> {
    let changes = detail.get("changes").and_then(Json::as_object).into_iter().flatten();
    changes
        .map(|(field, both)| Difference {
            field: field.clone(),
            before: both.get(0).map(text).unwrap_or_default(),
            after: both.get(1).map(text).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_field_and_nothing_else_is() {
        let facts = |age: &str| facts_of("", &json!({"name": "A", "limits": {"age": age}}));
        let (before, after) = (facts("12"), facts("15"));
        assert_ne!(version_of(&before), version_of(&after));
        let [one] = differences(&before, &after).try_into().unwrap();
        let age = Difference {
            field: "limits.age".to_owned(),
            before: "12".to_owned(),
            after: "15".to_owned(),
        };
        assert_eq!(one, age);
    }
}
