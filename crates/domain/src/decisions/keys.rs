//! Which key opens the resource, or why none does: D09 to D12 and D18, and the building's D04.
//!
//! Source: brief tve §5.4 (keys, bundles, rental windows), §6 (bulk contracts).

use std::collections::BTreeSet;

use base::kernel::Instant;

use crate::catalogue::{Kind, Product};
use crate::entitlements::{Grant, GrantState};
use crate::subscribers::{Reason, Standing};

use super::decide::reasons;
use super::findings::Finding;
use super::horizon::Horizon;
use super::question::{Action, Building, Question, Station, Viewer};

/// What kind of key a permit stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relied {
    /// None.
    Nothing,
    /// A rented title only.
    Rental,
    /// A channel, pack or bundle.
    Pack,
}

/// What the keys say.
pub(super) struct Access<'f> {
    pub(super) relied: Relied,
    /// Open, but the building is suspended.
    held: Vec<Reason>,
    scheduled: Option<(&'f str, Instant)>,
    over: Option<(&'f str, Instant)>,
    rental_over: Option<(&'f str, Instant, bool)>,
    missing: Missing,
}

/// What is said when the household never had a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Unknown,
    NotInContract,
    Purchase,
}

/// Looks at every key that leads to the resource: the person's, the household's, the building's.
pub(super) fn look<'f>(
    station: &'f Station,
    viewer: &Viewer<'f>,
    question: &Question<'_>,
    horizon: &mut Horizon,
) -> Access<'f> {
    let opening = station.catalogue.opening(question.resource);
    if question.action == Action::Purchase {
        return look_at_sale(station, opening, horizon);
    }
    let mut access = Access {
        relied: Relied::Nothing,
        held: Vec::new(),
        scheduled: None,
        over: None,
        rental_over: None,
        missing: Missing::NotInContract,
    };
    let person_no = viewer.asker.person_no();
    for grant in &viewer.keyring.grants {
        if grant.serves(person_no) && opening.contains(&grant.product) {
            access.weigh(grant, station.catalogue.get(&grant.product), horizon);
        }
    }
    if let Some(building) = viewer.building {
        look_at_building(station, building, opening, &mut access, horizon);
    }
    if access.never_had_one() {
        access.missing = missing(station, opening, horizon);
    }
    access
}

/// The building's keys for all its flats, held while the building itself is suspended.
fn look_at_building<'f>(
    station: &'f Station,
    building: Building<'f>,
    opening: &BTreeSet<String>,
    access: &mut Access<'f>,
    horizon: &mut Horizon,
) {
    let standing = building.household.standing(horizon.now);
    horizon.note(building.household.contract.starts);
    for grant in &building.keyring.grants {
        if grant.person_no != 0 || !opening.contains(&grant.product) {
            continue;
        }
        note_times(grant, horizon);
        match standing {
            Standing::Suspended if grant.state_at(horizon.now) == GrantState::Open => {
                access.held = reasons(building.household.contract_holds());
            }
            Standing::Reserved => {
                let from = building.household.contract.starts.max(grant.starts);
                earliest(&mut access.scheduled, &grant.product, from);
            }
            _ => access.weigh(grant, station.catalogue.get(&grant.product), horizon),
        }
    }
}

/// To buy, it must be sold now; keys play no part.
fn look_at_sale<'f>(
    station: &'f Station,
    opening: &BTreeSet<String>,
    horizon: &mut Horizon,
) -> Access<'f> {
    let products = || opening.iter().filter_map(|code| station.catalogue.get(code));
    for product in products() {
        horizon.note(product.sold_from);
        horizon.note(product.sold_until);
    }
    let sold = products().any(|product| product.sold_at(horizon.now));
    Access {
        relied: if sold { Relied::Pack } else { Relied::Nothing },
        held: Vec::new(),
        scheduled: None,
        over: None,
        rental_over: None,
        missing: if opening.is_empty() { Missing::Unknown } else { Missing::NotInContract },
    }
}

/// Without a key: is it something to subscribe to, or something to rent?
fn missing(station: &Station, opening: &BTreeSet<String>, horizon: &mut Horizon) -> Missing {
    if opening.is_empty() {
        return Missing::Unknown;
    }
    let products = || opening.iter().filter_map(|code| station.catalogue.get(code));
    let rented_only = products().all(|product| product.kind == Kind::Tvod);
    for product in products() {
        horizon.note(product.sold_from);
        horizon.note(product.sold_until);
    }
    if rented_only && products().any(|product| product.sold_at(horizon.now)) {
        Missing::Purchase
    } else {
        Missing::NotInContract
    }
}

impl<'f> Access<'f> {
    fn weigh(&mut self, grant: &'f Grant, product: Option<&Product>, horizon: &mut Horizon) {
        let now = horizon.now;
        note_times(grant, horizon);
        match grant.state_at(now) {
            GrantState::Scheduled => earliest(&mut self.scheduled, &grant.product, grant.starts),
            GrantState::Closed => {
                let since = grant.over().unwrap_or(grant.changed);
                if self.over.is_none_or(|(_, known)| known < since) {
                    self.over = Some((&grant.product, since));
                }
            }
            GrantState::Revoked => {}
            GrantState::Open => {
                let window = product.and_then(|product| grant.window_end(product));
                horizon.note_if_any(window);
                match window {
                    Some(end) if end <= now => {
                        self.rental_over = Some((&grant.product, end, grant.first_play.is_some()));
                    }
                    _ => self.relied = self.relied.max(relied_on(product)),
                }
            }
        }
    }

    /// D04 of the building and D09 to D12: nothing, when a key is open.
    pub(super) fn report(
        &self,
        viewer: &Viewer<'_>,
        horizon: &mut Horizon,
        findings: &mut Vec<Finding>,
    ) {
        let contract = &viewer.household.contract;
        let begun = horizon.now >= contract.starts;
        horizon.note(contract.starts);
        if self.relied == Relied::Nothing {
            self.report_held(findings);
            self.report_missing(findings);
        }
        if !begun {
            findings.push(Finding::BeginsLater { product: None, from: contract.starts });
        }
        if self.relied != Relied::Nothing {
            return;
        }
        if let (true, Some((product, from))) = (begun, self.scheduled) {
            findings.push(Finding::BeginsLater { product: Some(product.to_owned()), from });
        }
        if let Some((product, since)) = self.over {
            findings.push(Finding::KeyOver { product: product.to_owned(), since });
        }
        if let Some((product, since, played)) = self.rental_over {
            findings.push(Finding::RentalOver { product: product.to_owned(), since, played });
        }
    }

    /// The building's suspension stands where the flat's own would.
    fn report_held(&self, findings: &mut Vec<Finding>) {
        let own = |one: &Finding| matches!(one, Finding::ContractSuspended { .. });
        if self.held.is_empty() || findings.iter().any(own) {
            return;
        }
        let at = findings.iter().take_while(|one| one.code() < "D04").count();
        let reasons = self.held.clone();
        findings.insert(at, Finding::ContractSuspended { reasons, building: true });
    }

    fn report_missing(&self, findings: &mut Vec<Finding>) {
        if self.never_had_one() && self.missing != Missing::Purchase {
            let resource_known = self.missing != Missing::Unknown;
            findings.push(Finding::NotInContract { resource_known });
        }
    }

    /// D18, which comes after the ratings.
    pub(super) fn report_purchase(&self, findings: &mut Vec<Finding>) {
        if self.never_had_one() && self.missing == Missing::Purchase {
            findings.push(Finding::PurchaseNeeded);
        }
    }

    fn never_had_one(&self) -> bool {
        self.relied == Relied::Nothing
            && self.held.is_empty()
            && self.scheduled.is_none()
            && self.over.is_none()
            && self.rental_over.is_none()
    }
}

/// A key begins and ends at known instants, whatever else is said of it.
fn note_times(grant: &Grant, horizon: &mut Horizon) {
    horizon.note(grant.starts);
    horizon.note_if_any(grant.over());
}

fn earliest<'f>(known: &mut Option<(&'f str, Instant)>, product: &'f str, from: Instant) {
    if known.is_none_or(|(_, before)| from < before) {
        *known = Some((product, from));
    }
}

fn relied_on(product: Option<&Product>) -> Relied {
    match product {
        Some(product) if product.kind == Kind::Tvod => Relied::Rental,
        _ => Relied::Pack,
    }
}
