//! What is asked, and what is answered.

use base::kernel::{Error, Instant, Result};

use crate::catalogue::Catalogue;
use crate::entitlements::Keyring;
use crate::operators::Operator;
use crate::subscribers::{Household, Person, Role};

use super::findings::{Finding, PERMIT};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Watch.
    View,
    /// Watch on another screen.
    Cast,
    /// Keep for watching without a line.
    Download,
    /// Buy or rent.
    Purchase,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::View, Self::Cast, Self::Download, Self::Purchase];

    /// `view`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Cast => "cast",
            Self::Download => "download",
            Self::Purchase => "purchase",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `decision.action_unknown` naming `action.name`.
    pub fn parse(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == word)
            .ok_or_else(|| Error::invalid("decision.action_unknown", "action.name"))
    }
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// What is to be done.
    pub action: Action,
    /// To what: `title:T0001`, `channel:101`, `product:PACK1`.
    pub resource: &'q str,
    /// The age the caller says the resource asks for, in years; the strictest of all that is known
    /// counts.
    pub least_age: Option<i64>,
    /// Whether the caller says it is for adults.
    pub adult: bool,
    /// What became of the PIN that came with the question.
    pub pin: PinGiven,
}

/// What became of the PIN that came with a question. Never the PIN itself: it is tried where tries are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PinGiven {
    /// None came, or none was tried.
    #[default]
    Missing,
    /// It was wrong.
    Wrong,
    /// Too many were wrong: none is tried for this many seconds.
    Locked(i64),
    /// It was right.
    Right,
}

/// What of a person a PIN guards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guarded {
    /// From which rating on the person wants to be asked, in years; none: they have no viewing PIN.
    pub viewing_years: Option<i64>,
    /// Whether they have a purchase PIN.
    pub purchase: bool,
}

/// What an operator is and sells, as decisions see it.
#[derive(Debug, Clone)]
pub struct Station {
    /// The operator.
    pub operator: Operator,
    /// Its products.
    pub catalogue: Catalogue,
}

/// A building's contract, for a flat in it.
#[derive(Debug, Clone, Copy)]
pub struct Building<'f> {
    /// The contract.
    pub household: &'f Household,
    /// Its keys.
    pub keyring: &'f Keyring,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'f> {
    /// A member.
    Person(&'f Person),
    /// The household as a whole: a set-top box.
    Household,
}

impl<'f> Asker<'f> {
    /// Whose PINs count: the member's own, and the owner's where nobody is signed in.
    #[must_use]
    pub fn pin_holder(&self, household: &'f Household) -> Option<&'f Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Household => household.owner(),
        }
    }

    /// Whether it is a child.
    #[must_use]
    pub fn is_child(&self) -> bool {
        matches!(self, Self::Person(person) if person.role == Role::Child)
    }

    /// The member's number; 0 for the household.
    #[must_use]
    pub const fn person_no(&self) -> i64 {
        match self {
            Self::Person(person) => person.person_no,
            Self::Household => 0,
        }
    }
}

/// The facts about whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'f> {
    /// Who of the household.
    pub asker: Asker<'f>,
    /// The household.
    pub household: &'f Household,
    /// Its keys.
    pub keyring: &'f Keyring,
    /// The building it shares keys with.
    pub building: Option<Building<'f>>,
    /// When the next scheduled command of the contract is due.
    pub coming: Option<Instant>,
    /// What the PINs guard of the person who asks; at a set-top box, those of the owner.
    pub guarded: Guarded,
}

/// The answer: no findings, no objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Every check that failed, in the order of brief tve §5.8.
    pub findings: Vec<Finding>,
    /// For how many seconds the answer may be reused. Never reaches past a known change.
    pub ttl_s: i64,
    /// Products that would open it and are sold now; only where that would help.
    pub offers: Vec<String>,
}

impl Decision {
    /// Whether it may be done.
    #[must_use]
    pub const fn permit(&self) -> bool {
        self.findings.is_empty()
    }

    /// All codes, in order: `P00`, or what failed.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        let permit = self.permit().then_some(PERMIT);
        permit.into_iter().chain(self.findings.iter().map(Finding::code))
    }
}
