//! Which issuer an address belongs to.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use base::kernel::{Actor, Error, Result, Scope, clock};
use domain::operators;
use domain::signing::Issuer;
use http::request::Parts;

use super::Provider;

/// The operator an address names, if it names one.
pub(super) struct Place(Option<String>);

impl FromRequestParts<Arc<Provider>> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<Provider>,
    ) -> std::result::Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let named = params.ok().and_then(|params| {
            params.iter().find(|(name, _)| *name == "operator").map(|(_, code)| code.to_owned())
        });
        Ok(Self(named))
    }
}

impl Place {
    /// The issuer; one of an operator that is not there is refused before anything is made for it.
    /// Asks the database, unless the operator is in memory.
    ///
    /// # Errors
    /// `operator.unknown`
    pub(super) fn issuer(&self, provider: &Provider) -> Result<Issuer> {
        let Some(code) = &self.0 else { return Ok(Issuer::of_platform(&provider.base_url)) };
        if !operators::valid_code(code) {
            return Err(Error::not_found("operator.unknown", ""));
        }
        let scope = Scope::new(code, Actor::Anonymous, clock::now());
        provider.db.operator_fact(&scope, operators::find_operator)?;
        web::current::operator_is_there(code);
        Ok(Issuer::of_operator(&provider.base_url, code))
    }

    /// Whether services may register themselves here.
    ///
    /// # Errors
    /// `operator.unknown`
    pub(super) fn registers(&self, provider: &Provider) -> Result<bool> {
        let Some(code) = &self.0 else { return Ok(false) };
        let operator = provider.operator(code)?;
        Ok(operator.enabled() && operator.policies.registration.enabled)
    }

    /// Whether services may exchange the tokens of two persons here.
    ///
    /// # Errors
    /// `operator.unknown`
    pub(super) fn exchanges(&self, provider: &Provider) -> Result<bool> {
        let Some(code) = &self.0 else { return Ok(false) };
        Ok(provider.operator(code)?.policies.token_exchange)
    }

    /// Whether boxes sign their households in here.
    ///
    /// # Errors
    /// `operator.unknown`
    pub(super) fn has_home(&self, provider: &Provider) -> Result<bool> {
        let Some(code) = &self.0 else { return Ok(false) };
        Ok(provider.operator(code)?.policies.home_sign_in)
    }

    /// Whether a sign-in of `operator` belongs to this address.
    pub(super) fn is_of(&self, operator: &str) -> bool {
        self.0.as_deref().unwrap_or(Scope::PLATFORM) == operator
    }
}

/// The issuer a stored code (an operator's or `*`) stands for.
pub(super) fn issuer_of(provider: &Provider, code: &str) -> Issuer {
    if code == Scope::PLATFORM {
        Issuer::of_platform(&provider.base_url)
    } else {
        Issuer::of_operator(&provider.base_url, code)
    }
}
