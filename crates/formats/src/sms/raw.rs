//! Records as bytes: cut at line ends, one at a time, never longer than the layout allows.

use std::io::{self, BufRead};

use aws_lc_rs::digest::{Context, SHA256};

use super::columns::RECORD_BYTES;
use super::form::Layout;

/// Longest CSV record, with its line end: no column table comes near it.
pub const CSV_RECORD_LIMIT: usize = 8 * 1024;

/// What the last [`RawRecords::advance`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A record.
    Record,
    /// The beginning of something longer than a record may be; nothing more was read.
    TooLong,
    /// The end of the file.
    End,
}

/// Cuts a file into records. Holds one record.
pub(super) struct RawRecords<R> {
    input: R,
    layout: Layout,
    bytes: Vec<u8>,
    skipped: usize,
    offset: u64,
    line: u64,
    digest: Option<Context>,
}

impl<R: BufRead> RawRecords<R> {
    /// Reads on from `offset`, where record `line + 1` begins.
    pub(super) fn new(input: R, layout: Layout, offset: u64, line: u64) -> Self {
        Self { input, layout, bytes: Vec::new(), skipped: 0, offset, line, digest: None }
    }

    /// Keeps a SHA-256 of everything read.
    pub(super) fn with_digest(mut self) -> Self {
        self.digest = Some(Context::new(&SHA256));
        self
    }

    /// The SHA-256 of everything read so far.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        if let Some(digest) = &self.digest {
            bytes.copy_from_slice(digest.clone().finish().as_ref());
        }
        bytes
    }

    /// Reads the next record.
    pub(super) fn advance(&mut self) -> io::Result<Found> {
        self.offset = self.end();
        self.line += 1;
        self.bytes.clear();
        self.skipped = 0;
        let limit = match self.layout {
            Layout::Fixed => RECORD_BYTES + 2,
            Layout::Csv => CSV_RECORD_LIMIT,
        };
        let mut quoted = false;
        loop {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if available.is_empty() {
                return Ok(if self.bytes.is_empty() { Found::End } else { Found::Record });
            }
            let room = limit.saturating_sub(self.bytes.len()).min(available.len());
            let window = available.get(..room).unwrap_or_default();
            if window.is_empty() {
                return Ok(Found::TooLong);
            }
            let end = record_end(window, self.layout, &mut quoted);
            let taken = window.get(..end.unwrap_or(room)).unwrap_or_default();
            if let Some(digest) = &mut self.digest {
                digest.update(taken);
            }
            self.bytes.extend_from_slice(taken);
            let used = taken.len();
            self.input.consume(used);
            if end.is_some() {
                return Ok(Found::Record);
            }
        }
    }

    /// Leaves out the first `count` bytes of the current record (a byte order mark).
    pub(super) fn skip(&mut self, count: usize) {
        self.skipped = count;
    }

    /// The record with its line end.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The record without line end and without what was skipped.
    pub(super) fn content(&self) -> &[u8] {
        let bytes = self.bytes.get(self.skipped..).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// Bytes of the file before [`Self::content`].
    pub(super) fn content_offset(&self) -> u64 {
        self.offset + as_u64(self.skipped)
    }

    /// Bytes of the file before the current record.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the file up to and with the current record.
    pub(super) fn end(&self) -> u64 {
        self.offset + as_u64(self.bytes.len())
    }

    /// The number of the current record in the file, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }
}

/// Lengths on this side of memory always fit.
pub(super) fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The byte after the record's line feed. In CSV a line feed between quotation marks is part of the
/// value; `0x22` and `0x0A` are never the second byte of a CP932 character.
fn record_end(window: &[u8], layout: Layout, quoted: &mut bool) -> Option<usize> {
    let at = match layout {
        Layout::Fixed => window.iter().position(|byte| *byte == b'\n'),
        Layout::Csv => window.iter().position(|byte| {
            *quoted ^= *byte == b'"';
            *byte == b'\n' && !*quoted
        }),
    };
    at.map(|at| at + 1)
}
