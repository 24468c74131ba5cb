//! May this viewer do this to that resource now? Pure: facts in, answer out.
//!
//! All checks are made, so that repairing one never reveals the next by surprise. Checks whose facts
//! belong to rooms not built yet are left out, never guessed: D08 (devices), D16 (region),
//! D17 (streams), D19 (credit), D20 and P01 (degradation). Source: brief tve §5.8, §8.2.

use base::kernel::Instant;

use crate::subscribers::{Hold, Household, PersonState, Reason, Stored};

use super::findings::Finding;
use super::horizon::Horizon;
use super::keys::{self, Relied};
use super::pins;
use super::question::{Action, Asker, Decision, Question, Station, Viewer};
use super::ratings;

/// How long a permit of a channel or pack may be reused, at most.
const PACK_SECONDS: i64 = 3600;
/// How long a permit of a rented title may be reused, at most.
const RENTAL_SECONDS: i64 = 900;
/// How long a refusal may be reused, at most.
const REFUSAL_SECONDS: i64 = 30;

/// Answers `question` for `viewer` (`None`: the subject is unknown) at `now`.
///
/// Units: `ttl_s` in seconds; no reuse within it crosses an instant at which a fact is known to
/// change: begin or end of a key, a rental window, the month, a birthday, a scheduled command.
/// Suspensions are not foreseeable; they are pushed.
#[must_use]
pub fn decide(
    station: &Station,
    viewer: Option<&Viewer<'_>>,
    question: &Question<'_>,
    now: Instant,
) -> Decision {
    let mut findings = Vec::new();
    let mut horizon = Horizon::new(now);
    if !station.operator.enabled() {
        findings.push(Finding::OperatorDisabled);
    }
    let mut relied = Relied::Nothing;
    if let Some(viewer) = viewer {
        horizon.note_if_any(viewer.coming);
        check_contract(viewer.household, now, &mut findings);
        check_person(viewer, &mut findings);
        let access = keys::look(station, viewer, question, &mut horizon);
        relied = access.relied;
        access.report(viewer, &mut horizon, &mut findings);
        ratings::check(station, viewer, question, &mut horizon, &mut findings);
        pins::check(station, viewer, question, &mut findings);
        access.report_purchase(&mut findings);
    } else {
        findings.push(Finding::SubjectUnknown);
    }
    let base = match (findings.is_empty(), question.action, relied) {
        (false, _, _) => REFUSAL_SECONDS,
        (true, Action::Purchase, _) => 0,
        (true, _, Relied::Rental) => RENTAL_SECONDS,
        (true, _, Relied::Pack | Relied::Nothing) => PACK_SECONDS,
    };
    let offers = offers(station, question, &findings, now);
    Decision { ttl_s: horizon.seconds(base), findings, offers }
}

fn check_contract(household: &Household, now: Instant, findings: &mut Vec<Finding>) {
    let contract = &household.contract;
    if contract.stored != Stored::Open {
        findings.push(Finding::ContractStopped { since: contract.stopped });
    }
    // A contract that has not begun shows as D10, where the keys are looked at.
    if contract.stored == Stored::Open && now >= contract.starts {
        let reasons = reasons(household.contract_holds());
        if !reasons.is_empty() {
            findings.push(Finding::ContractSuspended { reasons, building: false });
        }
    }
}

fn check_person(viewer: &Viewer<'_>, findings: &mut Vec<Finding>) {
    let Asker::Person(person) = viewer.asker else { return };
    if person.is_gone() {
        findings.push(Finding::PersonStopped { since: person.stopped });
        return;
    }
    let reasons = reasons(viewer.household.holds_of(person.person_no));
    if !reasons.is_empty() {
        findings.push(Finding::PersonSuspended { reasons });
    }
    if person.state == PersonState::Invited {
        findings.push(Finding::RegistrationNeeded);
    }
}

/// The reasons of these holds, each once, by number. Allocates only when there are any.
pub(super) fn reasons<'h>(holds: impl Iterator<Item = &'h Hold>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = holds.map(|hold| hold.reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

/// What could be bought to get in, where buying is what is missing.
fn offers(
    station: &Station,
    question: &Question<'_>,
    findings: &[Finding],
    now: Instant,
) -> Vec<String> {
    let helps = |finding: &Finding| {
        matches!(
            finding,
            Finding::NotInContract { resource_known: true }
                | Finding::KeyOver { .. }
                | Finding::RentalOver { .. }
                | Finding::PurchaseNeeded
        )
    };
    if !findings.iter().any(helps) {
        return Vec::new();
    }
    let no_adult = findings.iter().any(|one| matches!(one, Finding::AdultNotAllowed { .. }));
    let opening = station.catalogue.opening(question.resource).iter();
    opening
        .filter_map(|code| station.catalogue.get(code))
        .filter(|product| product.sold_at(now) && !(product.adult && no_adult))
        .map(|product| product.code.clone())
        .collect()
}
