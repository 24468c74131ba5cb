//! What can be wrong with a file or a line, and where.
//!
//! None of these carries a value of a name, number or address: they go to logs.

use std::fmt;
use std::io;

use super::records::Record;

/// Why a file is refused as a whole; nothing of it may be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// `F006` length or column, `F007` count, `F008` hash, `F009` character set.
    pub code: &'static str,
    /// Record in the file, counted from 1 (a CSV title row counts).
    pub line: u64,
    /// Bytes of the file before the bad place.
    pub offset: u64,
    /// The column, when one is to blame.
    pub column: Option<&'static str>,
    /// What should stand there.
    pub expected: String,
    /// What stands there: a length, a number, a digest; never personal data.
    pub found: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} line {}, byte {}", self.code, self.line, self.offset)?;
        if let Some(column) = self.column {
            write!(out, ", column {column}")?;
        }
        write!(out, ": expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for FileFault {}

/// Why reading stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The file is refused.
    Fault(FileFault),
    /// The file could not be read; try again.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(out),
            Self::Io(error) => write!(out, "sms.unreadable: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<FileFault> for ReadError {
    fn from(fault: FileFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Half a character at the end.
    Truncated,
    /// Bytes that are no character.
    Invalid,
    /// 外字: a character defined by its user.
    UserDefined,
    /// A control character.
    Control,
    /// A CSV value longer than its column.
    TooLong,
}

/// Why one line can not be used; the other lines can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// What is wrong.
    pub problem: Problem,
    /// In which column.
    pub column: &'static str,
    /// Bytes of the file before the bad place.
    pub offset: u64,
    /// What could be read; columns that could not are empty. For the result line only.
    pub readable: Box<Record>,
}

impl LineFault {
    /// `E204` for characters, `E202` for form.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            Problem::Truncated | Problem::Invalid | Problem::UserDefined => "E204",
            Problem::Control | Problem::TooLong => "E202",
        }
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.problem {
            Problem::Truncated => "half a character",
            Problem::Invalid => "not a character",
            Problem::UserDefined => "user-defined character",
            Problem::Control => "control character",
            Problem::TooLong => "longer than the column",
        };
        write!(out, "{} column {}, byte {}: {what}", self.code(), self.column, self.offset)
    }
}

impl std::error::Error for LineFault {}

/// Why a record was not written.
#[derive(Debug)]
pub enum WriteError {
    /// A character that the file's character set does not have, or a control character.
    Unmappable {
        /// In which column.
        column: &'static str,
        /// The character.
        character: char,
        /// Bytes of the value (UTF-8) before it.
        offset: usize,
    },
    /// A value longer than its column.
    TooLong {
        /// In which column.
        column: &'static str,
        /// Bytes the value takes.
        length: usize,
    },
    /// The file could not be written.
    Io(io::Error),
}

impl WriteError {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unmappable { .. } => "sms.unmappable",
            Self::TooLong { .. } => "sms.too_long",
            Self::Io(_) => "sms.unwritable",
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        match self {
            Self::Unmappable { column, character, offset } => {
                let point = u32::from(*character);
                write!(out, "{code}: U+{point:04X} at byte {offset} of column {column}")
            }
            Self::TooLong { column, length } => {
                write!(out, "{code}: {length} bytes in column {column}")
            }
            Self::Io(error) => write!(out, "{code}: {error}"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
