//! `aikagi outbox`: the backlog toward receivers.

use base::records::outbox;
use clap::Subcommand;
use domain::{administration, operators};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// What receivers must still be told.
#[derive(Subcommand)]
pub(super) enum Outbox {
    /// The backlog of each receiver
    Status {
        /// The operator's code
        operator: String,
    },
    /// Try the events again that were given up
    Retry {
        /// The operator's code
        operator: String,
        /// The receiver
        receiver: String,
    },
}

pub(super) fn run(context: &Context, command: Outbox) -> Result<(), Failure> {
    match command {
        Outbox::Status { operator } => status(context, &operator),
        Outbox::Retry { operator, receiver } => retry(context, &operator, receiver),
    }
}

fn status(context: &Context, operator: &str) -> Result<(), Failure> {
    let backlog = context.db()?.read(&Context::scope(operator), |tx| {
        operators::find_operator(tx)?;
        outbox::backlog(tx)
    })?;
    let rows: Vec<Vec<String>> = backlog
        .into_iter()
        .map(|one| {
            let oldest = one.oldest.map(|at| at.rfc3339_jst()).unwrap_or_default();
            vec![one.receiver_id, one.pending.to_string(), one.dead.to_string(), oldest]
        })
        .collect();
    output::table(&["RECEIVER", "WAITING", "GIVEN UP", "OLDEST"], &rows);
    Ok(())
}

fn retry(context: &Context, operator: &str, receiver: String) -> Result<(), Failure> {
    let revived = context.db()?.transact(&Context::scope(operator), move |tx| {
        administration::resend(tx, (&receiver, None))
    })?;
    output::line(format!("{revived} events will be tried again"));
    Ok(())
}
