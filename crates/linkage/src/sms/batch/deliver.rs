//! The end of a file: trailer, result into `out`, request into `in/done`, the books.
//!
//! Each step may have happened before a crash; each is done again without harm, and the last one,
//! in the database, ends it. Source: brief tve §7.3.

use std::fs;
use std::path::Path;

use base::kernel::{Error, Result, clock};
use base::records::{LinkageLine, log_linkage};
use domain::files::{self, File, FileState};
use formats::sms::{Charset, FileKind, FileName, Form, Header, Layout, ResultLines, ResultRecord};

use super::check::{layout_of, peek};
use super::desk::{beside, move_aside, unavailable};
use super::full::REPORT;
use super::part::{Part, digest_of_file};
use super::sitting::{Sitting, result_header};
use super::{Batch, Job, plain};

impl Batch {
    /// Ends an applied file.
    pub(super) fn finish(&self, job: &Job<'_>, sitting: Sitting) -> Result<File> {
        let mut file = sitting.file;
        if file.state == FileState::Applying {
            let row = file.clone();
            file = self.db.transact(&self.scope(job), move |tx| files::applied(tx, &row))?;
        }
        let mut end = u64::try_from(file.result_offset).map_err(Error::internal)?;
        if end == 0 {
            let head = sitting.lines.header(&sitting.header).map_err(Error::internal)?;
            sitting.part.write(0, &head)?;
            end = sitting.part.length()?;
        }
        let digest = sitting.part.digest_of_answers(end)?;
        let counts = [file.ok, file.warnings, file.errors].map(|n| u32::try_from(n).unwrap_or(0));
        let trailer = sitting.lines.trailer(counts, &digest).map_err(Error::internal)?;
        sitting.part.write(end, &trailer)?;
        drop(sitting.part);
        self.put_out(job)?;
        self.keep(job)?;
        self.close(job, &file)
    }

    /// Ends a file whose result lay in `out` already when a crash came.
    pub(super) fn finish_again(&self, job: &Job<'_>, file: &File) -> Result<File> {
        if file.state == FileState::Applied && plain::is_there(&job.result()) {
            self.mark(job)?;
            self.keep(job)?;
        }
        self.close(job, file)
    }

    /// Answers a refused file: one line 00000000 with the code.
    pub(super) fn finish_refused(&self, job: &Job<'_>, file: &File) -> Result<File> {
        let layout = layout_of(&job.request, job.name)?;
        let (header, form) = match peek(&job.request, layout)? {
            Some((header, form)) => (result_header(&header), form),
            None => (stand_in(job), plain(layout)),
        };
        let lines = ResultLines::new(form);
        let mut bytes = lines.header(&header).map_err(Error::internal)?;
        let mut answer = Vec::new();
        let refusal = ResultRecord {
            line: "00000000".to_owned(),
            result: "9".to_owned(),
            code: file.code.clone(),
            applied_at: clock::now().compact_jst(),
            message: file.detail.clone(),
            ..ResultRecord::default()
        };
        lines.answer(&mut answer, &refusal).map_err(Error::internal)?;
        let digest = sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            &answer,
        ));
        bytes.extend_from_slice(&answer);
        bytes.extend(lines.trailer([0, 0, 1], &digest).map_err(Error::internal)?);
        Part::open(&job.part())?.write(0, &bytes)?;
        self.put_out(job)?;
        self.close(job, file)
    }

    /// F003: the earlier result goes out once more.
    pub(super) fn resend(&self, job: &Job<'_>, file: File, earlier: File) -> Result<File> {
        self.copy_out(job, &earlier.name)?;
        self.put_away(job)?;
        let row =
            self.db.transact(&self.scope(job), move |tx| files::resent(tx, &file, &earlier))?;
        self.log(job, &row);
        Ok(row)
    }

    /// Puts the result of the earlier request `name` out as that of this file; whether there is a copy of it.
    pub(super) fn copy_out(&self, job: &Job<'_>, name: &str) -> Result<bool> {
        let name = result_name(name);
        let places = job.kept.iter().map(|kept| kept.join(&name));
        let found = places.chain([job.result()]).find(|path| plain::is_there(path));
        if let Some(path) = &found {
            plain::copy(path, &job.part())?;
            self.put_out(job)?;
        }
        Ok(found.is_some())
    }

    /// Makes the part file the result, with its end marker.
    fn put_out(&self, job: &Job<'_>) -> Result<()> {
        let part = job.part();
        fs::rename(&part, job.result()).map_err(|error| unavailable(&part, &error))?;
        sync_directory(&job.out)?;
        self.mark(job)
    }

    /// Our own copy of the result of an accepted file: the station may delete what it fetched.
    fn keep(&self, job: &Job<'_>) -> Result<()> {
        let Some(kept) = &job.kept else { return Ok(()) };
        let (result, copy) = (job.result(), kept.join(result_name(job.name)));
        let failed = |error: std::io::Error| unavailable(&copy, &error);
        if plain::is_taken(&copy) {
            fs::remove_file(&copy).map_err(failed)?;
        }
        if plain::is_there(&result) && fs::hard_link(&result, &copy).is_ok() {
            return Ok(());
        }
        plain::copy(&result, &copy)
    }

    /// Says that the result is complete.
    fn mark(&self, job: &Job<'_>) -> Result<()> {
        let (result, name) = (job.result(), result_name(job.name));
        let marker = beside(&result, ".end");
        let line = format!("{}  {name}\n", digest_of_file(&result)?);
        plain::put(&marker, line.as_bytes())
    }

    /// Moves the request and its marker to `in/done`.
    fn put_away(&self, job: &Job<'_>) -> Result<()> {
        let Some(done) = &job.done else { return Ok(()) };
        move_aside(&beside(&job.request, ".end"), done, &format!("{}.end", job.name))?;
        move_aside(&job.request, done, job.name)
    }

    fn close(&self, job: &Job<'_>, file: &File) -> Result<File> {
        self.put_away(job)?;
        let row = file.clone();
        let sent = self.db.transact(&self.scope(job), move |tx| files::sent(tx, &row))?;
        self.log(job, &sent);
        Ok(sent)
    }

    fn log(&self, job: &Job<'_>, file: &File) {
        metrics::counter!("aikagi_sms_files_total", "state" => file.state.as_str()).increment(1);
        tracing::info!(
            operator = job.operator,
            file = job.name,
            state = file.state.as_str(),
            code = file.code,
            lines = file.lines_done,
            ok = file.ok,
            warnings = file.warnings,
            errors = file.errors,
            "an SMS file was answered"
        );
        let line = LinkageLine {
            operator: job.operator,
            direction: "in",
            peer: if job.bulk.is_some() { "console" } else { "sms" },
            kind: "file",
            reference: job.name,
            digest: file.digest.clone(),
            result: if file.code.is_empty() { file.state.as_str() } else { &file.code },
            detail: format!(
                "lines {} ok {} warnings {} errors {}",
                file.lines_done, file.ok, file.warnings, file.errors
            ),
        };
        log_linkage(&self.book, clock::now(), &line);
    }
}

/// The name of the answer to `request`. What is no request keeps its whole name in front: it must not
/// take the place of a result, whatever it is called.
pub(super) fn result_name(request: &str) -> String {
    let request_name = FileName::parse(request).ok();
    let ours = |name: &FileName| name.kind == FileKind::Result || name.interface == REPORT;
    if let Some(name) = request_name.filter(|name| !ours(name)) {
        return name.result().to_string();
    }
    let plain = format!("{request}_R.csv");
    if FileName::parse(&plain).is_ok() { format!("{request}._R.csv") } else { plain }
}

/// A header for the answer to a file whose own could not be read.
fn stand_in(job: &Job<'_>) -> Header {
    let now = clock::now();
    Header {
        format: "0100".to_owned(),
        operator: job.operator.to_owned(),
        kind: FileKind::Result.letter().to_owned(),
        created_at: now.compact_jst(),
        business_date: now.day_jst().compact(),
        charset: Charset::Cp932.name().to_owned(),
        test_flag: "0".to_owned(),
        ..Header::default()
    }
}

const fn plain(layout: Layout) -> Form {
    Form { layout, charset: Charset::Cp932, byte_order_mark: false }
}

fn sync_directory(path: &Path) -> Result<()> {
    // Directories can not be opened everywhere; where they can, the rename is on the disk now.
    match fs::File::open(path) {
        Ok(directory) => directory.sync_all().map_err(|error| unavailable(path, &error)),
        Err(_) => Ok(()),
    }
}
