//! Issuers: who signs, under which address. Exactly as configured, never from a request.

use std::sync::Arc;

use base::kernel::Scope;
use url::Url;
use url::form_urlencoded::Serializer;

/// An OpenID issuer of this installation: an operator's own, or the platform's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    operator: Arc<str>,
    url: Arc<str>,
}

impl Issuer {
    /// The issuer of `operator` under `base_url`: `{base_url}/o/{operator}`.
    ///
    /// `base_url` is what the configuration says, without a slash at its end.
    #[must_use]
    pub fn of_operator(base_url: &str, operator: &str) -> Self {
        let url = format!("{}/o/{operator}", base_url.trim_end_matches('/'));
        Self { operator: operator.into(), url: url.into() }
    }

    /// The platform's issuer, `{base_url}`, for services sold by all operators.
    #[must_use]
    pub fn of_platform(base_url: &str) -> Self {
        Self { operator: Scope::PLATFORM.into(), url: base_url.trim_end_matches('/').into() }
    }

    /// The issuer a stored code (an operator's or [`Scope::PLATFORM`]) stands for.
    #[must_use]
    pub fn of(base_url: &str, code: &str) -> Self {
        match code {
            Scope::PLATFORM => Self::of_platform(base_url),
            operator => Self::of_operator(base_url, operator),
        }
    }

    /// The operator's code; [`Scope::PLATFORM`] for the platform.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The `iss` of its tokens; also where its endpoints lie.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address everything lies under, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        let own = format!("/o/{}", self.operator);
        if self.is_platform() {
            &self.url
        } else {
            self.url.strip_suffix(&own).unwrap_or(&self.url)
        }
    }

    /// Whether `resource` names what its access tokens are good for: the issuer itself, which everything
    /// that takes them lies under. Those of programs that administer are good for [`Issuer::admin_api`] instead.
    ///
    /// Source: RFC 8707 §2 (an absolute URI without a fragment).
    #[must_use]
    pub fn is_resource(&self, resource: &str) -> bool {
        match (Url::parse(resource), Url::parse(self.url())) {
            (Ok(named), Ok(own)) => named == own,
            _ => false,
        }
    }

    /// What tokens of programs that administer are good for, and where what they call lies.
    ///
    /// Source: RFC 8707 §2; `docs/api/admin.md`.
    #[must_use]
    pub fn admin_api(&self) -> String {
        format!("{}/admin/v1", self.url)
    }

    /// Where a member who was given this code registers: as a link, to be shown as a picture too.
    #[must_use]
    pub fn invitation(&self, number: &str, code: &str) -> String {
        let pairs = [("number", number), ("code", code)];
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}/invitation?{query}", self.url)
    }

    /// Whether this is the platform's issuer.
    #[must_use]
    pub fn is_platform(&self) -> bool {
        self.operator() == Scope::PLATFORM
    }
}
