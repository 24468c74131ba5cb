//! What stands in the way of somebody who can not watch, and what helps: a button for who may press it, or who else can.
//!
//! Source: brief tve §11.3.

use domain::decisions::{AdultSwitch, Fact, Finding, Saying, Why};
use domain::staff::Permission;
use domain::subscribers::{Reason, Source};
use web::reasons;
use web::texts::Words;

use super::contract::path_of;
use super::here::Here;
use super::labels;

/// A check that fails, and what helps.
pub(super) struct Cause {
    pub(super) text: String,
    /// Where the clerk can do something about it, or sees more.
    pub(super) action: Option<Action>,
    /// What else helps, said to the caller.
    pub(super) next: String,
}

/// A button of a cause.
pub(super) struct Action {
    pub(super) address: String,
    /// The key of what it says.
    pub(super) key: &'static str,
    /// Whether something is done there, and not only seen.
    pub(super) acts: bool,
}

/// Whom an answer was about.
pub(super) struct Whose {
    pub(super) number: String,
    /// The page of the contract.
    pub(super) address: String,
    /// 0: the household.
    pub(super) person: i64,
    /// `A-001/00`.
    pub(super) household: String,
    /// `A-001/00/002`.
    subject: String,
}

impl Whose {
    /// Of the subject of an answer; none: nobody was known.
    pub(super) fn of(here: &Here, subject: &str) -> Option<Self> {
        let (household, no) = subject.rsplit_once('/')?;
        let (number, _) = household.rsplit_once('/')?;
        Some(Self {
            number: number.to_owned(),
            address: format!("{}{}", here.address, path_of(number)),
            person: no.parse().unwrap_or(0),
            household: household.to_owned(),
            subject: subject.to_owned(),
        })
    }

    /// Their line on the page of the contract, chosen in its form.
    fn member(&self) -> String {
        match self.person {
            0 => format!("{}#persons", self.address),
            no => format!("{}?person={no}#person-{no}", self.address),
        }
    }

    /// The form about verbs, filled in.
    fn verb(&self, query: &str) -> String {
        format!("{}?verb={query}#do", self.address)
    }
}

/// Every check that fails now, and what helps.
pub(super) fn all(here: &Here, why: &Why, whose: Option<&Whose>) -> Vec<Cause> {
    let facts = &why.explanation.facts;
    let cause = |finding: &Finding| {
        let held_by = whose.map(|whose| held_by(finding, facts, whose)).unwrap_or_default();
        Cause {
            text: reasons::for_admin(here.words.0, std::slice::from_ref(finding), &why.station),
            action: whose.and_then(|whose| action(here, (finding, &held_by), whose)),
            next: next(here.words, finding, &held_by),
        }
    };
    why.explanation.findings_now.iter().map(cause).collect()
}

/// Who put the holds that a finding is about, each once: only who did lifts them.
fn held_by(finding: &Finding, facts: &[Fact], whose: &Whose) -> Vec<Source> {
    let of = match finding {
        Finding::ContractSuspended { building: false, .. } => &whose.household,
        Finding::PersonSuspended { .. } => &whose.subject,
        _ => return Vec::new(),
    };
    let mut sources: Vec<Source> = facts
        .iter()
        .filter(|fact| fact.kind == "hold" && fact.of == *of)
        .filter_map(|fact| match fact.says {
            Saying::Hold(source, _) => Some(source),
            _ => None,
        })
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// What the clerk can do about a cause, if they may: on the page of the contract, filled in.
fn action(here: &Here, (finding, held_by): (&Finding, &[Source]), whose: &Whose) -> Option<Action> {
    let ours = held_by.contains(&Source::Console);
    let (needs, address, key) = match finding {
        Finding::ContractSuspended { .. } if ours => {
            (Permission::Command, whose.verb("resume"), "console.verb.resume")
        }
        Finding::ContractStopped { .. } => {
            (Permission::Command, whose.verb("stop_cancel"), "console.verb.stop_cancel")
        }
        Finding::PersonSuspended { .. } if ours => {
            let query = format!("person_resume&person={}", whose.person);
            (Permission::Command, whose.verb(&query), "console.verb.person_resume")
        }
        Finding::PersonStopped { .. } => {
            let query = format!("person_restore&person={}", whose.person);
            (Permission::Command, whose.verb(&query), "console.verb.person_restore")
        }
        Finding::KeyOver { product, .. }
        | Finding::RentalOver { product, .. }
        | Finding::BeginsLater { product: Some(product), .. } => {
            let product: String =
                url::form_urlencoded::byte_serialize(product.as_bytes()).collect();
            let query = format!("key_open&product={product}");
            (Permission::Command, whose.verb(&query), "console.verb.key_open")
        }
        Finding::NotInContract { resource_known: true } => {
            (Permission::Command, whose.verb("key_open"), "console.verb.key_open")
        }
        Finding::RegistrationNeeded => (Permission::Help, whose.member(), "console.help.letter"),
        Finding::PinNeeded { set: true, .. } => {
            (Permission::Help, whose.member(), "console.help.reset_pins")
        }
        Finding::AdultNotAllowed { .. } | Finding::RatedAbove { .. } => {
            (Permission::Look, whose.member(), "console.why.member")
        }
        _ => return None,
    };
    let acts = needs != Permission::Look;
    here.may(needs).then_some(Action { address, key, acts })
}

/// What else helps, said to the caller.
fn next(words: Words, finding: &Finding, held_by: &[Source]) -> String {
    let held = matches!(
        finding,
        Finding::ContractSuspended { building: false, .. } | Finding::PersonSuspended { .. }
    );
    if held && !held_by.is_empty() && !held_by.contains(&Source::Console) {
        return held_elsewhere(words, finding, held_by);
    }
    words.get(next_key(finding)).to_owned()
}

/// Nothing of it is ours to lift: who does.
fn held_elsewhere(words: Words, finding: &Finding, held_by: &[Source]) -> String {
    if let Finding::ContractSuspended { reasons, .. } = finding
        && reasons.contains(&Reason::Unpaid)
    {
        return words.get("console.next.unpaid").to_owned();
    }
    let named = held_by.iter().map(|source| words.get(labels::source(*source)));
    let by = named.collect::<Vec<_>>().join(words.get("console.next.and"));
    words.fill("console.next.held_by", &[("by", &by)])
}

fn next_key(finding: &Finding) -> &'static str {
    match finding {
        Finding::OperatorDisabled => "console.next.operator",
        Finding::SubjectUnknown => "console.next.subject",
        Finding::ContractStopped { .. } => "console.next.stopped",
        Finding::ContractSuspended { building: true, .. } => "console.next.building",
        Finding::ContractSuspended { .. } => "console.next.held",
        Finding::PersonStopped { .. } => "console.next.person_stopped",
        Finding::PersonSuspended { .. } => "console.next.person_held",
        Finding::RegistrationNeeded => "console.next.registration",
        Finding::NotInContract { resource_known: true } => "console.next.not_in_contract",
        Finding::NotInContract { resource_known: false } => "console.next.resource",
        Finding::BeginsLater { product: Some(_), .. } => "console.next.later",
        Finding::BeginsLater { product: None, .. } => "console.next.later_contract",
        Finding::KeyOver { .. } => "console.next.key_over",
        Finding::RentalOver { .. } => "console.next.rental_over",
        Finding::AdultNotAllowed { off } => adult_key(off),
        Finding::RatedAbove { by_age: true, .. } => "console.next.minor",
        Finding::RatedAbove { by_age: false, .. } => "console.next.rating",
        Finding::PinNeeded { set: true, .. } => "console.next.pin",
        Finding::PinNeeded { set: false, .. } => "console.next.pin_unset",
        Finding::PurchaseNeeded => "console.next.purchase",
    }
}

/// Only what somebody can switch on is said to be switched on.
fn adult_key(off: &[AdultSwitch]) -> &'static str {
    if off.contains(&AdultSwitch::Operator) {
        "console.next.adult_station"
    } else if off.iter().any(|one| matches!(one, AdultSwitch::Child | AdultSwitch::Age)) {
        "console.next.minor"
    } else {
        "console.next.adult"
    }
}
