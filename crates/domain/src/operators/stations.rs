//! The operator itself: put, switch off and on, find.

use base::kernel::{Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::publishing::{Facts, Publishing, kept};
use super::{Look, Policies, repo};

/// Whether an operator's subscribers may sign in and watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorState {
    /// In service.
    Enabled,
    /// Switched off: nobody signs in, every decision is D01; the SMS may go on sending.
    Disabled,
}

impl OperatorState {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }

    pub(crate) fn parse(stored: &str) -> Result<Self> {
        match stored {
            "ENABLED" => Ok(Self::Enabled),
            "DISABLED" => Ok(Self::Disabled),
            other => Err(Error::internal(format!("operator state {other}"))),
        }
    }
}

/// A cable television operator.
///
/// Its issuer is not kept: it is `{base_url}/o/{code}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `OP0012`: capital letters and digits, the station's code in SMS files too.
    pub code: String,
    /// Name in Japanese.
    pub name_ja: String,
    /// Name in English.
    pub name_en: String,
    /// In service or not.
    pub state: OperatorState,
    /// IANA name; `Asia/Tokyo`.
    pub time_zone: String,
    /// What it decided for itself.
    pub policies: Policies,
    /// Moves with every change of what it sells, allows or is called.
    pub version: i64,
    /// When it was first written.
    pub created: Instant,
    /// Whether it is on trial: its households may be thrown away.
    pub trial: bool,
    /// How its pages look.
    pub look: Look,
}

impl Operator {
    /// Whether it is in service.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.state == OperatorState::Enabled
    }
}

/// What the platform says about an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorDraft {
    /// Name in Japanese.
    pub name_ja: String,
    /// Name in English.
    pub name_en: String,
    /// What it decides for itself.
    pub policies: Policies,
}

/// The one time zone of Japan, and of business days here.
const TIME_ZONE: &str = "Asia/Tokyo";

/// Whether `code` may be an operator's: six capital letters or digits, as the SMS header has room
/// for (brief tve §7.4, columns 6–11).
#[must_use]
pub fn valid_code(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Adds the operator of this transaction's scope, or changes its names and policies.
///
/// # Errors
/// - `operator.code_malformed` — not six capital letters or digits
/// - `operator.name_missing` — a name is empty
/// - `operator.policy_out_of_range`, `operator.passkeys_malformed` — name the policy
/// - `operator.rp_id_taken` — another operator's passkeys are for this domain
pub fn put_operator(tx: &mut Tx<'_>, draft: &OperatorDraft) -> Result<Change> {
    put(tx, draft, "")
}

/// Changes what the operator of this scope decides for itself: the policies named in `changes`, each by its text, if they still
/// are what was seen. What is so already is answered so, whatever was seen.
///
/// # Errors
/// - `operator.unknown`
/// - `field.required`, `field.too_long` naming `why`
/// - `operator.policy_out_of_range` — names the policy, also one that is not the station's to decide
/// - `masters.changed_meanwhile` — somebody else changed one: look at them again
pub fn publish_policies(
    tx: &mut Tx<'_>,
    changes: &Facts,
    publishing: &Publishing,
) -> Result<Change> {
    let why = publishing.why()?;
    repo::hold(tx)?;
    let known = find_operator(tx)?;
    let policies = known.policies.with(changes)?;
    policies.check()?;
    if policies == known.policies {
        return Ok(Change::Already);
    }
    publishing.check_seen(Some(&known.policies.facts()))?;
    // One person must not take away what asks for two: a station agrees on more with who runs the platform.
    if policies.asks_less_often_than(&known.policies) {
        return Err(Error::refused("operator.guard_loosened"));
    }
    put(tx, &OperatorDraft { name_ja: known.name_ja, name_en: known.name_en, policies }, why)
}

fn put(tx: &mut Tx<'_>, draft: &OperatorDraft, why: &str) -> Result<Change> {
    if !valid_code(tx.operator()) {
        return Err(Error::invalid("operator.code_malformed", "code"));
    }
    for (field, name) in [("name_ja", &draft.name_ja), ("name_en", &draft.name_en)] {
        if name.trim().is_empty() {
            return Err(Error::invalid("operator.name_missing", field));
        }
    }
    draft.policies.check()?;
    let rp_id = &draft.policies.passkeys.rp_id;
    if repo::of_rp_id(tx, rp_id)?.is_some_and(|other| other.code != tx.operator()) {
        return Err(Error::refused("operator.rp_id_taken"));
    }
    let known = operator_if_any(tx)?;
    let version = match &known {
        Some(known) if same(known, draft) => return Ok(Change::Already),
        Some(known) => {
            repo::update(tx, draft)?;
            known.version + 1
        }
        None => {
            repo::insert(tx, draft, TIME_ZONE)?;
            1
        }
    };
    tx.touch(None);
    let act = if known.is_some() { "operator.changed" } else { "operator.added" };
    let code = tx.operator().to_owned();
    let before = known.as_ref().map(|known| facts(&known.name_ja, &known.name_en, &known.policies));
    let after = facts(&draft.name_ja, &draft.name_en, &draft.policies);
    let detail = kept(json!({ "policies": draft.policies }), (before.as_ref(), &after), why);
    record(tx, &Entry::new(act, &code).version(version).detail(detail))?;
    Ok(Change::Made)
}

fn facts(name_ja: &str, name_en: &str, policies: &Policies) -> Facts {
    let mut facts = policies.facts();
    facts.insert("name_ja".to_owned(), name_ja.to_owned());
    facts.insert("name_en".to_owned(), name_en.to_owned());
    facts
}

fn same(known: &Operator, draft: &OperatorDraft) -> bool {
    (&known.name_ja, &known.name_en, &known.policies)
        == (&draft.name_ja, &draft.name_en, &draft.policies)
}

/// Takes the operator out of service: nobody signs in, and every decision is a deny (D01).
///
/// # Errors
/// `operator.unknown`
pub fn disable(tx: &mut Tx<'_>) -> Result<Change> {
    switch(tx, OperatorState::Disabled, "operator.disabled")
}

/// Puts the operator back into service; everything is as it was.
///
/// # Errors
/// `operator.unknown`
pub fn enable(tx: &mut Tx<'_>) -> Result<Change> {
    switch(tx, OperatorState::Enabled, "operator.enabled")
}

fn switch(tx: &mut Tx<'_>, to: OperatorState, act: &'static str) -> Result<Change> {
    let known = find_operator(tx)?;
    if known.state == to {
        return Ok(Change::Already);
    }
    repo::set_state(tx, to)?;
    tx.touch(None);
    let entry = Entry::new(act, &known.code).version(known.version + 1);
    record(tx, &entry)?;
    Ok(Change::Made)
}

/// Says that something this operator sells, allows or trusts changed: moves its version and tells
/// the caches. Called by the rooms that keep such things, beside their record.
///
/// The platform's scope has no operator row: there every cache is told.
///
/// # Errors
/// `operator.unknown`
pub fn changed(tx: &mut Tx<'_>) -> Result<()> {
    if tx.operator() != Scope::PLATFORM && repo::raise_version(tx)? != 1 {
        return Err(Error::not_found("operator.unknown", tx.operator()));
    }
    tx.touch(None);
    Ok(())
}

/// The operator of this transaction's scope.
///
/// # Errors
/// `operator.unknown`
pub fn find_operator(tx: &mut Tx<'_>) -> Result<Operator> {
    operator_if_any(tx)?.ok_or_else(|| Error::not_found("operator.unknown", tx.operator()))
}

/// The operator of this transaction's scope, if it exists.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn operator_if_any(tx: &mut Tx<'_>) -> Result<Option<Operator>> {
    repo::find(tx)
}

/// The operator whose passkeys are for the domain `rp_id`, if one's are; spoken by the platform.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator.
pub fn operator_of_rp_id(tx: &mut Tx<'_>, rp_id: &str) -> Result<Option<Operator>> {
    if tx.operator() != Scope::PLATFORM {
        return Err(Error::Forbidden { code: "operator.platform_only" });
    }
    repo::of_rp_id(tx, rp_id)
}

/// An operator as it is shown to a person who has to name theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its code.
    pub code: String,
    /// Name in Japanese.
    pub name_ja: String,
    /// Name in English.
    pub name_en: String,
}

/// Operators a person may choose from: Japan has fewer than 500 cable operators.
const MOST_CHOICES: i64 = 1000;

/// The operators in service, by code, at most a thousand; spoken by the platform.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator.
pub fn list_choices(tx: &mut Tx<'_>) -> Result<Vec<Choice>> {
    if tx.operator() != Scope::PLATFORM {
        return Err(Error::Forbidden { code: "operator.platform_only" });
    }
    repo::choices(tx, MOST_CHOICES)
}

/// Up to `limit` operators after the code `after`, in order of code; spoken by the platform.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator.
pub fn list_operators(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Operator>> {
    if tx.operator() != Scope::PLATFORM {
        return Err(Error::Forbidden { code: "operator.platform_only" });
    }
    repo::list(tx, after, limit)
}

/// As [`list_operators`], their codes only: a row that can not be read keeps nobody from the others.
///
/// # Errors
/// `operator.platform_only` in the scope of one operator.
pub fn list_codes(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<String>> {
    if tx.operator() != Scope::PLATFORM {
        return Err(Error::Forbidden { code: "operator.platform_only" });
    }
    repo::codes(tx, after, limit)
}
