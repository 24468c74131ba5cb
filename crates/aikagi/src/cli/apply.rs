//! `aikagi apply`: what a file says, shown as a difference.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use crate::apply::{Mode, apply};
use crate::failure::Failure;
use crate::output;

/// A file to apply.
#[derive(Args)]
pub(super) struct Apply {
    /// The TOML file; see docs/apply.md
    file: PathBuf,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context, command: &Apply) -> Result<(), Failure> {
    let mode = if command.dry_run { Mode::Rehearse } else { Mode::Apply };
    let db = context.db()?;
    let applied = apply(&db, &context.master(&db)?, &command.file, mode)?;
    for difference in &applied.differences {
        output::line(difference);
    }
    if applied.differences.is_empty() {
        output::line("nothing to do");
    } else if mode == Mode::Rehearse {
        output::line("(dry run: nothing was changed; new clients will be given secrets)");
    }
    for (of, secret) in &applied.secrets {
        output::line(format!("secret of {of}, shown only now: {secret}"));
    }
    Ok(())
}
