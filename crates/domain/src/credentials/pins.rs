//! PINs: four to six digits for watching, buying and settings on a television.
//!
//! A PIN is kept here, never in the box, so that a box that is replaced does not fall back to `0000`. It is
//! kept as a keyed hash: a million PINs are tried in hours whatever the hash costs, but not at all without
//! the master key. Sources: brief tve §12.3, §13; `docs/decisions/0027-pins-and-codes-are-keyed.md`.

use aws_lc_rs::hmac;
use base::kernel::{Change, Error, Instant, Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;
use crate::subscribers::{self, Load, PERSON_UNKNOWN};

use super::alerts::{self, Alert};
use super::factors::{Attempt, Fresh, Tried, try_counted};
use super::lockout;

/// Bad tries of one PIN before it is locked.
const TRIES: i64 = 5;
/// The ratings from which on a viewing PIN may be asked for, in years: everything, PG12, R15+, R18+.
pub const PIN_RATINGS: [i64; 4] = [0, 12, 15, 18];

/// What a PIN is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinKind {
    /// Watching what is above the household's rating.
    Viewing,
    /// Buying.
    Purchase,
    /// Settings on a television.
    Owner,
}

impl PinKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Viewing, Self::Purchase, Self::Owner];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewing => "VIEWING",
            Self::Purchase => "PURCHASE",
            Self::Owner => "OWNER",
        }
    }

    /// What the books call a try of it.
    const fn method(self) -> &'static str {
        match self {
            Self::Viewing => "viewing_pin",
            Self::Purchase => "purchase_pin",
            Self::Owner => "owner_pin",
        }
    }
}

/// A PIN a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// What it is for.
    pub kind: PinKind,
    /// From which rating on it is asked for, in years; of a viewing PIN.
    pub asks_years: i64,
    /// Since when the person has it.
    pub since: Instant,
}

struct Stored {
    kind: Option<PinKind>,
    asks_years: i64,
    since: Instant,
    salt: String,
    hash: String,
}

/// Gives a person this PIN, in place of the one they had; bad tries of that one are forgotten.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`
/// - `pin.malformed` — not four to six digits
/// - `pin.too_simple` — one digit only, a run up or down (`0123`, `9876`), or a part repeated (`1212`)
/// - `pin.same_as_other` — the person's PIN for something else: who sees it typed could do both
/// - `person.unknown`
pub fn set_pin(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    fresh: &Fresh<'_>,
    (kind, typed): (PinKind, &str),
) -> Result<()> {
    fresh.check_settled(tx)?;
    let pin = plain(typed);
    check_new(&pin)?;
    let person_id = fresh.person_id;
    let others = stored(tx, person_id)?;
    let same = |one: &Stored| match one.kind {
        Some(other) if other != kind => is_pin(tx, master, (person_id, one), &pin),
        _ => false,
    };
    if others.iter().any(same) {
        return Err(Error::invalid("pin.same_as_other", "pin"));
    }
    let salt = hex::encode(ids::secret_bytes());
    let hash = hex::encode(keyed(master, &text(tx, (person_id, kind), &salt, &pin)));
    let row: [Value; 6] = [
        tx.operator().into(),
        person_id.into(),
        kind.as_str().into(),
        salt.into(),
        hash.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO pins (operator_id, person_id, kind, salt, pin_hash, set_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (operator_id, person_id, kind) DO UPDATE SET
            salt = excluded.salt, pin_hash = excluded.pin_hash, set_ms = excluded.set_ms",
        &row,
    )?;
    lockout::forgive(tx, &subject(person_id, kind))?;
    alerts::tell_person(tx, person_id, Alert::PinChanged)?;
    changed(tx, "person.pin_set", (person_id, kind))
}

/// From now on the viewing PIN of the person is asked for from this rating on, in years.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`
/// - `pin.rating_unknown` — none of [`PIN_RATINGS`]
/// - `pin.unknown` — the person has no viewing PIN
pub fn ask_pin_from(tx: &mut Tx<'_>, fresh: &Fresh<'_>, years: i64) -> Result<Change> {
    fresh.check_settled(tx)?;
    if !PIN_RATINGS.contains(&years) {
        return Err(Error::invalid("pin.rating_unknown", "from"));
    }
    let (person_id, kind) = (fresh.person_id, PinKind::Viewing);
    let mine = stored(tx, person_id)?.into_iter().find(|one| one.kind == Some(kind));
    let mine = mine.ok_or_else(|| Error::not_found("pin.unknown", person_id))?;
    if mine.asks_years == years {
        return Ok(Change::Already);
    }
    let row: [Value; 4] =
        [tx.operator().into(), person_id.into(), kind.as_str().into(), years.into()];
    tx.change_one(
        "UPDATE pins SET asks_years = ?4 WHERE operator_id = ?1 AND person_id = ?2 AND kind = ?3",
        &row,
    )?;
    changed(tx, "person.pin_asks_changed", (person_id, kind))?;
    Ok(Change::Made)
}

/// Takes a PIN away, with its lock-out: its person wants it no more.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`
pub fn remove_pin(tx: &mut Tx<'_>, fresh: &Fresh<'_>, kind: PinKind) -> Result<Change> {
    fresh.check_settled(tx)?;
    if !take_away(tx, (fresh.person_id, kind))? {
        return Ok(Change::Already);
    }
    changed(tx, "person.pin_removed", (fresh.person_id, kind))?;
    Ok(Change::Made)
}

/// Takes a PIN away, with its lock-out, without anybody seeing it: the person called the station.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn reset_pin(tx: &mut Tx<'_>, person_id: &str, kind: PinKind) -> Result<Change> {
    if !take_away(tx, (person_id, kind))? {
        return Ok(Change::Already);
    }
    changed(tx, "person.pin_reset", (person_id, kind))?;
    Ok(Change::Made)
}

/// Whether there was one.
fn take_away(tx: &mut Tx<'_>, (person_id, kind): (&str, PinKind)) -> Result<bool> {
    let keys: [Value; 3] = [tx.operator().into(), person_id.into(), kind.as_str().into()];
    let gone =
        tx.exec("DELETE FROM pins WHERE operator_id = ?1 AND person_id = ?2 AND kind = ?3", &keys)?;
    if gone == 0 {
        return Ok(false);
    }
    lockout::forgive(tx, &subject(person_id, kind))?;
    alerts::tell_person(tx, person_id, Alert::PinChanged)?;
    Ok(true)
}

/// Writes a change down, and lets decisions know: what a PIN guards is one of the facts they keep.
fn changed(tx: &mut Tx<'_>, act: &'static str, (person_id, kind): (&str, PinKind)) -> Result<()> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_id);
    let (key, _) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    let before = subscribers::load(tx, vec![key.number.clone()], Load::ForContractChange)?;
    let version = subscribers::next_version(&before);
    let mut after = before.clone();
    let household = after.iter_mut().find(|one| one.key() == key).ok_or_else(unknown)?;
    household.mark(version, &[], (tx.now(), &subscribers::cause_of(tx)));
    subscribers::save(tx, &before, &after)?;
    tx.touch(Some(&key.number));
    let detail = json!({"kind": kind.as_str()});
    record(tx, &Entry::new(act, person_id).detail(detail))
}

/// Which PINs a person has, in the order of their kinds.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn pins_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Pin>> {
    let pin = |Stored { kind, asks_years, since, .. }: Stored| {
        kind.map(|kind| Pin { kind, asks_years, since })
    };
    let mut pins: Vec<_> = stored(tx, person_id)?.into_iter().filter_map(pin).collect();
    pins.sort_unstable_by_key(|pin| pin.kind);
    Ok(pins)
}

/// Tries a PIN of a person: five bad ones lock it for fifteen minutes, then thirty, and so on. To be
/// called as housekeeping. A PIN nobody set is wrong like any other.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn try_pin(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    person_id: &str,
    (kind, typed): (PinKind, &str),
) -> Result<Tried> {
    let subject = subject(person_id, kind);
    let attempt = Attempt { person_id, counted_as: (&subject, TRIES), method: kind.method() };
    let tried = try_counted(tx, &attempt, |tx| {
        let all = stored(tx, person_id)?;
        let mine = all.iter().find(|one| one.kind == Some(kind));
        Ok(match mine {
            None => Some("none"),
            Some(one) if is_pin(tx, master, (person_id, one), &plain(typed)) => None,
            Some(_) => Some("wrong"),
        })
    })?;
    if tried == Tried::Good {
        lockout::forgive(tx, &subject)?;
    }
    Ok(tried)
}

fn check_new(pin: &str) -> Result<()> {
    if !(4..=6).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid("pin.malformed", "pin"));
    }
    if is_simple(pin.as_bytes()) {
        return Err(Error::invalid("pin.too_simple", "pin"));
    }
    Ok(())
}

/// One step between all digits (0000, 1234, 9876, 7890), or one part again and again (1212, 123123).
fn is_simple(pin: &[u8]) -> bool {
    let step = |pair: &[u8]| match pair {
        [a, b] => Some((b + 10 - a) % 10),
        _ => None,
    };
    let steps: Vec<_> = pin.windows(2).map(step).collect();
    let run = [0, 1, 9].into_iter().any(|one| steps.iter().all(|step| *step == Some(one)));
    let repeated = (2..=pin.len() / 2).any(|length| {
        pin.len().is_multiple_of(length)
            && pin.chunks(length).all(|part| pin.get(..length) == Some(part))
    });
    run || repeated
}

/// What was typed, half-width.
fn plain(typed: &str) -> String {
    typed.nfkc().filter(|c| !c.is_whitespace()).take(16).collect()
}

fn is_pin(tx: &Tx<'_>, master: &MasterKey, (person_id, kept): (&str, &Stored), pin: &str) -> bool {
    let Some(kind) = kept.kind else { return false };
    let Ok(hash) = hex::decode(&kept.hash) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &master.derive("pins"));
    let text = text(tx, (person_id, kind), &kept.salt, pin);
    hmac::verify(&key, text.as_bytes(), &hash).is_ok()
}

fn keyed(master: &MasterKey, text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &master.derive("pins")), text.as_bytes())
}

fn text(tx: &Tx<'_>, (person_id, kind): (&str, PinKind), salt: &str, pin: &str) -> String {
    let operator = tx.operator();
    format!("{}:{operator}:{person_id}:{}:{salt}:{pin}", operator.len(), kind.as_str())
}

/// What bad tries of a PIN are counted as: apart from the person's password, so that a child at the
/// television locks nobody out of their account.
fn subject(person_id: &str, kind: PinKind) -> String {
    format!("pin:{}:{person_id}", kind.as_str())
}

fn stored(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Stored>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.rows(
        "SELECT kind, asks_years, set_ms, salt, pin_hash FROM pins
          WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| {
            let name = row.text()?;
            let kind = PinKind::ALL.into_iter().find(|kind| kind.as_str() == name);
            Ok(Stored {
                kind,
                asks_years: row.int()?,
                since: row.instant()?,
                salt: row.text()?,
                hash: row.text()?,
            })
        },
    )
}

/// Takes all PINs of persons away. `keys`: the operator and the list of persons.
pub(super) fn forget(tx: &mut Tx<'_>, keys: &[Value]) -> Result<()> {
    tx.exec("DELETE FROM pins WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", keys)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_six_digits_that_nobody_tries_first() {
        for good in ["2580", "19283", "908172", &plain("２５８０"), &plain("25 80")] {
            check_new(good).unwrap();
        }
        for bad in ["", "123", "1234567", "12a4", "一二三四", "-258"] {
            assert_eq!(check_new(bad).unwrap_err().code(), "pin.malformed", "{bad}");
        }
        for simple in ["0000", "111111", "1234", "7890", "9876", "3210", "1212", "123123", "565656"]
        {
            assert_eq!(check_new(simple).unwrap_err().code(), "pin.too_simple", "{simple}");
        }
    }
}
