//! Erasing the personal data of contracts that were stopped, and of members who were removed, longer ago
//! than the operator keeps them.
//!
//! Source: brief tve §5.2 PURGE, §14.3; `docs/decisions/0021`.

use std::collections::BTreeSet;

use base::kernel::{Instant, Result};
use base::records::{self, Entry, jobs};
use base::store::{Tx, Value};
use serde_json::json;

use crate::operators;
use crate::subscribers::{Key, Load, PersonState};

use super::workbench::{Ended, Ending, Needs, Workbench};

/// What is named as the cause of it.
const CAUSE: &str = "purge";

/// Erases up to `limit` contracts and as many members that are due; returns how many. Days count from
/// when the end was written down, not from the instant it was dated to.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn purge_due(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let operator = tx.operator_fact(operators::find_operator)?;
    let before = tx.now().plus_days(-operator.policies.purge_days);
    let contracts = contracts_due(tx, before, limit)?;
    let members = members_due(tx, before, limit)?;
    erase(tx, (&contracts, &members), before)
}

/// Erases these contracts and members, if the locked rows say that they ended before `before`; returns how many.
pub(super) fn erase(
    tx: &mut Tx<'_>,
    (contracts, members): (&[Key], &[(Key, i64)]),
    before: Instant,
) -> Result<u64> {
    if contracts.is_empty() && members.is_empty() {
        return Ok(0);
    }
    let keys = contracts.iter().chain(members.iter().map(|(key, _)| key));
    let numbers: BTreeSet<String> = keys.map(|key| key.number.clone()).collect();
    let numbers = numbers.into_iter().collect();
    let needs = Needs { load: Load::ForChange, keys: false, boxes: Some(Vec::new()) };
    let mut bench = Workbench::load_numbers(tx, numbers, needs)?;
    let mut purged = 0;
    for key in contracts {
        purged += u64::from(purge_contract(tx, &mut bench, key, before)?);
    }
    for (key, person_no) in members {
        purged += u64::from(purge_member(tx, &mut bench, (key, *person_no), before)?);
    }
    bench.save(tx)?;
    Ok(purged)
}

fn contracts_due(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<Vec<Key>> {
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    tx.rows(
        "SELECT number, gen FROM contracts
          WHERE operator_id = ?1 AND state = 'STOPPED' AND stop_recorded_ms < ?2
          ORDER BY stop_recorded_ms, number, gen LIMIT ?3",
        &keys,
        |row| Ok(Key { number: row.text()?, generation: row.int()? }),
    )
}

fn members_due(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<Vec<(Key, i64)>> {
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    tx.rows(
        "SELECT number, gen, person_no FROM persons
          WHERE operator_id = ?1 AND state = 'STOPPED' AND stop_recorded_ms < ?2
          ORDER BY stop_recorded_ms, number, gen, person_no LIMIT ?3",
        &keys,
        |row| Ok((Key { number: row.text()?, generation: row.int()? }, row.int()?)),
    )
}

/// Erases one contract, if the locked row is still due; says whether it did.
fn purge_contract(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    key: &Key,
    before: Instant,
) -> Result<bool> {
    let newest = bench.newest(&key.number).is_some_and(|whole| whole.household.key() == *key);
    let whole = bench.get_mut(key)?;
    let household = &mut whole.household;
    let Some(recorded) = household.contract.stop_recorded.filter(|at| *at < before) else {
        return Ok(false);
    };
    household.purge()?;
    whole.boxes = Some(Vec::new());
    let persons = household.persons.iter().map(|person| person.person_id.clone()).collect();
    bench.end(Ended { persons, what: Ending::Credentials });
    bench.mark_changed(tx, key, CAUSE);
    forget_references(tx, key, None)?;
    // Commands of a later generation of the number are not this contract's.
    let upto = if newest { tx.now() } else { recorded };
    jobs::forget_stream(tx, &key.number, upto)?;
    let (label, version) = (key.label(), version(bench, key));
    let payload = json!({"contract": key.number, "generation": key.generation, "version": version});
    let entry = Entry::new("contract.purged", &label).version(version);
    records::record(tx, &entry.event(&key.number, payload))?;
    Ok(true)
}

/// Erases one member who was removed, if the locked rows still say so; says whether it did.
fn purge_member(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    (key, person_no): (&Key, i64),
    before: Instant,
) -> Result<bool> {
    let household = &mut bench.get_mut(key)?.household;
    let due = household.person(person_no).filter(|person| {
        person.state == PersonState::Stopped && person.stop_recorded.is_some_and(|at| at < before)
    });
    let Some(person_id) = due.map(|person| person.person_id.clone()) else { return Ok(false) };
    household.purge_person(person_no)?;
    bench.end(Ended { persons: vec![person_id.clone()], what: Ending::Credentials });
    bench.mark_changed(tx, key, CAUSE);
    forget_references(tx, key, Some(person_no))?;
    let (subject, version) = (format!("{}/{person_no:03}", key.label()), version(bench, key));
    let payload = json!({
        "contract": key.number, "generation": key.generation, "version": version,
        "person_no": person_no, "person_id": person_id,
    });
    let entry = Entry::new("person.purged", &subject).version(version);
    records::record(tx, &entry.event(&key.number, payload))?;
    Ok(true)
}

/// What the station wrote beside holds, also those lifted long ago, which no household shows.
fn forget_references(tx: &mut Tx<'_>, key: &Key, person_no: Option<i64>) -> Result<()> {
    let keys: [Value; 4] = [
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        person_no.unwrap_or(-1).into(),
    ];
    tx.exec(
        "UPDATE holds SET reference = NULL
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND (person_no = ?4 OR ?4 = -1)
            AND reference IS NOT NULL",
        &keys,
    )?;
    Ok(())
}

/// The version of a household, just counted on.
fn version(bench: &Workbench, key: &Key) -> i64 {
    bench.get(key).map_or(0, |whole| whole.household.contract.version)
}
