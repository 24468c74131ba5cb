//! What a person watched or asked to watch, for themselves, and how they have it shown no more.
//!
//! The log stays as it is: a clerk traces by it, and the owner of a household reads in it what a child watched. What is hidden
//! is hidden from the person's own page, from an audit line on. Source: brief tve §12.5; `docs/decisions/0052`.

use base::kernel::{Error, Instant, Result};
use base::records::{About, Entry, list_about, record};
use base::store::{Tx, Value};

use crate::catalogue;
use crate::credentials::Fresh;
use crate::subscribers::{self, Load, PERSON_UNKNOWN};

/// On one page.
const SHOWN: i64 = 50;
/// The line that says from when on it is shown.
const HIDDEN: &str = "person.history_hidden";

/// One question about a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// Where the list goes on after it, with `at`.
    pub trace: String,
    /// The product that names the title, if there is one: in Japanese and in English.
    pub product: Option<(String, String)>,
    /// Whether they might watch it.
    pub permit: bool,
}

/// One page of a person's history, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHistory {
    /// What was asked.
    pub asked: Vec<Asked>,
    /// Whether there is more after the last one.
    pub more: bool,
}

/// What a person watched or asked to watch since they had it hidden, at most 90 days ago; `before`: the last one of the page
/// before, by instant and trace.
///
/// # Errors
/// `person.unknown` — of no household
pub fn own_history(
    tx: &mut Tx<'_>,
    person_id: &str,
    before: Option<(Instant, String)>,
) -> Result<OwnHistory> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, "");
    let (key, person_no) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(unknown)?;
    // Not what somebody else watched who had the number before.
    let person = household.person(person_no).filter(|one| !one.is_gone()).ok_or_else(unknown)?;
    let about = About {
        subjects: vec![person_id.to_owned()],
        acts: Some(vec![HIDDEN.to_owned()]),
        before: "",
    };
    let hidden = list_about(tx, &about, 1)?.first().map_or(Instant::default(), |line| line.at);
    let (at, trace) = before.unwrap_or((tx.now().plus_days(1), String::new()));
    let keys: [Value; 9] = [
        tx.operator().into(),
        key.number.as_str().into(),
        key.generation.into(),
        person_no.into(),
        person.created.into(),
        hidden.into(),
        at.into(),
        trace.into(),
        (SHOWN + 1).into(),
    ];
    let mut rows = tx.rows(
        "SELECT at_ms, trace, resource, permit FROM decision_log
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4 AND person_no > 0
            AND at_ms >= ?5 AND at_ms > ?6 AND action = 'view'
            AND (at_ms < ?7 OR (at_ms = ?7 AND trace < ?8))
          ORDER BY at_ms DESC, trace DESC LIMIT ?9",
        &keys,
        |row| Ok((row.instant()?, row.text()?, row.text()?, row.flag()?)),
    )?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let book = tx.operator_fact(catalogue::load)?;
    let asked = |(at, trace, resource, permit): (Instant, String, String, bool)| {
        let product = book.naming(&resource).next();
        let product = product.map(|one| (one.name_ja.clone(), one.name_en.clone()));
        Asked { at, trace, product, permit }
    };
    Ok(OwnHistory { asked: rows.into_iter().map(asked).collect(), more })
}

/// Shows the person nothing any more of what they asked so far. The log itself stays.
///
/// # Errors
/// `proof.too_old`
pub fn hide_own_history(tx: &mut Tx<'_>, who: &Fresh<'_>) -> Result<()> {
    who.check(tx)?;
    record(tx, &Entry::new(HIDDEN, who.person_id))
}
