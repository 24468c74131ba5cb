//! Everything a clerk sees of a contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::kernel::{Error, Instant, Result};
use base::store::Tx;

use crate::boxes::{self, SetTopBox};
use crate::catalogue::{self, Catalogue};
use crate::credentials;
use crate::entitlements::{self, Keyring};
use crate::operators;
use crate::subscribers::{self, Around, Household, Load, PersonStanding, UNKNOWN};

use super::timeline::{self, Happened};

/// A contract as the station sees it, read in seven statements, and less where the station itself is known in memory.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The newest household of the number.
    pub household: Household,
    /// Its keys.
    pub keyring: Keyring,
    /// Boxes the station put up there.
    pub boxes: Vec<SetTopBox>,
    /// What each member comes to now, in their order.
    pub standings: Vec<(i64, PersonStanding)>,
    /// Until when members are locked out, by number.
    pub locked: Vec<(i64, Instant)>,
    /// Earlier households of the number, newest first.
    pub earlier: Vec<i64>,
    /// What the operator sells: names of products.
    pub catalogue: Arc<Catalogue>,
    /// What happened last, newest first.
    pub happened: Vec<Happened>,
    /// Who put the holds of the station, by their cause, as far as the newest lines of the audit say: `staff:…`.
    pub put_by: BTreeMap<String, String>,
}

/// The newest contract of this number, with everything.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`
pub fn sheet(tx: &mut Tx<'_>, number: &str) -> Result<Sheet> {
    let operator_disabled = !tx.operator_fact(operators::find_operator)?.enabled();
    let mut all = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?;
    let household = all.pop().ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let key = household.key();
    let keyring = entitlements::load(tx, vec![number.to_owned()])?.remove(&key);
    let boxes = boxes::load(tx, (vec![number.to_owned()], Vec::new()))?.remove(&key);
    let ids = household.persons.iter().map(|person| person.person_id.clone()).collect();
    let locked_out = credentials::locked_out(tx, ids)?;
    let now = tx.now();
    let standings = household.persons.iter().map(|person| {
        let locked = locked_out.contains_key(&person.person_id);
        let standing =
            household.person_standing(person.person_no, Around { operator_disabled, locked }, now);
        (person.person_no, standing)
    });
    let standings = standings.collect();
    let locked = household.persons.iter().filter_map(|person| {
        locked_out.get(&person.person_id).map(|until| (person.person_no, *until))
    });
    let locked = locked.collect();
    let (happened, put_by) = timeline::newest(tx, &household)?;
    Ok(Sheet {
        keyring: keyring.unwrap_or_default(),
        boxes: boxes.unwrap_or_default(),
        standings,
        locked,
        earlier: all.iter().rev().map(|one| one.contract.generation).collect(),
        catalogue: tx.operator_fact(catalogue::load)?,
        happened,
        put_by,
        household,
    })
}
