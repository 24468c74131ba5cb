//! `aikagi keys`: the master key, and the keys we sign with.

use std::path::PathBuf;

use base::kernel::{Change, Scope};
use clap::Subcommand;
use domain::operators;
use domain::signing::{self, Rotation};

use super::context::Context;
use crate::config::new_master_key;
use crate::failure::Failure;
use crate::output;

/// Keys.
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a master key in a new file that only its owner may read
    NewMasterKey {
        /// The file; must not exist
        file: PathBuf,
    },
    /// Announce the next signing key; it signs after everybody could learn it
    Rotate {
        /// The operator's code; the platform's own issuer when left out
        #[arg(long)]
        operator: Option<String>,
        /// The key is known to others: the old one is worthless at once
        #[arg(long)]
        compromised: bool,
    },
}

pub(super) fn run(context: &Context, command: Keys) -> Result<(), Failure> {
    match command {
        Keys::NewMasterKey { file } => {
            new_master_key(&file)
                .map_err(|error| Failure::refused(format!("{}: {error}", file.display())))?;
            output::line(format!("made {}; keep a copy where the database is not", file.display()));
            Ok(())
        }
        Keys::Rotate { operator, compromised } => rotate(context, operator, compromised),
    }
}

fn rotate(context: &Context, operator: Option<String>, compromised: bool) -> Result<(), Failure> {
    let db = context.db()?;
    let master = context.master(&db)?;
    let operator = operator.unwrap_or_else(|| Scope::PLATFORM.to_owned());
    let rotation = if compromised { Rotation::AtOnce } else { Rotation::Planned };
    let change = db.transact(&Context::scope(&operator), move |tx| {
        if tx.operator() != Scope::PLATFORM {
            operators::find_operator(tx)?;
        }
        signing::rotate(tx, &master, rotation)
    })?;
    output::line(match change {
        Change::Made => "the next key is announced",
        Change::Already => "the next key is announced already and waits for its day",
    });
    Ok(())
}
