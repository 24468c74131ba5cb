//! Everything a clerk sees of a contract, and how one is found.

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::boxes::{self, SetTopBox};
use crate::catalogue::{self, Catalogue};
use crate::credentials;
use crate::entitlements::{self, Keyring};
use crate::operators;
use crate::subscribers::{self, Around, Household, Load, PersonStanding, UNKNOWN};

/// Contracts a search answers at most.
pub const MOST_FOUND: i64 = 20;
/// Characters a number that is only begun has at least.
const FEWEST_CHARACTERS: usize = 3;
/// Characters that are looked for at most.
const LONGEST: usize = 64;

/// A contract as the station sees it, read in six statements.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The newest household of the number.
    pub household: Household,
    /// Its keys.
    pub keyring: Keyring,
    /// Boxes the station put up there.
    pub boxes: Vec<SetTopBox>,
    /// What each member comes to now, in their order.
    pub standings: Vec<(i64, PersonStanding)>,
    /// Until when members are locked out, by number.
    pub locked: Vec<(i64, Instant)>,
    /// Earlier households of the number, newest first.
    pub earlier: Vec<i64>,
    /// What the operator sells: names of products.
    pub catalogue: Catalogue,
}

/// The newest contract of this number, with everything.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`
pub fn sheet(tx: &mut Tx<'_>, number: &str) -> Result<Sheet> {
    let operator_disabled = !operators::find_operator(tx)?.enabled();
    let mut all = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?;
    let household = all.pop().ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let key = household.key();
    let keyring = entitlements::load(tx, vec![number.to_owned()])?.remove(&key);
    let boxes = boxes::load(tx, (vec![number.to_owned()], Vec::new()))?.remove(&key);
    let ids = household.persons.iter().map(|person| person.person_id.clone()).collect();
    let locked_out = credentials::locked_out(tx, ids)?;
    let now = tx.now();
    let standings = household.persons.iter().map(|person| {
        let locked = locked_out.contains_key(&person.person_id);
        let standing =
            household.person_standing(person.person_no, Around { operator_disabled, locked }, now);
        (person.person_no, standing)
    });
    let standings = standings.collect();
    let locked = household.persons.iter().filter_map(|person| {
        locked_out.get(&person.person_id).map(|until| (person.person_no, *until))
    });
    let locked = locked.collect();
    Ok(Sheet {
        keyring: keyring.unwrap_or_default(),
        boxes: boxes.unwrap_or_default(),
        standings,
        locked,
        earlier: all.iter().rev().map(|one| one.contract.generation).collect(),
        catalogue: catalogue::load(tx)?,
        household,
    })
}

/// By what a contract was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// Its number, whole.
    Number,
    /// The beginning of its number.
    NumberBegins,
    /// The login id of a member.
    LoginId,
    /// The serial of a box.
    BoxSerial,
}

impl FoundBy {
    /// The word in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::NumberBegins => "number_begins",
            Self::LoginId => "login_id",
            Self::BoxSerial => "box",
        }
    }
}

/// A contract that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundContract {
    /// Its number.
    pub number: String,
    /// By what.
    pub by: FoundBy,
}

/// Contracts by what a caller says: a contract's number or its beginning, a login id, the serial of a box. The best
/// first, each once, at most [`MOST_FOUND`]. Written down, without what was typed: a login id is somebody's.
///
/// # Errors
/// `search.too_short` — fewer than three characters, and no number whole; `search.malformed` — control characters, or
/// more than 64 characters
pub fn search(tx: &mut Tx<'_>, typed: &str) -> Result<Vec<FoundContract>> {
    let typed: String = typed.nfkc().collect();
    let typed = typed.trim();
    if !subscribers::is_plain(typed, LONGEST) {
        return Err(Error::invalid("search.malformed", "q"));
    }
    let capitals = typed.to_ascii_uppercase();
    let mut found = exact(tx, (typed, &capitals))?;
    if found.is_empty() && typed.chars().count() < FEWEST_CHARACTERS {
        return Err(Error::invalid("search.too_short", "q"));
    }
    if typed.chars().count() >= FEWEST_CHARACTERS {
        let begun = begins(tx, &capitals)?;
        found.extend(begun.into_iter().map(|number| (number, FoundBy::NumberBegins)));
    }
    let mut once: Vec<FoundContract> = Vec::new();
    for (number, by) in found {
        if !once.iter().any(|known| known.number == number) {
            once.push(FoundContract { number, by });
        }
    }
    once.truncate(usize::try_from(MOST_FOUND).unwrap_or(usize::MAX));
    let by: Vec<&str> = once.iter().map(|one| one.by.as_str()).collect();
    let numbers: Vec<&str> = once.iter().map(|one| one.number.as_str()).collect();
    let detail = json!({"found": numbers, "by": by});
    record(tx, &Entry::new("console.searched", "contracts").detail(detail))?;
    Ok(once)
}

fn exact(tx: &mut Tx<'_>, (typed, capitals): (&str, &str)) -> Result<Vec<(String, FoundBy)>> {
    let keys: [Value; 3] = [tx.operator().into(), typed.into(), capitals.into()];
    let numbers = tx.rows(
        "SELECT DISTINCT number FROM contracts WHERE operator_id = ?1 AND number IN (?2, ?3)",
        &keys,
        |row| Ok((row.text()?, FoundBy::Number)),
    )?;
    let mut found = numbers;
    if let Ok(name) = credentials::login_name(typed) {
        let keys: [Value; 2] = [tx.operator().into(), (&name).into()];
        found.extend(tx.rows(
            "SELECT p.number FROM logins l
               JOIN persons p ON p.operator_id = l.operator_id AND p.person_id = l.person_id
              WHERE l.operator_id = ?1 AND l.login_name = ?2",
            &keys,
            |row| Ok((row.text()?, FoundBy::LoginId)),
        )?);
    }
    let serials = vec![typed.to_owned(), capitals.to_owned()];
    let boxes = boxes::load(tx, (Vec::new(), serials))?;
    found.extend(boxes.into_keys().map(|key| (key.number, FoundBy::BoxSerial)));
    Ok(found)
}

/// Numbers that begin so, in order.
fn begins(tx: &mut Tx<'_>, begin: &str) -> Result<Vec<String>> {
    let keys: [Value; 4] = [
        tx.operator().into(),
        begin.into(),
        // Behind everything that begins so: no number has this character.
        format!("{begin}\u{10ffff}").into(),
        MOST_FOUND.into(),
    ];
    tx.rows(
        "SELECT DISTINCT number FROM contracts
          WHERE operator_id = ?1 AND number >= ?2 AND number < ?3 ORDER BY number LIMIT ?4",
        &keys,
        |row| row.text(),
    )
}
