//! `aikagi demo`: everything at once, invented, on this machine only.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// The demo.
#[derive(Args)]
pub(super) struct Demo {
    /// Begin anew: everything in the folder is removed
    #[arg(long)]
    reset: bool,
    /// The folder everything lies in
    #[arg(long, value_name = "DIR", default_value = "aikagi-demo")]
    data: PathBuf,
    /// An empty PostgreSQL database for the data, instead of a file in the folder: at the first start, which
    /// writes it down there
    #[arg(long, value_name = "URL", conflicts_with = "reset")]
    database: Option<String>,
}

pub(super) fn run(command: &Demo) -> Result<(), Failure> {
    crate::demo::run(&command.data, command.reset, command.database.as_deref())
}
