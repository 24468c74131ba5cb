//! Devices a person let in, for themselves or for their whole household: televisions and boxes, each with an
//! authorization of its own.
//!
//! A device lives beside the browser sessions: signing out on the phone leaves the television as it is
//! (brief tve §3.4 rule 2). What ends a person's access ends it too. A household's device
//! is nobody's: it ends with the household's access, or by its owner (`docs/decisions/0047`). Source: brief tve §5.7,
//! §8.1.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Row, Tx, Value};
use serde_json::json;

use crate::subscribers::Key;

use super::authorizations::revoke;
use super::repo;
use super::whose::Whose;

/// Longest name a person gives a device, in characters.
const LONGEST_NAME: usize = 40;

/// A device to be.
#[derive(Debug, Clone)]
pub struct NewDevice<'d> {
    /// Whose it shall be.
    pub whose: Whose<'d>,
    /// The authorization it has.
    pub grant_id: &'d str,
    /// The client it runs.
    pub client_id: &'d str,
    /// What it says it is.
    pub model: &'d str,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Who let it in; empty: it is a whole household's.
    pub person_id: String,
    /// The authorization it has.
    pub grant_id: String,
    /// The client it runs.
    pub client_id: String,
    /// What it says it is.
    pub model: String,
    /// What the person calls it; empty: nothing yet.
    pub name: String,
    /// When it was let in.
    pub created: Instant,
}

/// Notes a device that was let in and answers its id.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn bind_device(tx: &mut Tx<'_>, device: &NewDevice<'_>) -> Result<String> {
    let id = tx.next_id("dev");
    let (number, generation) = device.whose.place();
    let row: [Value; 9] = [
        tx.operator().into(),
        (&id).into(),
        device.whose.person_id().into(),
        device.grant_id.into(),
        device.client_id.into(),
        device.model.into(),
        tx.now().into(),
        number.into(),
        generation.into(),
    ];
    tx.change_one(
        "INSERT INTO devices
            (operator_id, device_id, person_id, grant_id, client_id, model, name, created_ms,
             number, gen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, ?8, ?9)",
        &row,
    )?;
    let detail = json!({"device": id, "client": device.client_id, "grant": device.grant_id});
    record(tx, &Entry::new("device.bound", &device.whose.label()).detail(detail))?;
    Ok(id)
}

fn read_device(row: &mut Row) -> Result<Device> {
    Ok(Device {
        id: row.text()?,
        person_id: row.text()?,
        grant_id: row.text()?,
        client_id: row.text()?,
        model: row.text()?,
        name: row.text()?,
        created: row.instant()?,
    })
}

/// Up to `limit` devices of a person after `after`, the oldest first: those that took their tokens and
/// may still use them.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_devices(
    tx: &mut Tx<'_>,
    person_id: &str,
    (after, limit): (&str, i64),
) -> Result<Vec<Device>> {
    let keys: [Value; 5] =
        [tx.operator().into(), person_id.into(), after.into(), limit.into(), tx.now().into()];
    tx.rows(
        "SELECT d.device_id, d.person_id, d.grant_id, d.client_id, d.model, d.name, d.created_ms
           FROM devices d
           JOIN authorizations a ON a.operator_id = d.operator_id AND a.grant_id = d.grant_id
           JOIN persons p ON p.operator_id = d.operator_id AND p.person_id = d.person_id
          WHERE d.operator_id = ?1 AND d.person_id = ?2 AND d.device_id > ?3
            AND d.removed_ms IS NULL AND a.revoked_ms IS NULL AND a.expires_ms > ?5
            AND a.turn > 0 AND a.access_no = p.access_no
          ORDER BY d.device_id LIMIT ?4",
        &keys,
        read_device,
    )
}

/// Up to `limit` devices of a whole household after `after`, as [`list_devices`] has those of a person.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_household_devices(
    tx: &mut Tx<'_>,
    key: &Key,
    (after, limit): (&str, i64),
) -> Result<Vec<Device>> {
    let keys: [Value; 6] = [
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        after.into(),
        limit.into(),
        tx.now().into(),
    ];
    tx.rows(
        "SELECT d.device_id, d.person_id, d.grant_id, d.client_id, d.model, d.name, d.created_ms
           FROM devices d
           JOIN authorizations a ON a.operator_id = d.operator_id AND a.grant_id = d.grant_id
           JOIN contracts c ON c.operator_id = d.operator_id AND c.number = d.number
                           AND c.gen = d.gen
          WHERE d.operator_id = ?1 AND d.number = ?2 AND d.gen = ?3 AND d.device_id > ?4
            AND d.removed_ms IS NULL AND a.revoked_ms IS NULL AND a.expires_ms > ?6
            AND a.turn > 0 AND a.access_no = c.access_no
          ORDER BY d.device_id LIMIT ?5",
        &keys,
        read_device,
    )
}

/// A device of this person, or of this household, unless it was removed.
///
/// # Errors
/// `device.unknown` — also somebody else's
pub fn find_device(tx: &mut Tx<'_>, (whose, id): (Whose<'_>, &str)) -> Result<Device> {
    let (number, generation) = whose.place();
    let keys: [Value; 5] = [
        tx.operator().into(),
        id.into(),
        whose.person_id().into(),
        number.into(),
        generation.into(),
    ];
    let found = tx.row(
        "SELECT device_id, person_id, grant_id, client_id, model, name, created_ms FROM devices
          WHERE operator_id = ?1 AND device_id = ?2 AND person_id = ?3 AND number = ?4 AND gen = ?5
            AND removed_ms IS NULL",
        &keys,
        read_device,
    )?;
    found.ok_or_else(|| Error::not_found("device.unknown", id))
}

/// Gives a device the name its person calls it by.
///
/// # Errors
/// `device.unknown`; `device.name_malformed` — empty, over 40 characters, or with control characters
pub fn rename_device(tx: &mut Tx<'_>, which: (Whose<'_>, &str), name: &str) -> Result<Change> {
    let name = name.trim();
    let long = name.chars().count() > LONGEST_NAME;
    if name.is_empty() || long || name.chars().any(char::is_control) {
        return Err(Error::invalid("device.name_malformed", "name"));
    }
    let device = find_device(tx, which)?;
    if device.name == name {
        return Ok(Change::Already);
    }
    let row: [Value; 3] = [tx.operator().into(), (&device.id).into(), name.into()];
    tx.change_one("UPDATE devices SET name = ?3 WHERE operator_id = ?1 AND device_id = ?2", &row)?;
    let detail = json!({"device": device.id});
    record(tx, &Entry::new("device.renamed", &which.0.label()).detail(detail))?;
    Ok(Change::Made)
}

/// Takes a device from the list and ends its authorization with all its tokens.
///
/// # Errors
/// `device.unknown`
pub fn remove_device(tx: &mut Tx<'_>, which: (Whose<'_>, &str)) -> Result<()> {
    let device = find_device(tx, which)?;
    let row: [Value; 3] = [tx.operator().into(), (&device.id).into(), tx.now().into()];
    tx.change_one(
        "UPDATE devices SET removed_ms = ?3
          WHERE operator_id = ?1 AND device_id = ?2 AND removed_ms IS NULL",
        &row,
    )?;
    if let Some(given) = repo::find_authorization(tx, &device.grant_id)? {
        revoke(tx, &given, "device_removed")?;
    }
    let detail = json!({"device": device.id, "grant": device.grant_id});
    record(tx, &Entry::new("device.removed", &which.0.label()).detail(detail))
}
