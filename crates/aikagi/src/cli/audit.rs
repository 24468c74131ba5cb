//! `aikagi audit`: is the audit as it was written?

use base::kernel::Scope;
use base::records::{SealReport, verify_chain};
use base::store::Db;
use clap::Subcommand;
use domain::operators;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Prove the audit.
#[derive(Subcommand)]
pub(super) enum Audit {
    /// Compute every seal again, of one operator or of all
    Verify {
        /// The operator's code; all when left out
        #[arg(long)]
        operator: Option<String>,
    },
}

pub(super) fn run(context: &Context, command: Audit) -> Result<(), Failure> {
    let Audit::Verify { operator } = command;
    let db = context.db()?;
    let codes = match operator {
        Some(code) => {
            db.read(&Context::scope(&code), operators::find_operator)?;
            vec![code]
        }
        None => all(&db)?,
    };
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for code in codes {
        let SealReport { seals, rows: lines, unsealed, broken: fault } =
            db.read(&Context::scope(&code), verify_chain)?;
        let verdict = if fault.is_some() { "BROKEN" } else { "proven" };
        rows.push(vec![
            code,
            verdict.to_owned(),
            seals.to_string(),
            lines.to_string(),
            unsealed.to_string(),
        ]);
        broken.extend(fault);
    }
    output::table(&["OPERATOR", "CHAIN", "SEALS", "LINES", "NOT YET SEALED"], &rows);
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(format!("the audit was changed behind its seals: {}", broken.join(", "))))
}

fn all(db: &Db) -> Result<Vec<String>, Failure> {
    let mut codes = vec![Scope::PLATFORM.to_owned()];
    let mut after = String::new();
    loop {
        let page = db.read(&Context::scope(Scope::PLATFORM), |tx| {
            operators::list_operators(tx, &after, 500)
        })?;
        let Some(last) = page.last() else { return Ok(codes) };
        after.clone_from(&last.code);
        codes.extend(page.into_iter().map(|one| one.code));
    }
}
