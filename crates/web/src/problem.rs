//! Errors as HTTP answers: RFC 9457 problems, from every kind of error by one total match.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use base::kernel::Error;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::{current, words};

/// An error on its way out. `?` makes one of any [`Error`].
#[derive(Debug)]
pub struct Problem {
    error: Error,
    status: Option<StatusCode>,
    member: Option<(&'static str, String)>,
}

impl Problem {
    /// The error inside.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// The same with one more member: what this door's callers know the error by (RFC 9457 §3.2).
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.member = Some((name, value.into()));
        self
    }

    /// The same under another status: where HTTP has a more exact word than the kind of error.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The error, taken out.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self { error, status: None, member: None }
    }
}

/// The stable code of a refusal, left on the answer for the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str);

/// The status of each kind of error. Source: house.md §7.
#[must_use]
pub const fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
        Error::Forbidden { .. } => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Refused { .. } | Error::Conflict { .. } => StatusCode::CONFLICT,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds after which trying again makes sense.
pub(crate) fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::TooMany { wait, .. } => Some(wait.as_secs().max(1)),
        Error::Unavailable { .. } => Some(2),
        _ => None,
    }
}

#[derive(Serialize)]
struct Body<'p> {
    r#type: String,
    title: &'static str,
    status: u16,
    code: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    request_id: &'p str,
    #[serde(flatten)]
    member: Option<BTreeMap<&'static str, String>>,
}

/// Logs a fault of ours, once, where it leaves the house; `detail` goes no further.
fn log(error: &Error) {
    match error {
        Error::Internal { detail } => tracing::error!(detail, "internal error"),
        Error::Unavailable { source, detail } => tracing::warn!(source, detail, "unavailable"),
        refused => tracing::debug!(code = refused.code(), "refused"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        log(&self.error);
        let context = current::get();
        let status = self.status.unwrap_or_else(|| status_of(&self.error));
        let code = self.error.code();
        let field = match &self.error {
            Error::Invalid { field, .. } => Some(field.as_str()),
            _ => None,
        };
        let retry_after = retry_after(&self.error);
        let body = Body {
            r#type: format!("urn:aikagi:problem:{code}"),
            title: words::error(context.language, code),
            status: status.as_u16(),
            code,
            field,
            retry_after,
            request_id: &context.request_id,
            member: self.member.map(|member| BTreeMap::from([member])),
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        match &self.error {
            Error::Unauthenticated { code: "token.invalid" } => {
                let challenge = r#"Bearer realm="aikagi", error="invalid_token""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::Unauthenticated { code: "token.bound" } => {
                let challenge =
                    r#"DPoP error="invalid_token", algs="ES256 ES384 PS256 RS256 EdDSA""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::Unauthenticated { code: "dpop.proof_invalid" } => {
                let challenge =
                    r#"DPoP error="invalid_dpop_proof", algs="ES256 ES384 PS256 RS256 EdDSA""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::Unauthenticated { code: "dpop.nonce_needed" } => {
                let challenge =
                    r#"DPoP error="use_dpop_nonce", algs="ES256 ES384 PS256 RS256 EdDSA""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::Unauthenticated { .. } => {
                let challenge = r#"Bearer realm="aikagi""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::Forbidden { code: "token.scope_missing" } => {
                let challenge = r#"Bearer realm="aikagi", error="insufficient_scope""#;
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            _ => {}
        }
        response.extensions_mut().insert(Refusal(code));
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_problem_names_code_field_and_wait_and_hides_what_is_for_the_log() {
        let response = Problem::from(Error::invalid("time.malformed", "at")).into_response();
        assert_eq!(response.status(), 400);
        assert_eq!(response.extensions().get(), Some(&Refusal("time.malformed")));
        let busy = Error::TooMany { code: "password.busy", wait: Duration::from_secs(3) };
        let response = Problem::from(busy).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "3");
        let response = Problem::from(Error::internal("SELECT secret")).into_response();
        let body = body_of(response);
        assert!(!body.contains("SELECT") && body.contains("\"code\":\"internal\""), "{body}");
    }

    fn body_of(response: Response) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = runtime.block_on(axum::body::to_bytes(response.into_body(), 9999)).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
