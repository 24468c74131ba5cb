//! The first play of a rented title starts its window. An act of its own, told by the service.
//!
//! Source: brief tve §5.4.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::catalogue::{Catalogue, Kind};
use crate::entitlements::{self, Grant, GrantState};
use crate::subscribers::{self, Load};

use super::gather::Subject;
use super::repo;

/// `rental.unknown` — no rented title that can be played now.
pub const RENTAL_UNKNOWN: &str = "rental.unknown";

/// Writes down that `subject` plays `resource` for the first time, and returns until when the
/// rental may be watched (`None`: its product has no window). Told again, it answers alike.
///
/// # Errors
/// - `subject.unknown` — no such subject, or of another sector
/// - `rental.unknown` — no open rental of theirs opens the resource
/// - `store.changed_meanwhile` — the household changed at the same time
pub fn record_first_play(
    tx: &mut Tx<'_>,
    subject: &Subject<'_>,
    resource: &str,
) -> Result<(Change, Option<Instant>)> {
    let (number, person_no) = locate(tx, subject)?;
    let catalogue = tx.operator_fact(crate::catalogue::load)?;
    let before = subscribers::load(tx, vec![number.clone()], Load::ForContractChange)?;
    let keys = entitlements::load(tx, vec![number.clone()])?;
    let (mut after, mut keys_after) = (before.clone(), keys.clone());
    let (now, version) = (tx.now(), subscribers::next_version(&before));
    let cause = subscribers::cause_of(tx);
    let household = after.last_mut().ok_or_else(|| Error::refused(RENTAL_UNKNOWN))?;
    let rentals = keys_after.get_mut(&household.key());
    let rentals = rentals.map(|keyring| keyring.grants.as_mut_slice()).unwrap_or_default();
    let playable = |grant: &&mut Grant| {
        grant.serves(person_no) && is_playable(grant, &catalogue, resource, now)
    };
    let mut rentals: Vec<&mut Grant> = rentals.iter_mut().filter(playable).collect();
    // The rental already begun is the one that is played on.
    rentals.sort_by_key(|grant| (grant.first_play.is_none(), grant.starts));
    let Some(grant) = rentals.into_iter().next() else {
        return Err(Error::refused(RENTAL_UNKNOWN));
    };
    let product = catalogue.get(&grant.product).ok_or_else(|| Error::refused(RENTAL_UNKNOWN))?;
    if grant.first_play.is_some() {
        return Ok((Change::Already, grant.window_end(product)));
    }
    grant.first_play = Some(now);
    grant.changed = now;
    cause.clone_into(&mut grant.cause);
    let (until, grant_no) = (grant.window_end(product), grant.grant_no);
    household.mark(version, &[], (now, &cause));
    let key = household.key();
    subscribers::save(tx, &before, &after)?;
    entitlements::save(tx, &keys, &keys_after)?;
    tx.touch(Some(&number));
    let detail = json!({ "product": product.code, "grant": grant_no, "until": until });
    let label = key.label();
    let entry = Entry::new("key.first_played", &label).version(version).detail(detail);
    record(tx, &entry)?;
    Ok((Change::Made, until))
}

fn locate(tx: &mut Tx<'_>, subject: &Subject<'_>) -> Result<(String, i64)> {
    let unknown = || Error::not_found("subject.unknown", "subject");
    let (id, sector, person) = match subject {
        Subject::Member { number, person_no } => return Ok(((*number).to_owned(), *person_no)),
        Subject::Person { id, sector } => (id, sector, true),
        Subject::Household { id, sector } => (id, sector, false),
    };
    let place = repo::find_subject(tx, id)?.ok_or_else(unknown)?;
    if place.sector != **sector || place.person_id.is_empty() == person {
        return Err(unknown());
    }
    if !person {
        return Ok((place.number, 0));
    }
    let (key, person_no) = subscribers::key_of_person(tx, &place.person_id)?.ok_or_else(unknown)?;
    Ok((key.number, person_no))
}

fn is_playable(grant: &Grant, catalogue: &Catalogue, resource: &str, now: Instant) -> bool {
    let Some(product) = catalogue.get(&grant.product) else { return false };
    product.kind == Kind::Tvod
        && catalogue.opening(resource).contains(&grant.product)
        && grant.state_at(now) == GrantState::Open
        && grant.window_end(product).is_none_or(|end| now < end)
}
