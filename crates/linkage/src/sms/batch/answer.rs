//! One answer for each line: from a report, or from what was wrong with the line.

use base::kernel::{Error, Instant};
use domain::commands::{Report, ResultKind};
use formats::sms::{LineFault, Problem, Record, ResultRecord};

use crate::sms::codes;

/// An answer that names the line, before it is known how it ended.
pub(super) fn blank(record: &Record) -> ResultRecord {
    ResultRecord {
        line: record.line.clone(),
        request_id: record.request_id.clone(),
        operation: record.operation.clone(),
        contract_number: record.contract_number.clone(),
        generation: record.generation.clone(),
        person_number: record.person_number.clone(),
        ..ResultRecord::default()
    }
}

/// The answer of the command bus.
pub(super) fn of_report(blank: &ResultRecord, report: &Report) -> ResultRecord {
    let dotted = report.code.as_deref();
    let message = match (dotted, &report.field) {
        (None, _) => codes::done(report.op).to_owned(),
        (Some(code), None) => codes::words(code).to_owned(),
        (Some(code), Some(field)) => format!("{field}: {}", codes::words(code)),
    };
    ResultRecord {
        generation: match report.generation {
            Some(generation) => format!("{generation:02}"),
            None => blank.generation.clone(),
        },
        result: codes::digit(report.result).to_owned(),
        code: dotted.map_or("", codes::code).to_owned(),
        applied_at: report.applied_at.compact_jst(),
        state: report.state.map_or("", |state| state.letter()).to_owned(),
        version: if report.version == 0 { String::new() } else { report.version.to_string() },
        message,
        ..blank.clone()
    }
}

/// The answer to a line that was not tried.
pub(super) fn not_done(
    blank: &ResultRecord,
    code: &str,
    message: String,
    now: Instant,
) -> ResultRecord {
    ResultRecord {
        result: codes::digit(ResultKind::Error).to_owned(),
        code: code.to_owned(),
        applied_at: now.compact_jst(),
        message,
        ..blank.clone()
    }
}

/// What to say of a line that is no command.
pub(super) fn of_refusal(error: &Error) -> (&'static str, String) {
    let words = codes::words(error.code());
    let message = match error {
        Error::Invalid { field, .. } => format!("{field}: {words}"),
        _ => words.to_owned(),
    };
    (codes::code(error.code()), message)
}

/// What to say of a line with bytes that can not be used: the column and the byte of the file.
pub(super) fn of_fault(fault: &LineFault) -> (&'static str, String) {
    let what = match fault.problem {
        Problem::Truncated => "文字の途中で切れています",
        Problem::Invalid => "文字として読めません",
        Problem::UserDefined => "外字は使えません",
        Problem::Control => "制御文字があります",
        Problem::TooLong => "桁数超過です",
    };
    (fault.code(), format!("{} {}byte: {what}", fault.column, fault.offset))
}
