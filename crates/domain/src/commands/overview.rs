//! What a member sees of the household on one page, from one look at it.

use base::kernel::{Error, Result};
use base::store::Tx;

use crate::credentials::{self, Approval, HomeSwitch, Relative, Removed};
use crate::subscribers::{self, Age, Load, PERSON_UNKNOWN, Role};

use super::offers::{Offer, offer_in};
use super::parental::{HouseholdAdult, adult_of};

/// A household, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its members.
    pub members: Vec<Relative>,
    /// Who can be brought back.
    pub removed: Vec<Removed>,
    /// Who forgot the password and asks.
    pub approvals: Vec<Approval>,
    /// The switch for the boxes at home.
    pub home: HomeSwitch,
    /// The switch for adult titles.
    pub adult: HouseholdAdult,
    /// Whom the household is offered to.
    pub offer: Option<Offer>,
}

/// The household of its owner `person_id`. At most seven statements, whatever the number of members.
///
/// # Errors
/// `family.owner_only` — not the owner of a household; `contract.stopped`
pub fn overview_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Overview> {
    let household = credentials::owned(tx, person_id)?;
    Ok(Overview {
        members: credentials::relatives(tx, (&household, person_id))?,
        removed: credentials::removed_from(tx, &household)?,
        approvals: credentials::approvals_in(tx, (&household, person_id))?,
        home: credentials::home_switch(tx, &household.contract)?,
        adult: adult_of(tx, &household.contract)?,
        offer: offer_in(tx, (&household, person_id))?,
    })
}

/// A member, as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which member.
    pub person_no: i64,
    /// Name in kana, if it was told.
    pub kana: Option<String>,
    /// Role.
    pub role: Role,
    /// The highest rating they may watch, in years.
    pub max_rating_years: i64,
    /// Their own switch for adult titles.
    pub adult_allowed: bool,
    /// The household's.
    pub adult: HouseholdAdult,
    /// What is known of their age.
    pub age: Age,
    /// The household, offered to them, or by them.
    pub offer: Option<Offer>,
}

/// The member `person_id`, for themselves. At most five statements.
///
/// # Errors
/// `person.unknown` — of no household
pub fn membership_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Membership> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_id);
    let (key, person_no) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(unknown)?;
    let adult = adult_of(tx, &household.contract)?;
    let offer = offer_in(tx, (&household, person_id))?;
    let me = household.person(person_no).ok_or_else(unknown)?;
    Ok(Membership {
        person_no,
        kana: me.kana.clone(),
        role: me.role,
        max_rating_years: me.max_rating_years,
        adult_allowed: me.adult_allowed,
        adult,
        age: me.age(tx.now()),
        offer,
    })
}
