//! A household gets another owner: offered by the one, accepted by the other, each with a young proof of their own.
//!
//! One offer of a household at a time, good for seven days and as long as both have the access they had. Neither
//! half is done within a day after a recovery, and both are told of both. Contract, bills and what the station has on file
//! stay as they are. Source: brief tve §5.3, §12.3; `docs/decisions/0041`, `0053`.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{self, Entry};
use base::store::{Tx, Value};
use serde_json::json;

use crate::credentials::{self, Alert, Fresh, tell_person};
use crate::subscribers::{By, Household, Key, Load, Person, Source, cause_of};

use super::own::Own;
use super::workbench::{Needs, Workbench};

/// Days an offer is good for.
pub const OFFER_DAYS: i64 = 7;

const OVER: Error = Error::Refused { code: "family.offer_over" };

/// An offer, as those it concerns see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whom the household is offered to.
    pub to: i64,
    /// Their name in kana, if it was told.
    pub kana: Option<String>,
    /// Until when it can be accepted.
    pub expires: Instant,
}

/// An offer as it is kept.
struct Kept {
    from: (String, i64),
    to: (String, i64),
    expires: Instant,
}

impl Kept {
    /// Whether it still stands: neither of the two was ended, moved or changed since.
    fn stands(&self, household: &Household, now: Instant) -> bool {
        let is = |person: &Person, (id, access): &(String, i64)| {
            (&person.person_id, person.access_no) == (id, *access)
        };
        let owner = household.owner().is_some_and(|owner| is(owner, &self.from));
        let next = household.person_by_id(&self.to.0);
        now < self.expires
            && owner
            && next.is_some_and(|next| is(next, &self.to) && next.may_own(now))
    }
}

/// Offers the household to an adult who has registered. The same again changes nothing. Both are told.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `family.not_owner`; `person.unknown`, `person.stopped`;
///   `person.suspended` — also of the member; `contract.stopped`
/// - `family.not_adult` — a child, who has not registered, or is known to be under age
/// - `family.offer_pending` — it is offered to somebody else: take that back first
pub fn offer_household(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Change> {
    fresh.check_settled(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    let next = own.other(person_no)?;
    if !next.may_own(tx.now()) {
        return Err(Error::refused("family.not_adult"));
    }
    if own.household.holds_of(person_no).next().is_some() {
        return Err(Error::refused(crate::subscribers::SUSPENDED));
    }
    if let Some(kept) = standing(tx, &own.household)? {
        if kept.to.0 == next.person_id {
            return Ok(Change::Already);
        }
        return Err(Error::refused("family.offer_pending"));
    }
    keep(tx, (&own.household, own.me()?), next)?;
    tell_person(tx, &next.person_id, Alert::OwnershipOffered)?;
    tell_person(tx, fresh.person_id, Alert::OwnershipOffer)?;
    note(tx, "household.offered", (&own.household, fresh.person_id, &next.person_id))?;
    Ok(Change::Made)
}

/// Takes the offer back, or turns it down: either of the two. It only takes away, so it needs no young proof.
///
/// # Errors
/// `person.stopped`, `person.suspended`; `contract.stopped`
pub fn end_offer(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<Change> {
    let own = Own::lock(tx, fresh)?;
    let Some(kept) = standing(tx, &own.household)? else { return Ok(Change::Already) };
    let act = match fresh.person_id {
        one if one == kept.from.0 => "household.offer_withdrawn",
        one if one == kept.to.0 => "household.offer_declined",
        _ => return Ok(Change::Already),
    };
    if !take(tx, &own.household.key())? {
        return Ok(Change::Already);
    }
    note(tx, act, (&own.household, &kept.from.0, &kept.to.0))?;
    Ok(Change::Made)
}

/// Accepts the offer: from now on the household is theirs, and who offered it is an adult of it. Invitations of the owner
/// before are over. Both are told.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `person.stopped`, `person.suspended`; `contract.stopped`; `family.offer_over` — there
/// is none for them, any more
pub fn accept_household(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<()> {
    fresh.check_settled(tx)?;
    let own = Own::lock(tx, fresh)?;
    let kept = standing(tx, &own.household)?.filter(|kept| kept.to.0 == fresh.person_id);
    let kept = kept.ok_or(OVER)?;
    let key = own.household.key();
    if !take(tx, &key)? {
        return Err(OVER);
    }
    hand_over(tx, &key, (&kept.from.0, own.me()?))?;
    credentials::forget_invitations_by(tx, (&own.household, &kept.from.0))?;
    tell_person(tx, &kept.from.0, Alert::OwnerChanged)?;
    tell_person(tx, fresh.person_id, Alert::OwnerChanged)
}

fn hand_over(tx: &mut Tx<'_>, key: &Key, (from, next): (&str, &Person)) -> Result<()> {
    let needs = Needs { load: Load::ForChange, keys: false, boxes: None };
    let mut bench = Workbench::load_numbers(tx, vec![key.number.clone()], needs)?;
    let cause = cause_of(tx);
    let by = By { source: Source::Owner, at: tx.now(), now: tx.now(), cause: &cause };
    bench.get_mut(key)?.household.hand_over(next.person_no, &by)?;
    bench.mark_changed(tx, key, by.cause);
    let (label, state, version) = {
        let household = &bench.get_mut(key)?.household;
        let version = household.contract.version;
        (key.label(), household.standing(tx.now()).as_str(), version)
    };
    let payload = json!({
        "contract": key.number,
        "generation": key.generation,
        "version": version,
        "state": state,
        "person_no": next.person_no,
        "person_id": next.person_id,
        "at": tx.now().rfc3339_jst(),
    });
    let detail = json!({"from": from, "to": next.person_id});
    let entry = Entry::new("contract.owner_changed", &label).version(version).detail(detail);
    records::record(tx, &entry.event(&key.number, payload))?;
    bench.save(tx)
}

/// The offer of the household the person owns, or the one made to them; `None`: there is none, for them.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn offer_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<Offer>> {
    let Some((key, _)) = crate::subscribers::key_of_person(tx, person_id)? else { return Ok(None) };
    let loaded = crate::subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let Some(household) = loaded.into_iter().find(|one| one.key() == key) else { return Ok(None) };
    offer_in(tx, (&household, person_id))
}

/// The offer of a household, for one of the two it concerns.
pub(super) fn offer_in(
    tx: &mut Tx<'_>,
    (household, person_id): (&Household, &str),
) -> Result<Option<Offer>> {
    let kept = standing(tx, household)?;
    let concerns = kept.filter(|kept| kept.from.0 == person_id || kept.to.0 == person_id);
    Ok(concerns.and_then(|kept| {
        let next = household.person_by_id(&kept.to.0)?;
        Some(Offer { to: next.person_no, kana: next.kana.clone(), expires: kept.expires })
    }))
}

/// The household's offer, if it stands.
fn standing(tx: &mut Tx<'_>, household: &Household) -> Result<Option<Kept>> {
    let keys: [Value; 3] = [
        tx.operator().into(),
        household.contract.number.as_str().into(),
        household.contract.generation.into(),
    ];
    let kept = tx.row(
        "SELECT from_person, from_access, to_person, to_access, expires_ms FROM owner_offers
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3",
        &keys,
        |row| {
            Ok(Kept {
                from: (row.text()?, row.int()?),
                to: (row.text()?, row.int()?),
                expires: row.instant()?,
            })
        },
    )?;
    let now = tx.now();
    Ok(kept.filter(|kept| kept.stands(household, now)))
}

/// Writes an offer down, in place of one that is over.
fn keep(tx: &mut Tx<'_>, (household, from): (&Household, &Person), next: &Person) -> Result<()> {
    let row: [Value; 9] = [
        tx.operator().into(),
        household.contract.number.as_str().into(),
        household.contract.generation.into(),
        from.person_id.as_str().into(),
        from.access_no.into(),
        next.person_id.as_str().into(),
        next.access_no.into(),
        tx.now().into(),
        tx.now().plus_days(OFFER_DAYS).into(),
    ];
    tx.change_one(
        "INSERT INTO owner_offers
            (operator_id, number, gen, from_person, from_access, to_person, to_access, created_ms,
             expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (operator_id, number, gen) DO UPDATE SET
            from_person = excluded.from_person, from_access = excluded.from_access,
            to_person = excluded.to_person, to_access = excluded.to_access,
            created_ms = excluded.created_ms, expires_ms = excluded.expires_ms",
        &row,
    )
}

/// Takes the household's offer away: of two who do, one did.
fn take(tx: &mut Tx<'_>, key: &Key) -> Result<bool> {
    let keys: [Value; 3] =
        [tx.operator().into(), key.number.as_str().into(), key.generation.into()];
    let taken = tx.exec(
        "DELETE FROM owner_offers WHERE operator_id = ?1 AND number = ?2 AND gen = ?3",
        &keys,
    )?;
    Ok(taken == 1)
}

fn note(
    tx: &mut Tx<'_>,
    act: &'static str,
    (household, from, to): (&Household, &str, &str),
) -> Result<()> {
    let label = household.key().label();
    records::record(tx, &Entry::new(act, &label).detail(json!({"from": from, "to": to})))
}

/// Forgets up to `limit` offers of the operator that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_offers(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM owner_offers WHERE operator_id = ?1 AND number IN
            (SELECT number FROM owner_offers
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3) AND expires_ms < ?2",
        &keys,
    )
}
