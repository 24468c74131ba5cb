//! The SQL of households: one statement a section for any number of contracts.

use std::collections::{BTreeMap, HashMap};

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use super::changes::{Changes, KnownPersons};
use super::{
    Contract, Hold, HomeSignIn, Household, Key, Person, PersonState, Reason, Role, Source, Stored,
    Unit, is_plain,
};

/// How much of the households is needed, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// To look at: no lock.
    Whole,
    /// To change: locked, with persons.
    ForChange,
    /// To change what does not concern persons: locked, without them.
    ForContractChange,
}

/// All generations of the contracts with these numbers, oldest generation first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn load(tx: &mut Tx<'_>, numbers: Vec<String>, what: Load) -> Result<Vec<Household>> {
    // What can not be a number is nobody's; PostgreSQL would fail on a NUL.
    let numbers: Vec<String> = numbers.into_iter().filter(|one| is_plain(one, 20)).collect();
    let keys: [Value; 2] = [tx.operator().into(), numbers.into()];
    let contracts = load_contracts(tx, &keys, what)?;
    if contracts.is_empty() {
        return Ok(Vec::new());
    }
    let mut households: Vec<Household> = contracts
        .into_iter()
        .map(|contract| Household { contract, holds: Vec::new(), persons: Vec::new() })
        .collect();
    let at: HashMap<Key, usize> =
        households.iter().enumerate().map(|(at, household)| (household.key(), at)).collect();
    for (key, hold) in load_holds(tx, &keys)? {
        if let Some(household) = at.get(&key).and_then(|at| households.get_mut(*at)) {
            household.holds.push(hold);
        }
    }
    if what != Load::ForContractChange {
        for (key, person) in load_persons(tx, &keys)? {
            if let Some(household) = at.get(&key).and_then(|at| households.get_mut(*at)) {
                household.persons.push(person);
            }
        }
    }
    Ok(households)
}

const SELECT_CONTRACTS: &str = "SELECT number, gen, state, version, unit, bulk_parent, starts_ms,
        stopped_ms, stop_recorded_ms, stop_cause, replaced_by, kana, telephone, postal_code, age_verified_by,
        adult_allowed, credit_rank, note, cause, created_ms, updated_ms, has_boxes, home_off,
        home_declined, access_no
   FROM contracts WHERE operator_id = ?1 AND number IN ARRAY(?2) ORDER BY number, gen";

fn load_contracts(tx: &mut Tx<'_>, keys: &[Value], what: Load) -> Result<Vec<Contract>> {
    if what == Load::Whole {
        tx.rows(SELECT_CONTRACTS, keys, read_contract)
    } else {
        tx.rows_locked(SELECT_CONTRACTS, keys, read_contract)
    }
}

fn read_contract(row: &mut Row) -> Result<Contract> {
    Ok(Contract {
        number: row.text()?,
        generation: row.int()?,
        stored: Stored::parse(&row.text()?)?,
        version: row.int()?,
        unit: Unit::parse(&row.text()?)?,
        bulk_parent: row.text_if_any()?,
        starts: row.instant()?,
        stopped: row.instant_if_any()?,
        stop_recorded: row.instant_if_any()?,
        stop_cause: row.text_if_any()?,
        replaced_by: row.text_if_any()?,
        kana: row.text_if_any()?,
        telephone: row.text_if_any()?,
        postal_code: row.text_if_any()?,
        age_verified_by: row.text_if_any()?,
        adult_allowed: row.flag()?,
        credit_rank: row.text_if_any()?,
        note: row.text_if_any()?,
        cause: row.text()?,
        created: row.instant()?,
        updated: row.instant()?,
        has_boxes: row.flag()?,
        home_off: row.flag()?,
        home_wish: HomeSignIn::of(row.flag()?),
        access_no: row.int()?,
    })
}

fn read_key(row: &mut Row) -> Result<Key> {
    Ok(Key { number: row.text()?, generation: row.int()? })
}

fn load_holds(tx: &mut Tx<'_>, keys: &[Value]) -> Result<Vec<(Key, Hold)>> {
    tx.rows(
        "SELECT number, gen, person_no, source, reason, since_ms, reference, cause FROM holds
          WHERE operator_id = ?1 AND number IN ARRAY(?2) AND lifted_ms IS NULL
          ORDER BY number, gen, person_no, since_ms, source, reason",
        keys,
        |row| {
            let key = read_key(row)?;
            let hold = Hold {
                person_no: row.int()?,
                source: Source::parse(&row.text()?)?,
                reason: Reason::from_number(row.int()?)
                    .ok_or_else(|| Error::internal("unknown reason of a hold"))?,
                since: row.instant()?,
                reference: row.text_if_any()?,
                cause: row.text()?,
            };
            Ok((key, hold))
        },
    )
}

fn load_persons(tx: &mut Tx<'_>, keys: &[Value]) -> Result<Vec<(Key, Person)>> {
    tx.rows(
        "SELECT number, gen, person_no, person_id, role, state, stopped_ms, stop_recorded_ms,
                stopped_from, kana, birth_on, max_rating_years, adult_allowed, access_no, cause,
                created_ms, updated_ms
           FROM persons WHERE operator_id = ?1 AND number IN ARRAY(?2)
          ORDER BY number, gen, person_no",
        keys,
        |row| {
            let key = read_key(row)?;
            let person = Person {
                person_no: row.int()?,
                person_id: row.text()?,
                role: Role::parse(&row.text()?)?,
                state: PersonState::parse(&row.text()?)?,
                stopped: row.instant_if_any()?,
                stop_recorded: row.instant_if_any()?,
                stopped_from: match row.text_if_any()? {
                    Some(word) => Some(PersonState::parse(&word)?),
                    None => None,
                },
                kana: row.text_if_any()?,
                birth_on: row.text_if_any()?,
                max_rating_years: row.int()?,
                adult_allowed: row.flag()?,
                access_no: row.int()?,
                cause: row.text()?,
                created: row.instant()?,
                updated: row.instant()?,
            };
            Ok((key, person))
        },
    )
}

/// Where the person with this id is a member now.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn key_of_person(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<(Key, i64)>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.row(
        "SELECT number, gen, person_no FROM persons WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| Ok((read_key(row)?, row.int()?)),
    )
}

/// Where each of these persons is a member now, by their id; who is of no household is left out.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn keys_of_persons(
    tx: &mut Tx<'_>,
    person_ids: Vec<String>,
) -> Result<BTreeMap<String, (Key, i64)>> {
    let keys: [Value; 2] = [tx.operator().into(), person_ids.into()];
    let found = tx.rows(
        "SELECT person_id, number, gen, person_no FROM persons
          WHERE operator_id = ?1 AND person_id IN ARRAY(?2)",
        &keys,
        |row| Ok((row.text()?, (read_key(row)?, row.int()?))),
    )?;
    Ok(found.into_iter().collect())
}

/// The version of each of these contracts, for checking what a cache holds.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn versions(tx: &mut Tx<'_>, numbers: Vec<String>) -> Result<Vec<(Key, i64)>> {
    let keys: [Value; 2] = [tx.operator().into(), numbers.into()];
    tx.rows(
        "SELECT number, gen, version FROM contracts
          WHERE operator_id = ?1 AND number IN ARRAY(?2)",
        &keys,
        |row| Ok((read_key(row)?, row.int()?)),
    )
}

/// How many contracts of the operator are not stopped, for the mass-change guard.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_open(tx: &mut Tx<'_>) -> Result<i64> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row(
        "SELECT COUNT(*) FROM contracts WHERE operator_id = ?1 AND state = 'OPEN'",
        &keys,
        Row::int,
    )?
    .ok_or_else(|| Error::internal("COUNT answered no row"))
}

/// How many contracts of the operator have data of a household, stopped ones too.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_kept(tx: &mut Tx<'_>) -> Result<i64> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row(
        "SELECT COUNT(*) FROM contracts WHERE operator_id = ?1 AND state NOT IN ('PURGED', 'VOID')",
        &keys,
        Row::int,
    )?
    .ok_or_else(|| Error::internal("COUNT answered no row"))
}

/// Numbers of contracts that are not stopped, after the number `after`, in the database's order.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_open(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<String>> {
    let keys: [Value; 3] = [tx.operator().into(), after.into(), limit.into()];
    tx.rows(
        "SELECT DISTINCT number FROM contracts
          WHERE operator_id = ?1 AND number > ?2 AND state = 'OPEN' ORDER BY number LIMIT ?3",
        &keys,
        Row::text,
    )
}

/// Writes what differs between `before` (as loaded) and `after`. The contract's version guards it.
///
/// # Errors
/// `store.changed_meanwhile` — someone else changed a contract since it was loaded.
pub fn save(tx: &mut Tx<'_>, before: &[Household], after: &[Household]) -> Result<()> {
    let old: HashMap<Key, &Household> = before.iter().map(|one| (one.key(), one)).collect();
    let mut known = KnownPersons::new();
    for household in before {
        for person in &household.persons {
            known.insert(person.person_id.as_str(), (household.key(), person));
        }
    }
    let mut changes = Changes::default();
    for household in after {
        changes.collect(old.get(&household.key()).copied(), household, &known);
    }
    changes.collect_gone(after, &known);
    changes.write(tx)
}
