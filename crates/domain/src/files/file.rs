//! One file as the books know it.

use base::kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Seen, not yet checked.
    Arrived,
    /// An earlier file is missing (F005).
    Held,
    /// Waits for two persons (F010).
    Guarded,
    /// Its lines are being done.
    Applying,
    /// All its lines are answered; the result file is on its way.
    Applied,
    /// The result file lies in `out`.
    ResultSent,
    /// Nothing of it was applied.
    Rejected,
    /// Taken back whole.
    Undone,
    /// Taken back but for households that something else changed since.
    PartlyUndone,
    /// Kept for the record only; can not be taken back any more.
    Archived,
}

impl FileState {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Arrived, "ARRIVED"),
        (Self::Held, "HELD"),
        (Self::Guarded, "GUARDED"),
        (Self::Applying, "APPLYING"),
        (Self::Applied, "APPLIED"),
        (Self::ResultSent, "RESULT_SENT"),
        (Self::Rejected, "REJECTED"),
        (Self::Undone, "UNDONE"),
        (Self::PartlyUndone, "PARTLY_UNDONE"),
        (Self::Archived, "ARCHIVED"),
    ];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    pub(super) fn parse(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == word)
            .map(|(state, _)| state)
            .ok_or_else(|| Error::internal("unknown state of a file"))
    }
}

/// What a held or guarded file waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// The file before it, or a release by staff.
    Gap,
    /// Two persons who say that so many stops, suspensions and closings are meant.
    Mass,
    /// Two persons who say that it shall go on in spite of its wrong lines.
    Errors,
}

impl Waits {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Mass => "mass",
            Self::Errors => "errors",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Gap, Self::Mass, Self::Errors].into_iter().find(|one| one.as_str() == word)
    }
}

/// Somebody's word that a guarded file is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Staff id.
    pub staff: String,
    /// When.
    pub at: Instant,
}

/// A file of the operator's SMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `fil_…`.
    pub id: String,
    /// Its name, without a directory.
    pub name: String,
    /// `CT01`; empty when the name could not be read.
    pub interface: String,
    /// `D` or `F`.
    pub kind: String,
    /// Sequence number; 0 when the name could not be read.
    pub sequence: i64,
    /// `YYYY-MM-DD`; empty when the name could not be read.
    pub business_on: String,
    /// SHA-256 of the whole file, hex.
    pub digest: String,
    /// Where it stands.
    pub state: FileState,
    /// `F001`…`F011` when it was refused, held or guarded.
    pub code: String,
    /// Why, for people: place and numbers, no personal data.
    pub detail: String,
    /// Whether it is only evaluated.
    pub test: bool,
    /// Whether it is done by hand, outside the watched directories.
    pub by_hand: bool,
    /// What it waits for.
    pub waits_for: Option<Waits>,
    /// What staff decided: `gap`, `late`, `mass`, `errors`, `discard`.
    pub resolved: Vec<String>,
    /// Who approved what it waits for.
    pub approvals: Vec<Approval>,
    /// Who put it in at the console; empty: it came from the SMS.
    pub uploaded_by: String,
    /// Its lines.
    pub lines_total: i64,
    /// Lines answered.
    pub lines_done: i64,
    /// Bytes of the file before the next line.
    pub read_offset: i64,
    /// Bytes of the result file that belong to the lines done.
    pub result_offset: i64,
    /// Lines answered OK.
    pub ok: i64,
    /// Lines answered with a warning.
    pub warnings: i64,
    /// Lines refused.
    pub errors: i64,
    /// Lines that stop, suspend or close.
    pub mass: i64,
    /// When it was seen.
    pub arrived: Instant,
    /// When it last went on.
    pub updated: Instant,
    /// When its first line was done.
    pub started: Option<Instant>,
    /// When its last line was done.
    pub applied: Option<Instant>,
    /// When its result was sent.
    pub sent: Option<Instant>,
}

impl File {
    /// Whether staff decided this.
    #[must_use]
    pub fn is_resolved(&self, what: &str) -> bool {
        self.resolved.iter().any(|one| one == what)
    }

    /// Whether staff gave it up: what is left of it is answered without being tried.
    #[must_use]
    pub fn is_discarded(&self) -> bool {
        self.is_resolved("discard")
    }

    /// Whether it is a full file, to be compared only.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kind == "F"
    }

    /// Where it stands and what it waits for, in one word: what somebody has seen who decides about it.
    #[must_use]
    pub fn stand(&self) -> String {
        format!("{}.{}", self.state.as_str(), self.waits_for.map_or("", Waits::as_str))
    }

    /// Whether its lines change facts.
    #[must_use]
    pub fn has_effect(&self) -> bool {
        !self.test && !self.is_full()
    }

    /// Lines a second while it was being applied; 0 before.
    #[must_use]
    pub fn rate(&self) -> i64 {
        let Some(started) = self.started else { return 0 };
        let ms = self.applied.unwrap_or(self.updated).ms() - started.ms();
        self.lines_done.saturating_mul(1000) / ms.max(1)
    }
}
