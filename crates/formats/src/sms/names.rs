//! File names: `{operator}_{interface}_{YYYYMMDD}_{sequence}_{D|F|R}.{csv|dat}`.
//!
//! The result file has the request's name with `R` for the kind, so that the two sort side by side
//! and no second name has to be agreed. The marker that a file is complete has the file's name plus
//! `.end`; the name with `.end` in place of the ending is accepted as well.

use std::fmt;

use jiff::civil::Date;

use super::form::Layout;

/// What a file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `D` — changes.
    Delta,
    /// `F` — everything, to compare.
    Full,
    /// `R` — our answer.
    Result,
}

impl FileKind {
    /// The letter in names and headers.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Delta => "D",
            Self::Full => "F",
            Self::Result => "R",
        }
    }
}

/// A well-formed file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// Operator code, 1–6 letters, digits or hyphens.
    pub operator: String,
    /// Interface, e.g. `CT01`.
    pub interface: String,
    /// The business day.
    pub business_date: Date,
    /// Sequence number, at most eight digits.
    pub sequence: u32,
    /// Delta, full or result.
    pub kind: FileKind,
    /// By the ending.
    pub layout: Layout,
}

/// Which part of a file name is wrong: code F001.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameFault {
    /// `name`, `operator`, `interface`, `business_date`, `sequence`, `kind` or `extension`.
    pub part: &'static str,
}

impl NameFault {
    /// The stable code.
    pub const CODE: &'static str = "F001";
}

impl fmt::Display for NameFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} file name: {}", Self::CODE, self.part)
    }
}

impl std::error::Error for NameFault {}

impl FileName {
    /// Reads a name without its directory.
    ///
    /// # Errors
    /// F001, naming the part.
    pub fn parse(name: &str) -> Result<Self, NameFault> {
        let wrong = |part| NameFault { part };
        let (stem, extension) = name.rsplit_once('.').ok_or(wrong("extension"))?;
        let layout = Layout::of_extension(extension).ok_or(wrong("extension"))?;
        let parts: Vec<&str> = stem.split('_').collect();
        let [operator, interface, date, sequence, kind] = parts.as_slice() else {
            return Err(wrong("name"));
        };
        let operator_fits = (1..=6).contains(&operator.len())
            && operator.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !operator_fits {
            return Err(wrong("operator"));
        }
        if interface.len() != 4 || !interface.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong("interface"));
        }
        let business_date = date_of(date).ok_or(wrong("business_date"))?;
        let digits = sequence.len() == 8 && sequence.bytes().all(|byte| byte.is_ascii_digit());
        let sequence = if digits { sequence.parse().ok() } else { None };
        let kind = [FileKind::Delta, FileKind::Full, FileKind::Result]
            .into_iter()
            .find(|each| each.letter() == *kind);
        Ok(Self {
            operator: (*operator).to_owned(),
            interface: (*interface).to_owned(),
            business_date,
            sequence: sequence.ok_or(wrong("sequence"))?,
            kind: kind.ok_or(wrong("kind"))?,
            layout,
        })
    }

    /// The name of the result file.
    #[must_use]
    pub fn result(&self) -> Self {
        Self { kind: FileKind::Result, ..self.clone() }
    }

    /// The names its end marker may have; we write the first.
    #[must_use]
    pub fn end_markers(&self) -> [String; 2] {
        [format!("{self}.end"), format!("{}.end", self.stem())]
    }

    fn stem(&self) -> String {
        let Self { operator, interface, business_date, sequence, kind, .. } = self;
        let (date, kind) = (business_date.strftime("%Y%m%d"), kind.letter());
        format!("{operator}_{interface}_{date}_{sequence:08}_{kind}")
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.stem(), self.layout.extension())
    }
}

/// `YYYYMMDD`, a day that exists.
fn date_of(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<i16>().ok());
    let small = |range| number(range).and_then(|value| i8::try_from(value).ok());
    Date::new(number(0..4)?, small(4..6)?, small(6..8)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "OP0012_CT01_20261122_00000127_D.dat";

    #[test]
    fn a_name_is_read_and_written_back() {
        let name = FileName::parse(NAME).unwrap();
        assert_eq!((name.operator.as_str(), name.interface.as_str()), ("OP0012", "CT01"));
        assert_eq!((name.sequence, name.kind, name.layout), (127, FileKind::Delta, Layout::Fixed));
        assert_eq!(name.to_string(), NAME);
        assert_eq!(name.result().to_string(), "OP0012_CT01_20261122_00000127_R.dat");
        assert_eq!(name.end_markers()[0], format!("{NAME}.end"));
        assert_eq!(name.end_markers()[1], "OP0012_CT01_20261122_00000127_D.end");
    }

    #[test]
    fn a_wrong_name_says_which_part() {
        for (name, part) in [
            ("OP0012_CT01_20261122_00000127_D", "extension"),
            ("OP0012_CT01_20261122_00000127_D.txt", "extension"),
            ("OP0012_CT01_20261122_D.csv", "name"),
            ("OP00123_CT01_20261122_00000127_D.csv", "operator"),
            ("局_CT01_20261122_00000127_D.csv", "operator"),
            ("../etc_CT01_20261122_00000127_D.csv", "operator"),
            ("OP0012_CT1_20261122_00000127_D.csv", "interface"),
            ("OP0012_CT01_20260229_00000127_D.csv", "business_date"),
            ("OP0012_CT01_2026112_00000127_D.csv", "business_date"),
            ("OP0012_CT01_20261122_127_D.csv", "sequence"),
            ("OP0012_CT01_20261122_+0000127_D.csv", "sequence"),
            ("OP0012_CT01_20261122_00000127_X.csv", "kind"),
        ] {
            assert_eq!(FileName::parse(name), Err(NameFault { part }), "{name}");
        }
    }
}
