//! A sitting: the lines of one file, chunk by chunk, each chunk one transaction.
//!
//! A chunk's commands, the images to take them back, the place reached in the request and in the
//! result, and the answers on the disk belong together: the answers are written (and on the disk)
//! before the commit that says so. A crash at any point leaves a place to go on from.

use std::fs::File as Disk;
use std::io::{BufReader, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base::kernel::{Error, Result, clock};
use domain::commands::{self, Overlay};
use domain::files::{self, File};
use domain::operators;
use formats::sms::{FileKind, Header, Place, Reader, ResultLines, Scan, scan};

use super::check::{layout_of, offset, open};
use super::chunk::Chunk;
use super::desk::unavailable;
use super::full::Compared;
use super::part::Part;
use super::work::{CUT, Page, Work};
use super::{Batch, Job};

/// After so many lines the tables may be of another size than the database plans for.
const GROWN_AT: [i64; 3] = [5_000, 50_000, 500_000];

/// A file that is being applied.
pub(super) struct Sitting {
    pub(super) file: File,
    pub(super) reader: Reader<BufReader<Disk>>,
    pub(super) part: Arc<Part>,
    pub(super) lines: ResultLines,
    pub(super) header: Header,
    pub(super) compared: Option<Box<Compared>>,
    overlay: Arc<Mutex<Overlay>>,
}

impl Sitting {
    /// Where the next answers go.
    pub(super) fn page(&self) -> Result<Page> {
        let begins = self.file.result_offset == 0;
        let head = if begins {
            self.lines.header(&self.header).map_err(Error::internal)?
        } else {
            Vec::new()
        };
        let (part, from) = (Arc::clone(&self.part), self.file.result_offset);
        Ok(Page { part, lines: self.lines, head, from })
    }
}

impl Batch {
    /// Takes a file up where it was left.
    pub(super) fn sit_down(
        &self,
        job: &Job<'_>,
        file: File,
        known: Option<Scan>,
    ) -> Result<Sitting> {
        let layout = layout_of(&job.request, job.name)?;
        let scan = match known {
            Some(scan) => scan,
            None => scan(open(&job.request)?, layout).map_err(|error| changed(job, &error))?,
        };
        if hex::encode(scan.digest) != file.digest {
            return Err(changed(job, &"its SHA-256 is another one"));
        }
        let part = Arc::new(Part::open(&job.part())?);
        let data = offset(scan.data.offset)?;
        let lost = offset(part.length()?)? < file.result_offset;
        let mut file = file;
        // A rehearsal lives in memory; a result that was lost is asked for again from the inbox.
        if lost || (!file.has_effect() && file.lines_done > 0) {
            let row = file.clone();
            file = self.db.transact(&self.scope(job), move |tx| files::restart(tx, &row, data))?;
        }
        let mut input = open(&job.request)?;
        let start = u64::try_from(file.read_offset).map_err(Error::internal)?;
        input.seek(SeekFrom::Start(start)).map_err(|error| unavailable(&job.request, &error))?;
        let number = u32::try_from(file.lines_done + 1).map_err(Error::internal)?;
        let reader = Reader::resume(input, scan.form, Place { offset: start, number });
        let lines = ResultLines::new(scan.form);
        let header = result_header(&scan.header);
        let (compared, overlay) = (None, Arc::default());
        Ok(Sitting { file, reader, part, lines, header, compared, overlay })
    }

    /// Does the next lines; `false` when there are none left.
    pub(super) fn go_on(&self, job: &Job<'_>, sitting: &mut Sitting) -> Result<bool> {
        if sitting.file.is_full() {
            return self.compare(job, sitting);
        }
        let mut chunk = Chunk::default();
        for row in sitting.reader.by_ref().take(self.timing.chunk) {
            chunk.push(row.map_err(|error| changed(job, &error))?);
        }
        if chunk.len() == 0 {
            return Ok(false);
        }
        if sitting.file.is_discarded() {
            chunk = chunk.discarded();
        }
        match self.apply(job, sitting, chunk.clone()) {
            // One line that breaks us must not keep the others from being done.
            Err(Error::Internal { detail }) => {
                tracing::error!(
                    operator = job.operator,
                    file = job.name,
                    detail,
                    "a chunk of an SMS file failed; its lines are tried one by one"
                );
                self.apply_singly(job, sitting, chunk)?;
            }
            other => other?,
        }
        Ok(true)
    }

    fn apply_singly(&self, job: &Job<'_>, sitting: &mut Sitting, chunk: Chunk) -> Result<()> {
        let mut rest = chunk;
        while rest.len() > 0 && sitting.file.state == files::FileState::Applying {
            let (one, others) = rest.split(1);
            rest = others;
            match self.apply(job, sitting, one.clone()) {
                Err(Error::Internal { detail }) => {
                    let line = sitting.file.lines_done + 1;
                    tracing::error!(
                        operator = job.operator,
                        file = job.name,
                        line,
                        detail,
                        "a line of an SMS file failed"
                    );
                    let words = crate::sms::codes::words("internal");
                    self.apply(job, sitting, one.refused(crate::sms::codes::INTERNAL, words))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// One chunk, or its beginning up to the line with which the errors become too many.
    fn apply(&self, job: &Job<'_>, sitting: &mut Sitting, chunk: Chunk) -> Result<()> {
        let limit = self.error_limit(job, &sitting.file)?;
        let left = limit.map_or(i64::MAX, |limit| limit - sitting.file.errors);
        let work = Arc::new(self.work(sitting, (chunk.clone(), left, None))?);
        match self.run(job, sitting, &work) {
            Err(Error::Refused { code: CUT }) => {}
            other => return other,
        }
        let (first, _) = chunk.split(work.cut_at.load(Ordering::Relaxed));
        let work = Arc::new(self.work(sitting, (first, i64::MAX, limit))?);
        self.run(job, sitting, &work)?;
        tracing::warn!(
            operator = job.operator,
            file = job.name,
            errors = sitting.file.errors,
            "an SMS file has too many wrong lines and waits for two persons"
        );
        Ok(())
    }

    /// How many wrong lines the file may have; `None`: any number.
    fn error_limit(&self, job: &Job<'_>, file: &File) -> Result<Option<i64>> {
        if !file.has_effect() || file.is_resolved("errors") || file.is_discarded() {
            return Ok(None);
        }
        let operator = self.db.operator_fact(&self.scope(job), operators::find_operator)?;
        Ok(Some(operator.policies.error_limit.allowed(file.lines_total)))
    }

    fn work(
        &self,
        sitting: &Sitting,
        (chunk, left, guard): (Chunk, i64, Option<i64>),
    ) -> Result<Work> {
        let end = chunk.end().ok_or_else(|| Error::internal("a chunk without lines"))?;
        Ok(Work {
            node: self.node.clone(),
            lease_ms: self.lease_ms(),
            file: sitting.file.clone(),
            chunk,
            end,
            page: sitting.page()?,
            left,
            cut_at: AtomicUsize::new(0),
            guard,
        })
    }

    fn run(&self, job: &Job<'_>, sitting: &mut Sitting, work: &Arc<Work>) -> Result<()> {
        let scope = self.scope(job);
        let work = Arc::clone(work);
        let before = sitting.file.clone();
        sitting.file = if before.has_effect() {
            self.db.transact(&scope, move |tx| work.execute(tx))?
        } else {
            let (asked, overlay) = (Arc::clone(&work), Arc::clone(&sitting.overlay));
            let (reports, later) = self.db.rehearse(&scope, move |tx| {
                let known = overlay.lock().unwrap_or_else(PoisonError::into_inner);
                commands::rehearse_many(tx, &known, &asked.chunk.commands)
            })?;
            sitting.overlay.lock().unwrap_or_else(PoisonError::into_inner).absorb(later);
            self.db.transact(&scope, move |tx| work.answer(tx, &reports))?
        };
        count(&before, &sitting.file);
        let passed = |lines| before.lines_done < lines && sitting.file.lines_done >= lines;
        if GROWN_AT.into_iter().any(passed)
            && let Err(error) = self.db.analyze()
        {
            tracing::debug!(%error, "the database did not count its tables again");
        }
        Ok(())
    }
}

/// Our header for the answers to `request`.
pub(super) fn result_header(request: &Header) -> Header {
    Header {
        kind: FileKind::Result.letter().to_owned(),
        created_at: clock::now().compact_jst(),
        ..request.clone()
    }
}

/// A file in work must stay as it was checked; somebody reached into `in/.work`.
pub(super) fn changed(job: &Job<'_>, what: &dyn std::fmt::Display) -> Error {
    Error::unavailable("files", format!("{} changed while in work: {what}", job.name))
}

/// What the metrics tell of lines.
pub(super) fn count(before: &File, after: &File) {
    let added = [
        ("ok", after.ok - before.ok),
        ("warning", after.warnings - before.warnings),
        ("error", after.errors - before.errors),
    ];
    for (result, lines) in added {
        let lines = u64::try_from(lines).unwrap_or(0);
        metrics::counter!("aikagi_sms_lines_total", "result" => result).increment(lines);
    }
}
