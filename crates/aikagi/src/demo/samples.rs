//! Sample nightly files: one that suspends the Takahashi household, one that resumes it.
//!
//! Each start writes the next two numbers, so that they are always the ones the station expects.

use std::io::BufWriter;

use base::kernel::{Actor, Day, Result, Scope, clock};
use base::store::Db;
use domain::files;
use formats::sms::{Form, Header, Record, RequestWriter};

use super::folder::Folder;
use crate::failure::Failure;

/// Operation, request id, reason, note.
const SUSPEND: (&str, &str, &str) = ("103", "10", "未納督促3回目");
const RESUME: (&str, &str, &str) = ("104", "10", "入金確認");

pub(super) fn write(folder: &Folder, first: u64) -> std::result::Result<(), Failure> {
    let samples = folder.at("samples");
    let fault =
        |error: &dyn std::fmt::Display| Failure::refused(format!("{}: {error}", samples.display()));
    // Samples of an earlier start have numbers the station may have seen.
    std::fs::remove_dir_all(&samples).map_err(|error| fault(&error))?;
    std::fs::create_dir_all(&samples).map_err(|error| fault(&error))?;
    let today = clock::now().day_jst();
    for (at, line) in [SUSPEND, RESUME].into_iter().enumerate() {
        let sequence = first + at as u64;
        let name = file_name(today, sequence);
        file(&samples.join(&name), (today, sequence), line).map_err(|error| fault(&error))?;
        std::fs::write(samples.join(format!("{name}.end")), b"").map_err(|error| fault(&error))?;
    }
    Ok(())
}

/// The number the station expects next from its SMS.
pub(super) fn next_sequence(db: &Db) -> Result<u64> {
    let scope = Scope::new("OP0012", Actor::System, clock::now());
    let next = db.read(&scope, |tx| files::expected_next(tx, "CT01"))?;
    Ok(next.and_then(|next| u64::try_from(next).ok()).unwrap_or(1))
}

/// The name of the sample with this number.
pub(super) fn file_name(day: Day, sequence: u64) -> String {
    format!("OP0012_CT01_{}_{sequence:08}_D.dat", day.compact())
}

fn file(
    path: &std::path::Path,
    (day, sequence): (Day, u64),
    (operation, reason, note): (&str, &str, &str),
) -> std::result::Result<(), formats::sms::WriteError> {
    let header = Header {
        format: "0100".to_owned(),
        operator: "OP0012".to_owned(),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence: sequence.to_string(),
        created_at: clock::now().compact_jst(),
        business_date: day.compact(),
        charset: "CP932".to_owned(),
        test_flag: "0".to_owned(),
    };
    let out = BufWriter::new(std::fs::File::create(path)?);
    let mut writer = RequestWriter::begin(out, Form::FIXED, &header)?;
    writer.write(&Record {
        line: "1".to_owned(),
        request_id: format!("SMS-{}-{sequence:06}", day.compact()),
        operation: operation.to_owned(),
        contract_number: "C0012345".to_owned(),
        person_number: "000".to_owned(),
        hold_reason: reason.to_owned(),
        note: note.to_owned(),
        ..Record::default()
    })?;
    std::io::Write::flush(&mut writer.finish()?)?;
    Ok(())
}
