//! The letter (登録のご案内) by which a member registers, as it is printed: in Japanese, with the gist in English below.

use base::kernel::{Instant, Result};
use domain::credentials::PrintedLetter;
use outlets::paper::{self, Sheet, Typeface};
use web::{Language, words};

/// Who sends letters, and where they lead.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The station's name in Japanese.
    pub name_ja: String,
    /// And in English.
    pub name_en: String,
    /// The address the picture leads to.
    pub link: String,
}

impl Sender {
    /// The PDF of these letters, a page each.
    ///
    /// # Errors
    /// `internal` when it can not be made.
    pub fn print(
        &self,
        typeface: &Typeface,
        letters: &[&PrintedLetter],
        now: Instant,
    ) -> Result<Vec<u8>> {
        let sheets: Vec<Sheet> = letters.iter().map(|letter| self.sheet(letter, now)).collect();
        paper::print(typeface, words::page(Language::Japanese, "letter.title"), &sheets)
    }

    fn sheet(&self, letter: &PrintedLetter, now: Instant) -> Sheet {
        let ja = |key| words::page(Language::Japanese, key);
        let person = format!("{:03}", letter.person_no);
        let whose = [("number", letter.number.as_str()), ("person", person.as_str())];
        let (ja_foot, en_foot) = (
            words::fill(Language::Japanese, "letter.foot", &[("station", &self.name_ja)]),
            words::fill(Language::English, "letter.foot", &[("station", &self.name_en)]),
        );
        let fact = |key, value: &str| (ja(key).to_owned(), value.to_owned());
        let until = words::fill_at(Language::Japanese, "letter.until.day", letter.expires);
        Sheet {
            from: self.name_ja.clone(),
            day: words::fill_at(Language::Japanese, "letter.day", now),
            to: words::fill(Language::Japanese, "letter.to", &whose),
            title: ja("letter.title").to_owned(),
            opening: ja("letter.opening").to_owned(),
            facts: vec![
                fact("letter.number", &letter.number),
                fact("letter.until", &until),
                fact("letter.code", &grouped(&letter.code)),
            ],
            steps: ja("letter.steps").to_owned(),
            link: self.link.clone(),
            foot: format!("{ja_foot}\n \n{en_foot}"),
        }
    }
}

/// `ABCD-EFGH-JKLM`, as it stands in the letter.
#[must_use]
pub fn grouped(code: &str) -> String {
    let groups = (0..code.len()).step_by(4).filter_map(|at| code.get(at..code.len().min(at + 4)));
    groups.collect::<Vec<_>>().join("-")
}
