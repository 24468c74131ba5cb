//! What begins as somebody typed it, in the order of the index that finds it, from a place on.

use std::fmt;

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use crate::subscribers::{fold_name, fold_telephone, is_telephone};

use super::search::FoundBy;

/// Where in a list a page begins: behind this row of this kind. Written into the address of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    kind: Kind,
    key: Vec<u8>,
    pub(super) number: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Number,
    Name,
    Telephone,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Number, Self::Name, Self::Telephone];
}

impl fmt::Display for Place {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(text, "{}.{}.{}", self.kind as u8, hex::encode(&self.key), hex::encode(&self.number))
    }
}

impl Place {
    /// Reads what [`fmt::Display`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let kind: usize = parts.next()?.parse().ok()?;
        let key = hex::decode(parts.next()?).ok()?;
        let number = String::from_utf8(hex::decode(parts.next()?).ok()?).ok()?;
        Some(Self { kind: *Kind::ALL.get(kind)?, key, number })
    }
}

/// A row of the list.
pub(super) struct Listed {
    pub(super) place: Place,
    pub(super) by: FoundBy,
    pub(super) name: Option<String>,
}

/// What is looked for in one of the lists.
pub(super) struct Begun {
    kind: Kind,
    /// Where the list begins: what was typed, folded.
    begin: Vec<u8>,
    /// Behind everything that is meant.
    end: Vec<u8>,
}

impl Begun {
    /// What this text may be the beginning of, the best first: numbers, names, telephones. `fewest` characters begin something; a name that
    /// has one less is found as a whole.
    pub(super) fn all(typed: &str, fewest: usize) -> Vec<Self> {
        let capitals = typed.to_ascii_uppercase();
        let name = fold_name(typed);
        let telephone = if is_telephone(typed) { fold_telephone(typed) } else { String::new() };
        let mut all = Vec::new();
        for (kind, text) in
            [(Kind::Number, capitals), (Kind::Name, name), (Kind::Telephone, telephone)]
        {
            let (length, begin) = (text.chars().count(), text.into_bytes());
            // No text has this byte, and only the text itself has a lesser one than a zero behind it.
            let behind = match kind {
                _ if length >= fewest => 0xff,
                Kind::Name if length + 1 == fewest => 0,
                _ => continue,
            };
            let end = begin.iter().copied().chain([behind]).collect();
            all.push(Self { kind, begin, end });
        }
        all
    }

    /// Where this list goes on, when the page begins at `place`; none: its list was read to its end.
    pub(super) fn from(&self, place: Option<&Place>) -> Option<Place> {
        let first = || Place { kind: self.kind, key: self.begin.clone(), number: String::new() };
        match place {
            Some(place) if place.kind > self.kind => None,
            Some(place) if place.kind == self.kind => Some(place.clone()),
            Some(_) | None => Some(first()),
        }
    }

    /// Up to `limit` rows behind `from`.
    pub(super) fn list(&self, tx: &mut Tx<'_>, from: &Place, limit: i64) -> Result<Vec<Listed>> {
        let operator: Value = tx.operator().into();
        if self.kind == Kind::Number {
            return self.numbers(tx, from, limit);
        }
        let keys = [
            operator,
            // Never before what was typed, whatever the address says.
            from.key.clone().max(self.begin.clone()).into(),
            self.end.clone().into(),
            (&from.number).into(),
            limit.into(),
        ];
        let sql = if self.kind == Kind::Name { NAMES } else { TELEPHONES };
        tx.rows(sql, &keys, |row| self.read(row))
    }

    fn read(&self, row: &mut Row) -> Result<Listed> {
        let (key, number, name) = (row.bytes()?, row.text()?, row.text_if_any()?);
        let by = match self.kind {
            Kind::Telephone if key == self.begin => FoundBy::Telephone,
            Kind::Telephone => FoundBy::TelephoneBegins,
            Kind::Number | Kind::Name => FoundBy::Name,
        };
        Ok(Listed { place: Place { kind: self.kind, key, number }, by, name })
    }

    fn numbers(&self, tx: &mut Tx<'_>, from: &Place, limit: i64) -> Result<Vec<Listed>> {
        let begin = String::from_utf8(self.begin.clone())
            .map_err(|_| Error::internal("a number that was typed is text"))?;
        // Behind everything that begins so: no number has this character.
        let end = format!("{begin}\u{10ffff}");
        let keys: [Value; 5] =
            [tx.operator().into(), begin.into(), end.into(), (&from.number).into(), limit.into()];
        tx.rows(
            "SELECT DISTINCT number FROM contracts
              WHERE operator_id = ?1 AND number >= ?2 AND number < ?3 AND number > ?4
              ORDER BY number LIMIT ?5",
            &keys,
            |row| {
                let place = Place { kind: Kind::Number, key: Vec::new(), number: row.text()? };
                Ok(Listed { place, by: FoundBy::NumberBegins, name: None })
            },
        )
    }
}

/// Contracts and members by their names: one row a contract and folded name. The first comparison is the index's beginning
/// on both databases, the second leads past what earlier pages showed.
const NAMES: &str = "SELECT folded, number, MIN(name) FROM (
    SELECT folded, number, name FROM (
        SELECT c.kana_folded AS folded, c.number AS number, c.kana AS name FROM contracts c
         WHERE c.operator_id = ?1 AND c.kana_folded >= ?2 AND c.kana_folded < ?3
           AND (c.kana_folded, c.number) > (?2, ?4)
           AND NOT EXISTS (SELECT 1 FROM contracts n WHERE n.operator_id = ?1
                              AND n.number = c.number AND n.gen > c.gen)
         ORDER BY c.kana_folded, c.number LIMIT ?5) AS of_contracts
    UNION ALL
    SELECT folded, number, name FROM (
        SELECT p.kana_folded AS folded, p.number AS number, p.kana AS name FROM persons p
         WHERE p.operator_id = ?1 AND p.kana_folded >= ?2 AND p.kana_folded < ?3
           AND (p.kana_folded, p.number) > (?2, ?4)
           AND NOT EXISTS (SELECT 1 FROM contracts n WHERE n.operator_id = ?1
                              AND n.number = p.number AND n.gen > p.gen)
         ORDER BY p.kana_folded, p.number LIMIT ?5) AS of_persons) AS of_both
  GROUP BY folded, number ORDER BY folded, number LIMIT ?5";

/// Contracts by their telephones.
const TELEPHONES: &str = "SELECT c.telephone_folded, c.number, c.kana FROM contracts c
  WHERE c.operator_id = ?1 AND c.telephone_folded >= ?2 AND c.telephone_folded < ?3
    AND (c.telephone_folded, c.number) > (?2, ?4)
    AND NOT EXISTS (SELECT 1 FROM contracts n WHERE n.operator_id = ?1
                       AND n.number = c.number AND n.gen > c.gen)
  ORDER BY c.telephone_folded, c.number LIMIT ?5";
