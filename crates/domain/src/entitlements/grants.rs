//! One grant period of one product.

use base::kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};

use crate::catalogue::Product;

/// The state of a grant at an instant. HELD is not here: it needs the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantState {
    /// Begins later.
    Scheduled,
    /// In force.
    Open,
    /// Over.
    Closed,
    /// Taken back: treated as never owned.
    Revoked,
}

impl GrantState {
    /// `OPEN`, as in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Revoked => "REVOKED",
        }
    }
}

/// When a close takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseMode {
    /// At the command's instant.
    Immediate,
    /// With the end of the instant's day in Japan.
    EndOfDay,
    /// With the end of the instant's month in Japan.
    EndOfMonth,
    /// At this instant.
    At(Instant),
}

impl CloseMode {
    /// The first instant at which the key is closed (ends are exclusive).
    #[must_use]
    pub fn instant(self, at: Instant) -> Instant {
        match self {
            Self::Immediate => at,
            Self::EndOfDay => at.day_jst().end(),
            Self::EndOfMonth => at.month_jst().end(),
            Self::At(end) => end,
        }
    }
}

/// From when to when a key is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// First instant.
    pub starts: Instant,
    /// First instant after it; `None`: until closed.
    pub ends: Option<Instant>,
}

impl KeyTimes {
    /// Checks that the period is one.
    ///
    /// # Errors
    /// `key.period_invalid` naming `end_at`.
    pub fn check(self) -> Result<Self> {
        if self.ends.is_some_and(|end| end <= self.starts) {
            return Err(Error::invalid("key.period_invalid", "end_at"));
        }
        Ok(self)
    }
}

/// One grant of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// 1, 2, 3… within the contract.
    pub grant_no: i64,
    /// 0: the whole household; else one person.
    pub person_no: i64,
    /// The product's code.
    pub product: String,
    /// First instant.
    pub starts: Instant,
    /// First instant after it.
    pub ends: Option<Instant>,
    /// Who closed it: `SMS`, `CONSOLE`.
    pub closed_cause: Option<String>,
    /// When the contract's stop ended it; taken back with the stop.
    pub stopped: Option<Instant>,
    /// When it was revoked.
    pub revoked: Option<Instant>,
    /// When it was first played, for rental windows.
    pub first_play: Option<Instant>,
    /// When it was written down.
    pub opened: Instant,
    /// When it was last changed.
    pub changed: Instant,
    /// The file line or call of the last change.
    pub cause: String,
}

impl Grant {
    /// The first instant at which it is over, if that is known.
    #[must_use]
    pub fn over(&self) -> Option<Instant> {
        match (self.ends, self.stopped) {
            (Some(end), Some(stop)) => Some(end.min(stop)),
            (end, stop) => end.or(stop),
        }
    }

    /// The state at `instant`, which may lie in the past or the future.
    #[must_use]
    pub fn state_at(&self, instant: Instant) -> GrantState {
        if self.revoked.is_some() {
            GrantState::Revoked
        } else if self.over().is_some_and(|over| instant >= over) {
            GrantState::Closed
        } else if instant < self.starts {
            GrantState::Scheduled
        } else {
            GrantState::Open
        }
    }

    /// The first instant at which a rented title can not be watched any more: so many hours after the
    /// first play, or so many after the key was opened when it was not played yet.
    #[must_use]
    pub fn window_end(&self, product: &Product) -> Option<Instant> {
        let hours = |from: Instant, hours: i64| from.plus_seconds(hours.saturating_mul(3600));
        match self.first_play {
            Some(played) => product.play_window_hours.map(|most| hours(played, most)),
            None => product.start_window_hours.map(|most| hours(self.starts, most)),
        }
    }

    /// Whether it is for this person: their own, or the household's.
    #[must_use]
    pub const fn serves(&self, person_no: i64) -> bool {
        self.person_no == 0 || self.person_no == person_no
    }
}
