//! What a clerk does to a contract: shown before it is done, done once, and never over what somebody else changed.

use std::collections::HashMap;

use base::kernel::{Error, Instant, Result};
use base::records::inbox;
use base::store::Tx;

use crate::entitlements::{self, GrantState, Keyring};
use crate::subscribers::{self, Household, Key, Load, PERSON_UNKNOWN, Standing, UNKNOWN};

use super::bus::{INBOX, execute, execute_many};
use super::moving::{Moving, moving};
use super::scheduled::{Waiting, waiting};
use super::undo_by_hand::keep;
use super::{Command, Op, Report, ResultKind};

/// What a command would do, before it is given.
#[derive(Debug, Clone)]
pub struct Preview {
    /// How it would end, with the standing afterwards.
    pub report: Report,
    /// Members it touches: all who are not gone, or the one it is about.
    pub persons: usize,
    /// Keys in force that they hold; afterwards, if it brings them back.
    pub keys: usize,
    /// Whether the household is suspended already.
    pub held: bool,
    /// What goes to another number with it, if it changes the number.
    pub moving: Option<Moving>,
    /// What it takes back, if it takes back what waits.
    pub cancels: Option<Waiting>,
    /// The contract's version it was looked at in.
    pub version: i64,
}

/// What `command` would do. To be called in a rehearsal (`Db::rehearse`), which takes everything back.
///
/// # Errors
/// `contract.unknown`; `person.unknown` — who is brought back was never there; `verb.day_past`; `unavailable` when the database fails. A
/// refusal of the command is in the report.
pub fn preview(tx: &mut Tx<'_>, command: &Command) -> Result<Preview> {
    let household = newest(tx, &command.number)?;
    check_by_hand(&household, command, tx.now())?;
    let keyrings = entitlements::load(tx, vec![command.number.clone()])?;
    let now = tx.now();
    let serves = |person_no: i64| command.person_no == 0 || person_no == command.person_no;
    let persons = household
        .persons
        .iter()
        .filter(|person| !person.is_gone() && serves(person.person_no))
        .count();
    let key = household.key();
    let open = |keyrings: &HashMap<Key, Keyring>| {
        let grants = keyrings.get(&key).map(|keyring| keyring.grants.iter()).into_iter().flatten();
        let open = grants.filter(|one| one.state_at(now) == GrantState::Open);
        open.filter(|one| one.person_no == 0 || serves(one.person_no)).count()
    };
    let keys = open(&keyrings);
    let held = household.standing(now) == Standing::Suspended;
    let version = household.contract.version;
    let moving = moving(tx, command)?;
    let cancels = match &command.cancels {
        Some(request) => {
            waiting(tx, &command.number)?.into_iter().find(|one| one.command.request_id == *request)
        }
        None => None,
    };
    let report = execute(tx, command)?;
    let keys = match command.op {
        // Those that the stop had closed.
        Op::StopCancel => open(&entitlements::load(tx, vec![command.number.clone()])?),
        _ => keys,
    };
    Ok(Preview { report, persons, keys, held, moving, cancels, version })
}

/// Gives `command`, if the contract still is as its clerk saw it, in `version`. The same command again is answered the
/// same. What it changed is kept for a day, to be taken back ([`super::undo_by_hand`]).
///
/// # Errors
/// `contract.unknown`; `person.unknown` and `verb.day_past` as in [`preview`]; `contract.version_differs` — by somebody else since it was shown.
/// A refusal of the command is in the report.
pub fn give(tx: &mut Tx<'_>, command: &Command, version: i64) -> Result<Report> {
    const CHANGED: Error = Error::Conflict { code: "contract.version_differs" };
    if !inbox::find(tx, INBOX, vec![command.request_id.clone()])?.is_empty() {
        return execute(tx, command);
    }
    let household = newest(tx, &command.number)?;
    check_by_hand(&household, command, tx.now())?;
    if household.contract.version != version {
        return Err(CHANGED);
    }
    let done = execute_many(tx, std::slice::from_ref(command))?;
    let mut reports = done.reports.into_iter();
    let report = reports.next().ok_or_else(|| Error::internal("no answer to a command"))?;
    // The command has locked the household; who was between the look and the lock has raised the version too.
    if report.result != ResultKind::Error && report.version > version + 1 {
        return Err(CHANGED);
    }
    keep(tx, command, &done.before)?;
    Ok(report)
}

/// By hand a member is brought back, and nobody is added: who lives there the SMS and the owner say.
fn check_by_hand(household: &Household, command: &Command, now: Instant) -> Result<()> {
    command.effective_at.map_or(Ok(()), |from| check_from(from, now))?;
    if command.op == Op::PersonAdd && household.person(command.person_no).is_none() {
        return Err(Error::not_found(PERSON_UNKNOWN, format!("{:03}", command.person_no)));
    }
    Ok(())
}

/// By hand something begins today or on a day to come: what was, the SMS tells.
///
/// # Errors
/// `verb.day_past`
pub fn check_from(from: Instant, now: Instant) -> Result<()> {
    if from.day_jst() < now.day_jst() {
        return Err(Error::invalid("verb.day_past", "from"));
    }
    Ok(())
}

fn newest(tx: &mut Tx<'_>, number: &str) -> Result<Household> {
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    newest.ok_or_else(|| Error::not_found(UNKNOWN, number))
}
