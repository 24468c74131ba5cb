//! Letters as PDF: a page a member, a file a transaction.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base::kernel::clock;
use base::store::Db;
use domain::credentials::PrintedLetter;
use domain::operators;
use outlets::paper::{self, Sheet, Typeface};
use web::Language;
use web::words;

use super::context::Context;
use super::letter::grouped;
use crate::failure::Failure;

/// The pages of one run, in a new folder.
pub(super) struct Pages {
    folder: PathBuf,
    typeface: Typeface,
    station: (String, String),
    link: String,
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
            station: (station.name_ja, station.name_en),
            link: format!("{base_url}/o/{operator}/security"),
            files: 0,
        })
    }

    /// A file with these letters.
    pub(super) fn write(&mut self, letters: &[&PrintedLetter]) -> std::io::Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let sheets: Vec<Sheet> = letters.iter().map(|letter| self.sheet(letter)).collect();
        let title = words::page(Language::Japanese, "letter.title");
        let pdf = paper::print(&self.typeface, title, &sheets).map_err(std::io::Error::other)?;
        self.files += 1;
        let path = self.folder.join(format!("letters-{:04}.pdf", self.files));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&pdf)?;
        file.sync_all()
    }

    /// The page of one letter: in Japanese, with the gist in English below.
    fn sheet(&self, letter: &PrintedLetter) -> Sheet {
        let ja = |key| words::page(Language::Japanese, key);
        let person = format!("{:03}", letter.person_no);
        let whose = [("number", letter.number.as_str()), ("person", person.as_str())];
        let (ja_foot, en_foot) = (
            words::fill(Language::Japanese, "letter.foot", &[("station", &self.station.0)]),
            words::fill(Language::English, "letter.foot", &[("station", &self.station.1)]),
        );
        let fact = |key, value: &str| (ja(key).to_owned(), value.to_owned());
        Sheet {
            from: self.station.0.clone(),
            day: words::fill_at(Language::Japanese, "letter.day", clock::now()),
            to: words::fill(Language::Japanese, "letter.to", &whose),
            title: ja("letter.title").to_owned(),
            opening: ja("letter.opening").to_owned(),
            facts: vec![
                fact("letter.number", &letter.number),
                fact(
                    "letter.until",
                    &words::fill_at(Language::Japanese, "letter.until.day", letter.expires),
                ),
                fact("letter.code", &grouped(&letter.code)),
            ],
            steps: ja("letter.steps").to_owned(),
            link: self.link.clone(),
            foot: format!("{ja_foot}\n \n{en_foot}"),
        }
    }
}
