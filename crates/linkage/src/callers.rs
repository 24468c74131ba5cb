//! The programs that call: which operator's address they used, and whether their token is good.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Db;
use domain::clients::ClientKind;
use domain::operators;
use domain::signing::Issuer;
use domain::tokens::{AccessTokens, Shown, Verified};
use formats::json::{self, JsonFault};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use web::{Problem, blocking, current};

/// What the doors of programs share.
#[derive(Clone)]
pub struct Callers {
    /// The database.
    pub db: Db,
    /// Verifies access tokens.
    pub tokens: Arc<AccessTokens>,
    /// The address everything lies under, as configured, without a slash at its end.
    pub base_url: Arc<str>,
}

/// Nobody said who they are.
const TOKEN_MISSING: Error = Error::Unauthenticated { code: "token.missing" };

impl Callers {
    /// The issuer an address belongs to: an operator's, or the platform's without one.
    pub(crate) fn issuer(&self, operator: Option<&str>) -> Issuer {
        operator.map_or_else(
            || Issuer::of_platform(&self.base_url),
            |operator| Issuer::of_operator(&self.base_url, operator),
        )
    }

    /// The client behind the request's token, good for `wanted` at `issuer`. Waits for nothing when
    /// the token was seen within the last second.
    ///
    /// # Errors
    /// `token.missing`, those of `AccessTokens::client_for`; `operator.unknown`.
    pub(crate) async fn client(
        &self,
        issuer: &Issuer,
        headers: &HeaderMap,
        (kind, scope): (ClientKind, &'static str),
    ) -> std::result::Result<Verified, Problem> {
        let proof = current::get().proof();
        let shown = web::shown(headers, proof.as_deref()).ok_or(TOKEN_MISSING)?;
        if let Some(known) = self.tokens.client_from_memory(issuer, &shown, (kind, scope)) {
            // Only an operator that is there has clients.
            note(issuer);
            return Ok(known?);
        }
        let (callers, issuer) = (self.clone(), issuer.clone());
        let (token, scheme) = (shown.token.to_owned(), shown.scheme);
        blocking(move || {
            callers.check_operator(&issuer)?;
            let shown = Shown { token: &token, scheme, proof: proof.as_deref() };
            let client = callers.tokens.client_for(&issuer, &shown, (kind, scope));
            web::proven(&callers.tokens, &issuer, client)
        })
        .await
    }

    /// Refuses addresses of operators that are not there, before anything is made for them.
    pub(crate) fn check_operator(&self, issuer: &Issuer) -> Result<()> {
        if issuer.is_platform() {
            return Ok(());
        }
        let unknown = || Error::not_found("operator.unknown", "operator");
        if !operators::valid_code(issuer.operator()) {
            return Err(unknown());
        }
        let scope = Scope::new(issuer.operator(), Actor::Anonymous, clock::now());
        self.db.read(&scope, operators::operator_if_any)?.ok_or_else(unknown)?;
        note(issuer);
        Ok(())
    }
}

/// The operator of an address is there.
fn note(issuer: &Issuer) {
    if !issuer.is_platform() {
        current::operator_is_there(issuer.operator());
    }
}

/// The body, unless it was longer than the door reads or broke off.
///
/// # Errors
/// `json.too_long` naming the body.
pub(crate) fn body_of(body: std::result::Result<Bytes, BytesRejection>) -> Result<Bytes> {
    body.map_err(|_| Error::invalid("json.too_long", "body"))
}

/// Reads a body of at most `longest` bytes. Strict: a field that is unknown was meant to mean something.
///
/// # Errors
/// The codes of [`json::parse`], naming the field where one is at fault.
pub(crate) fn read_json<'b, T: Deserialize<'b>>(body: &'b [u8], longest: usize) -> Result<T> {
    json::parse(body, longest).map_err(|fault| {
        let field = match &fault {
            JsonFault::Missing { field }
            | JsonFault::Repeated { field }
            | JsonFault::Unknown { field } => field.clone(),
            JsonFault::Malformed { line, column } => format!("line {line}, column {column}"),
            JsonFault::TooLong { .. } | JsonFault::TooDeep { .. } => "body".to_owned(),
        };
        Error::invalid(fault.code(), field)
    })
}

/// The word a caller knows its request by, so that it may send it again.
///
/// # Errors
/// `field.required`, `field.too_long` naming the header
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<&str> {
    const KEY: &str = "Idempotency-Key";
    let required = || Error::invalid("field.required", KEY);
    let key = headers.get(KEY).ok_or_else(required)?;
    let key = key.to_str().map_err(|_| Error::invalid("field.too_long", KEY))?;
    // The draft of the header has it in quotes; most callers send it bare.
    let key = key.trim().trim_matches('"');
    if key.is_empty() { Err(required()) } else { Ok(key) }
}

/// A body as JSON, for this caller only.
pub(crate) fn json_answer(body: &impl Serialize) -> std::result::Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Error::internal)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
