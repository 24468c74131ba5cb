//! How a caller's contract is found.
//!
//! What is whole leads straight there: a contract's number, a login id, the serial of a box, a telephone somebody verified. What is
//! only begun is listed, a page at a time: numbers, names in kana, telephones of contracts. Source: brief tve §11.2;
//! `docs/decisions/0054`.

use std::collections::HashMap;

use base::kernel::{Error, Result};
use base::records::{Entry, record};
use base::store::{Row, Tx, Value};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::boxes;
use crate::credentials::{self, ContactKind};
use crate::subscribers;

use super::listed::{Begun, Place};

/// Contracts on a page at most.
pub const PAGE: usize = 20;
/// Characters something that is only begun has at least.
const FEWEST_CHARACTERS: usize = 3;
/// Characters that are looked for at most.
const LONGEST: usize = 64;

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
    /// The contract's name or that of a member, in kana, or its beginning.
    Name,
    /// The contract's telephone, or one a member verified; whole.
    Telephone,
    /// The beginning of the contract's telephone.
    TelephoneBegins,
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
            Self::Name => "name",
            Self::Telephone => "telephone",
            Self::TelephoneBegins => "telephone_begins",
        }
    }

    /// Whether it means this contract and no other, so that it may be opened unseen.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Number | Self::LoginId | Self::BoxSerial | Self::Telephone)
    }
}

/// A contract that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundContract {
    /// Its number.
    pub number: String,
    /// By what.
    pub by: FoundBy,
    /// The name it was found by, else that of the contract; as it was written.
    pub name: Option<String>,
}

/// A page of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The best first, each once.
    pub contracts: Vec<FoundContract>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Contracts by what a caller says: a number or its beginning, a name in kana or its beginning, a telephone or its beginning, a
/// login id, the serial of a box. `after` is where the page begins, empty for the first. At most [`PAGE`]. Of a number that came back the
/// newest contract only. Written down, without what was typed: it is somebody's.
///
/// # Errors
/// `search.too_short` — fewer than three characters, and nothing that is so as a whole; `search.malformed` — control
/// characters, more than 64 characters, or a place no page ever named
pub fn search(tx: &mut Tx<'_>, typed: &str, after: &str) -> Result<Found> {
    let typed: String = typed.nfkc().collect();
    let typed = typed.trim();
    if !subscribers::is_plain(typed, LONGEST) {
        return Err(Error::invalid("search.malformed", "q"));
    }
    let place = match after {
        "" => None,
        after => {
            Some(Place::parse(after).ok_or_else(|| Error::invalid("search.malformed", "after"))?)
        }
    };
    let mut contracts = if place.is_none() { whole(tx, typed)? } else { Vec::new() };
    let next = begun(tx, (typed, place), &mut contracts)?;
    let short = typed.chars().count() < FEWEST_CHARACTERS;
    if contracts.is_empty() && short {
        return Err(Error::invalid("search.too_short", "q"));
    }
    name_all(tx, &mut contracts)?;
    let by: Vec<&str> = contracts.iter().map(|one| one.by.as_str()).collect();
    let numbers: Vec<&str> = contracts.iter().map(|one| one.number.as_str()).collect();
    let detail = json!({"found": numbers, "by": by});
    record(tx, &Entry::new("console.searched", "contracts").detail(detail))?;
    Ok(Found { contracts, next })
}

/// What is whole.
fn whole(tx: &mut Tx<'_>, typed: &str) -> Result<Vec<FoundContract>> {
    let capitals = typed.to_ascii_uppercase();
    let operator: Value = tx.operator().into();
    let keys = [operator.clone(), typed.into(), capitals.as_str().into()];
    let mut found = tx.rows(
        "SELECT DISTINCT number FROM contracts WHERE operator_id = ?1 AND number IN (?2, ?3)",
        &keys,
        |row| one(row, FoundBy::Number),
    )?;
    if let Ok(name) = credentials::login_name(typed) {
        found.extend(tx.rows(
            "SELECT p.number FROM logins l
               JOIN persons p ON p.operator_id = l.operator_id AND p.person_id = l.person_id
              WHERE l.operator_id = ?1 AND l.login_name = ?2",
            &[operator.clone(), (&name).into()],
            |row| one(row, FoundBy::LoginId),
        )?);
    }
    let boxes = boxes::load(tx, (Vec::new(), vec![typed.to_owned(), capitals]))?;
    found.extend(boxes.into_keys().map(|key| found_by(key.number, FoundBy::BoxSerial)));
    if let Ok(address) = ContactKind::Phone.address(typed) {
        found.extend(verified(tx, address)?);
    }
    let mut once = Vec::new();
    found.into_iter().for_each(|one| add(&mut once, one));
    Ok(once)
}

/// Contracts of members who verified this telephone. No order in the statement, and a range for an equality: else SQLite, which knows
/// nothing of how the rows are spread, would read all members of the operator, or all their contacts.
fn verified(tx: &mut Tx<'_>, address: String) -> Result<Vec<FoundContract>> {
    let keys: [Value; 3] = [tx.operator().into(), address.into(), (PAGE as i64).into()];
    let mut found = tx.rows(
        "SELECT number FROM persons
          WHERE operator_id = ?1 AND person_id IN
                (SELECT person_id FROM contacts
                  WHERE operator_id = ?1 AND kind = 'PHONE' AND address >= ?2 AND address <= ?2
                    AND verified_ms IS NOT NULL AND removed_ms IS NULL
                  LIMIT ?3)",
        &keys,
        |row| one(row, FoundBy::Telephone),
    )?;
    found.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(found)
}

fn one(row: &mut Row, by: FoundBy) -> Result<FoundContract> {
    Ok(found_by(row.text()?, by))
}

const fn found_by(number: String, by: FoundBy) -> FoundContract {
    FoundContract { number, by, name: None }
}

fn add(found: &mut Vec<FoundContract>, one: FoundContract) {
    if !found.iter().any(|known| known.number == one.number) {
        found.push(one);
    }
}

/// Adds what only begins so, until the page is full; says where the next one begins.
fn begun(
    tx: &mut Tx<'_>,
    (typed, place): (&str, Option<Place>),
    contracts: &mut Vec<FoundContract>,
) -> Result<Option<String>> {
    for wanted in Begun::all(typed, FEWEST_CHARACTERS) {
        let Some(from) = wanted.from(place.as_ref()) else { continue };
        let room = PAGE.saturating_sub(contracts.len());
        let rows = wanted.list(tx, &from, room as i64 + 1)?;
        let last = rows.get(..room).and_then(<[_]>::last).map(|row| row.place.clone());
        let more = rows.len() > room;
        for row in rows.into_iter().take(room) {
            add(contracts, FoundContract { by: row.by, name: row.name, number: row.place.number });
        }
        if more {
            return Ok(Some(last.unwrap_or(from).to_string()));
        }
    }
    Ok(None)
}

/// The contracts' own names, where none was what they were found by.
fn name_all(tx: &mut Tx<'_>, contracts: &mut [FoundContract]) -> Result<()> {
    let unnamed = contracts.iter().filter(|one| one.name.is_none());
    let numbers: Vec<String> = unnamed.map(|one| one.number.clone()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let keys: [Value; 2] = [tx.operator().into(), numbers.into()];
    // The newest is read last.
    let names: HashMap<String, Option<String>> = tx
        .rows(
            "SELECT number, kana FROM contracts
              WHERE operator_id = ?1 AND number IN ARRAY(?2) ORDER BY number, gen",
            &keys,
            |row| Ok((row.text()?, row.text_if_any()?)),
        )?
        .into_iter()
        .collect();
    for one in contracts.iter_mut().filter(|one| one.name.is_none()) {
        one.name = names.get(&one.number).cloned().flatten();
    }
    Ok(())
}
