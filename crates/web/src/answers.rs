//! Answers of doors that show pages.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result};
use formats::oauth::ParameterFault;
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::value::RawValue;

use crate::{Page, Problem, current};

/// Sends the browser to `location`: 303, so that no form is sent on (RFC 9700 §4.12).
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return Problem::from(Error::internal("an address that is no header")).into_response();
    };
    let headers = [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A JSON text, as it is, for a script of ours.
///
/// # Errors
/// `internal` when it is none.
pub fn as_it_is(json: &str) -> Result<Response> {
    let raw: &RawValue = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(raw)).into_response())
}

/// The answer, or the page that says why there is none.
pub fn or_page(decided: std::result::Result<Response, Problem>) -> Response {
    decided.unwrap_or_else(|problem| {
        let error = problem.into_error();
        if let Error::Internal { detail } | Error::Unavailable { detail, .. } = &error {
            tracing::error!(detail, "a page could not be answered");
        }
        Page::of_error(current::get().language, &error).into_response()
    })
}

/// A fault in the parameters themselves, named for the person's screen.
#[must_use]
pub fn parameter_fault(fault: &ParameterFault) -> Error {
    match fault {
        ParameterFault::Repeated { name } => Error::invalid("request.parameter_repeated", name),
        ParameterFault::Missing { name } => Error::invalid("request.parameter_missing", *name),
        ParameterFault::Encoding { .. } | ParameterFault::TooLong => {
            Error::invalid("request.parameters_malformed", "")
        }
    }
}
