//! Why not: the D-codes, each with the facts behind it.
//!
//! Source: brief tve §5.8.

use base::kernel::Instant;
use serde::{Serialize, Serializer};

use crate::subscribers::Reason;

/// The code of a permit.
pub const PERMIT: &str = "P00";

/// A switch of the adult matrix that is off.
///
/// Source: brief tve §13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdultSwitch {
    /// The station sells nothing for adults.
    Operator,
    /// The household's owner has it off.
    Household,
    /// A child never may.
    Child,
    /// Not yet 18 by the birth date.
    Age,
    /// The person's own flag is off.
    Person,
    /// Asked for the household: nobody is known who could be of age.
    Nobody,
}

/// What a PIN is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinFor {
    /// Watching.
    Viewing,
    /// Buying.
    Purchase,
}

/// Why the PIN that came with a question does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// None came, or none was tried because something else fails too.
    Missing,
    /// It was wrong.
    Wrong,
    /// Too many were wrong before.
    Locked,
}

/// One failed check. The code says which, the fields say by which facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code")]
pub enum Finding {
    /// The station is out of service.
    #[serde(rename = "D01")]
    OperatorDisabled,
    /// No such subject, or not of this operator or caller.
    #[serde(rename = "D02")]
    SubjectUnknown,
    /// The contract is stopped.
    #[serde(rename = "D03")]
    ContractStopped {
        /// Since when.
        #[serde(serialize_with = "moment_if_any")]
        since: Option<Instant>,
    },
    /// The contract is suspended.
    #[serde(rename = "D04")]
    ContractSuspended {
        /// For which reasons.
        #[serde(serialize_with = "words")]
        reasons: Vec<Reason>,
        /// Whether it is the building's contract that is suspended, not the flat's own.
        building: bool,
    },
    /// The person was removed.
    #[serde(rename = "D05")]
    PersonStopped {
        /// Since when.
        #[serde(serialize_with = "moment_if_any")]
        since: Option<Instant>,
    },
    /// The person is suspended.
    #[serde(rename = "D06")]
    PersonSuspended {
        /// For which reasons.
        #[serde(serialize_with = "words")]
        reasons: Vec<Reason>,
    },
    /// The person has no credential (any more) and has to register first.
    #[serde(rename = "D07")]
    RegistrationNeeded,
    /// Nothing the household ever had opens the resource.
    #[serde(rename = "D09")]
    NotInContract {
        /// Whether any product of the operator opens it; if not, the caller's identifiers and the
        /// catalogue disagree.
        resource_known: bool,
    },
    /// A key, or the contract itself, begins later.
    #[serde(rename = "D10")]
    BeginsLater {
        /// The key's product; `None`: the contract.
        product: Option<String>,
        /// When.
        #[serde(serialize_with = "moment")]
        from: Instant,
    },
    /// The key is closed.
    #[serde(rename = "D11")]
    KeyOver {
        /// The key's product.
        product: String,
        /// Since when.
        #[serde(serialize_with = "moment")]
        since: Instant,
    },
    /// A rented title's window is over.
    #[serde(rename = "D12")]
    RentalOver {
        /// The title's product.
        product: String,
        /// Since when.
        #[serde(serialize_with = "moment")]
        since: Instant,
        /// Whether it was played; if not, it was not begun in time.
        played: bool,
    },
    /// Adult content, and a switch is off.
    #[serde(rename = "D13")]
    AdultNotAllowed {
        /// All that are off.
        off: Vec<AdultSwitch>,
    },
    /// Rated above what the person may watch.
    #[serde(rename = "D14")]
    RatedAbove {
        /// Age the resource asks for, in years.
        asks: i64,
        /// Highest rating allowed, in years.
        allows: i64,
        /// Whether it is the person's age that forbids it, not the setting.
        by_age: bool,
    },
    /// A PIN is asked for, and none that is right came with the question.
    #[serde(rename = "D15")]
    PinNeeded {
        /// Which one.
        pin: PinFor,
        /// Whether the person has one. Who has none sets one first.
        set: bool,
        /// What became of the one that came.
        given: Refused,
        /// For how many seconds none is tried; 0: it is.
        wait_s: i64,
    },
    /// Only rented titles open it: it has to be bought first.
    #[serde(rename = "D18")]
    PurchaseNeeded,
}

impl Finding {
    /// `D04`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OperatorDisabled => "D01",
            Self::SubjectUnknown => "D02",
            Self::ContractStopped { .. } => "D03",
            Self::ContractSuspended { .. } => "D04",
            Self::PersonStopped { .. } => "D05",
            Self::PersonSuspended { .. } => "D06",
            Self::RegistrationNeeded => "D07",
            Self::NotInContract { .. } => "D09",
            Self::BeginsLater { .. } => "D10",
            Self::KeyOver { .. } => "D11",
            Self::RentalOver { .. } => "D12",
            Self::AdultNotAllowed { .. } => "D13",
            Self::RatedAbove { .. } => "D14",
            Self::PinNeeded { .. } => "D15",
            Self::PurchaseNeeded => "D18",
        }
    }
}

/// Outside, instants are read by people and by programs of others.
fn moment<S: Serializer>(at: &Instant, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&at.rfc3339_jst())
}

fn moment_if_any<S: Serializer>(at: &Option<Instant>, out: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, out),
        None => out.serialize_none(),
    }
}

fn words<S: Serializer>(reasons: &[Reason], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(reasons.iter().map(|reason| reason.as_str()))
}
