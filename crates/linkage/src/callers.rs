//! The programs that call: which operator's address they used, and whether their token is good.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Db;
use domain::clients::ClientKind;
use domain::operators;
use domain::signing::Issuer;
use domain::tokens::{AccessTokens, Shown, Verified};
use http::HeaderMap;
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
            callers.tokens.client_for(&issuer, &shown, (kind, scope))
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
