//! What happened to a household, newest first: every line of the audit about its contract, its keys and boxes, its members.
//!
//! Source: brief tve §11.2 (contract 360, timeline); `docs/decisions/0054`.

use base::kernel::{Error, Instant, Result};
use base::records::{self, About, AuditLine};
use base::store::Tx;
use serde_json::Value;

use crate::subscribers::{self, Household, Load, Reason, UNKNOWN};

/// Lines of a page.
const PAGE: i64 = 30;
/// Lines beside the contract itself.
const NEWEST: i64 = 5;

/// What a line is about, to look for some only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The contract: starts, stops, holds, moves.
    Contract,
    /// Who belongs to the household.
    Members,
    /// What may be watched.
    Keys,
    /// Boxes and other devices.
    Devices,
    /// Sign-ins, sessions, what services were allowed.
    SignIns,
    /// What members prove themselves by: letters, passwords, PINs, contacts.
    Proofs,
}

impl Topic {
    /// All, in the order they are offered in.
    pub const ALL: [Self; 6] =
        [Self::Contract, Self::Members, Self::Keys, Self::Devices, Self::SignIns, Self::Proofs];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Members => "members",
            Self::Keys => "keys",
            Self::Devices => "devices",
            Self::SignIns => "sign-ins",
            Self::Proofs => "proofs",
        }
    }

    /// Reads [`Topic::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }

    /// The acts in the audit that belong to it.
    #[must_use]
    pub const fn acts(self) -> &'static [&'static str] {
        match self {
            Self::Contract => OF_CONTRACTS,
            Self::Members => OF_MEMBERS,
            Self::Keys => OF_KEYS,
            Self::Devices => OF_DEVICES,
            Self::SignIns => OF_SIGN_INS,
            Self::Proofs => OF_PROOFS,
        }
    }
}

const OF_CONTRACTS: &[&str] = &[
    "contract.opened",
    "contract.stopped",
    "contract.suspended",
    "contract.resumed",
    "contract.replaced",
    "contract.stop_cancelled",
    "contract.attributes_changed",
    "contract.credit_set",
    "contract.restored",
    "contract.purged",
    "command.scheduled",
    "command.cancelled",
    "command.done",
    "command.refused",
    "command.undone",
    "home.allowed",
    "home.switched_off",
];
const OF_MEMBERS: &[&str] = &[
    "person.invited",
    "person.stopped",
    "person.suspended",
    "person.resumed",
    "person.credentials_reset",
    "person.registered",
    "person.purged",
    "invitation.made",
    "invitation.withdrawn",
];
const OF_KEYS: &[&str] = &["key.opened", "key.closed", "key.revoked", "key.first_played"];
const OF_DEVICES: &[&str] = &[
    "device.added",
    "device.replaced",
    "device.bound",
    "device.renamed",
    "device.removed",
    "home.entered",
    "home.code_shown",
];
const OF_SIGN_INS: &[&str] = &[
    "person.signed_in",
    "person.second_factor_asked",
    "person.turned_away",
    "person.locked_out",
    "person.unlocked",
    "person.sessions_ended",
    "authorization.granted",
    "authorization.redeemed",
    "authorization.revoked",
    "consent.asked",
    "consent.given",
    "consent.refused",
    "consent.withdrawn",
];
const OF_PROOFS: &[&str] = &[
    "letter.issued",
    "letter.handed",
    "person.phone_invited",
    "person.credentials_set",
    "person.pin_set",
    "person.pin_removed",
    "person.pin_reset",
    "person.totp_added",
    "person.totp_removed",
    "person.passkey_added",
    "person.passkey_removed",
    "person.recovery_codes_issued",
    "person.recovery_sent",
    "person.recovered",
    "person.approval_given",
    "person.contact_added",
    "person.contact_verified",
    "person.contact_removed",
    "person.contact_bounced",
    "person.factor_refused",
];

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// A member of the household, by number.
    Member(i64),
    /// Somebody or something else, as the audit names it: `sms:…`, `staff:…`, `system`.
    Other(String),
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The audit's id of the line.
    pub id: String,
    /// When.
    pub at: Instant,
    /// What: `contract.suspended`.
    pub act: String,
    /// To which member; 0: to the household.
    pub person_no: i64,
    /// By whom.
    pub by: Doer,
    /// The file line or the call behind it.
    pub cause: String,
    /// Which product, for keys.
    pub product: Option<String>,
    /// Why, for suspensions.
    pub reason: Option<Reason>,
}

/// A page of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// `A-001/00`.
    pub label: String,
    /// Newest first.
    pub lines: Vec<Happened>,
    /// Behind which line the next page begins, if there is one.
    pub next: Option<String>,
}

/// What happened to the newest household of a number, about one topic or all, behind the line `after` (empty: from the newest on).
///
/// # Errors
/// `contract.unknown`
pub fn timeline(
    tx: &mut Tx<'_>,
    number: &str,
    (topic, after): (Option<Topic>, &str),
) -> Result<Timeline> {
    let all = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?;
    let household = all.last().ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let acts = topic.map(|topic| topic.acts().iter().map(|act| (*act).to_owned()).collect());
    let mut lines = read(tx, household, (acts, after, PAGE + 1))?;
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let next = lines.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Timeline { label: household.key().label(), lines, next })
}

/// The newest lines, for the page of the contract.
pub(super) fn newest(tx: &mut Tx<'_>, household: &Household) -> Result<Vec<Happened>> {
    read(tx, household, (None, "", NEWEST))
}

fn read(
    tx: &mut Tx<'_>,
    household: &Household,
    (acts, after, limit): (Option<Vec<String>>, &str, i64),
) -> Result<Vec<Happened>> {
    let label = household.key().label();
    // The number alone: a command for later names no generation yet. Each name is written out, so that no order of a
    // database's language decides what belongs to the household.
    let mut subjects = vec![label.clone(), household.contract.number.clone()];
    for person in &household.persons {
        subjects.push(format!("{label}/{:03}", person.person_no));
        subjects.push(person.person_id.clone());
    }
    let about = About { subjects, acts, before: after };
    let lines = records::list_about(tx, &about, limit)?;
    Ok(lines.into_iter().map(|line| happened(household, &label, line)).collect())
}

fn happened(household: &Household, label: &str, line: AuditLine) -> Happened {
    let numbered = |id: &str| {
        household.persons.iter().find(|one| one.person_id == id).map(|one| one.person_no)
    };
    let of_label = line.subject.strip_prefix(label).and_then(|rest| rest.strip_prefix('/'));
    let person_no = of_label.and_then(|no| no.parse().ok()).or_else(|| numbered(&line.subject));
    let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
    let said = |name: &str| detail.get(name).and_then(Value::as_str);
    let by = match line.actor.strip_prefix("person:").and_then(numbered) {
        Some(no) => Doer::Member(no),
        // Somebody else's id tells a clerk nothing.
        None if line.actor.starts_with("person:") => Doer::Other("person".to_owned()),
        None => Doer::Other(line.actor),
    };
    Happened {
        id: line.id,
        at: line.at,
        act: line.act,
        person_no: person_no.unwrap_or(0),
        by,
        product: said("product").map(str::to_owned),
        reason: said("reason").and_then(named),
        cause: line.cause,
    }
}

/// The reason the audit names by this word.
fn named(word: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.as_str() == word)
}
