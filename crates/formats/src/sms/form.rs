//! How a file is written: layout, character set, byte order mark.

use std::borrow::Cow;

use crate::cp932::{self, DecodeProblem};

use super::faults::Problem;

/// The UTF-8 byte order mark.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Fixed width or CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// 256 bytes and CRLF, `.dat`.
    Fixed,
    /// RFC 4180, `.csv`.
    Csv,
}

impl Layout {
    /// The layout a file name's ending stands for; upper case is tolerated.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        [Self::Fixed, Self::Csv]
            .into_iter()
            .find(|each| extension.eq_ignore_ascii_case(each.extension()))
    }

    /// The layout the first bytes of a file look like, for files whose name says nothing.
    #[must_use]
    pub fn of_content(first: &[u8]) -> Option<Self> {
        match first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first) {
            [b'H', b'0'..=b'9', ..] => Some(Self::Fixed),
            [b'H', b',', ..] | [b'"', ..] | [b'r' | b'R', ..] => Some(Self::Csv),
            _ => None,
        }
    }

    /// The ending of file names: `dat` or `csv`.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Fixed => "dat",
            Self::Csv => "csv",
        }
    }
}

/// The character set of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// windows-31j.
    Cp932,
    /// UTF-8; CSV only.
    Utf8,
}

impl Charset {
    /// The header column's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cp932 => "CP932",
            Self::Utf8 => "UTF8",
        }
    }

    /// The text of `bytes`, or the offset and kind of the first problem. Private use characters are
    /// a problem: they mean something at the sender only.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, (usize, Problem)> {
        match self {
            Self::Cp932 => cp932::decode(bytes).map_err(|error| {
                let problem = match error.problem {
                    DecodeProblem::Truncated => Problem::Truncated,
                    DecodeProblem::Invalid => Problem::Invalid,
                    DecodeProblem::UserDefined => Problem::UserDefined,
                };
                (error.offset, problem)
            }),
            Self::Utf8 => decode_utf8(bytes),
        }
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, (usize, Problem)> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let truncated = error.error_len().is_none();
        let problem = if truncated { Problem::Truncated } else { Problem::Invalid };
        (error.valid_up_to(), problem)
    })?;
    if text.is_ascii() {
        return Ok(Cow::Borrowed(text));
    }
    let private = |each: char| matches!(each, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}');
    match text.char_indices().find(|(_, each)| private(*each)) {
        Some((offset, _)) => Err((offset, Problem::UserDefined)),
        None => Ok(Cow::Borrowed(text)),
    }
}

/// How a file is written. A result file has the form of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Fixed width or CSV.
    pub layout: Layout,
    /// The character set.
    pub charset: Charset,
    /// Whether the file begins with a byte order mark (UTF-8 only).
    pub byte_order_mark: bool,
}

impl Form {
    /// Fixed width, CP932: the form of `.dat` files.
    pub const FIXED: Self =
        Self { layout: Layout::Fixed, charset: Charset::Cp932, byte_order_mark: false };

    /// CSV in `charset`, without a byte order mark.
    #[must_use]
    pub const fn csv(charset: Charset) -> Self {
        Self { layout: Layout::Csv, charset, byte_order_mark: false }
    }
}
