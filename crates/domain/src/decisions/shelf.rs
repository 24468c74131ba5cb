//! What a household has, and whether this viewer may watch it now: key by key, as a decision would find.
//!
//! Pure but for the facts: all of it costs what one decision costs. Nothing of it is written into the decision log: looking
//! at a shelf is no playback. Source: brief tve §12.1, §12.4, §12.5.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::kernel::{Instant, Result};

use crate::catalogue::Kind;
use crate::entitlements::{Grant, GrantState};

use super::decide::decide;
use super::desk::{Ask, Decisions};
use super::findings::{AdultSwitch, Finding};
use super::gather::From;
use super::question::{Question, Station, Viewer};

/// For how many days a key that is over is still shown: so long people ask where it went.
const OVER_DAYS: i64 = 90;

/// A product on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Its code.
    pub product: String,
    /// Why it may not be watched; none: it may.
    pub findings: Vec<Finding>,
}

impl Shelved {
    /// Whether it may be watched now, with a PIN at most.
    #[must_use]
    pub fn watchable(&self) -> bool {
        self.findings.is_empty() || self.asks_pin()
    }

    /// Whether a PIN, which the viewer has, is all that is asked for.
    #[must_use]
    pub fn asks_pin(&self) -> bool {
        matches!(self.findings.as_slice(), [Finding::PinNeeded { set: true, .. }])
    }
}

/// One page of a shelf.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// What stands in the way of everything: the station, the contract, the person.
    pub whole: Option<Finding>,
    /// The products, in order of code.
    pub products: Vec<Shelved>,
    /// How many there are on all pages that may be watched now.
    pub watchable: usize,
    /// How many there are on all pages.
    pub all: usize,
    /// Whether there is more after the last one.
    pub more: bool,
    /// What keeps something for adults left out that this viewer could have shown: the household's switch before their own. Who is
    /// under age is not told of any.
    pub adult_hidden: Option<AdultSwitch>,
    /// Names of products.
    pub station: Arc<Station>,
}

impl Decisions {
    /// Up to `limit` of the products after the code `after` that the household of `ask.subject` has keys to, had until
    /// lately, or will have; `None`: the subject is unknown.
    ///
    /// Reads at most three statements, however many there are; call it where waiting is allowed.
    ///
    /// # Errors
    /// `operator.unknown`; `unavailable` when the database fails.
    pub fn shelf(
        &self,
        ask: &Ask<'_>,
        (after, limit): (&str, usize),
        now: Instant,
    ) -> Result<Option<Shelf>> {
        let Some(gathered) = self.gather(ask, now, From::Database)? else { return Ok(None) };
        let Some(viewer) = gathered.viewer() else { return Ok(None) };
        let station = &gathered.station.fact;
        let mut shelf = Shelf {
            whole: None,
            products: Vec::new(),
            watchable: 0,
            all: 0,
            more: false,
            adult_hidden: None,
            station: Arc::clone(station),
        };
        for code in codes(station, &viewer, now) {
            let resource = format!("product:{code}");
            let question = Question { resource: &resource, ..ask.question };
            let found = decide(station, Some(&viewer), &question, now).findings;
            if let Some(hidden) = hides(&found) {
                shelf.adult_hidden = shelf.adult_hidden.or(hidden);
                continue;
            }
            let one = Shelved { product: code.to_owned(), findings: found };
            shelf.put(one, (after, limit));
        }
        Ok(Some(shelf))
    }
}

impl Shelf {
    fn put(&mut self, one: Shelved, (after, limit): (&str, usize)) {
        self.all += 1;
        self.watchable += usize::from(one.watchable());
        if self.whole.is_none() {
            self.whole = one.findings.first().filter(|found| is_whole(found)).cloned();
        }
        if one.product.as_str() <= after {
            return;
        }
        if self.products.len() == limit {
            self.more = true;
        } else {
            self.products.push(one);
        }
    }
}

/// Whether it stands in the way of everything.
const fn is_whole(finding: &Finding) -> bool {
    matches!(
        finding,
        Finding::OperatorDisabled
            | Finding::SubjectUnknown
            | Finding::ContractStopped { .. }
            | Finding::ContractSuspended { building: false, .. }
            | Finding::PersonStopped { .. }
            | Finding::PersonSuspended { .. }
            | Finding::RegistrationNeeded
            | Finding::BeginsLater { product: None, .. }
    )
}

/// What is for adults is not named to who may not watch it; by which switch, is told to who could.
fn hides(findings: &[Finding]) -> Option<Option<AdultSwitch>> {
    findings.iter().find_map(|one| match one {
        Finding::AdultNotAllowed { off } => {
            let never =
                [AdultSwitch::Operator, AdultSwitch::Child, AdultSwitch::Age, AdultSwitch::Nobody];
            let able = !off.iter().any(|switch| never.contains(switch));
            Some(off.first().copied().filter(|_| able))
        }
        _ => None,
    })
}

/// The codes of what can be watched behind the keys: a bundle is taken apart.
fn codes<'s>(station: &'s Station, viewer: &Viewer<'s>, now: Instant) -> BTreeSet<&'s str> {
    let person_no = viewer.asker.person_no();
    let own = viewer.keyring.grants.iter().filter(|grant| grant.serves(person_no));
    let building = viewer.building.into_iter().flat_map(|one| &one.keyring.grants);
    let shared = building.filter(|grant| grant.person_no == 0);
    own.chain(shared)
        .filter(|grant| is_shown(grant, now))
        .flat_map(|grant| station.catalogue.contents(&grant.product))
        .filter_map(|code| station.catalogue.get(code))
        .filter(|product| !matches!(product.kind, Kind::Bundle | Kind::Feature))
        .map(|product| product.code.as_str())
        .collect()
}

fn is_shown(grant: &Grant, now: Instant) -> bool {
    match grant.state_at(now) {
        GrantState::Open | GrantState::Scheduled => true,
        GrantState::Revoked => false,
        GrantState::Closed => grant.over().is_some_and(|end| now < end.plus_days(OVER_DAYS)),
    }
}
