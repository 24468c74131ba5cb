//! One chunk in one transaction, and the page of the result it writes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::kernel::{Error, Result};
use base::store::Tx;
use domain::commands::{self, Before, Report};
use domain::files::{self, Advance, File, Image};
use domain::subscribers::{RefusedLine, is_plain};
use formats::sms::{Place, ResultLines, ResultRecord};

use super::check::offset;
use super::chunk::{Chunk, tally};
use super::lease::hold;
use super::part::Part;

/// What the work says when a chunk must be cut before its end; never seen outside.
pub(super) const CUT: &str = "file.too_many_errors";

/// Longest contract number or operation that is kept of a refused line, in characters.
const LONGEST: usize = 64;

/// Where the next answers go.
pub(super) struct Page {
    pub(super) part: Arc<Part>,
    pub(super) lines: ResultLines,
    /// What stands before them: the header, for the first.
    pub(super) head: Vec<u8>,
    /// Bytes of the result before them.
    pub(super) from: i64,
}

impl Page {
    /// Puts the answers on the disk; returns the bytes of the result up to and with them.
    ///
    /// # Errors
    /// `unavailable` — the disk is full or gone.
    pub(super) fn write(&self, answers: &[ResultRecord]) -> Result<i64> {
        let mut bytes = self.head.clone();
        for answer in answers {
            self.lines.answer(&mut bytes, answer).map_err(Error::internal)?;
        }
        self.part.write(u64::try_from(self.from).map_err(Error::internal)?, &bytes)?;
        Ok(self.from + i64::try_from(bytes.len()).map_err(Error::internal)?)
    }
}

/// What one transaction of a sitting works with.
pub(super) struct Work {
    pub(super) node: String,
    pub(super) lease_ms: i64,
    pub(super) file: File,
    pub(super) chunk: Chunk,
    pub(super) end: Place,
    pub(super) page: Page,
    /// Wrong lines this chunk may still have; `i64::MAX`: any number.
    pub(super) left: i64,
    /// After how many lines they became too many.
    pub(super) cut_at: AtomicUsize,
    /// How many wrong lines were allowed, when this chunk ends with one too many.
    pub(super) guard: Option<i64>,
}

impl Work {
    /// Does the commands, writes the answers, keeps the images and moves the file on.
    pub(super) fn execute(&self, tx: &mut Tx<'_>) -> Result<File> {
        // A node that slept through its lease must not write into a file another node goes on with.
        hold(tx, &self.node, self.lease_ms)?;
        if self.chunk.commands.is_empty() {
            return self.answer(tx, &[]);
        }
        let done = commands::execute_many(tx, &self.chunk.commands)?;
        let file = self.answer(tx, &done.reports)?;
        let asked = self.chunk.requests();
        let images: Vec<Image> =
            done.before.into_iter().map(|before| image(before, &asked)).collect();
        let links = self.chunk.links(&done.reports);
        files::keep_images(tx, (&file.id, file.lines_done), &images, &links)?;
        Ok(file)
    }

    /// Writes the answers, then moves the file on.
    pub(super) fn answer(&self, tx: &mut Tx<'_>, reports: &[Report]) -> Result<File> {
        let answers = self.chunk.answers(reports, tx.now());
        let (tally, passed) = tally(&answers, self.left);
        let lines = i64::try_from(answers.len()).map_err(Error::internal)?;
        if let Some(at) = passed
            && i64::try_from(at).map_err(Error::internal)?
                < self.file.lines_total - self.file.lines_done
        {
            self.cut_at.store(at, Ordering::Relaxed);
            return Err(Error::refused(CUT));
        }
        let by = Advance {
            lines,
            ok: tally.ok,
            warnings: tally.warnings,
            errors: tally.errors,
            read_offset: offset(self.end.offset)?,
            result_offset: self.page.write(&answers)?,
        };
        let moved = files::advance(tx, &self.file, &by)?;
        files::note_refused(tx, &self.file, refused(&self.file.id, &answers));
        match self.guard {
            Some(allowed) => files::guard_errors(tx, &moved, allowed),
            None => Ok(moved),
        }
    }
}

/// The lines that were refused and name a contract.
fn refused(file_id: &str, answers: &[ResultRecord]) -> Vec<RefusedLine> {
    // Of a line with bytes that can not be used, what is readable of it may still be anything.
    let plain = |text: &str| is_plain(text, LONGEST);
    let named = |one: &&ResultRecord| {
        let number = one.contract_number.as_str();
        one.result == "9" && !number.is_empty() && plain(number) && plain(&one.operation)
    };
    let line = |one: &ResultRecord| RefusedLine {
        file_id: file_id.to_owned(),
        line: one.line.parse().unwrap_or(0),
        number: one.contract_number.clone(),
        generation: one.generation.parse().ok(),
        person_no: one.person_number.parse().unwrap_or(0),
        operation: one.operation.clone(),
        code: one.code.clone(),
    };
    answers.iter().filter(named).map(line).collect()
}

fn image(before: Before, asked: &HashMap<&str, String>) -> Image {
    Image {
        requests: asked.get(before.key.number.as_str()).cloned().unwrap_or_default(),
        number: before.key.number,
        generation: before.key.generation,
        version_before: before.version_before,
        version_after: before.version_after,
        before: before.image,
    }
}
