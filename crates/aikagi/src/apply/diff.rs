//! What changed, field by field: the thing as it stood before and after.

use std::collections::BTreeMap;

use base::kernel::Result;
use base::store::Tx;
use serde::Serialize;

/// A thing, as fields and their texts. Secrets never appear here.
pub(super) type Facts = BTreeMap<String, String>;

/// One thing that was added or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The operator's code, `*` for the platform.
    pub operator: String,
    /// `product PACK1`.
    pub thing: String,
    /// It was not there before.
    pub added: bool,
    /// Field, text before, text after.
    pub fields: Vec<(String, String, String)>,
}

impl Difference {
    /// A thing that is nobody's to see, and was added.
    pub(super) fn added(operator: &str, thing: String) -> Self {
        Self { operator: operator.to_owned(), thing, added: true, fields: Vec::new() }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.added { '+' } else { '~' };
        write!(f, "{mark} {} {}", self.operator, self.thing)?;
        if !self.added {
            for (field, before, after) in &self.fields {
                write!(f, "\n    {field}: {before} -> {after}")?;
            }
        }
        Ok(())
    }
}

/// The fields of something, below `name`.
pub(super) fn facts_of(name: &str, thing: &impl Serialize) -> Facts {
    let mut facts = Facts::new();
    if let Ok(value) = serde_json::to_value(thing) {
        flatten(name, &value, &mut facts);
    }
    facts
}

fn flatten(path: &str, value: &serde_json::Value, facts: &mut Facts) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&inner, value, facts);
            }
        }
        serde_json::Value::String(text) => drop(facts.insert(path.to_owned(), text.clone())),
        other => drop(facts.insert(path.to_owned(), other.to_string())),
    }
}

/// Puts a thing and says what that changed; `facts` reads it before and after.
pub(super) fn put_with_diff(
    tx: &mut Tx<'_>,
    thing: &str,
    facts: impl Fn(&mut Tx<'_>) -> Result<Option<Facts>>,
    put: impl FnOnce(&mut Tx<'_>) -> Result<()>,
) -> Result<Option<Difference>> {
    let before = facts(tx)?;
    put(tx)?;
    let after = facts(tx)?.unwrap_or_default();
    if before.as_ref() == Some(&after) {
        return Ok(None);
    }
    let added = before.is_none();
    let before = before.unwrap_or_default();
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let text = |facts: &Facts, name: &str| facts.get(name).cloned().unwrap_or_default();
    let fields = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| (name.clone(), text(&before, name), text(&after, name)))
        .collect();
    let operator = tx.operator().to_owned();
    Ok(Some(Difference { operator, thing: thing.to_owned(), added, fields }))
}
