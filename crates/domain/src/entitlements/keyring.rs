//! All grants of a household, and the verbs on them. Pure.
//!
//! Source: brief tve §5.4, cell by cell.

use base::kernel::{Instant, Result};
use serde::{Deserialize, Serialize};

use crate::catalogue::Product;
use crate::subscribers::{By, Outcome, note};

use super::{Grant, GrantState, KeyTimes};

/// `product.unknown` — no product of this code (E420).
pub const PRODUCT_UNKNOWN: &str = "product.unknown";
/// `product.not_sold` — this operator does not sell it at that time (E421).
pub const NOT_SOLD: &str = "product.not_sold";
/// `product.needs_adult_proof` — adult product, and nobody checked the owner's age (E422).
pub const NEEDS_ADULT_PROOF: &str = "product.needs_adult_proof";

/// The grants of one household.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keyring {
    /// By `grant_no`.
    pub grants: Vec<Grant>,
}

impl Keyring {
    /// Opens `product` for the household (0) or a person. A period that overlaps or touches some
    /// that are open or scheduled makes one of them all; a rental whose window is over then is left
    /// alone, and rented anew.
    ///
    /// # Errors
    /// `key.period_invalid` — the end is not after the start.
    pub fn open(
        &mut self,
        product: &Product,
        person_no: i64,
        times: KeyTimes,
        by: &By<'_>,
    ) -> Result<Outcome> {
        let times = times.check()?;
        let next = self.grants.iter().map(|grant| grant.grant_no).max().unwrap_or(0) + 1;
        let from = times.starts.max(by.now);
        let meets = |grant: &&mut Grant| {
            grant.product == product.code
                && grant.window_end(product).is_none_or(|end| from < end)
                && grant.person_no == person_no
                && grant.stopped.is_none()
                && matches!(grant.state_at(by.now), GrantState::Open | GrantState::Scheduled)
                && grant.ends.is_none_or(|end| times.starts <= end)
                && times.ends.is_none_or(|end| grant.starts <= end)
        };
        let mut met: Vec<&mut Grant> = self.grants.iter_mut().filter(meets).collect();
        met.sort_by_key(|grant| grant.starts);
        if let Some((first, others)) = met.split_first_mut() {
            return Ok(extend(first, others, times, by));
        }
        self.grants.push(Grant {
            grant_no: next,
            person_no,
            product: product.code.clone(),
            starts: times.starts,
            ends: times.ends,
            closed_cause: None,
            stopped: None,
            revoked: None,
            first_play: None,
            opened: by.now,
            changed: by.now,
            cause: by.cause.to_owned(),
        });
        Ok(Outcome::MADE)
    }

    /// Closes what is open or scheduled of `product` at `end`. What would end before it begins is never
    /// opened and closed at once.
    pub fn close(&mut self, product: &str, person_no: i64, end: Instant, by: &By<'_>) -> Outcome {
        let mut found = false;
        let mut changed = false;
        for grant in self.living(product, person_no, by.now) {
            found = true;
            if grant.ends.is_none_or(|known| end < known) {
                let never_opened = end <= grant.starts;
                end_at(grant, if never_opened { end.min(by.now) } else { end }, by);
                changed = true;
            }
        }
        match (found, changed) {
            (_, true) => Outcome::MADE,
            (true, false) => Outcome::already(note::CLOSED_ALREADY),
            (false, false) if self.knew(product, person_no) => {
                Outcome::already(note::CLOSED_ALREADY)
            }
            (false, false) => Outcome::already(note::NOTHING_OPEN),
        }
    }

    /// Takes back every grant of `product` that was not taken back: as if never owned.
    pub fn revoke(&mut self, product: &str, person_no: i64, by: &By<'_>) -> Outcome {
        let mut outcome = Outcome::already(note::NOTHING_OPEN);
        for grant in &mut self.grants {
            if grant.product == product && grant.person_no == person_no && grant.revoked.is_none() {
                grant.revoked = Some(by.now);
                grant.is_changed(by);
                outcome = Outcome::MADE;
            }
        }
        outcome
    }

    /// Ends with the contract what is open or scheduled: the one write that follows a stop.
    pub fn stop(&mut self, by: &By<'_>) {
        for grant in &mut self.grants {
            let state = grant.state_at(by.at);
            if matches!(state, GrantState::Open | GrantState::Scheduled) {
                grant.stopped = Some(by.at);
                grant.is_changed(by);
            }
        }
    }

    /// Takes the end with the contract back, for exactly the keys it ended.
    pub fn stop_cancel(&mut self, by: &By<'_>) {
        for grant in &mut self.grants {
            if grant.stopped.take().is_some() {
                grant.is_changed(by);
            }
        }
    }

    /// The keyring under a new contract number: what lives, with its times; the old one is stopped.
    #[must_use]
    pub fn moved(&mut self, by: &By<'_>) -> Self {
        let living = |grant: &&Grant| {
            matches!(grant.state_at(by.at), GrantState::Open | GrantState::Scheduled)
        };
        let mut grants: Vec<Grant> = self.grants.iter().filter(living).cloned().collect();
        for (number, grant) in (1..).zip(&mut grants) {
            grant.grant_no = number;
            grant.is_changed(by);
        }
        self.stop(by);
        Self { grants }
    }

    /// Grants of products in `codes` that serve the person, in any state.
    pub fn of<'k>(&'k self, codes: &'k [&str], person_no: i64) -> impl Iterator<Item = &'k Grant> {
        self.grants
            .iter()
            .filter(move |grant| grant.serves(person_no) && codes.contains(&grant.product.as_str()))
    }

    fn living<'k>(
        &'k mut self,
        product: &'k str,
        person_no: i64,
        now: Instant,
    ) -> impl Iterator<Item = &'k mut Grant> {
        self.grants.iter_mut().filter(move |grant| {
            grant.product == product
                && grant.person_no == person_no
                && matches!(grant.state_at(now), GrantState::Open | GrantState::Scheduled)
        })
    }

    fn knew(&self, product: &str, person_no: i64) -> bool {
        self.grants.iter().any(|grant| {
            grant.product == product && grant.person_no == person_no && grant.revoked.is_none()
        })
    }
}

impl Grant {
    /// An age never stands beside the cause of an earlier change.
    fn is_changed(&mut self, by: &By<'_>) {
        self.changed = by.now;
        by.cause.clone_into(&mut self.cause);
    }
}

/// Makes the `first` grant cover `times` and all the others these meet, which are closed as never
/// opened; the same period changes nothing.
fn extend(first: &mut Grant, others: &mut [&mut Grant], times: KeyTimes, by: &By<'_>) -> Outcome {
    let latest =
        |one: Option<Instant>, other: Option<Instant>| one.zip(other).map(|(a, b)| a.max(b));
    let starts = first.starts.min(times.starts);
    let ends = others.iter().fold(latest(first.ends, times.ends), |end, one| latest(end, one.ends));
    if starts == first.starts && ends == first.ends && others.is_empty() {
        return Outcome::already(note::SAME);
    }
    for other in others {
        first.first_play = first.first_play.or(other.first_play);
        end_at(other, by.now, by);
    }
    (first.starts, first.ends) = (starts, ends);
    if ends.is_none() {
        first.closed_cause = None;
    }
    first.is_changed(by);
    Outcome::made(note::EXTENDED)
}

fn end_at(grant: &mut Grant, end: Instant, by: &By<'_>) {
    grant.ends = Some(end);
    grant.closed_cause = Some(by.source.as_str().to_owned());
    grant.is_changed(by);
}
