//! What the audit keeps of a client, and what it tells of it later: nothing of a secret, nor of a key.

use std::collections::BTreeMap;

use base::kernel::{Instant, Result};
use base::records::{self, About, Entry, record};
use base::store::Tx;
use formats::jose::JwkSet;
use serde_json::{Map, Value, json};

use super::terms::{Client, ClientTerms, Pkce, Proof};
use crate::operators::{self, Difference, Facts, Published};

/// Acts that add one.
const ADDED: [&str; 2] = ["client.created", "client.registered"];
/// Acts that are told of one.
const TOLD: [&str; 6] = [
    "client.created",
    "client.registered",
    "client.changed",
    "client.enabled",
    "client.disabled",
    "client.secret_renewed",
];

impl Client {
    /// Each of its terms by its name, as a text; lists are separated by spaces. Of what it proves itself by, the names of its
    /// public keys.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let mut texts = texts(&facts(&self.terms));
        if let Proof::Keys(set) = &self.terms.proof {
            let set: JwkSet = serde_json::from_str(set).unwrap_or_default();
            let names = set.keys.iter().map(|key| key.common.key_id.as_deref().unwrap_or("-"));
            texts.insert("client.keys".to_owned(), names.collect::<Vec<_>>().join(" "));
        }
        texts
    }
}

pub(super) fn record_put(
    tx: &mut Tx<'_>,
    id: &str,
    known: Option<&ClientTerms>,
    (terms, why): (&ClientTerms, &str),
) -> Result<()> {
    let act = match known {
        None => "client.created",
        Some(before) if before.enabled && !terms.enabled => "client.disabled",
        Some(before) if !before.enabled && terms.enabled => "client.enabled",
        Some(_) => "client.changed",
    };
    let mut detail = facts(terms);
    let proof_changed = known.is_some_and(|before| before.proof != terms.proof);
    detail.insert("proof_changed".to_owned(), proof_changed.into());
    if let Some(before) = known {
        detail.insert("was".to_owned(), differences(facts(before), &detail).into());
    }
    if !why.is_empty() {
        detail.insert("why".to_owned(), why.into());
    }
    let detail = Value::Object(detail);
    record(tx, &Entry::new(act, id).detail(detail))?;
    let was = known.map_or(Pkce::Required, |before| before.pkce);
    match (was, terms.pkce) {
        (Pkce::Required, Pkce::ExemptWithNonce) => {
            record(tx, &Entry::new("client.exempted_from_pkce", id))
        }
        (Pkce::ExemptWithNonce, Pkce::Required) => {
            record(tx, &Entry::new("client.exemption_from_pkce_ended", id))
        }
        _ => Ok(()),
    }
}

/// The terms of a client but for what it proves itself by.
pub(super) fn facts(terms: &ClientTerms) -> Map<String, Value> {
    let facts = json!({
        "kind": terms.kind, "name_ja": terms.name_ja, "name_en": terms.name_en, "method": terms.method,
        "grants": terms.grants, "scopes": terms.scopes, "redirect_uris": terms.redirect_uris,
        "sector": terms.sector, "pkce": terms.pkce, "profile": terms.profile, "enabled": terms.enabled,
    });
    if let Value::Object(facts) = facts { facts } else { Map::new() }
}

/// Those members of `before` that are others now.
fn differences(before: Map<String, Value>, now: &Map<String, Value>) -> Map<String, Value> {
    before.into_iter().filter(|(name, value)| now.get(name) != Some(value)).collect()
}

/// What was changed of the operator's own client `id`, and by whom and why, by whatever door; newest first. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn history(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Published>> {
    operators::publications_by(tx, (&TOLD, id), told)
}

/// When each of these clients of the operator was added, where the audit knows. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn added(tx: &mut Tx<'_>, ids: Vec<String>) -> Result<BTreeMap<String, Instant>> {
    let most = i64::try_from(ids.len()).unwrap_or(i64::MAX).saturating_mul(2);
    let acts = ADDED.iter().map(|act| (*act).to_owned()).collect();
    let about = About { subjects: ids, acts: Some(acts), before: "" };
    let lines = records::list_about(tx, &about, most)?;
    Ok(lines.into_iter().map(|line| (line.subject, line.at)).collect())
}

/// What a line of the audit says was changed.
fn told(act: &str, detail: &Value) -> Vec<Difference> {
    let one = |field: &str, before: &str, after: &str| Difference {
        field: field.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    let mut changes = match (act, detail.get("was").and_then(Value::as_object)) {
        (_, Some(was)) => {
            let now = was.keys().filter_map(|name| Some((name.clone(), detail.get(name)?.clone())));
            operators::differences(&texts(was), &texts(&now.collect()))
        }
        ("client.enabled", None) => vec![one("client.enabled", "false", "true")],
        ("client.disabled", None) => vec![one("client.enabled", "true", "false")],
        ("client.created" | "client.registered", None) => vec![one("client.added", "", "true")],
        _ => Vec::new(),
    };
    let proves_otherwise = detail.get("proof_changed") == Some(&Value::Bool(true));
    if proves_otherwise || act == "client.secret_renewed" {
        changes.push(one("client.proof", "", "true"));
    }
    changes
}

fn texts(terms: &Map<String, Value>) -> Facts {
    let mut texts = Facts::new();
    for (name, value) in terms {
        put_text(format!("client.{name}"), value, &mut texts);
    }
    texts
}

fn put_text(name: String, value: &Value, texts: &mut Facts) {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                put_text(format!("{name}.{member}"), value, texts);
            }
        }
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(plain).collect();
            texts.insert(name, all.join(" "));
        }
        one => drop(texts.insert(name, plain(one))),
    }
}
