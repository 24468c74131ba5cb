//! How an operator's pages look: its logo read from a file, its colours and texts.

use std::path::Path;

use base::kernel::Result;
use base::store::Tx;
use domain::operators::{self, Facts, Logo, Look};

use super::about;
use super::diff::{Difference, put_with_diff};
use super::file::LookEntry;
use crate::failure::Failure;

/// A look with its logo read.
pub(super) struct PreparedLook {
    look: Look,
    logo: Option<Logo>,
}

pub(super) fn prepare(
    entry: LookEntry,
    folder: &Path,
) -> std::result::Result<PreparedLook, Failure> {
    let logo = entry.logo_file.map(|file| read(&folder.join(file))).transpose()?;
    let look = Look {
        logo: logo.as_ref().map(|logo| logo.digest().to_owned()).unwrap_or_default(),
        accent_day: entry.accent_day,
        accent_night: entry.accent_night,
        greeting_ja: entry.greeting_ja,
        greeting_en: entry.greeting_en,
        help_url: entry.help_url,
        help_ja: entry.help_ja,
        help_en: entry.help_en,
    };
    Ok(PreparedLook { look, logo })
}

fn read(path: &Path) -> std::result::Result<Logo, Failure> {
    let name = path.display();
    let file = std::fs::read(path).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    Logo::read(&file).map_err(|error| about(&name.to_string(), error))
}

impl PreparedLook {
    pub(super) fn put(&self, tx: &mut Tx<'_>) -> Result<Option<Difference>> {
        put_with_diff(tx, "look", facts, |tx| {
            // What is shown already is not brought in again.
            if let Some(logo) = &self.logo
                && operators::find_operator(tx)?.look.logo != logo.digest()
            {
                operators::add_logo(tx, logo)?;
            }
            operators::put_look(tx, &self.look).map(|_| ())
        })
    }
}

fn facts(tx: &mut Tx<'_>) -> Result<Option<Facts>> {
    let look = operators::find_operator(tx)?.look;
    Ok((look != Look::default()).then(|| look.facts()))
}
