//! The passkeys of persons, as they are kept.

use base::kernel::{Change, Error, Instant, Result};
use base::records::record;
use base::store::{Row, Tx, Value};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use super::alerts::{self, Alert};
use super::factors::Fresh;
use super::staff::{PasskeyAct, passkey_entry};

/// Passkeys of one person.
pub const MOST_PASSKEYS: i64 = 20;
/// Letters of a name.
const LONGEST_NAME: usize = 40;

/// A passkey, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id here.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created: Instant,
    /// When it was last signed in with.
    pub used: Option<Instant>,
}

/// A passkey with what its answers are held against.
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) person_id: String,
    pub(super) user_handle: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) state: Vec<u8>,
    /// Whether its owner has a password, beside which it stands.
    pub(super) stands: bool,
}

/// A passkey that was learnt just now.
pub(super) struct Learnt<'l> {
    pub(super) person_id: &'l str,
    pub(super) credential: &'l [u8],
    pub(super) user_handle: &'l [u8],
    pub(super) name: &'l str,
    pub(super) key: Vec<u8>,
    pub(super) state: Vec<u8>,
}

/// A name as it is kept: NFKC, without spaces around, 1 to 40 letters.
///
/// # Errors
/// `passkey.name_malformed`
pub(super) fn name(typed: &str) -> Result<String> {
    let name: String = typed.nfkc().take(LONGEST_NAME * 4).collect();
    let name = name.trim().to_owned();
    let good = (1..=LONGEST_NAME).contains(&name.chars().count());
    if good && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    Err(Error::invalid("passkey.name_malformed", "name"))
}

/// The passkeys of a person, oldest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn list(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Passkey>> {
    let keys: [Value; 3] = [tx.operator().into(), person_id.into(), MOST_PASSKEYS.into()];
    tx.rows(
        "SELECT passkey_id, name, created_ms, used_ms FROM passkeys
          WHERE operator_id = ?1 AND person_id = ?2 ORDER BY created_ms, passkey_id LIMIT ?3",
        &keys,
        |row| {
            Ok(Passkey {
                id: row.text()?,
                name: row.text()?,
                created: row.instant()?,
                used: row.instant_if_any()?,
            })
        },
    )
}

/// The user handle of a person's passkeys, if they have any, and what their authenticators call each.
pub(super) fn credentials_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.rows(
        "SELECT user_handle, credential FROM passkeys WHERE operator_id = ?1 AND person_id = ?2
          ORDER BY created_ms, passkey_id",
        &keys,
        |row| Ok((row.bytes()?, row.bytes()?)),
    )
}

/// The person's login id, which authenticators show beside the passkey.
pub(super) fn login_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.row(
        "SELECT login_name FROM logins WHERE operator_id = ?1 AND person_id = ?2
          ORDER BY login_name LIMIT 1",
        &keys,
        Row::text,
    )
}

pub(super) fn find(tx: &mut Tx<'_>, credential: &[u8]) -> Result<Option<Kept>> {
    let keys: [Value; 2] = [tx.operator().into(), credential.to_vec().into()];
    tx.row(
        "SELECT k.passkey_id, k.person_id, k.user_handle, k.key, k.state, w.set_ms
           FROM passkeys k
           LEFT JOIN passwords w ON w.operator_id = k.operator_id AND w.person_id = k.person_id
          WHERE k.operator_id = ?1 AND k.credential = ?2",
        &keys,
        |row| {
            Ok(Kept {
                id: row.text()?,
                person_id: row.text()?,
                user_handle: row.bytes()?,
                key: row.bytes()?,
                state: row.bytes()?,
                stands: row.instant_if_any()?.is_some(),
            })
        },
    )
}

/// Keeps a passkey and answers its id; `None`: the operator has one with this credential already.
pub(super) fn insert(tx: &mut Tx<'_>, learnt: Learnt<'_>) -> Result<Option<String>> {
    let id = tx.next_id("psk");
    let row: [Value; 9] = [
        tx.operator().into(),
        (&id).into(),
        learnt.person_id.into(),
        learnt.credential.to_vec().into(),
        learnt.user_handle.to_vec().into(),
        learnt.name.into(),
        learnt.key.into(),
        learnt.state.into(),
        tx.now().into(),
    ];
    let put = tx.exec(
        "INSERT INTO passkeys (operator_id, passkey_id, person_id, credential, user_handle, name,
                               key, state, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (operator_id, credential) DO NOTHING",
        &row,
    )?;
    Ok((put == 1).then_some(id))
}

/// Notes a use; `false` when another use came in between: its counter is not the one that was compared.
pub(super) fn note_use(tx: &mut Tx<'_>, kept: &Kept, state: Vec<u8>) -> Result<bool> {
    let row: [Value; 5] = [
        tx.operator().into(),
        (&kept.id).into(),
        kept.state.clone().into(),
        state.into(),
        tx.now().into(),
    ];
    let noted = tx.exec(
        "UPDATE passkeys SET state = ?4, used_ms = ?5
          WHERE operator_id = ?1 AND passkey_id = ?2 AND state = ?3",
        &row,
    )?;
    Ok(noted == 1)
}

/// Whether the passkey is still this person's.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn is_of(tx: &mut Tx<'_>, (id, person_id): (&str, &str)) -> Result<bool> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), person_id.into()];
    let found = tx.rows_locked(
        "SELECT passkey_id FROM passkeys
          WHERE operator_id = ?1 AND passkey_id = ?2 AND person_id = ?3",
        &keys,
        Row::text,
    )?;
    Ok(!found.is_empty())
}

/// Gives a passkey of the person another name.
///
/// # Errors
/// `passkey.name_malformed`; `passkey.unknown` — not one of theirs
pub(crate) fn rename(
    tx: &mut Tx<'_>,
    (person_id, id): (&str, &str),
    typed: &str,
) -> Result<Change> {
    let name = name(typed)?;
    let keys: [Value; 4] =
        [tx.operator().into(), id.into(), person_id.into(), name.as_str().into()];
    let changed = tx.exec(
        "UPDATE passkeys SET name = ?4
          WHERE operator_id = ?1 AND passkey_id = ?2 AND person_id = ?3 AND name <> ?4",
        &keys,
    )?;
    if changed == 1 {
        let detail = json!({"passkey": id});
        record(tx, &passkey_entry(person_id, PasskeyAct::Renamed).detail(detail))?;
        return Ok(Change::Made);
    }
    if is_of(tx, (id, person_id))? {
        return Ok(Change::Already);
    }
    Err(Error::not_found("passkey.unknown", id))
}

/// Takes a passkey of the person away. Their password stays, so they are never shut out by it.
///
/// # Errors
/// `proof.too_old`
pub(crate) fn remove(tx: &mut Tx<'_>, fresh: &Fresh<'_>, id: &str) -> Result<Change> {
    fresh.check(tx)?;
    let keys: [Value; 3] = [tx.operator().into(), id.into(), fresh.person_id.into()];
    let gone = tx.exec(
        "DELETE FROM passkeys WHERE operator_id = ?1 AND passkey_id = ?2 AND person_id = ?3",
        &keys,
    )?;
    if gone == 0 {
        return Ok(Change::Already);
    }
    alerts::tell_person(tx, fresh.person_id, Alert::PasskeyRemoved)?;
    let detail = json!({"passkey": id});
    record(tx, &passkey_entry(fresh.person_id, PasskeyAct::Removed).detail(detail))?;
    Ok(Change::Made)
}

/// Takes all passkeys of persons away; answers how many. `keys`: the operator and the list of persons.
pub(super) fn forget(tx: &mut Tx<'_>, keys: &[Value]) -> Result<u64> {
    tx.exec("DELETE FROM passkeys WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_person_calls_their_telephone() {
        assert_eq!(name(" 髙橋のｽﾏﾎ ").unwrap(), "髙橋のスマホ");
        assert_eq!(name(&"あ".repeat(40)).unwrap().chars().count(), 40);
        for bad in ["", "　", "a\u{7}b", &"あ".repeat(41)] {
            assert_eq!(name(bad).unwrap_err().code(), "passkey.name_malformed", "{bad}");
        }
    }
}
