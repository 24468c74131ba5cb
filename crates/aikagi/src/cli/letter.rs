//! `aikagi letter`: the registration code of a member, to be sent on paper.

use base::kernel::{Error, Result};
use base::store::Tx;
use clap::{Args, Subcommand};
use domain::credentials::{LETTER_DAYS, issue_letter_code};
use domain::operators;
use domain::subscribers::{self, Load, PersonState};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Letters with a registration code.
#[derive(Subcommand)]
pub(super) enum Letter {
    /// Make a new code for a member and show it once; an earlier one is dead from now on
    Issue(Issue),
}

/// Whose letter.
#[derive(Args)]
pub(super) struct Issue {
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

pub(super) fn run(context: &Context, command: Letter) -> std::result::Result<(), Failure> {
    let Letter::Issue(Issue { operator, contract, person }) = command;
    let number = contract.clone();
    let code =
        context.db()?.transact(&Context::scope(&operator), move |tx| issue(tx, &number, person))?;
    output::line(format!("contract number    {contract}"));
    output::line(format!("registration code  {}", grouped(&code)));
    output::line(format!("good for {LETTER_DAYS} days, once; shown only now"));
    Ok(())
}

/// `ABCD-EFGH-JKLM`, as it stands in the letter.
#[must_use]
pub fn grouped(code: &str) -> String {
    let groups = (0..code.len()).step_by(4).filter_map(|at| code.get(at..code.len().min(at + 4)));
    groups.collect::<Vec<_>>().join("-")
}

fn issue(tx: &mut Tx<'_>, number: &str, person_no: i64) -> Result<String> {
    operators::find_operator(tx)?;
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    let household = newest.ok_or_else(|| Error::not_found("contract.unknown", number))?;
    let unknown = || Error::not_found("person.unknown", format!("{number}/{person_no:03}"));
    household
        .person(person_no)
        .filter(|person| matches!(person.state, PersonState::Invited | PersonState::Active))
        .ok_or_else(unknown)?;
    issue_letter_code(tx, number, household.contract.generation, person_no)
}
