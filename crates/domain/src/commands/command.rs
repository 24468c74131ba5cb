//! A command in the one form both SMS doors translate to.

use base::kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};

use crate::boxes;
use crate::entitlements::CloseMode;
use crate::subscribers::{Attributes, MovedFor, Reason, is_plain, plain};

/// What is asked for. The number is the one of the SMS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Op {
    /// 101 契約開始.
    Start,
    /// 102 契約停止.
    Stop,
    /// 103 一時停止.
    Suspend,
    /// 104 再開.
    Resume,
    /// 105 付替.
    Replace,
    /// 106 停止取消.
    StopCancel,
    /// 107 属性変更, of the contract or of a person.
    Attr,
    /// 201 個人開始.
    PersonAdd,
    /// 202 個人停止.
    PersonStop,
    /// 203 個人一時停止.
    PersonSuspend,
    /// 204 個人再開.
    PersonResume,
    /// 205 パスワード初期化.
    PersonReset,
    /// 301 鍵開け.
    KeyOpen,
    /// 302 鍵閉め.
    KeyClose,
    /// 303 鍵取消.
    KeyRevoke,
    /// 401 与信設定.
    CreditSet,
    /// 501 端末交換.
    DeviceReplace,
    /// Takes a future-dated command back; online only.
    CancelScheduled,
}

impl Op {
    /// All operations with their number in the SMS record; online-only ones have none.
    pub const ALL: [(Self, Option<&'static str>); 18] = [
        (Self::Start, Some("101")),
        (Self::Stop, Some("102")),
        (Self::Suspend, Some("103")),
        (Self::Resume, Some("104")),
        (Self::Replace, Some("105")),
        (Self::StopCancel, Some("106")),
        (Self::Attr, Some("107")),
        (Self::PersonAdd, Some("201")),
        (Self::PersonStop, Some("202")),
        (Self::PersonSuspend, Some("203")),
        (Self::PersonResume, Some("204")),
        (Self::PersonReset, Some("205")),
        (Self::KeyOpen, Some("301")),
        (Self::KeyClose, Some("302")),
        (Self::KeyRevoke, Some("303")),
        (Self::CreditSet, Some("401")),
        (Self::DeviceReplace, Some("501")),
        (Self::CancelScheduled, None),
    ];

    /// The operation with this number in the SMS record.
    #[must_use]
    pub fn from_number(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == Some(number)).map(|(op, _)| op)
    }

    /// The number in the SMS record.
    #[must_use]
    pub fn number(self) -> Option<&'static str> {
        Self::ALL.into_iter().find(|(op, _)| *op == self).and_then(|(_, number)| number)
    }

    /// Whether it takes something away from people: counted by the mass-change guard.
    #[must_use]
    pub const fn takes_away(self) -> bool {
        matches!(self, Self::Stop | Self::Suspend | Self::KeyClose)
    }

    /// Whether a future date is part of the facts (a start, a key) and needs no job.
    pub(super) const fn is_dated(self) -> bool {
        matches!(self, Self::Start | Self::KeyOpen | Self::KeyClose)
    }

    /// Whether it needs the household's keys.
    pub(super) const fn needs_keys(self) -> bool {
        matches!(
            self,
            Self::Stop
                | Self::StopCancel
                | Self::Replace
                | Self::KeyOpen
                | Self::KeyClose
                | Self::KeyRevoke
        )
    }

    /// Whether it needs the household's boxes.
    pub(super) const fn needs_boxes(self) -> bool {
        matches!(self, Self::DeviceReplace)
    }

    const fn is_for_person(self) -> bool {
        matches!(
            self,
            Self::PersonAdd
                | Self::PersonStop
                | Self::PersonSuspend
                | Self::PersonResume
                | Self::PersonReset
        )
    }

    /// Whether it is about a key.
    pub(super) const fn is_for_keys(self) -> bool {
        matches!(self, Self::KeyOpen | Self::KeyClose | Self::KeyRevoke)
    }
}

/// When a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// At this instant (the first one that is closed).
    At(Instant),
    /// With the month of the command's instant.
    Month,
    /// With the day of the command's instant.
    Day,
}

/// One thing an SMS asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The caller's id for it, 1 to 64 characters; the same id is answered the same for 400 days.
    pub request_id: String,
    /// What.
    pub op: Op,
    /// Of which contract.
    pub number: String,
    /// Of which generation; `None`: the latest.
    pub generation: Option<i64>,
    /// Of which person; 0: of the contract.
    pub person_no: i64,
    /// Which product, for keys.
    pub product: Option<String>,
    /// Why, for suspensions; on resume `None` lifts all of the caller's.
    pub reason: Option<Reason>,
    /// From when; `None`: now.
    pub effective_at: Option<Instant>,
    /// Until when, for keys.
    pub end_at: Option<End>,
    /// What is known of the contract or person.
    pub attributes: Attributes,
    /// The new number, for a replace.
    pub new_number: Option<String>,
    /// The request id of the command to cancel.
    pub cancels: Option<String>,
    /// A word of the station, kept with a hold; for a swapped box: the serial of the one that goes.
    pub reference: Option<String>,
    /// The serial of the box that comes, for a swapped one. What is left out is not written, so that
    /// commands from before it was known keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_device: Option<String>,
    /// Why the number changes, for a replace; the SMS says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_for: Option<MovedFor>,
}

impl Command {
    /// A command with nothing but what every command has.
    #[must_use]
    pub fn new(request_id: &str, op: Op, number: &str) -> Self {
        Self {
            request_id: request_id.to_owned(),
            op,
            number: number.to_owned(),
            generation: None,
            person_no: 0,
            product: None,
            reason: None,
            effective_at: None,
            end_at: None,
            attributes: Attributes::default(),
            new_number: None,
            cancels: None,
            reference: None,
            new_device: None,
            moved_for: None,
        }
    }

    /// Refuses what can not be understood, naming the field.
    ///
    /// # Errors
    /// `field.required`, `field.too_long`, `person.number_invalid`, and what
    /// [`Attributes::check`] refuses.
    pub fn check(&self) -> Result<()> {
        self.check_id()?;
        required(&self.number, "contract_no", 20)?;
        if !(0..=999).contains(&self.person_no) || (self.op.is_for_person() && self.person_no == 0)
        {
            return Err(Error::invalid("person.number_invalid", "person_no"));
        }
        if self.generation.is_some_and(|generation| !(0..=99).contains(&generation)) {
            return Err(Error::invalid("contract.generation_invalid", "gen"));
        }
        if self.op.is_for_keys() {
            required(self.product.as_deref().unwrap_or_default(), "product", 12)?;
        }
        if matches!(self.op, Op::Suspend | Op::PersonSuspend) && self.reason.is_none() {
            return Err(Error::invalid("field.required", "reason"));
        }
        if self.op == Op::Replace {
            required(self.new_number.as_deref().unwrap_or_default(), "new_contract_no", 20)?;
        }
        if self.op == Op::DeviceReplace {
            let (old, new) = (self.reference.as_deref(), self.new_device.as_deref());
            required(old.unwrap_or_default(), "ref", boxes::LONGEST_SERIAL)?;
            required(new.unwrap_or_default(), "new_device", boxes::LONGEST_SERIAL)?;
        }
        if self.op == Op::CancelScheduled {
            required(self.cancels.as_deref().unwrap_or_default(), "cancels", 64)?;
        }
        if self.op == Op::CreditSet && self.attributes.credit_rank.is_none() {
            return Err(Error::invalid("field.required", "credit_rank"));
        }
        let texts = [
            ("product", &self.product, 12),
            ("new_contract_no", &self.new_number, 20),
            ("cancels", &self.cancels, 64),
            ("ref", &self.reference, 200),
            ("new_device", &self.new_device, boxes::LONGEST_SERIAL),
        ];
        texts.into_iter().try_for_each(|(field, text, longest)| plain(text, field, longest))?;
        self.attributes.check()
    }

    /// Refuses an id no request can have; under such a one nothing is kept.
    ///
    /// # Errors
    /// `field.required`, `field.too_long` naming `request_id`.
    pub(super) fn check_id(&self) -> Result<()> {
        required(&self.request_id, "request_id", 64)
    }

    /// How a close takes effect, counted from `at`.
    pub(super) fn close_mode(&self) -> CloseMode {
        match self.end_at {
            Some(End::At(instant)) => CloseMode::At(instant),
            Some(End::Month) => CloseMode::EndOfMonth,
            Some(End::Day) => CloseMode::EndOfDay,
            None => CloseMode::Immediate,
        }
    }

    /// `A-001/00/002`: how the books name what it is about.
    pub(super) fn subject(&self, generation: i64) -> String {
        if self.person_no == 0 {
            format!("{}/{generation:02}", self.number)
        } else {
            format!("{}/{generation:02}/{:03}", self.number, self.person_no)
        }
    }
}

fn required(value: &str, field: &str, longest: usize) -> Result<()> {
    if value.trim().is_empty() {
        return Err(Error::invalid("field.required", field));
    }
    if is_plain(value, longest) { Ok(()) } else { Err(Error::invalid("field.too_long", field)) }
}
