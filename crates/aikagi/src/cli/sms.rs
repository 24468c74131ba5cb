//! `aikagi sms`: the files of an operator's SMS, and what staff decides about them.

use base::kernel::{Actor, Scope, clock};
use base::store::Tx;
use clap::{Args, Subcommand};
use domain::files::{self, File};
use domain::operators;

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
    /// Say that a guarded file is meant; the second person releases it
    Approve(Decision),
    /// Let a file go on though the one before it is missing
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
        Sms::Approve(decision) => decide(context, decision, files::approve),
        Sms::Release(decision) => decide(context, decision, files::release),
        Sms::Discard(decision) => decide(context, decision, files::discard),
    }
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
            vec![
                file.name,
                state,
                file.code,
                format!("{}/{}", file.lines_done, file.lines_total),
                file.ok.to_string(),
                file.warnings.to_string(),
                file.errors.to_string(),
                file.detail,
            ]
        })
        .collect();
    output::table(&["FILE", "STATE", "CODE", "DONE", "OK", "WARN", "WRONG", "DETAIL"], &rows);
    Ok(())
}
