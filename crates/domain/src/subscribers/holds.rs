//! Holds: suspensions as facts, one for each source and reason.
//!
//! Source: brief tve §5.1 P2, §5.2 (reasons); `docs/decisions/0004`.

use base::kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};

/// Who put a hold, and so who may lift it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The operator's subscriber management system, by file or online.
    Sms,
    /// Station staff, or operations at the command line.
    Console,
    /// The owner of the household, for a member.
    Owner,
    /// The product itself.
    System,
}

impl Source {
    /// As stored: `SMS`, `CONSOLE`, `OWNER`, `SYSTEM`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Console => "CONSOLE",
            Self::Owner => "OWNER",
            Self::System => "SYSTEM",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// `internal` — the database holds another word.
    pub fn parse(word: &str) -> Result<Self> {
        [Self::Sms, Self::Console, Self::Owner, Self::System]
            .into_iter()
            .find(|source| source.as_str() == word)
            .ok_or_else(|| Error::internal("unknown source of a hold"))
    }
}

/// Why a contract or person is suspended; the number is the one of the SMS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// 10 料金未納.
    Unpaid,
    /// 20 お客様都合休止.
    Pause,
    /// 30 工事・移転.
    Work,
    /// 40 不正利用.
    Fraud,
    /// 50 局判断.
    Admin,
    /// 60 死亡・名義確認.
    Deceased,
    /// 90 その他.
    Other,
}

impl Reason {
    /// All reasons, by number.
    pub const ALL: [Self; 7] = [
        Self::Unpaid,
        Self::Pause,
        Self::Work,
        Self::Fraud,
        Self::Admin,
        Self::Deceased,
        Self::Other,
    ];

    /// The number in the SMS record.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Unpaid => 10,
            Self::Pause => 20,
            Self::Work => 30,
            Self::Fraud => 40,
            Self::Admin => 50,
            Self::Deceased => 60,
            Self::Other => 90,
        }
    }

    /// The word in events and answers: `unpaid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Pause => "pause",
            Self::Work => "work",
            Self::Fraud => "fraud",
            Self::Admin => "admin",
            Self::Deceased => "deceased",
            Self::Other => "other",
        }
    }

    /// Reads the number of the SMS record.
    ///
    /// # Errors
    /// `hold.reason_unknown` naming `field`.
    pub fn parse(number: &str, field: &str) -> Result<Self> {
        number
            .parse()
            .ok()
            .and_then(Self::from_number)
            .ok_or_else(|| Error::invalid("hold.reason_unknown", field))
    }

    /// The reason with this number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }
}

/// One reason of one source for which a contract or person is suspended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// 0: the contract; else the person.
    pub person_no: i64,
    /// Who put it.
    pub source: Source,
    /// Why.
    pub reason: Reason,
    /// From when.
    pub since: Instant,
    /// A word of who put it (call reference, dunning step).
    pub reference: Option<String>,
    /// The file line or call it came from.
    pub cause: String,
}

impl Hold {
    pub(super) fn is(&self, person_no: i64, source: Source, reason: Reason) -> bool {
        self.person_no == person_no && self.source == source && self.reason == reason
    }
}
