//! Full files: the station's whole list beside ours. Nothing is changed; the differences are
//! reported, as answers to the lines and as a file of their own (RC01).
//!
//! Every contract that is not stopped has one line: operation 101 in use, 103 suspended. Blank columns
//! are not compared. Contracts the file leaves out come last. Memory: 16 bytes a line, to know
//! them by. Source: brief tve §7.3.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasher as _, RandomState};

use base::kernel::{Error, Instant, Result, clock};
use domain::files::{self, Advance};
use domain::subscribers::{self, Contract, Household, Load, Source, Stored};
use formats::sms::{FileName, Record, ResultRecord, Row};
use sha2::{Digest as _, Sha256};

use super::answer::{blank, not_done, of_fault};
use super::check::offset;
use super::chunk::tally;
use super::desk::{beside, unavailable};
use super::part::{Part, digest_of_file};
use super::sitting::{Sitting, changed, count};
use super::{Batch, Job, plain};

/// The interface of our report.
pub(super) const REPORT: &str = "RC01";
/// In the file, not here.
const NOT_HERE: (&str, &str) = ("W202", "本システムにない契約者番号です");
/// Here, not in the file.
const NOT_THERE: (&str, &str) = ("W201", "全件ファイルにない契約者番号です");
/// The file and we say different things.
const DIFFERENT: &str = "W203";
/// One of both says suspended.
const STATE_DIFFERS: &str = "W204";

/// The differences of a full file in the making.
pub(super) struct Compared {
    hasher: RandomState,
    seen: HashSet<u64>,
    report: Part,
    end: u64,
    digest: Sha256,
    differences: u32,
}

impl Batch {
    /// Compares the next lines; `false` when there are none left.
    pub(super) fn compare(&self, job: &Job<'_>, sitting: &mut Sitting) -> Result<bool> {
        let mut compared = match sitting.compared.take() {
            Some(compared) => compared,
            None => Box::new(Compared::begin(job, sitting)?),
        };
        let mut rows: Vec<Row> = Vec::with_capacity(self.timing.chunk);
        for row in sitting.reader.by_ref().take(self.timing.chunk) {
            rows.push(row.map_err(|error| changed(job, &error))?);
        }
        let Some(next) = rows.last().map(|row| row.next) else {
            self.report_absent(job, sitting, &mut compared)?;
            compared.put_out(job, sitting)?;
            return Ok(false);
        };
        let readable = || rows.iter().filter_map(|row| row.record.as_ref().ok());
        let numbers = readable().map(|record| record.contract_number.clone()).collect();
        let scope = self.scope(job);
        let known = self.db.read(&scope, |tx| subscribers::load(tx, numbers, Load::Whole))?;
        let known: HashMap<&str, &Household> = known
            .iter()
            .filter(|one| one.contract.stored == Stored::Open)
            .map(|one| (one.contract.number.as_str(), one))
            .collect();
        let now = clock::now();
        let answers: Vec<ResultRecord> = rows.iter().map(|row| answer(row, &known, now)).collect();
        for record in readable() {
            compared.seen.insert(compared.hasher.hash_one(&record.contract_number));
        }
        let differences = answers.iter().filter(|one| one.result == "1");
        compared.write(sitting, &differences.cloned().collect::<Vec<_>>())?;
        let (tally, _) = tally(&answers, i64::MAX);
        let by = Advance {
            lines: i64::try_from(answers.len()).map_err(Error::internal)?,
            ok: tally.ok,
            warnings: tally.warnings,
            errors: tally.errors,
            read_offset: offset(next.offset)?,
            result_offset: sitting.page()?.write(&answers)?,
        };
        let before = sitting.file.clone();
        let row = before.clone();
        sitting.file = self.db.transact(&scope, move |tx| files::advance(tx, &row, &by))?;
        count(&before, &sitting.file);
        sitting.compared = Some(compared);
        Ok(true)
    }

    /// Adds what the file leaves out, page by page.
    fn report_absent(
        &self,
        job: &Job<'_>,
        sitting: &Sitting,
        compared: &mut Compared,
    ) -> Result<()> {
        let scope = self.scope(job);
        let page = i64::try_from(self.timing.chunk).map_err(Error::internal)?;
        let mut after = String::new();
        loop {
            let from = after.clone();
            let numbers = self.db.read(&scope, |tx| subscribers::list_open(tx, &from, page))?;
            let Some(last) = numbers.last() else { return Ok(()) };
            after.clone_from(last);
            let absent: Vec<ResultRecord> = numbers
                .into_iter()
                .filter(|number| !compared.seen.contains(&compared.hasher.hash_one(number)))
                .map(|contract_number| {
                    let line = "00000000".to_owned();
                    let absent = ResultRecord { line, contract_number, ..ResultRecord::default() };
                    differs(absent, NOT_THERE.0, NOT_THERE.1.to_owned(), clock::now())
                })
                .collect();
            compared.write(sitting, &absent)?;
        }
    }
}

impl Compared {
    fn begin(job: &Job<'_>, sitting: &Sitting) -> Result<Self> {
        let report = Part::open(&job.out.join(format!(".{}.part", report_name(job)?)))?;
        let head = sitting.lines.header(&sitting.header).map_err(Error::internal)?;
        report.write(0, &head)?;
        let end = report.length()?;
        let (hasher, seen) = (RandomState::new(), HashSet::new());
        Ok(Self { hasher, seen, report, end, digest: Sha256::new(), differences: 0 })
    }

    fn write(&mut self, sitting: &Sitting, differences: &[ResultRecord]) -> Result<()> {
        let mut bytes = Vec::new();
        for one in differences {
            sitting.lines.answer(&mut bytes, one).map_err(Error::internal)?;
            self.differences = self.differences.saturating_add(1);
        }
        self.digest.update(&bytes);
        self.append(&bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.report.write(self.end, bytes)?;
        self.end = self.end.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        Ok(())
    }

    /// Puts the report of differences into `out`.
    fn put_out(mut self: Box<Self>, job: &Job<'_>, sitting: &Sitting) -> Result<()> {
        let digest = std::mem::take(&mut self.digest).finalize();
        let counts = [0, self.differences, 0];
        let trailer = sitting.lines.trailer(counts, &digest).map_err(Error::internal)?;
        self.append(&trailer)?;
        let name = report_name(job)?;
        let (part, report) = (job.out.join(format!(".{name}.part")), job.out.join(&name));
        fs::rename(&part, &report).map_err(|error| unavailable(&part, &error))?;
        let marker = beside(&report, ".end");
        let line = format!("{}  {name}\n", digest_of_file(&report)?);
        plain::put(&marker, line.as_bytes())?;
        tracing::info!(
            operator = job.operator,
            file = job.name,
            differences = self.differences,
            "a full file was compared"
        );
        Ok(())
    }
}

/// The report's name: that of the result, for interface RC01.
fn report_name(job: &Job<'_>) -> Result<String> {
    let name = FileName::parse(job.name).map_err(Error::internal)?;
    Ok(FileName { interface: REPORT.to_owned(), ..name.result() }.to_string())
}

fn differs(answer: ResultRecord, code: &str, message: String, now: Instant) -> ResultRecord {
    let applied_at = now.compact_jst();
    ResultRecord { result: "1".to_owned(), code: code.to_owned(), applied_at, message, ..answer }
}

/// What a line says against what we know.
fn answer(row: &Row, known: &HashMap<&str, &Household>, now: Instant) -> ResultRecord {
    let record = match &row.record {
        Ok(record) => record,
        Err(fault) => {
            let (code, message) = of_fault(fault);
            return not_done(&blank(&fault.readable), code, message, now);
        }
    };
    let blank = blank(record);
    if !matches!(record.operation.as_str(), "101" | "103") {
        return not_done(&blank, "E202", "全件は処理区分101と103だけです".to_owned(), now);
    }
    let Some(household) = known.get(record.contract_number.as_str()) else {
        return differs(blank, NOT_HERE.0, NOT_HERE.1.to_owned(), now);
    };
    let answer = ResultRecord {
        state: household.standing(now).letter().to_owned(),
        version: household.contract.version.to_string(),
        generation: format!("{:02}", household.contract.generation),
        ..blank
    };
    let held = household.contract_holds().any(|hold| hold.source == Source::Sms);
    if held != (record.operation == "103") {
        let message = if held {
            "本システムでは一時停止中"
        } else {
            "本システムでは利用中"
        };
        return differs(answer, STATE_DIFFERS, message.to_owned(), now);
    }
    let columns = different(record, &household.contract);
    if columns.is_empty() {
        let (result, applied_at) = ("0".to_owned(), now.compact_jst());
        return ResultRecord { result, applied_at, message: "一致".to_owned(), ..answer };
    }
    differs(answer, DIFFERENT, format!("相違: {}", columns.join(" ")), now)
}

/// Columns of the line that say something else than the contract.
fn different(record: &Record, contract: &Contract) -> Vec<&'static str> {
    let adult = if contract.adult_allowed { "1" } else { "0" };
    let pairs = [
        ("name_kana", &record.name_kana, contract.kana.as_deref()),
        ("adult_allowed", &record.adult_allowed, Some(adult)),
        ("credit_rank", &record.credit_rank, contract.credit_rank.as_deref()),
        ("telephone", &record.telephone, contract.telephone.as_deref()),
        ("postal_code", &record.postal_code, contract.postal_code.as_deref()),
    ];
    let unlike = |said: &String, known: Option<&str>| !said.is_empty() && known != Some(said);
    pairs.into_iter().filter(|(_, said, known)| unlike(said, *known)).map(|pair| pair.0).collect()
}
