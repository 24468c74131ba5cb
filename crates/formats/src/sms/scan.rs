//! The one pass over a whole file before any line of it is applied.

use std::io::BufRead;

use aws_lc_rs::digest::{Context, SHA256};

use super::counts::Counts;
use super::faults::ReadError;
use super::form::{Form, Layout};
use super::raw::RawRecords;
use super::reader::{Place, Reader, Step, number_near};
use super::records::{Header, Trailer};

/// What a sound file contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its first record.
    pub header: Header,
    /// How it is written.
    pub form: Form,
    /// Data lines.
    pub lines: u32,
    /// Data lines by operation, equal to the trailer's.
    pub counts: Counts,
    /// Data lines that take something away (stop, suspend, key close), for the guard.
    pub mass_change_lines: u32,
    /// SHA-256 of the whole file: tells a resend from a reuse of the sequence number.
    pub digest: [u8; 32],
    /// Where the first data line begins.
    pub data: Place,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Reads a whole file, holding one record, and checks everything that concerns the file: shape of
/// every record, character set, line numbers, counts, hash. Lines with bad characters pass; they
/// come as [`super::LineFault`] when the lines are read.
///
/// # Errors
/// - F006 — record length, columns, record type, line number, bytes after the trailer
/// - F007 — no trailer, or a count of it is wrong
/// - F008 — the trailer's hash is wrong
/// - F009 — character set
pub fn scan<R: BufRead>(input: R, layout: Layout) -> Result<Scan, ReadError> {
    let raw = RawRecords::new(input, layout, 0, 0).with_digest();
    let (header, mut reader) = Reader::open_raw(raw, layout)?;
    let data = reader.place();
    let mut counts = Counts::default();
    let mut data_digest = Context::new(&SHA256);
    loop {
        match reader.step()? {
            Step::Data => {
                data_digest.update(reader.raw().bytes());
                counts.add(reader.data_cell("operation").trim_ascii());
            }
            Step::Trailer(trailer) => {
                let sha256 = hex::encode(data_digest.finish());
                check_trailer(&reader, &trailer, &counts, &sha256)?;
                break;
            }
        }
    }
    reader.expect_end()?;
    Ok(Scan {
        header,
        form: reader.form(),
        lines: counts.lines(),
        counts,
        mass_change_lines: counts.mass_change_lines(),
        digest: reader.raw().digest(),
        data,
        size: reader.raw().end(),
    })
}

fn check_trailer<R: BufRead>(
    reader: &Reader<R>,
    trailer: &Trailer,
    counts: &Counts,
    sha256: &str,
) -> Result<(), ReadError> {
    let stated = [
        &trailer.starts,
        &trailer.stops,
        &trailer.suspensions,
        &trailer.resumptions,
        &trailer.key_opens,
        &trailer.key_closes,
        &trailer.others,
    ];
    let all = std::iter::once((("count", counts.lines()), &trailer.count))
        .chain(counts.each().into_iter().zip(stated));
    for ((column, counted), stated) in all {
        let stated = stated.parse::<u32>().ok();
        if stated != Some(counted) {
            let (counted, stated) = (format!("{counted:08}"), number_near(counted, stated));
            return Err(reader.fault("F007", Some(column), &counted, &stated).into());
        }
    }
    if !trailer.sha256.eq_ignore_ascii_case(sha256) {
        // A hash column with something else in it could be anything: show hex only.
        let stated = &trailer.sha256;
        let hex = stated.len() == 64 && stated.bytes().all(|byte| byte.is_ascii_hexdigit());
        let found = if hex { trailer.sha256.as_str() } else { "not a hash" };
        return Err(reader.fault("F008", Some("sha256"), sha256, found).into());
    }
    Ok(())
}
