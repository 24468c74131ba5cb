//! The SQL of this room.

use base::kernel::Result;
use base::store::{Row, Tx, Value};

use super::stations::{Choice, Operator, OperatorDraft, OperatorState};
use super::{Look, Policies, Role, Staff, StaffDraft};

fn read_operator(row: &mut Row) -> Result<Operator> {
    Ok(Operator {
        code: row.text()?,
        name_ja: row.text()?,
        name_en: row.text()?,
        state: OperatorState::parse(&row.text()?)?,
        time_zone: row.text()?,
        policies: Policies::parse(&row.text()?)?,
        version: row.int()?,
        created: row.instant()?,
        trial: row.flag()?,
        look: Look::parse(&row.text()?)?,
    })
}

pub(super) fn find(tx: &mut Tx<'_>) -> Result<Option<Operator>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row(
        "SELECT operator_id, name_ja, name_en, state, time_zone, policies, version, created_ms,
                trial, look
           FROM operators WHERE operator_id = ?1",
        &keys,
        read_operator,
    )
}

/// Locks the operator's row until the commit.
pub(super) fn hold(tx: &mut Tx<'_>) -> Result<()> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows_locked("SELECT operator_id FROM operators WHERE operator_id = ?1", &keys, Row::text)
        .map(drop)
}

/// The operator whose passkeys are for this domain, whichever it is.
pub(super) fn of_rp_id(tx: &mut Tx<'_>, rp_id: &str) -> Result<Option<Operator>> {
    let keys: [Value; 1] = [rp_id.into()];
    tx.row(
        "SELECT operator_id, name_ja, name_en, state, time_zone, policies, version, created_ms,
                trial, look
           FROM operators WHERE rp_id = ?1",
        &keys,
        read_operator,
    )
}

/// As it is kept: nothing for what is left to us.
fn rp_id_of(draft: &OperatorDraft) -> Option<String> {
    let passkeys = &draft.policies.passkeys;
    (!passkeys.is_plain()).then(|| passkeys.rp_id.clone())
}

pub(super) fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Operator>> {
    let keys: [Value; 2] = [after.into(), limit.into()];
    tx.rows(
        "SELECT operator_id, name_ja, name_en, state, time_zone, policies, version, created_ms,
                trial, look
           FROM operators WHERE operator_id > ?1 ORDER BY operator_id LIMIT ?2",
        &keys,
        read_operator,
    )
}

pub(super) fn codes(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<String>> {
    let keys: [Value; 2] = [after.into(), limit.into()];
    tx.rows(
        "SELECT operator_id FROM operators
          WHERE operator_id > ?1 ORDER BY operator_id LIMIT ?2",
        &keys,
        Row::text,
    )
}

pub(super) fn choices(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Choice>> {
    let keys: [Value; 2] = [OperatorState::Enabled.as_str().into(), limit.into()];
    tx.rows(
        "SELECT operator_id, name_ja, name_en FROM operators
          WHERE state = ?1 ORDER BY operator_id LIMIT ?2",
        &keys,
        |row| Ok(Choice { code: row.text()?, name_ja: row.text()?, name_en: row.text()? }),
    )
}

pub(super) fn insert(tx: &mut Tx<'_>, draft: &OperatorDraft, time_zone: &str) -> Result<()> {
    let row: [Value; 8] = [
        tx.operator().into(),
        (&draft.name_ja).into(),
        (&draft.name_en).into(),
        OperatorState::Enabled.as_str().into(),
        time_zone.into(),
        draft.policies.json()?.into(),
        tx.now().into(),
        rp_id_of(draft).into(),
    ];
    tx.change_one(
        "INSERT INTO operators
            (operator_id, name_ja, name_en, state, time_zone, policies, version, created_ms,
             updated_ms, rp_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8)",
        &row,
    )
}

pub(super) fn update(tx: &mut Tx<'_>, draft: &OperatorDraft) -> Result<()> {
    let row: [Value; 6] = [
        tx.operator().into(),
        (&draft.name_ja).into(),
        (&draft.name_en).into(),
        draft.policies.json()?.into(),
        tx.now().into(),
        rp_id_of(draft).into(),
    ];
    tx.change_one(
        "UPDATE operators SET name_ja = ?2, name_en = ?3, policies = ?4, version = version + 1,
                updated_ms = ?5, rp_id = ?6
          WHERE operator_id = ?1",
        &row,
    )
}

pub(super) fn set_state(tx: &mut Tx<'_>, to: OperatorState) -> Result<()> {
    let row: [Value; 3] = [tx.operator().into(), to.as_str().into(), tx.now().into()];
    tx.change_one(
        "UPDATE operators SET state = ?2, version = version + 1, updated_ms = ?3
          WHERE operator_id = ?1",
        &row,
    )
}

pub(super) fn set_look(tx: &mut Tx<'_>, look: &Look) -> Result<()> {
    let row: [Value; 3] = [tx.operator().into(), look.json()?.into(), tx.now().into()];
    tx.change_one(
        "UPDATE operators SET look = ?2, version = version + 1, updated_ms = ?3
          WHERE operator_id = ?1",
        &row,
    )
}

pub(super) fn find_logo(tx: &mut Tx<'_>, digest: &str) -> Result<Option<Vec<u8>>> {
    let keys: [Value; 2] = [tx.operator().into(), digest.into()];
    tx.row("SELECT png FROM logos WHERE operator_id = ?1 AND digest = ?2", &keys, Row::bytes)
}

pub(super) fn add_logo(tx: &mut Tx<'_>, (digest, png): (&str, &[u8])) -> Result<()> {
    let row: [Value; 4] =
        [tx.operator().into(), digest.into(), Value::Bytes(png.to_vec()), tx.now().into()];
    tx.change_one(
        "INSERT INTO logos (operator_id, digest, png, added_ms) VALUES (?1, ?2, ?3, ?4)",
        &row,
    )
}

/// All logos but `shown` and the newest `most`.
pub(super) fn forget_logos(tx: &mut Tx<'_>, shown: &str, most: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), shown.into(), most.into()];
    tx.exec(
        "DELETE FROM logos WHERE operator_id = ?1 AND digest <> ?2 AND digest NOT IN (
            SELECT digest FROM logos WHERE operator_id = ?1
             ORDER BY added_ms DESC, digest LIMIT ?3)",
        &keys,
    )
}

pub(super) fn raise_version(tx: &mut Tx<'_>) -> Result<u64> {
    let row: [Value; 2] = [tx.operator().into(), tx.now().into()];
    tx.exec(
        "UPDATE operators SET version = version + 1, updated_ms = ?2 WHERE operator_id = ?1",
        &row,
    )
}

fn read_staff(row: &mut Row) -> Result<Staff> {
    Ok(Staff {
        id: row.text()?,
        draft: StaffDraft {
            name: row.text()?,
            roles: Role::parse_list(&row.text()?)?,
            enabled: row.flag()?,
        },
    })
}

pub(super) fn staff(tx: &mut Tx<'_>) -> Result<Vec<Staff>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT staff_id, name, roles, enabled FROM staff
          WHERE operator_id = ?1 ORDER BY staff_id",
        &keys,
        read_staff,
    )
}

pub(super) fn staff_member(tx: &mut Tx<'_>, id: &str) -> Result<Option<Staff>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT staff_id, name, roles, enabled FROM staff
          WHERE operator_id = ?1 AND staff_id = ?2",
        &keys,
        read_staff,
    )
}

pub(super) fn put_staff(tx: &mut Tx<'_>, id: &str, draft: &StaffDraft) -> Result<()> {
    let row: [Value; 6] = [
        tx.operator().into(),
        id.into(),
        (&draft.name).into(),
        Role::list_text(&draft.roles).into(),
        draft.enabled.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO staff (operator_id, staff_id, name, roles, enabled, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (operator_id, staff_id) DO UPDATE SET
            name = excluded.name, roles = excluded.roles, enabled = excluded.enabled,
            updated_ms = excluded.updated_ms",
        &row,
    )
}
