//! The way in: inbox, workbench, perform, save, keep the answers.

use std::collections::HashMap;

use base::kernel::{Actor, Error, Instant, Result};
use base::records::inbox::{self, Seen};
use base::records::{self, Entry, jobs};
use base::store::Tx;
use serde_json::json;

use crate::subscribers::{Outcome, Source, UNKNOWN, note};

use super::perform::{perform, report};
use super::scheduled::Later;
use super::undo::Before;
use super::workbench::{Changed, Workbench};
use super::{Command, Report};

/// The inbox's name for commands of an operator's SMS: file and online share it, so that a request
/// sent by both is done once.
pub const INBOX: &str = "sms";
/// The kind of job a future-dated command becomes.
pub(super) const JOB: &str = "command";

/// What commands did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// One answer for each command, in order.
    pub reports: Vec<Report>,
    /// How each household stood before, for taking the whole back.
    pub before: Vec<Before>,
}

/// Executes one command.
///
/// # Errors
/// `unavailable` and the like only: a refusal is a [`Report`].
pub fn execute(tx: &mut Tx<'_>, command: &Command) -> Result<Report> {
    let cause = tx.cause().to_owned();
    let reports = execute_each(tx, std::slice::from_ref(command), &[cause])?;
    reports.into_iter().next().ok_or_else(|| Error::internal("no answer to a command"))
}

/// Executes commands in order, each for itself: one that is refused changes nothing and stops none. The households
/// are read whole, so that what is kept of them is.
///
/// # Errors
/// `unavailable` and the like only: refusals are [`Report`]s.
pub fn execute_many(tx: &mut Tx<'_>, commands: &[Command]) -> Result<Done> {
    let causes = vec![tx.cause().to_owned(); commands.len()];
    let (reports, bench) = done(tx, (commands, &causes), Workbench::load_whole)?;
    let before = bench.changes().map(Before::of).collect::<Result<Vec<_>>>()?;
    Ok(Done { reports, before })
}

/// [`execute_many`] for commands that came separately, one of `causes` (the call behind it) for each, and that are
/// not taken back as one: no more is read than they need.
pub(super) fn execute_each(
    tx: &mut Tx<'_>,
    commands: &[Command],
    causes: &[String],
) -> Result<Vec<Report>> {
    done(tx, (commands, causes), Workbench::load).map(|(reports, _)| reports)
}

/// How much is read for commands.
type Loading = fn(&mut Tx<'_>, &[&Command]) -> Result<Workbench>;

fn done(
    tx: &mut Tx<'_>,
    (commands, causes): (&[Command], &[String]),
    load: Loading,
) -> Result<(Vec<Report>, Workbench)> {
    let seen = seen_before(tx, commands)?;
    let mut bench = load(tx, &fresh_ones(commands, &seen))?;
    let (reports, fresh) = run_all(tx, &mut bench, (commands, causes, seen))?;
    for one in &fresh {
        inbox::keep(tx, INBOX, one);
    }
    bench.save(tx)?;
    Ok((reports, bench))
}

/// What a rehearsal changed so far, in memory only.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    changed: Changed,
    seen: HashMap<String, Seen>,
}

impl Overlay {
    /// Goes on from what a later part of the rehearsal changed.
    pub fn absorb(&mut self, later: Self) {
        self.changed.extend(later.changed);
        self.seen.extend(later.seen);
    }
}

/// Answers commands as [`execute_many`] would, after what `overlay` changed, and keeps nothing.
/// To be called in `Db::rehearse`. Returns what these commands changed on top.
///
/// # Errors
/// As [`execute_many`].
pub fn rehearse_many(
    tx: &mut Tx<'_>,
    overlay: &Overlay,
    commands: &[Command],
) -> Result<(Vec<Report>, Overlay)> {
    let ids = ids(commands);
    let rehearsed: Vec<Seen> = ids.iter().filter_map(|id| overlay.seen.get(id)).cloned().collect();
    let kept = inbox::find(tx, INBOX, ids)?;
    let seen = by_id(kept.into_iter().chain(rehearsed));
    let mut bench = Workbench::load_whole(tx, &fresh_ones(commands, &seen))?;
    bench.overlay(&overlay.changed);
    let causes = vec![tx.cause().to_owned(); commands.len()];
    let (reports, fresh) = run_all(tx, &mut bench, (commands, &causes, seen))?;
    let seen = by_id(fresh.into_iter());
    Ok((reports, Overlay { changed: bench.into_changed(), seen }))
}

fn fresh_ones<'c>(commands: &'c [Command], seen: &HashMap<String, Seen>) -> Vec<&'c Command> {
    let fresh = |one: &&Command| !seen.contains_key(&one.request_id) && one.check().is_ok();
    commands.iter().filter(fresh).collect()
}

/// Runs commands in order; returns the answers, and those to be kept.
fn run_all(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    (commands, causes, mut seen): (&[Command], &[String], HashMap<String, Seen>),
) -> Result<(Vec<Report>, Vec<Seen>)> {
    let source = source_of(tx.actor());
    let mut reports = Vec::with_capacity(commands.len());
    let mut fresh = Vec::with_capacity(commands.len());
    for (command, cause) in commands.iter().zip(causes) {
        tx.go_on_because_of(cause);
        let digest = digest(command)?;
        if let Some(known) = seen.get(&command.request_id) {
            reports.push(repeated(known, &digest, command, tx.now())?);
            continue;
        }
        let report = run(tx, bench, command, source)?;
        // Without an id there is nothing to know a repetition by; the report says what is wrong.
        if command.check_id().is_ok() {
            let answer = serde_json::to_string(&report).map_err(Error::internal)?;
            let one = Seen::new(&command.request_id, digest, answer);
            seen.insert(command.request_id.clone(), one.clone());
            fresh.push(one);
        }
        reports.push(report);
    }
    Ok((reports, fresh))
}

fn by_id(seen: impl Iterator<Item = Seen>) -> HashMap<String, Seen> {
    seen.map(|one| (one.message_id.clone(), one)).collect()
}

/// Whose facts an actor writes.
fn source_of(actor: &Actor) -> Source {
    match actor {
        Actor::Sms(_) => Source::Sms,
        Actor::Staff(_) | Actor::Operations(_) | Actor::Admin(_) => Source::Console,
        Actor::Person(_) => Source::Owner,
        Actor::Client(_) | Actor::Anonymous | Actor::System => Source::System,
    }
}

/// Commands are tried first and looked up only when the answer to one turns out to be kept already
/// (the commit meets the inbox row and the work runs again): a request is new far more often than
/// repeated.
fn seen_before(tx: &mut Tx<'_>, commands: &[Command]) -> Result<HashMap<String, Seen>> {
    if tx.attempt() == 1 {
        return Ok(HashMap::new());
    }
    Ok(by_id(inbox::find(tx, INBOX, ids(commands))?.into_iter()))
}

fn ids(commands: &[Command]) -> Vec<String> {
    let good = commands.iter().filter(|command| command.check_id().is_ok());
    good.map(|command| command.request_id.clone()).collect()
}

fn digest(command: &Command) -> Result<Vec<u8>> {
    serde_json::to_vec(command).map(|body| inbox::digest(&body)).map_err(Error::internal)
}

fn repeated(known: &Seen, digest: &[u8], command: &Command, now: Instant) -> Result<Report> {
    match known.answer_for(digest) {
        Ok(answer) => serde_json::from_str(answer).map_err(Error::internal),
        Err(error) => Ok(Report::refused(command, &error, now)),
    }
}

/// Runs a command now, or writes it down for later; a refusal is an answer.
fn run(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    command: &Command,
    source: Source,
) -> Result<Report> {
    let done = command.check().and_then(|()| {
        let at = command.effective_at.unwrap_or_else(|| tx.now()).min(tx.now());
        if command.effective_at.is_some_and(|when| when > tx.now()) && !command.op.is_dated() {
            return schedule(tx, bench, command, source);
        }
        perform(tx, bench, command, (source, at))
    });
    done.or_else(|error| answer_refusal(&error, command, tx.now()))
}

/// What the caller can do something about is an answer; the rest is an error of this transaction.
pub(super) fn answer_refusal(error: &Error, command: &Command, now: Instant) -> Result<Report> {
    match error {
        Error::Unavailable { .. } | Error::Internal { .. } | Error::Conflict { .. } => {
            Err(error.clone())
        }
        refusal => Ok(Report::refused(command, refusal, now)),
    }
}

fn schedule(
    tx: &mut Tx<'_>,
    bench: &Workbench,
    command: &Command,
    source: Source,
) -> Result<Report> {
    let key = bench
        .key(&command.number, command.generation)
        .ok_or_else(|| Error::not_found(UNKNOWN, &command.number))?;
    let due = command.effective_at.unwrap_or_else(|| tx.now());
    let job = jobs::NewJob {
        kind: JOB,
        stream: &command.number,
        request_id: &command.request_id,
        due,
        payload: serde_json::to_string(&Later { source, command: command.clone() })
            .map_err(Error::internal)?,
    };
    let id = jobs::schedule(tx, &job)?;
    // Answers about the household may not be reused past a command that is known to come.
    tx.touch(Some(&command.number));
    let subject = command.subject(key.generation);
    let detail = json!({
        "request_id": command.request_id, "job": id, "op": command.op, "due": due.rfc3339_jst(),
    });
    records::record(tx, &Entry::new("command.scheduled", &subject).detail(detail))?;
    Ok(report(bench, &key, command, (Outcome::made(note::SCHEDULED), tx.now())))
}
