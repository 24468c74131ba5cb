//! Letters as PDF: a page a member, a file a transaction.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base::kernel::clock;
use base::store::Db;
use console::letters::Sender;
use domain::credentials::PrintedLetter;
use domain::operators;
use outlets::paper::Typeface;

use super::context::Context;
use crate::failure::Failure;

/// The pages of one run, in a new folder.
pub(super) struct Pages {
    folder: PathBuf,
    typeface: Typeface,
    sender: Sender,
    files: usize,
}

impl Pages {
    /// A new folder that only its owner may read. The typeface is read now: no letter is made that can not be
    /// printed.
    pub(super) fn to(
        folder: &Path,
        font: Option<&Path>,
        (db, operator, base_url): (&Db, &str, &str),
    ) -> Result<Self, Failure> {
        let typeface = Typeface::open(font)?;
        let station = db.read(&Context::scope(operator), operators::find_operator)?;
        DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .map_err(|error| Failure::refused(format!("{}: {error}", folder.display())))?;
        Ok(Self {
            folder: folder.to_owned(),
            typeface,
            sender: Sender {
                name_ja: station.name_ja,
                name_en: station.name_en,
                link: format!("{base_url}/o/{operator}/security"),
            },
            files: 0,
        })
    }

    /// A file with these letters.
    pub(super) fn write(&mut self, letters: &[&PrintedLetter]) -> std::io::Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let pdf = self.sender.print(&self.typeface, letters, clock::now());
        let pdf = pdf.map_err(std::io::Error::other)?;
        self.files += 1;
        let path = self.folder.join(format!("letters-{:04}.pdf", self.files));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&pdf)?;
        file.sync_all()
    }
}
