//! `aikagi config`: is it right, and what is there to say?

use clap::Subcommand;

use super::context::Context;
use crate::config::reference;
use crate::failure::Failure;
use crate::output;

/// Check or explain the configuration.
#[derive(Subcommand)]
pub(super) enum Configuration {
    /// Say everything that is wrong, or that it may serve
    Check,
    /// Every key, its default and meaning: the page docs/config.md
    Reference,
}

pub(super) fn run(context: &Context, command: &Configuration) -> Result<(), Failure> {
    match command {
        Configuration::Check => {
            context.safe_config()?;
            output::line("the configuration is complete and safe");
        }
        Configuration::Reference => output::line(reference().trim_end()),
    }
    Ok(())
}
