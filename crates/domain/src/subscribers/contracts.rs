//! The contract: what is stored of it, and the standing derived from it.
//!
//! Source: brief tve §5.2.

use base::kernel::{Day, Error, Instant, Result};
use serde::{Deserialize, Serialize};

use super::{HomeSignIn, Role, plain};

/// What is stored of a contract's state. RESERVED, ACTIVE and SUSPENDED are derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored {
    /// Neither stopped nor gone.
    Open,
    /// 解約: terminal, but for STOP_CANCEL within the operator's days.
    Stopped,
    /// Personal data erased after retention.
    Purged,
    /// A start that was taken back with its file: as if it never was, but the version goes on.
    Void,
}

impl Stored {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Stopped => "STOPPED",
            Self::Purged => "PURGED",
            Self::Void => "VOID",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// `internal` — the database holds another word.
    pub fn parse(word: &str) -> Result<Self> {
        [Self::Open, Self::Stopped, Self::Purged, Self::Void]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::internal("unknown state of a contract"))
    }
}

/// Where a contract stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// Known, starts in the future.
    Reserved,
    /// In use.
    Active,
    /// At least one hold.
    Suspended,
    /// 解約.
    Stopped,
    /// Erased.
    Purged,
}

impl Standing {
    /// `ACTIVE`, as in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "RESERVED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Stopped => "STOPPED",
            Self::Purged => "PURGED",
        }
    }

    /// The letter of the result record, column 77.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Reserved => "R",
            Self::Active => "A",
            Self::Suspended => "S",
            Self::Stopped => "T",
            Self::Purged => "P",
        }
    }
}

/// What the contract covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// A household.
    House,
    /// One line of several in a house.
    Line,
    /// A building's contract, whose products its flats share.
    BulkParent,
    /// A flat under a building's contract.
    BulkChild,
}

impl Unit {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::House => "HOUSE",
            Self::Line => "LINE",
            Self::BulkParent => "BULK_PARENT",
            Self::BulkChild => "BULK_CHILD",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `contract.unit_unknown` naming the field `unit`.
    pub fn parse(word: &str) -> Result<Self> {
        [Self::House, Self::Line, Self::BulkParent, Self::BulkChild]
            .into_iter()
            .find(|unit| unit.as_str() == word)
            .ok_or_else(|| Error::invalid("contract.unit_unknown", "unit"))
    }
}

/// A contract, 契約者ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The station's own number, opaque, at most 20 characters.
    pub number: String,
    /// Generation: a number that comes back after a stop is a new contract.
    pub generation: i64,
    /// Stored state.
    pub stored: Stored,
    /// Grows by one with every change of the household.
    pub version: i64,
    /// What it covers.
    pub unit: Unit,
    /// The building's contract number, for a flat.
    pub bulk_parent: Option<String>,
    /// From when it is in use.
    pub starts: Instant,
    /// From when on it is stopped.
    pub stopped: Option<Instant>,
    /// When the stop was written down: the days to take it back and to keep its data count from here.
    #[serde(default)]
    pub stop_recorded: Option<Instant>,
    /// Why it was stopped: `SMS`, `CONSOLE`, `REPLACED`.
    pub stop_cause: Option<String>,
    /// The number that took its place.
    pub replaced_by: Option<String>,
    /// Name in kana.
    pub kana: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// How the station checked the owner's age: `document`, `jpki`, `credit_card`.
    pub age_verified_by: Option<String>,
    /// The household's adult switch.
    pub adult_allowed: bool,
    /// Credit rank A, B, C, X.
    pub credit_rank: Option<String>,
    /// The station's note.
    pub note: Option<String>,
    /// The file line or call of the last change.
    pub cause: String,
    /// When it was first written.
    pub created: Instant,
    /// When it was last written.
    pub updated: Instant,
    /// Whether the station put boxes up there, so that the others need not be looked for. Kept by the command bus.
    #[serde(default)]
    pub has_boxes: bool,
    /// Whether its boxes sign nobody in: the station's switch (`docs/decisions/0043`).
    #[serde(default)]
    pub home_off: bool,
    /// The owner's switch.
    #[serde(default)]
    pub home_wish: HomeSignIn,
    /// How often what the household as a whole was let in by has been ended: a stop raises it, and nothing lowers it
    /// (`docs/decisions/0026`, `0047`).
    #[serde(default)]
    pub access_no: i64,
}

/// Attributes a command may bring; `None` leaves what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attributes {
    /// Name in kana, half-width in files.
    pub kana: Option<String>,
    /// Birth date `YYYY-MM-DD`; on the contract level the owner's.
    pub birth_on: Option<String>,
    /// Adult content allowed; on the contract level the household's switch and the owner's.
    pub adult_allowed: Option<bool>,
    /// Highest rating in years (0, 12, 15, 18); on the contract level the owner's.
    pub max_rating_years: Option<i64>,
    /// Credit rank A, B, C, X.
    pub credit_rank: Option<String>,
    /// Telephone, digits.
    pub telephone: Option<String>,
    /// Postal code, 7 digits.
    pub postal_code: Option<String>,
    /// Note of the station.
    pub note: Option<String>,
    /// What the contract covers.
    pub unit: Option<Unit>,
    /// The building's contract number.
    pub bulk_parent: Option<String>,
    /// How the age was checked.
    pub age_verified_by: Option<String>,
    /// The person's role.
    pub role: Option<Role>,
}

impl Attributes {
    /// Refuses values no contract or person can have, naming the field.
    ///
    /// # Errors
    /// `date.malformed`, `rating.unknown`, `credit.rank_unknown`, `telephone.malformed`,
    /// `postal_code.malformed`, `age.proof_unknown`; `field.too_long` — also for control characters.
    pub fn check(&self) -> Result<()> {
        let texts = [
            ("kana", &self.kana, 100),
            ("note", &self.note, 200),
            ("bulk_parent", &self.bulk_parent, 20),
        ];
        texts.into_iter().try_for_each(|(field, text, longest)| plain(text, field, longest))?;
        if let Some(day) = &self.birth_on {
            Day::parse_iso(day, "birth_on")?;
        }
        if self.max_rating_years.is_some_and(|years| ![0, 12, 15, 18].contains(&years)) {
            return Err(Error::invalid("rating.unknown", "max_rating"));
        }
        let known = |value: &Option<String>, list: &[&str]| {
            value.as_deref().is_none_or(|word| list.contains(&word))
        };
        if !known(&self.credit_rank, &["A", "B", "C", "X"]) {
            return Err(Error::invalid("credit.rank_unknown", "credit_rank"));
        }
        if !known(&self.age_verified_by, &["document", "jpki", "credit_card"]) {
            return Err(Error::invalid("age.proof_unknown", "age_verified_by"));
        }
        let phone = self.telephone.as_deref().unwrap_or_default();
        if !phone.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '+') || phone.len() > 20 {
            return Err(Error::invalid("telephone.malformed", "telephone"));
        }
        let post = self.postal_code.as_deref().unwrap_or("0000000");
        if post.len() != 7 || !post.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::invalid("postal_code.malformed", "postal_code"));
        }
        Ok(())
    }
}

/// Sets `slot` when `wanted` brings a value; says whether it differs.
pub(super) fn set<T: Clone + PartialEq>(slot: &mut T, wanted: Option<&T>) -> bool {
    match wanted {
        Some(value) if value != slot => {
            *slot = value.clone();
            true
        }
        _ => false,
    }
}

/// As [`set`], for what may be absent.
pub(super) fn set_some(slot: &mut Option<String>, wanted: Option<&String>) -> bool {
    match wanted {
        Some(value) if slot.as_ref() != Some(value) => {
            *slot = Some(value.clone());
            true
        }
        _ => false,
    }
}

impl Contract {
    /// Erases what is known of the people who had it.
    pub(super) fn forget(&mut self) {
        self.kana = None;
        self.telephone = None;
        self.postal_code = None;
        self.age_verified_by = None;
        self.credit_rank = None;
        self.note = None;
    }

    /// Takes the contract's own attributes; says whether anything differs.
    pub(super) fn take(&mut self, wanted: &Attributes) -> bool {
        // A station that says "adult allowed" has seen the owner's papers at the application.
        let proof = wanted.age_verified_by.clone().or_else(|| {
            (wanted.adult_allowed == Some(true) && self.age_verified_by.is_none())
                .then(|| "document".to_owned())
        });
        let changed = [
            set_some(&mut self.kana, wanted.kana.as_ref()),
            set_some(&mut self.telephone, wanted.telephone.as_ref()),
            set_some(&mut self.postal_code, wanted.postal_code.as_ref()),
            set_some(&mut self.credit_rank, wanted.credit_rank.as_ref()),
            set_some(&mut self.note, wanted.note.as_ref()),
            set_some(&mut self.bulk_parent, wanted.bulk_parent.as_ref()),
            set_some(&mut self.age_verified_by, proof.as_ref()),
            set(&mut self.adult_allowed, wanted.adult_allowed.as_ref()),
            set(&mut self.unit, wanted.unit.as_ref()),
        ];
        changed.contains(&true)
    }
}
