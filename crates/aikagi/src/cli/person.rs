//! `aikagi person`: a member who calls the station.

use base::kernel::Change;
use clap::{Args, Subcommand};
use domain::credentials;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Members of households.
#[derive(Subcommand)]
pub(super) enum Person {
    /// End a member's lock-out after wrong passwords, and forget them; see first who is calling
    Unlock(Whose),
}

/// Which member.
#[derive(Args)]
pub(super) struct Whose {
    /// The operator's code
    #[arg(long)]
    operator: String,
    /// The contract's number
    #[arg(long)]
    contract: String,
    /// The member's number
    #[arg(long, default_value_t = 1)]
    person: i64,
}

pub(super) fn run(context: &Context, command: Person) -> Result<(), Failure> {
    let Person::Unlock(Whose { operator, contract, person }) = command;
    let scope = Context::scope(&operator);
    let change =
        context.db()?.transact(&scope, move |tx| credentials::unlock(tx, &contract, person))?;
    output::line(match change {
        Change::Made => "done",
        Change::Already => "was not locked out",
    });
    Ok(())
}
