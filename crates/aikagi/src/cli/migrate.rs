//! `aikagi migrate`: the schema of the database.

use base::store::Db;
use clap::Subcommand;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// See or apply migrations.
#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Which migrations are applied and which are missing
    Status,
    /// Apply the missing ones; `serve` does so too
    Up,
}

pub(super) fn run(context: &Context, command: &Migrate) -> Result<(), Failure> {
    let db = Db::open(&context.config()?.database_settings())?;
    match command {
        Migrate::Status => status(&db),
        Migrate::Up => {
            let applied = db.migrate()?;
            if applied.is_empty() {
                output::line("nothing to do");
            }
            for name in applied {
                output::line(format!("applied {name}"));
            }
            Ok(())
        }
    }
}

fn status(db: &Db) -> Result<(), Failure> {
    let state = db.migration_state()?;
    for name in &state.applied {
        output::line(format!("applied  {name}"));
    }
    for name in &state.missing {
        output::line(format!("missing  {name}"));
    }
    if state.newer {
        return Err(base::kernel::Error::refused("store.schema_newer").into());
    }
    Ok(())
}
