//! `aikagi sms`: the files of an operator's SMS, and what staff decides about them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::kernel::{Actor, Scope, clock, ids};
use base::records::{LinkageLine, WriteBehind};
use base::store::Tx;
use clap::{Args, Subcommand};
use domain::files::{self, File, FileState};
use domain::operators;
use linkage::sms::batch::{self, Batch, Undoing};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Files of an operator's SMS.
#[derive(Subcommand)]
pub(super) enum Sms {
    /// The latest files: where they stand and how far they are
    Status {
        /// The operator's code
        operator: String,
        /// How many
        #[arg(long, default_value_t = 20)]
        last: i64,
    },
    /// Do one file by hand, as if it lay in its operator's folder; the result lies beside it
    Run {
        /// The file; the operator is read from its name
        file: PathBuf,
        /// The operator's code, when the name does not say it
        #[arg(long)]
        operator: Option<String>,
        /// Evaluate every line and write the result file, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take an applied file back: every household returns to how it stood before
    Undo {
        /// The operator's code
        operator: String,
        /// The file's name, or its id (fil_…)
        file: String,
        /// Only say which households stand in the way
        #[arg(long)]
        check: bool,
    },
    /// Say that a guarded file is meant; the second person releases it
    Approve(Decision),
    /// Let a file go on though the one before it is missing, or one refused for its day when sent again
    Release(Decision),
    /// Give a held or guarded file up
    Discard(Decision),
}

/// What a member of the staff decides about a file.
#[derive(Args)]
pub(super) struct Decision {
    /// The operator's code
    operator: String,
    /// The file's name, or its id (fil_…)
    file: String,
    /// Who decides: an administrator or manager of the station
    #[arg(long)]
    staff: String,
}

pub(super) fn run(context: &Context, command: Sms) -> Result<(), Failure> {
    match command {
        Sms::Status { operator, last } => status(context, &operator, last),
        Sms::Run { file, operator, dry_run } => run_file(context, &file, operator, dry_run),
        Sms::Undo { operator, file, check } => undo(context, &operator, &file, check),
        Sms::Approve(decision) => decide(context, decision, files::approve),
        Sms::Release(decision) => decide(context, decision, files::release),
        Sms::Discard(decision) => decide(context, decision, files::discard),
    }
}

fn run_file(
    context: &Context,
    file: &Path,
    operator: Option<String>,
    dry_run: bool,
) -> Result<(), Failure> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = name.split('_').next().unwrap_or_default().to_owned();
    let operator = operator.unwrap_or(named);
    let db = context.db()?;
    db.read(&Context::scope(&operator), operators::find_operator)?;
    let book = Arc::new(WriteBehind::start(db.clone(), "linkage", LinkageLine::INSERT)?);
    let batch = Batch::new(db, Arc::clone(&book), &ids::new_id("cli", clock::now()));
    let how = if dry_run { batch::Run::Rehearse } else { batch::Run::Apply };
    let done = batch.run_file(&operator, file, how)?;
    book.flush();
    output::line(format!("{} is {} {} {}", done.name, words(&done), done.code, done.detail));
    output::line(format!(
        "{} of {} lines done: {} ok, {} warnings, {} wrong",
        done.lines_done, done.lines_total, done.ok, done.warnings, done.errors
    ));
    if matches!(done.state, FileState::ResultSent | FileState::Archived) {
        Ok(())
    } else {
        Err(Failure::Refused("the file was not applied".to_owned()))
    }
}

fn undo(context: &Context, operator: &str, file: &str, check: bool) -> Result<(), Failure> {
    let how = if check { Undoing::Check } else { Undoing::Do };
    let done = batch::undo(&context.db()?, &Context::scope(operator), file, how)?;
    let would = if check { "would stand" } else { "stand" };
    output::line(format!("{} households {would} as before the file", done.restored));
    for conflict in &done.conflicts {
        let (number, generation) = (&conflict.number, conflict.generation);
        output::line(format!("changed since, stays as it is: {number}/{generation:02}"));
    }
    if done.conflicts.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(format!("{} households stand in the way", done.conflicts.len())))
}

fn decide(
    context: &Context,
    decision: Decision,
    act: fn(&mut Tx<'_>, &str) -> base::kernel::Result<File>,
) -> Result<(), Failure> {
    let Decision { operator, file, staff } = decision;
    let scope = Scope::new(&operator, Actor::Staff(staff), clock::now()).caused_by("cli");
    let decided = context.db()?.transact(&scope, move |tx| act(tx, &file))?;
    output::line(format!("{} is {}", decided.name, words(&decided)));
    Ok(())
}

fn words(file: &File) -> String {
    let state = file.state.as_str();
    match &file.waits_for {
        Some(waits) => {
            format!("{state}, waits for {} ({} approved)", waits.as_str(), file.approvals.len())
        }
        None => state.to_owned(),
    }
}

fn status(context: &Context, operator: &str, last: i64) -> Result<(), Failure> {
    let known = context.db()?.read(&Context::scope(operator), |tx| {
        operators::find_operator(tx)?;
        files::list(tx, last)
    })?;
    let rows: Vec<Vec<String>> = known
        .into_iter()
        .map(|file| {
            let state = words(&file);
            let speed = file.started.map_or(String::new(), |_| format!("{}/s", file.rate()));
            vec![
                file.name,
                state,
                file.code,
                format!("{}/{}", file.lines_done, file.lines_total),
                speed,
                file.ok.to_string(),
                file.warnings.to_string(),
                file.errors.to_string(),
                file.detail,
            ]
        })
        .collect();
    output::table(
        &["FILE", "STATE", "CODE", "DONE", "SPEED", "OK", "WARN", "WRONG", "DETAIL"],
        &rows,
    );
    Ok(())
}
