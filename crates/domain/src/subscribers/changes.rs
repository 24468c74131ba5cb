//! What differs between households as loaded and as they are now, as rows to write in bulk.

use std::collections::{HashMap, HashSet};

use base::kernel::{Error, Result};
use base::store::{Tx, Value};

use super::{Contract, Hold, Household, Key, Person, fold_name, fold_telephone};

/// Rows to write, by statement.
#[derive(Default)]
pub(super) struct Changes {
    new_contracts: Vec<(Contract, Folded)>,
    changed_contracts: Vec<(Contract, i64)>,
    /// Contracts that are found by something else than before.
    refolded_contracts: Vec<(Contract, i64, Folded)>,
    new_holds: Vec<(Key, Hold)>,
    lifted_holds: Vec<(Key, Hold)>,
    new_persons: Vec<(Key, Person)>,
    changed_persons: Vec<(Key, Person)>,
    /// Members with another name than before.
    refolded_persons: Vec<(Key, Person)>,
    gone_persons: Vec<String>,
}

/// Persons as loaded, by id: a member may come back under another contract (REPLACE).
pub(super) type KnownPersons<'h> = HashMap<&'h str, (Key, &'h Person)>;

impl Changes {
    /// Compares one household with what was loaded of it (`None`: it is new).
    pub(super) fn collect(
        &mut self,
        before: Option<&Household>,
        after: &Household,
        known: &KnownPersons<'_>,
    ) {
        let key = after.key();
        match before {
            None => self.new_contracts.push((after.contract.clone(), Folded::of(after))),
            Some(old) => {
                let version = old.contract.version;
                if Written::of(old) != Written::of(after) {
                    let folded = Folded::of(after);
                    self.refolded_contracts.push((after.contract.clone(), version, folded));
                } else if old.contract != after.contract {
                    self.changed_contracts.push((after.contract.clone(), version));
                }
            }
        }
        let old_holds = before.map(|old| old.holds.as_slice()).unwrap_or_default();
        let added = after.holds.iter().filter(|hold| !old_holds.contains(hold));
        self.new_holds.extend(added.map(|hold| (key.clone(), hold.clone())));
        let lifted = old_holds.iter().filter(|hold| !after.holds.contains(hold));
        self.lifted_holds.extend(lifted.map(|hold| (key.clone(), hold.clone())));
        for person in &after.persons {
            match known.get(person.person_id.as_str()) {
                None => self.new_persons.push((key.clone(), person.clone())),
                Some((_, old)) if old.kana != person.kana => {
                    self.refolded_persons.push((key.clone(), person.clone()));
                }
                Some((place, old)) if *place != key || *old != person => {
                    self.changed_persons.push((key.clone(), person.clone()));
                }
                Some(_) => {}
            }
        }
    }

    /// Members that were loaded and are in none of the households any more: an added person whose
    /// file was taken back.
    pub(super) fn collect_gone(&mut self, after: &[Household], known: &KnownPersons<'_>) {
        let here: HashSet<&str> = after
            .iter()
            .flat_map(|household| &household.persons)
            .map(|person| person.person_id.as_str())
            .collect();
        let gone = known.keys().filter(|id| !here.contains(**id));
        self.gone_persons.extend(gone.map(|id| (*id).to_owned()));
    }

    /// Writes everything.
    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rows = self.new_contracts.iter().map(|(one, folded)| {
            let mut row = contract_row(tx, one);
            row.extend(folded.cells());
            row
        });
        let rows: Vec<_> = rows.collect();
        tx.exec_many(INSERT_CONTRACT, &rows)?;
        let rows = self.changed_contracts.iter().map(|(one, version)| {
            let mut row = contract_row(tx, one);
            row.push((*version).into());
            row
        });
        let rows: Vec<_> = rows.collect();
        expect_all(tx.exec_many(UPDATE_CONTRACT, &rows)?, rows.len())?;
        let rows: Vec<_> = self.lifted_holds.iter().map(|(key, h)| lift_row(tx, key, h)).collect();
        expect_all(tx.exec_many(LIFT_HOLD, &rows)?, rows.len())?;
        let rows: Vec<_> = self.new_holds.iter().map(|(key, h)| hold_row(tx, key, h)).collect();
        tx.exec_many(PUT_HOLD, &rows)?;
        let rows: Vec<_> =
            self.new_persons.iter().map(|(key, one)| folded_row(tx, key, one)).collect();
        tx.exec_many(INSERT_PERSON, &rows)?;
        let rows: Vec<_> =
            self.changed_persons.iter().map(|(key, p)| person_row(tx, key, p)).collect();
        expect_all(tx.exec_many(UPDATE_PERSON, &rows)?, rows.len())?;
        self.refold(tx)?;
        let rows: Vec<Vec<Value>> =
            self.gone_persons.iter().map(|id| vec![tx.operator().into(), id.into()]).collect();
        expect_all(tx.exec_many(DELETE_PERSON, &rows)?, rows.len())
    }

    /// Contracts and members that are found by something else than before: in statements of their own, because most changes
    /// leave names alone and so cost the indexes of the search nothing.
    fn refold(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rows = self.refolded_contracts.iter().map(|(one, version, folded)| {
            let mut row = contract_row(tx, one);
            row.push((*version).into());
            row.extend(folded.cells());
            row
        });
        let rows: Vec<_> = rows.collect();
        expect_all(tx.exec_many(REFOLD_CONTRACT, &rows)?, rows.len())?;
        let rows: Vec<_> =
            self.refolded_persons.iter().map(|(key, one)| folded_row(tx, key, one)).collect();
        expect_all(tx.exec_many(REFOLD_PERSON, &rows)?, rows.len())
    }
}

/// A member with what the search finds them by.
fn folded_row(tx: &Tx<'_>, key: &Key, person: &Person) -> Vec<Value> {
    let mut row = person_row(tx, key, person);
    row.push(folded(person.kana.as_deref(), fold_name));
    row
}

/// Something people write, as bytes that are compared.
pub(super) fn folded(written: Option<&str>, fold: fn(&str) -> String) -> Value {
    written.map(|text| fold(text).into_bytes()).into()
}

/// What a contract is found by, as it is written: the name only where no member has it, who would be found by it anyway. Nearly
/// always the owner does, and half of the entries of the index by names are saved.
#[derive(PartialEq, Eq)]
struct Written<'h> {
    /// `Some("")`: a member's, which leads here.
    kana: Option<&'h str>,
    telephone: Option<&'h str>,
}

impl<'h> Written<'h> {
    fn of(household: &'h Household) -> Self {
        let kana = household.contract.kana.as_deref();
        let is_a_members =
            kana.is_some() && household.persons.iter().any(|person| person.kana.as_deref() == kana);
        Self {
            kana: if is_a_members { Some("") } else { kana },
            telephone: household.contract.telephone.as_deref(),
        }
    }
}

/// The same as it is compared.
struct Folded {
    kana: Option<String>,
    telephone: Option<String>,
}

impl Folded {
    fn of(household: &Household) -> Self {
        let Written { kana, telephone } = Written::of(household);
        Self { kana: kana.map(fold_name), telephone: telephone.map(fold_telephone) }
    }

    fn cells(&self) -> [Value; 2] {
        let cell = |text: &Option<String>| text.clone().map(String::into_bytes).into();
        [cell(&self.kana), cell(&self.telephone)]
    }
}

fn expect_all(changed: u64, expected: usize) -> Result<()> {
    if changed == expected as u64 {
        Ok(())
    } else {
        Err(Error::Conflict { code: "store.changed_meanwhile" })
    }
}

const INSERT_CONTRACT: &str = "INSERT INTO contracts
    (operator_id, number, gen, state, version, unit, bulk_parent, starts_ms, stopped_ms,
     stop_cause, replaced_by, kana, telephone, postal_code, age_verified_by, adult_allowed,
     credit_rank, note, cause, created_ms, updated_ms, stop_recorded_ms, has_boxes, home_off,
     home_declined, access_no, kana_folded, telephone_folded)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
            ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)";

const UPDATE_CONTRACT: &str = "UPDATE contracts SET
        state = ?4, version = ?5, unit = ?6, bulk_parent = ?7, starts_ms = ?8, stopped_ms = ?9,
        stop_cause = ?10, replaced_by = ?11, kana = ?12, telephone = ?13, postal_code = ?14,
        age_verified_by = ?15, adult_allowed = ?16, credit_rank = ?17, note = ?18, cause = ?19,
        created_ms = ?20, updated_ms = ?21, stop_recorded_ms = ?22, has_boxes = ?23, home_off = ?24,
        home_declined = ?25, access_no = ?26
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND version = ?27";

/// [`UPDATE_CONTRACT`], and what the search finds it by.
const REFOLD_CONTRACT: &str = "UPDATE contracts SET
        state = ?4, version = ?5, unit = ?6, bulk_parent = ?7, starts_ms = ?8, stopped_ms = ?9,
        stop_cause = ?10, replaced_by = ?11, kana = ?12, telephone = ?13, postal_code = ?14,
        age_verified_by = ?15, adult_allowed = ?16, credit_rank = ?17, note = ?18, cause = ?19,
        created_ms = ?20, updated_ms = ?21, stop_recorded_ms = ?22, has_boxes = ?23, home_off = ?24,
        home_declined = ?25, access_no = ?26, kana_folded = ?28, telephone_folded = ?29
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND version = ?27";

fn contract_row(tx: &Tx<'_>, contract: &Contract) -> Vec<Value> {
    vec![
        tx.operator().into(),
        (&contract.number).into(),
        contract.generation.into(),
        contract.stored.as_str().into(),
        contract.version.into(),
        contract.unit.as_str().into(),
        contract.bulk_parent.as_deref().into(),
        contract.starts.into(),
        contract.stopped.into(),
        contract.stop_cause.as_deref().into(),
        contract.replaced_by.as_deref().into(),
        contract.kana.as_deref().into(),
        contract.telephone.as_deref().into(),
        contract.postal_code.as_deref().into(),
        contract.age_verified_by.as_deref().into(),
        contract.adult_allowed.into(),
        contract.credit_rank.as_deref().into(),
        contract.note.as_deref().into(),
        (&contract.cause).into(),
        contract.created.into(),
        contract.updated.into(),
        contract.stop_recorded.into(),
        contract.has_boxes.into(),
        contract.home_off.into(),
        contract.home_wish.is_off().into(),
        contract.access_no.into(),
    ]
}

/// The same hold may come back with the same business instant after it was lifted.
const PUT_HOLD: &str = "INSERT INTO holds
    (operator_id, number, gen, person_no, source, reason, since_ms, reference, cause)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (operator_id, number, gen, person_no, source, reason, since_ms)
    DO UPDATE SET lifted_ms = NULL, reference = excluded.reference, cause = excluded.cause";

const LIFT_HOLD: &str = "UPDATE holds SET lifted_ms = ?8
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4 AND source = ?5
    AND reason = ?6 AND since_ms = ?7 AND lifted_ms IS NULL";

fn hold_key(tx: &Tx<'_>, key: &Key, hold: &Hold) -> Vec<Value> {
    vec![
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        hold.person_no.into(),
        hold.source.as_str().into(),
        hold.reason.number().into(),
        hold.since.into(),
    ]
}

fn hold_row(tx: &Tx<'_>, key: &Key, hold: &Hold) -> Vec<Value> {
    let mut row = hold_key(tx, key, hold);
    row.extend([hold.reference.as_deref().into(), (&hold.cause).into()]);
    row
}

fn lift_row(tx: &Tx<'_>, key: &Key, hold: &Hold) -> Vec<Value> {
    let mut row = hold_key(tx, key, hold);
    row.push(tx.now().into());
    row
}

const INSERT_PERSON: &str = "INSERT INTO persons
    (operator_id, number, gen, person_no, person_id, role, state, stopped_ms, stopped_from, kana,
     birth_on, max_rating_years, adult_allowed, cause, created_ms, updated_ms, stop_recorded_ms,
     access_no, kana_folded)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

const UPDATE_PERSON: &str = "UPDATE persons SET
        number = ?2, gen = ?3, person_no = ?4, role = ?6, state = ?7, stopped_ms = ?8,
        stopped_from = ?9, kana = ?10, birth_on = ?11, max_rating_years = ?12, adult_allowed = ?13,
        cause = ?14, created_ms = ?15, updated_ms = ?16, stop_recorded_ms = ?17,
        access_no = ?18
  WHERE operator_id = ?1 AND person_id = ?5";

/// [`UPDATE_PERSON`], and what the search finds them by.
const REFOLD_PERSON: &str = "UPDATE persons SET
        number = ?2, gen = ?3, person_no = ?4, role = ?6, state = ?7, stopped_ms = ?8,
        stopped_from = ?9, kana = ?10, birth_on = ?11, max_rating_years = ?12, adult_allowed = ?13,
        cause = ?14, created_ms = ?15, updated_ms = ?16, stop_recorded_ms = ?17,
        access_no = ?18, kana_folded = ?19
  WHERE operator_id = ?1 AND person_id = ?5";

const DELETE_PERSON: &str = "DELETE FROM persons WHERE operator_id = ?1 AND person_id = ?2";

fn person_row(tx: &Tx<'_>, key: &Key, person: &Person) -> Vec<Value> {
    vec![
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        person.person_no.into(),
        (&person.person_id).into(),
        person.role.as_str().into(),
        person.state.as_str().into(),
        person.stopped.into(),
        person.stopped_from.map(|state| state.as_str()).into(),
        person.kana.as_deref().into(),
        person.birth_on.as_deref().into(),
        person.max_rating_years.into(),
        person.adult_allowed.into(),
        (&person.cause).into(),
        person.created.into(),
        person.updated.into(),
        person.stop_recorded.into(),
        person.access_no.into(),
    ]
}
