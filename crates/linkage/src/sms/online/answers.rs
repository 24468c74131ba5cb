//! Reports in JSON: the same words as a result file, and the same code.

use axum::response::Response;
use base::kernel::{Error, Instant};
use domain::commands::{Op, Report, ResultKind};
use domain::subscribers::{Standing, note};
use http::header::ETAG;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use web::{Problem, status_of};

use crate::callers::json_answer;
use crate::sms::codes;

/// The answer to a command.
#[derive(Serialize)]
pub(super) struct Reported {
    request_id: String,
    /// Absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<Op>,
    /// `OK`, `WARNING`, `SCHEDULED`, `ERROR`.
    result: &'static str,
    /// HTTP status the command alone would have had.
    status: u16,
    /// Four characters; absent when there is nothing to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: String,
    contract: Contract,
    person_no: i64,
    applied_at: String,
}

#[derive(Serialize)]
struct Contract {
    number: String,
    #[serde(rename = "gen", skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

impl Reported {
    pub(super) fn of(report: Report) -> Self {
        let status = status(&report);
        let scheduled = report.code.as_deref() == Some(note::SCHEDULED);
        let result = match report.result {
            _ if scheduled => "SCHEDULED",
            ResultKind::Ok => "OK",
            ResultKind::Warning => "WARNING",
            ResultKind::Error => "ERROR",
        };
        let message = match report.code.as_deref() {
            Some(code) => codes::words(code).to_owned(),
            None => codes::done(report.op).to_owned(),
        };
        let contract = Contract {
            number: report.number,
            generation: report.generation,
            state: report.state,
            version: (report.version > 0).then_some(report.version),
        };
        Self {
            request_id: report.request_id,
            op: Some(report.op),
            result,
            status: status.as_u16(),
            code: report.code.as_deref().map(codes::code),
            reason: report.code,
            field: report.field,
            message,
            contract,
            person_no: report.person_no,
            applied_at: report.applied_at.rfc3339_jst(),
        }
    }

    /// The answer to something among many that is no command.
    pub(super) fn unread(
        (request_id, number): (String, String),
        error: &Error,
        now: Instant,
    ) -> Self {
        let field = match error {
            Error::Invalid { field, .. } => Some(field.clone()),
            _ => None,
        };
        let code = error.code();
        Self {
            request_id,
            op: None,
            result: "ERROR",
            status: status_of(error).as_u16(),
            code: Some(codes::code(code)),
            reason: Some(code.to_owned()),
            field,
            message: codes::words(code).to_owned(),
            contract: Contract { number, generation: None, state: None, version: None },
            person_no: 0,
            applied_at: now.rfc3339_jst(),
        }
    }

    /// The result for the linkage log: the four characters, or `OK`.
    pub(super) const fn said(&self) -> &'static str {
        match self.code {
            Some(code) => code,
            None => "OK",
        }
    }

    /// Whether it was refused.
    pub(super) const fn is_error(&self) -> bool {
        matches!(self.result.as_bytes(), b"ERROR")
    }

    /// As an answer of its own.
    pub(super) fn response(&self) -> Result<Response, Problem> {
        let status = StatusCode::from_u16(self.status).map_err(Error::internal)?;
        let mut response = json_answer(self)?;
        *response.status_mut() = status;
        if let Some(version) = self.contract.version {
            tag(&mut response, version);
        }
        Ok(response)
    }
}

/// What a command alone is answered with.
fn status(report: &Report) -> StatusCode {
    match &refusal(report) {
        Some(error) => status_of(error),
        None if report.code.as_deref() == Some(note::SCHEDULED) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    }
}

/// The error behind a refusal, by its code: a kept answer knows no more.
pub(crate) fn refusal(report: &Report) -> Option<Error> {
    if report.result != ResultKind::Error {
        return None;
    }
    let code = report.code.as_deref().and_then(codes::known);
    Some(match (code, &report.field) {
        (None | Some("internal"), _) => Error::internal("a refusal without a known code"),
        (Some("unavailable"), _) => Error::unavailable("database", "said by a kept answer"),
        (Some(code), Some(field)) => Error::invalid(code, field.clone()),
        (Some(code), None) if code.ends_with(".unknown") => Error::not_found(code, &report.number),
        (Some(code @ ("request.reused" | "store.changed_meanwhile" | "store.duplicate")), None) => {
            Error::Conflict { code }
        }
        (Some(code), None) => Error::refused(code),
    })
}

/// `ETag: "v18"`, to be sent back as `If-Match`.
pub(super) fn tag(response: &mut Response, version: i64) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"v{version}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
}

/// An instant as it is answered.
pub(crate) fn moment(at: Option<Instant>) -> Option<String> {
    at.map(Instant::rfc3339_jst)
}
