//! The files a subscriber management system (SMS) exchanges with us: header, data lines,
//! trailer, and the result file that answers them.
//!
//! **Two layouts, one table.** Every record exists as 256 bytes of CP932 plus CRLF ([`Layout::Fixed`],
//! `.dat`) and as a CSV line ([`Layout::Csv`], `.csv`, RFC 4180, CP932 or UTF-8, byte order mark
//! and a first row of column names tolerated). Positions, lengths and alignment stand once, in
//! [`HEADER`], [`DATA`], [`TRAILER`] and [`RESULT`]; reader, writer and documentation use them. The
//! columns of a CSV line are the table's columns in the table's order, without filler; the first
//! column is the record type (`H`, `D`, `T`, `R`). Length is bytes of CP932: half-width kana is one,
//! kanji two, also in a UTF-8 file.
//!
//! **Tolerated:** LF for CRLF, no line end after the trailer, spaces around a CSV value, missing
//! leading zeros (a spreadsheet eats them), empty columns after the last one (a spreadsheet adds
//! them). Nothing else.
//!
//! **What spoils a file and what spoils a line.** A [`FileFault`] (F006–F009) stops the reading and
//! nothing of the file may be applied: wrong record length or columns, a gap in the line numbers,
//! counts, hash, and a character set that is plainly not the declared one. That is: a byte order
//! mark under `CP932`; a record that fails as CP932 but is valid UTF-8; or, under `UTF8`, a record
//! that fails as UTF-8 but is CP932, before any record was good UTF-8. A [`LineFault`] spoils one
//! line, the others go on: E204 for bytes that are no character (also a double-byte character cut
//! by a column's end) and for 外字 (F040–F9FC, U+E000–U+F8FF), E202 for a control character or a CSV
//! value longer than its column.
//!
//! **Memory** is bounded by one record: 258 bytes, or [`CSV_RECORD_LIMIT`] for CSV. A file of one
//! endless line is refused there, with line and byte, and never loaded.
//!
//! **Result files** have the request's form and name with `R` for the kind; a header, one `R` for
//! every `D` (or a single line 00000000 for a refused file), and a trailer whose first three
//! per-operation counts are OK, warnings and errors, the other four zero; its hash covers the `R`
//! bytes with their line ends.
//!
//! Source: `shared/briefs/tve.md` 7.3–7.5; `docs/api/sms.md`.

mod answers;
mod cells;
mod checks;
mod columns;
mod counts;
mod faults;
mod form;
mod marker;
mod names;
pub mod part;
mod raw;
mod reader;
mod records;
mod scan;
mod writer;

pub use answers::ResultReader;
pub use columns::{Alignment, Column, RECORD_BYTES};
pub use counts::Counts;
pub use faults::{FileFault, LineFault, Problem, ReadError, WriteError};
pub use form::{Charset, Form, Layout};
pub use marker::{EndMarker, MarkerFault};
pub use names::{FileKind, FileName, NameFault};
pub use raw::CSV_RECORD_LIMIT;
pub use reader::{Place, Reader, Row};
pub use records::{DATA, HEADER, Header, RESULT, Record, ResultRecord, TRAILER, Trailer};
pub use scan::{Scan, scan};
pub use writer::{RequestWriter, ResultLines, ResultWriter};

#[cfg(test)]
mod tests;
