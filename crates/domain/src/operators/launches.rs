//! How a station comes into service: a trial, what it answered about itself, and what its people vouch for.

use std::collections::BTreeMap;

use base::kernel::{Change, Day, Error, Instant, Result};
use base::records::{self, Entry, record};
use base::store::{Row, Tx, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{changed, find_operator};

/// The most characters of one answer.
const LONGEST_ANSWER: usize = 500;
/// The most characters of what is written beside a tick, and of a telephone number.
const LONGEST_LINE: usize = 80;

/// How the station's SMS reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// By nightly files.
    #[default]
    Files,
    /// By online calls.
    Online,
    /// By both.
    Both,
}

impl Linkage {
    /// All, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Files, Self::Online, Self::Both];

    /// The word in forms and in what is kept.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Online => "online",
            Self::Both => "both",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `launch.linkage_unknown`
    pub fn parse(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == word);
        found.ok_or_else(|| Error::invalid("launch.linkage_unknown", "linkage"))
    }
}

/// What the station says about itself before anything else (ヒアリングシート).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hearing {
    /// Who made its SMS, and which one it is.
    pub vendor: String,
    /// How the SMS reaches us.
    pub linkage: Linkage,
    /// How many households there will be.
    pub households: i64,
    /// The day on which it wants to go into service, `2026-12-01`; empty: not yet said.
    pub opening_day: String,
    /// Whom to call at night.
    pub night_contact: String,
    /// Anything else.
    pub note: String,
}

impl Hearing {
    fn check(&self) -> Result<()> {
        let lines = [("vendor", &self.vendor), ("night_contact", &self.night_contact)];
        let longest = lines.map(|(field, text)| (field, text, LONGEST_LINE));
        for (field, text, most) in longest.into_iter().chain([("note", &self.note, LONGEST_ANSWER)])
        {
            if text.chars().count() > most {
                return Err(Error::invalid("launch.answer_too_long", field));
            }
        }
        if !(0..=10_000_000).contains(&self.households) {
            return Err(Error::invalid("launch.households_out_of_range", "households"));
        }
        if !self.opening_day.is_empty() {
            Day::parse_iso(&self.opening_day, "opening_day")?;
        }
        Ok(())
    }

    /// Whether what the others need to begin is answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        let lines = [&self.vendor, &self.opening_day, &self.night_contact];
        self.households > 0 && lines.into_iter().all(|text| !text.trim().is_empty())
    }
}

/// What nothing here can see, and somebody of the station vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vouched {
    /// The station's contract with the platform is signed.
    Agreement,
    /// A real file was read by the format tester as it is meant.
    Format,
    /// How many stops at once need two persons is decided.
    Guard,
    /// Who is called at night, and what they do, is decided.
    Night,
    /// The letter to members was printed and read.
    Letter,
    /// Somebody watched on a television and on a phone, and saw why not.
    Watched,
    /// Members know, and the desk is ready for their calls.
    Announced,
}

impl Vouched {
    /// All, in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::Agreement,
        Self::Format,
        Self::Guard,
        Self::Night,
        Self::Letter,
        Self::Watched,
        Self::Announced,
    ];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Format => "format",
            Self::Guard => "guard",
            Self::Night => "night",
            Self::Letter => "letter",
            Self::Watched => "watched",
            Self::Announced => "announced",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `launch.item_unknown`
    pub fn parse(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == word);
        found.ok_or_else(|| Error::invalid("launch.item_unknown", "item"))
    }
}

/// What a trial has to have shown, as the audit names it: a file that was answered, a household, a member, a sign-in.
pub(crate) const SHOWN_ACTS: [&str; 4] =
    ["file.sent", "contract.opened", "person.registered", "person.signed_in"];
/// How many lines of the audit are looked at for it, from its end.
pub(crate) const LOOKED_AT: i64 = 20_000;

/// Under which word it is kept that an act was seen.
fn shown_key(act: &str) -> String {
    format!("shown:{act}")
}

/// Who vouched for something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// The actor, as the audit names them.
    pub by: String,
    /// When, in milliseconds since 1970.
    at_ms: i64,
}

impl Tick {
    /// When.
    #[must_use]
    pub const fn at(&self) -> Instant {
        Instant::from_ms(self.at_ms)
    }
}

/// A station's way into service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What it said about itself.
    pub hearing: Hearing,
    ticks: BTreeMap<String, Tick>,
    /// Moves with every change.
    pub version: i64,
    /// When the trial began.
    pub began: Instant,
    /// When its households were last thrown away, if ever.
    pub reset: Option<Instant>,
    /// When it went into service; none: it is on trial.
    pub live: Option<Instant>,
}

impl Launch {
    /// Who vouched for `what`, if somebody does.
    #[must_use]
    pub fn tick(&self, what: Vouched) -> Option<&Tick> {
        self.ticks.get(what.as_str())
    }

    /// Whether `act` stood in the books before households of the trial were thrown away.
    #[must_use]
    pub fn has_shown(&self, act: &str) -> bool {
        self.ticks.contains_key(&shown_key(act))
    }

    /// Whether everything is vouched for.
    #[must_use]
    pub fn is_vouched_for(&self) -> bool {
        Vouched::ALL.into_iter().all(|what| self.tick(what).is_some())
    }
}

/// The way into service of the operator of this scope; none: it never was on trial.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_launch(tx: &mut Tx<'_>) -> Result<Option<Launch>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row(
        "SELECT hearing, ticks, version, began_ms, reset_ms, live_ms FROM launches
          WHERE operator_id = ?1",
        &keys,
        read,
    )
}

/// The launch of an operator that is on trial now.
///
/// # Errors
/// `launch.not_on_trial`
fn trial(tx: &mut Tx<'_>) -> Result<Launch> {
    let found = find_launch(tx)?.filter(|launch| launch.live.is_none());
    found.ok_or_else(|| Error::refused("launch.not_on_trial"))
}

/// The same, when `code` is the operator's: who types it means this station.
///
/// # Errors
/// `launch.not_on_trial`; `launch.code_differs`
pub(crate) fn confirmed_trial(tx: &mut Tx<'_>, code: &str) -> Result<Launch> {
    let known = trial(tx)?;
    if code != tx.operator() {
        return Err(Error::invalid("launch.code_differs", "code"));
    }
    Ok(known)
}

/// Puts the operator of this scope on trial. The caller knows that it has no household.
///
/// # Errors
/// `operator.unknown`; `launch.live_already`
pub(crate) fn begin_trial(tx: &mut Tx<'_>) -> Result<Change> {
    find_operator(tx)?;
    match find_launch(tx)? {
        Some(known) if known.live.is_none() => return Ok(Change::Already),
        Some(_) => return Err(Error::refused("launch.live_already")),
        None => {}
    }
    let row: [Value; 4] =
        [tx.operator().into(), json_of(&Hearing::default())?.into(), "{}".into(), tx.now().into()];
    tx.change_one(
        "INSERT INTO launches (operator_id, hearing, ticks, version, began_ms)
         VALUES (?1, ?2, ?3, 1, ?4)",
        &row,
    )?;
    set_trial(tx, true)?;
    let code = tx.operator().to_owned();
    record(tx, &Entry::new("launch.trial_begun", &code).version(1))?;
    Ok(Change::Made)
}

/// Keeps what the station says about itself, if nobody changed it since `version` was shown.
///
/// # Errors
/// `launch.not_on_trial`, `launch.changed_meanwhile`, `launch.answer_too_long`, `launch.households_out_of_range`,
/// `date.malformed`
pub fn answer_hearing(tx: &mut Tx<'_>, (hearing, version): (&Hearing, i64)) -> Result<()> {
    let known = trial(tx)?;
    if known.version != version {
        return Err(Error::Conflict { code: "launch.changed_meanwhile" });
    }
    hearing.check()?;
    let next = Launch { hearing: hearing.clone(), ..known };
    // Whom to call is for the page, not for the books.
    save(tx, &next, ("launch.hearing_answered", json!({ "linkage": hearing.linkage.as_str() })))
}

/// Vouches for `what`, or takes it back.
///
/// # Errors
/// `launch.not_on_trial`
pub fn vouch(tx: &mut Tx<'_>, (what, is_so): (Vouched, bool)) -> Result<()> {
    let mut next = trial(tx)?;
    let word = what.as_str();
    if is_so {
        let tick = Tick { by: tx.actor().label(), at_ms: tx.now().ms() };
        next.ticks.insert(word.to_owned(), tick);
    } else {
        next.ticks.remove(word);
    }
    let act = if is_so { "launch.vouched" } else { "launch.doubted" };
    save(tx, &next, (act, json!({ "item": word })))
}

/// Notes that households of the trial were thrown away.
///
/// # Errors
/// `launch.not_on_trial`
pub(crate) fn note_reset(tx: &mut Tx<'_>, erased: u64) -> Result<()> {
    let mut next = Launch { reset: Some(tx.now()), ..trial(tx)? };
    // Erasing writes lines of its own, and the books are looked at from their end.
    let acts = SHOWN_ACTS.map(str::to_owned).to_vec();
    for one in records::count_acts(tx, acts, (next.began, LOOKED_AT))? {
        let tick = Tick { by: tx.actor().label(), at_ms: tx.now().ms() };
        next.ticks.entry(shown_key(&one.act)).or_insert(tick);
    }
    save(tx, &next, ("launch.reset", json!({ "households": erased })))
}

/// Puts a station on trial into service, for good. The caller knows that nothing is missing.
///
/// # Errors
/// `launch.not_on_trial`
pub(crate) fn end_trial(tx: &mut Tx<'_>) -> Result<()> {
    let next = Launch { live: Some(tx.now()), ..trial(tx)? };
    save(tx, &next, ("launch.went_live", json!({})))?;
    set_trial(tx, false)
}

fn set_trial(tx: &mut Tx<'_>, trial: bool) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), trial.into()];
    tx.change_one("UPDATE operators SET trial = ?2 WHERE operator_id = ?1", &keys)?;
    changed(tx)
}

/// Writes what changed over what was read.
fn save(
    tx: &mut Tx<'_>,
    next: &Launch,
    (act, detail): (&'static str, serde_json::Value),
) -> Result<()> {
    let keys: [Value; 6] = [
        tx.operator().into(),
        next.version.into(),
        json_of(&next.hearing)?.into(),
        json_of(&next.ticks)?.into(),
        next.reset.into(),
        next.live.into(),
    ];
    let written = tx.exec(
        "UPDATE launches SET hearing = ?3, ticks = ?4, version = version + 1, reset_ms = ?5, live_ms = ?6
          WHERE operator_id = ?1 AND version = ?2",
        &keys,
    )?;
    if written != 1 {
        return Err(Error::Conflict { code: "launch.changed_meanwhile" });
    }
    let code = tx.operator().to_owned();
    record(tx, &Entry::new(act, &code).version(next.version + 1).detail(detail))
}

fn read(row: &mut Row) -> Result<Launch> {
    Ok(Launch {
        hearing: serde_json::from_str(&row.text()?).map_err(Error::internal)?,
        ticks: serde_json::from_str(&row.text()?).map_err(Error::internal)?,
        version: row.int()?,
        began: row.instant()?,
        reset: row.instant_if_any()?,
        live: row.instant_if_any()?,
    })
}

fn json_of(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
