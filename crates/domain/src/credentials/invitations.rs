//! Invitations: the owner of a household makes the code by which another member registers, in place of a letter.
//!
//! An invitation is a letter in all but its paper: the same table, the same journey, one of both alive at a time.
//! Beyond that it is over when the owner's access was ended, and never for somebody who has registered: an owner
//! brings in, and takes over nobody. Source: brief tve §12.3; `docs/decisions/0038`.

use std::collections::HashMap;

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::operators;
use crate::subscribers::{
    self, Age, Hold, Household, Load, PERSON_STOPPED, PERSON_UNKNOWN, Person, PersonState, Role,
    SUSPENDED, Source, Standing,
};

use super::alerts::{self, Alert};
use super::factors::Fresh;
use super::letters::{self, Printed};

/// Days an invitation is good for.
pub const INVITATION_DAYS: i64 = 7;

/// An invitation just made. The code is nowhere else: only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Contract number.
    pub number: String,
    /// The code, without hyphens.
    pub code: String,
    /// Until when it is good.
    pub expires: Instant,
}

/// A member, as the owner of the household sees them: that they are there, and what the owner sets. Never a login id, a
/// contact, a birth date, or a title (brief tve §12.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relative {
    /// Which member.
    pub person_no: i64,
    /// Name in kana, if it was told.
    pub kana: Option<String>,
    /// Role.
    pub role: Role,
    /// Whether they have registered.
    pub registered: bool,
    /// Until when an invitation of the owner is good, if there is one.
    pub invited: Option<Instant>,
    /// Whether the owner suspended them.
    pub held_by_owner: bool,
    /// Whether somebody else did, whom the owner can not overrule.
    pub held_by_others: bool,
    /// The highest rating they may watch, in years.
    pub max_rating_years: i64,
    /// Their own switch for adult titles.
    pub adult_allowed: bool,
    /// What is known of their age.
    pub age: Age,
    /// Whether the household can be offered to them.
    pub may_own: bool,
}

/// A member who was removed, and can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Which member.
    pub person_no: i64,
    /// Name in kana, if it was told.
    pub kana: Option<String>,
    /// Role.
    pub role: Role,
    /// Until when.
    pub until: Instant,
}

/// The members of the household of its owner `person_id`, without those who were removed. Three statements.
///
/// # Errors
/// `family.owner_only` — not the owner of a household; `contract.stopped`
pub fn family_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Relative>> {
    let household = owned(tx, person_id)?;
    relatives(tx, (&household, person_id))
}

/// The members of a household, for its owner.
pub(crate) fn relatives(
    tx: &mut Tx<'_>,
    (household, person_id): (&Household, &str),
) -> Result<Vec<Relative>> {
    let keys: [Value; 3] = [tx.operator().into(), person_id.into(), tx.now().into()];
    let invited: HashMap<String, Instant> = tx
        .rows(
            "SELECT c.person_id, c.expires_ms FROM registration_codes c
               JOIN persons p ON p.operator_id = c.operator_id AND p.person_id = c.person_id
                AND p.access_no = c.access_no
               JOIN persons o ON o.operator_id = c.operator_id AND o.person_id = c.invited_by
                AND o.access_no = c.invited_access
              WHERE c.operator_id = ?1 AND c.invited_by = ?2 AND c.used_ms IS NULL
                AND c.expires_ms > ?3",
            &keys,
            |row| Ok((row.text()?, row.instant()?)),
        )?
        .into_iter()
        .collect();
    let now = tx.now();
    let present = household.persons.iter().filter(|one| !one.is_gone());
    let relative = |one: &Person| {
        let (own, others): (Vec<&Hold>, Vec<&Hold>) =
            household.holds_of(one.person_no).partition(|hold| hold.source == Source::Owner);
        Relative {
            person_no: one.person_no,
            registered: one.state == PersonState::Active,
            invited: invited.get(&one.person_id).copied(),
            kana: one.kana.clone(),
            role: one.role,
            held_by_owner: !own.is_empty(),
            held_by_others: !others.is_empty(),
            max_rating_years: one.max_rating_years,
            adult_allowed: one.adult_allowed,
            age: one.age(now),
            may_own: one.may_own(now) && own.is_empty() && others.is_empty(),
        }
    };
    Ok(present.map(relative).collect())
}

/// The members of the household of its owner `person_id` who were removed, or left, and can still be brought back.
///
/// # Errors
/// `family.owner_only` — not the owner of a household; `contract.stopped`
pub fn removed_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Removed>> {
    let household = owned(tx, person_id)?;
    removed_from(tx, &household)
}

/// The members of a household who can be brought back.
pub(crate) fn removed_from(tx: &mut Tx<'_>, household: &Household) -> Result<Vec<Removed>> {
    let days = tx.operator_fact(operators::find_operator)?.policies.restore_days;
    let gone = household.persons.iter().filter(|one| one.state == PersonState::Stopped);
    let removed = gone.filter_map(|one| {
        let until = one.stop_recorded?.plus_days(days);
        let (person_no, kana, role) = (one.person_no, one.kana.clone(), one.role);
        (tx.now() <= until).then_some(Removed { person_no, kana, role, until })
    });
    Ok(removed.collect())
}

/// Makes an invitation for a member who has not registered; one they had, or a letter, is dead from now on.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `contract.stopped`
/// - `person.unknown`, `person.stopped`, `person.suspended` — of the member
/// - `family.registered` — the member has registered
pub fn invite(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Invitation> {
    fresh.check_settled(tx)?;
    let household = owned(tx, fresh.person_id)?;
    let member = member_of(&household, person_no)?;
    if household.holds_of(person_no).next().is_some() {
        return Err(Error::refused(SUSPENDED));
    }
    if member.state != PersonState::Invited {
        return Err(Error::refused("family.registered"));
    }
    let access = household.owner().map(|owner| (fresh.person_id, owner.access_no));
    let letter = printed(&household, person_no);
    let expires = tx.now().plus_days(INVITATION_DAYS);
    let code = letters::write_code(tx, &letter, (access, expires))?;
    let detail = json!({
        "person": member.person_id,
        "invited_by": fresh.person_id,
        "expires": expires.rfc3339_jst(),
    });
    record(tx, &Entry::new("invitation.made", &letters::subject_of(&letter)).detail(detail))?;
    Ok(Invitation { number: household.contract.number, code, expires })
}

/// Takes an invitation of the owner back. A letter of the station is not theirs to take back.
///
/// # Errors
/// `proof.too_old`; `family.owner_only`; `contract.stopped`; `person.unknown`, `person.stopped`
pub fn withdraw_invitation(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Change> {
    fresh.check(tx)?;
    let household = owned(tx, fresh.person_id)?;
    let member = member_of(&household, person_no)?;
    let keys: [Value; 3] =
        [tx.operator().into(), member.person_id.as_str().into(), fresh.person_id.into()];
    let taken = tx.exec(
        "DELETE FROM registration_codes
          WHERE operator_id = ?1 AND person_id = ?2 AND invited_by = ?3 AND used_ms IS NULL",
        &keys,
    )?;
    if taken == 0 {
        return Ok(Change::Already);
    }
    let detail = json!({"person": member.person_id, "invited_by": fresh.person_id});
    let subject = letters::subject_of(&printed(&household, person_no));
    record(tx, &Entry::new("invitation.withdrawn", &subject).detail(detail))?;
    Ok(Change::Made)
}

/// Kills the invitations that `person_id` made for members of `household`, whose owner they are no more. The caller
/// records it.
pub(crate) fn forget_invitations_by(
    tx: &mut Tx<'_>,
    (household, person_id): (&Household, &str),
) -> Result<()> {
    let members: Vec<String> = household.persons.iter().map(|one| one.person_id.clone()).collect();
    let keys: [Value; 3] = [tx.operator().into(), members.into(), person_id.into()];
    tx.exec(
        "DELETE FROM registration_codes
          WHERE operator_id = ?1 AND person_id IN ARRAY(?2) AND invited_by = ?3
            AND used_ms IS NULL",
        &keys,
    )?;
    Ok(())
}

/// Tells who made an invitation that somebody registered by it.
pub(crate) fn tell_inviter(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    alerts::tell_person(tx, person_id, Alert::InvitationUsed)
}

/// The household whose owner the person is, if somebody of it may be told of it.
pub(crate) fn owned(tx: &mut Tx<'_>, person_id: &str) -> Result<Household> {
    let not_owner = || Error::Forbidden { code: "family.owner_only" };
    let (key, _) = subscribers::key_of_person(tx, person_id)?.ok_or_else(not_owner)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(not_owner)?;
    if household.owner().is_none_or(|owner| owner.person_id != person_id) {
        return Err(not_owner());
    }
    match household.standing(tx.now()) {
        Standing::Stopped | Standing::Purged => Err(Error::refused(subscribers::STOPPED)),
        Standing::Suspended | Standing::Reserved | Standing::Active => Ok(household),
    }
}

fn member_of(household: &Household, person_no: i64) -> Result<&Person> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_no.to_string());
    let member = household.person(person_no).ok_or_else(unknown)?;
    if member.is_gone() { Err(Error::refused(PERSON_STOPPED)) } else { Ok(member) }
}

pub(super) fn printed(household: &Household, person_no: i64) -> Printed<'_> {
    let contract = &household.contract;
    Printed { number: &contract.number, generation: contract.generation, person_no }
}
