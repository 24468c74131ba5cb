//! Persons: the members of a household, 個人ID.
//!
//! Source: brief tve §5.3.

use base::kernel::{Day, Error, Instant, Result};
use serde::{Deserialize, Serialize};

use super::Attributes;
use super::contracts::{set, set_some};

/// What a person is in the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Pays; exactly one.
    Owner,
    /// Of age.
    Adult,
    /// Under 18; becomes ADULT only by confirmation.
    Child,
}

impl Role {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Adult => "ADULT",
            Self::Child => "CHILD",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// `internal` — the database holds another word.
    pub fn parse(word: &str) -> Result<Self> {
        [Self::Owner, Self::Adult, Self::Child]
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| Error::internal("unknown role of a person"))
    }
}

/// A person's own state; holds and the contract come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonState {
    /// Issued, no credential yet.
    Invited,
    /// Registered.
    Active,
    /// Removed.
    Stopped,
    /// Erased.
    Purged,
}

impl PersonState {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Active => "ACTIVE",
            Self::Stopped => "STOPPED",
            Self::Purged => "PURGED",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// `internal` — the database holds another word.
    pub fn parse(word: &str) -> Result<Self> {
        [Self::Invited, Self::Active, Self::Stopped, Self::Purged]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::internal("unknown state of a person"))
    }
}

/// A member of a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// 1 to 999 within the contract; the owner of a started contract is 1.
    pub person_no: i64,
    /// The house's own id, `per_…`; never leaves as it is.
    pub person_id: String,
    /// Role.
    pub role: Role,
    /// Own state.
    pub state: PersonState,
    /// From when on removed.
    pub stopped: Option<Instant>,
    /// When the removal was written down: the days to restore and to keep them count from here.
    #[serde(default)]
    pub stop_recorded: Option<Instant>,
    /// The state before removal, for restoring.
    pub stopped_from: Option<PersonState>,
    /// Name in kana.
    pub kana: Option<String>,
    /// Birth date `YYYY-MM-DD`.
    pub birth_on: Option<String>,
    /// Highest rating in years this person may watch.
    pub max_rating_years: i64,
    /// This person's adult flag.
    pub adult_allowed: bool,
    /// How often everything they were let in by was ended: sessions, authorizations and letters given
    /// under an earlier number are over.
    #[serde(default)]
    pub access_no: i64,
    /// The file line or call of the last change.
    pub cause: String,
    /// When first written.
    pub created: Instant,
    /// When last written.
    pub updated: Instant,
}

impl Person {
    /// A person newly invited.
    #[must_use]
    pub fn invited(person_no: i64, person_id: String, role: Role, now: Instant) -> Self {
        Self {
            person_no,
            person_id,
            role,
            state: PersonState::Invited,
            stopped: None,
            stop_recorded: None,
            stopped_from: None,
            kana: None,
            birth_on: None,
            max_rating_years: if role == Role::Child { 12 } else { 18 },
            adult_allowed: false,
            access_no: 0,
            cause: String::new(),
            created: now,
            updated: now,
        }
    }

    /// The birth date, if it was told.
    #[must_use]
    pub fn birthday(&self) -> Option<Day> {
        self.birth_on.as_deref().and_then(|text| Day::parse_iso(text, "birth_on").ok())
    }

    /// When the person reaches an age; `None`: the birth date was not told, so no age forbids anything.
    #[must_use]
    pub fn reaches(&self, years: i16) -> Option<Instant> {
        self.birthday().map(|born| born.birthday(years))
    }

    /// Whether the person is gone from the household.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self.state, PersonState::Stopped | PersonState::Purged)
    }

    /// Whether nothing is said of them that is not said of `other`. What they were let in by, and where that was written down,
    /// is not said of them.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.access_no = self.access_no;
        other.updated = self.updated;
        other.cause.clone_from(&self.cause);
        *self == other
    }

    /// Erases what is known of them.
    pub(super) fn forget(&mut self) {
        self.state = PersonState::Purged;
        self.kana = None;
        self.birth_on = None;
    }

    /// Takes the person's own attributes; says whether anything differs.
    pub(super) fn take(&mut self, wanted: &Attributes) -> bool {
        // A child's adult flag can never be switched on (brief tve §13); a role of OWNER is only
        // ever given by a transfer.
        let adult = wanted.adult_allowed.filter(|on| !on || self.role != Role::Child);
        let role = wanted.role.filter(|role| *role != Role::Owner && self.role != Role::Owner);
        let changed = [
            set_some(&mut self.kana, wanted.kana.as_ref()),
            set_some(&mut self.birth_on, wanted.birth_on.as_ref()),
            set(&mut self.max_rating_years, wanted.max_rating_years.as_ref()),
            set(&mut self.adult_allowed, adult.as_ref()),
            set(&mut self.role, role.as_ref()),
        ];
        changed.contains(&true)
    }
}
