//! The order of checks, from the name to the guard, as brief tve §7.3 lists it.

use std::fs::File as Disk;
use std::io::{BufReader, Read};
use std::path::Path;

use base::kernel::{Error, Result};
use domain::files::{self, Arrival, File, Found, Order};
use formats::sms::{
    EndMarker, FileFault, FileKind, FileName, Header, Layout, ReadError, Reader, Scan, scan,
};

use super::desk::{marker_of, unavailable};
use super::part::digest_of_file;
use super::{Batch, Job, Run, plain};

/// How the checks ended.
pub(super) enum Checked {
    /// The row stands where it belongs: accepted (with the scan), guarded, held or refused.
    As(Box<File>, Option<Box<Scan>>),
    /// It waits behind a guarded file.
    Behind,
    /// F003: the result of this earlier file is to be sent again.
    Resend(Box<File>, Box<File>),
}

/// Why a file is refused, before it is written down.
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

/// What can be answered here: contract commands, and full lists to compare.
const INTERFACES: [(&str, FileKind); 3] =
    [("CT01", FileKind::Delta), ("CT01", FileKind::Full), ("FL01", FileKind::Full)];

/// Most lines of a test: what they would do is held in memory.
pub(super) const TEST_LINES: u32 = 20_000;

/// Opens a file for reading.
pub(super) fn open(path: &Path) -> Result<BufReader<Disk>> {
    Ok(BufReader::with_capacity(256 * 1024, plain::open(path)?))
}

/// Header and form, when the beginning of the file can be read.
pub(super) fn peek(path: &Path, layout: Layout) -> Result<Option<(Header, formats::sms::Form)>> {
    match Reader::open(open(path)?, layout) {
        Ok((header, reader)) => Ok(Some((header, reader.form()))),
        Err(ReadError::Fault(_)) => Ok(None),
        Err(ReadError::Io(error)) => Err(unavailable(path, &error)),
    }
}

/// The layout of a file, by its name or else by its first bytes.
pub(super) fn layout_of(path: &Path, name: &str) -> Result<Layout> {
    layout_in(open(path)?, name).map_err(|error| unavailable(path, &error))
}

/// The same, of what is read from `input`.
pub(super) fn layout_in(mut input: impl Read, name: &str) -> std::io::Result<Layout> {
    if let Some(layout) = name.rsplit_once('.').and_then(|(_, end)| Layout::of_extension(end)) {
        return Ok(layout);
    }
    let mut first = [0; 4];
    let count = input.read(&mut first)?;
    Ok(Layout::of_content(first.get(..count).unwrap_or_default()).unwrap_or(Layout::Csv))
}

impl Batch {
    /// Writes down that a file arrived: what its name and first line say.
    pub(super) fn arrive(&self, job: &Job<'_>, how: Run) -> Result<File> {
        let arrival = self.arrival(job, how)?;
        self.db.transact(&self.scope(job), move |tx| files::arrive(tx, &arrival))
    }

    /// What the name and the first line of a file say.
    pub(super) fn arrival(&self, job: &Job<'_>, how: Run) -> Result<Arrival> {
        let parsed = FileName::parse(job.name).ok();
        let layout = layout_of(&job.request, job.name)?;
        let header = peek(&job.request, layout)?;
        Ok(Arrival {
            name: job.name.to_owned(),
            interface: parsed.as_ref().map(|name| name.interface.clone()).unwrap_or_default(),
            kind: parsed.as_ref().map_or("", |name| name.kind.letter()).to_owned(),
            sequence: parsed.as_ref().map_or(0, |name| i64::from(name.sequence)),
            business_on: parsed.map(|name| name.business_date.to_string()).unwrap_or_default(),
            digest: digest_of_file(&job.request)?,
            by_hand: job.done.is_none(),
            test: how == Run::Rehearse || header.is_some_and(|(header, _)| header.test_flag == "1"),
        })
    }

    /// Checks an arrived or held file, and writes down how it ended.
    pub(super) fn check(&self, job: &Job<'_>, file: File) -> Result<Checked> {
        let checked = check_name(job.name, (job.operator, job.bulk.is_some()));
        let name = match checked {
            Ok(name) => name,
            Err(refusal) => return self.refuse(job, file, refusal),
        };
        if job.bulk.is_some_and(|bulk| bulk.digest != file.digest) {
            let detail = "it is not the file that was put in".to_owned();
            return self.refuse(job, file, Refusal { code: "F008", detail });
        }
        let row = file.clone();
        // What is put in at the console has no order: it is done when it is approved.
        let order = match job.bulk {
            Some(_) => Order::Next,
            None => self.db.read(&self.scope(job), |tx| files::order(tx, &row))?,
        };
        match order {
            Order::Next => {}
            Order::Resend(earlier) => return Ok(Checked::Resend(Box::new(file), earlier)),
            Order::Reused => {
                let detail = format!("sequence {:08} had other content before", file.sequence);
                return self.refuse(job, file, Refusal { code: "F004", detail });
            }
            Order::Gap(missing) => return self.hold(job, file, missing),
            Order::Behind => return Ok(Checked::Behind),
            Order::Late(last) => {
                let detail = format!("business day before {last}, the last file's");
                return self.refuse(job, file, Refusal { code: "F011", detail });
            }
            Order::Early(tomorrow) => {
                let detail = format!("business day after tomorrow, {tomorrow}");
                return self.refuse(job, file, Refusal { code: "F011", detail });
            }
        }
        match check_content(job, &name)? {
            Ok(scan) if file.test && !file.is_full() && scan.lines > TEST_LINES => {
                let detail = format!("a test of {} lines; {TEST_LINES} are the most", scan.lines);
                self.refuse(job, file, Refusal { code: "F012", detail })
            }
            Ok(scan) => self.accept(job, file, scan),
            Err(refusal) => self.refuse(job, file, refusal),
        }
    }

    fn refuse(&self, job: &Job<'_>, file: File, refusal: Refusal) -> Result<Checked> {
        tracing::warn!(
            operator = job.operator,
            file = job.name,
            code = refusal.code,
            detail = refusal.detail,
            "an SMS file was refused"
        );
        let row = self.db.transact(&self.scope(job), move |tx| {
            files::reject(tx, &file, refusal.code, &refusal.detail)
        })?;
        Ok(Checked::As(Box::new(row), None))
    }

    fn hold(&self, job: &Job<'_>, file: File, missing: i64) -> Result<Checked> {
        if file.state == files::FileState::Held {
            return Ok(Checked::As(Box::new(file), None));
        }
        tracing::warn!(
            operator = job.operator,
            file = job.name,
            missing,
            "an SMS file waits for the one before it"
        );
        let row = self
            .db
            .transact(&self.scope(job), move |tx| files::hold_for_gap(tx, &file, missing))?;
        Ok(Checked::As(Box::new(row), None))
    }

    fn accept(&self, job: &Job<'_>, file: File, scan: Scan) -> Result<Checked> {
        let found = Found {
            lines: i64::from(scan.lines),
            mass: i64::from(scan.mass_change_lines),
            data_offset: offset(scan.data.offset)?,
        };
        let row = self.db.transact(&self.scope(job), move |tx| files::accept(tx, &file, &found))?;
        if row.state == files::FileState::Guarded {
            tracing::warn!(
                operator = job.operator,
                file = job.name,
                lines = row.mass,
                "an SMS file stops, suspends or closes too much and waits for two persons"
            );
        }
        Ok(Checked::As(Box::new(row), Some(Box::new(scan))))
    }
}

/// Offsets of files fit the database's numbers.
pub(super) fn offset(bytes: u64) -> Result<i64> {
    i64::try_from(bytes).map_err(Error::internal)
}

/// What a name says, if a file of it may come to this station: from the console, or from the SMS.
pub(super) fn check_name(
    name: &str,
    (operator, from_console): (&str, bool),
) -> std::result::Result<FileName, Refusal> {
    let wrong = |part: &str| Refusal { code: "F001", detail: format!("file name: {part}") };
    let name = FileName::parse(name).map_err(|fault| wrong(fault.part))?;
    if name.operator != operator {
        let detail = format!("file name: operator {}, not {operator}", name.operator);
        return Err(Refusal { code: "F002", detail });
    }
    // Under the console's interface nothing is taken that a station's program put down.
    let taken: &[(&str, FileKind)] =
        if from_console { &[(files::CONSOLE, FileKind::Delta)] } else { &INTERFACES };
    let known =
        taken.iter().any(|(interface, kind)| *interface == name.interface && *kind == name.kind);
    if known { Ok(name) } else { Err(wrong("interface or kind")) }
}

/// Character set, lengths, header, counts, hash, end marker.
fn check_content(job: &Job<'_>, name: &FileName) -> Result<std::result::Result<Scan, Refusal>> {
    let scanned = scan(open(&job.request)?, name.layout);
    let late = |fault: &FileFault| matches!(fault.code, "F007" | "F008");
    let header = match &scanned {
        Ok(scan) => Some(scan.header.clone()),
        Err(ReadError::Fault(fault)) if late(fault) => {
            peek(&job.request, name.layout)?.map(|(header, _)| header)
        }
        Err(_) => None,
    };
    if let Some(refusal) = header.and_then(|header| check_header(&header, name)) {
        return Ok(Err(refusal));
    }
    let scan = match scanned {
        Ok(scan) => scan,
        Err(ReadError::Io(error)) => return Err(unavailable(&job.request, &error)),
        Err(ReadError::Fault(fault)) => {
            return Ok(Err(Refusal { code: fault.code, detail: fault.to_string() }));
        }
    };
    Ok(match marker_of(&job.request, job.name)? {
        Err(fault) => Err(Refusal { code: "F008", detail: fault.to_string() }),
        Ok(EndMarker::Digest(digest)) if digest != scan.digest => {
            let detail = "the end marker's SHA-256 is not the file's".to_owned();
            Err(Refusal { code: "F008", detail })
        }
        Ok(_) => Ok(scan),
    })
}

/// What the header says must be what the name says.
pub(super) fn check_header(header: &Header, name: &FileName) -> Option<Refusal> {
    if header.operator != name.operator {
        let detail = "header: another operator than the file name".to_owned();
        return Some(Refusal { code: "F002", detail });
    }
    let day = name.business_date.strftime("%Y%m%d").to_string();
    let pairs = [
        ("interface", &header.interface, name.interface.clone()),
        ("kind", &header.kind, name.kind.letter().to_owned()),
        ("sequence", &header.sequence, format!("{:08}", name.sequence)),
        ("business_date", &header.business_date, day),
    ];
    for (column, said, expected) in pairs {
        if *said != expected {
            let detail = format!("header: {column} is not the file name's, {expected}");
            return Some(Refusal { code: "F001", detail });
        }
    }
    let flag = header.test_flag.as_str();
    (!matches!(flag, "" | "0" | "1")).then(|| Refusal {
        code: "F006",
        detail: "line 1, column test_flag: expected 0 or 1".to_owned(),
    })
}
