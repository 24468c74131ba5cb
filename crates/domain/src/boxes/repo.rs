//! The SQL of boxes: one statement for any number of households.

use std::collections::HashMap;

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use crate::subscribers::Key;

use super::{LONGEST_SERIAL, SetTopBox, check_serial};

/// The boxes of the contracts with these `numbers`, and whoever has boxes with these `serials`.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn load(
    tx: &mut Tx<'_>,
    (numbers, mut serials): (Vec<String>, Vec<String>),
) -> Result<HashMap<Key, Vec<SetTopBox>>> {
    serials.retain(|one| check_serial(one, "serial").is_ok());
    let keys: [Value; 3] = [tx.operator().into(), numbers.into(), serials.into()];
    let rows = tx.rows(
        "SELECT number, gen, box_id, machine_no, model, name, area, created_ms, changed_ms, public_key FROM boxes
          WHERE operator_id = ?1 AND (number IN ARRAY(?2) OR machine_no IN ARRAY(?3))
          ORDER BY box_id",
        &keys,
        |row| Ok((Key { number: row.text()?, generation: row.int()? }, read_box(row)?)),
    )?;
    let mut all: HashMap<Key, Vec<SetTopBox>> = HashMap::new();
    for (key, one) in rows {
        all.entry(key).or_default().push(one);
    }
    Ok(all)
}

/// The boxes of all generations of a contract, the oldest first: generation and box.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_boxes(tx: &mut Tx<'_>, number: &str) -> Result<Vec<(i64, SetTopBox)>> {
    if number.chars().count() > LONGEST_SERIAL || number.chars().any(char::is_control) {
        return Ok(Vec::new());
    }
    let keys: [Value; 2] = [tx.operator().into(), number.into()];
    tx.rows(
        "SELECT gen, box_id, machine_no, model, name, area, created_ms, changed_ms, public_key FROM boxes
          WHERE operator_id = ?1 AND number = ?2 ORDER BY gen, box_id",
        &keys,
        |row| Ok((row.int()?, read_box(row)?)),
    )
}

/// The box of this handle, and whose it is.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_box(tx: &mut Tx<'_>, box_id: &str) -> Result<Option<(Key, SetTopBox)>> {
    // What can be no handle is nobody's; PostgreSQL would fail on a NUL.
    if !box_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(None);
    }
    let keys: [Value; 2] = [tx.operator().into(), box_id.into()];
    tx.row(
        "SELECT number, gen, box_id, machine_no, model, name, area, created_ms, changed_ms, public_key
           FROM boxes WHERE operator_id = ?1 AND box_id = ?2",
        &keys,
        |row| Ok((Key { number: row.text()?, generation: row.int()? }, read_box(row)?)),
    )
}

fn read_box(row: &mut Row) -> Result<SetTopBox> {
    Ok(SetTopBox {
        box_id: row.text()?,
        serial: row.text()?,
        model: row.text()?,
        name: row.text()?,
        area: row.text()?,
        created: row.instant()?,
        changed: row.instant()?,
        public_key: row.text_if_any()?,
    })
}

/// Writes what differs between boxes as loaded and as they are now. What changed goes first and comes
/// back, so that a serial may move from one household to another. The contract's row, locked and
/// version-checked by the household's save, guards them.
///
/// # Errors
/// `store.changed_meanwhile` — a box is not as it was loaded; `store.duplicate` — somebody put up the
/// same serial at this moment.
pub fn save(
    tx: &mut Tx<'_>,
    before: &[(Key, SetTopBox)],
    after: &[(Key, SetTopBox)],
) -> Result<()> {
    let gone = before.iter().filter(|one| !after.contains(one));
    let gone: Vec<Vec<Value>> = gone
        .map(|(_, one)| vec![tx.operator().into(), (&one.box_id).into(), (&one.serial).into()])
        .collect();
    let come = after.iter().filter(|one| !before.contains(one));
    let come: Vec<Vec<Value>> = come.map(|one| row_of(tx, one)).collect();
    let deleted = tx.exec_many(
        "DELETE FROM boxes WHERE operator_id = ?1 AND box_id = ?2 AND machine_no = ?3",
        &gone,
    )?;
    if deleted != gone.len() as u64 {
        return Err(Error::Conflict { code: "store.changed_meanwhile" });
    }
    tx.exec_many(
        "INSERT INTO boxes
            (operator_id, box_id, number, gen, machine_no, model, name, area, created_ms, changed_ms,
             public_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &come,
    )?;
    Ok(())
}

/// All boxes of one household to another: of each pair, from and to. Their contracts' rows, locked, guard them.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn move_all(tx: &mut Tx<'_>, moved: &[(Key, Key)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = moved
        .iter()
        .map(|(from, to)| {
            let from: [Value; 3] =
                [tx.operator().into(), (&from.number).into(), from.generation.into()];
            from.into_iter().chain([(&to.number).into(), to.generation.into()]).collect()
        })
        .collect();
    tx.exec_many(
        "UPDATE boxes SET number = ?4, gen = ?5
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3",
        &rows,
    )?;
    Ok(())
}

fn row_of(tx: &Tx<'_>, (key, one): &(Key, SetTopBox)) -> Vec<Value> {
    vec![
        tx.operator().into(),
        (&one.box_id).into(),
        (&key.number).into(),
        key.generation.into(),
        (&one.serial).into(),
        (&one.model).into(),
        (&one.name).into(),
        (&one.area).into(),
        one.created.into(),
        one.changed.into(),
        one.public_key.as_deref().into(),
    ]
}
