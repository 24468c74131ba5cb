//! Which issuer an address belongs to: an operator's below `/o/{operator}`, else the platform's.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Db;
use domain::credentials::Site;
use domain::operators::{self, Operator};
use domain::signing::Issuer;
use http::request::Parts;

use crate::current;

/// Below which address the operators are.
const STATIONS: &str = "/o/";
/// Below which the consoles are.
const CONSOLES: &str = "/console/";
/// What stands there in place of a station.
const PLATFORM_CONSOLE: &str = "platform";

/// The operator an address names, if it names one.
pub struct Place(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> std::result::Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let named = params.ok().and_then(|params| {
            params.iter().find(|(name, _)| *name == "operator").map(|(_, code)| code.to_owned())
        });
        Ok(Self(named))
    }
}

impl Place {
    /// That of a path no route is for.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        Self(path.strip_prefix(STATIONS).and_then(|rest| rest.split('/').next()).map(str::to_owned))
    }

    /// Where `path` leads that is a station's address and nothing below it: to its My Page, or to who says that there is no
    /// such station.
    #[must_use]
    pub fn own_page(&self, path: &str) -> Option<String> {
        let code = self.named().filter(|code| operators::valid_code(code))?;
        let whole = format!("{STATIONS}{code}");
        (path.strip_suffix('/').unwrap_or(path) == whole).then(|| whole + "/me")
    }

    /// The issuer; one of an operator that is not there is refused before anything is made for it.
    /// Asks the database, unless the operator is in memory.
    ///
    /// # Errors
    /// `operator.unknown`
    pub fn issuer(&self, db: &Db, base_url: &str) -> Result<Issuer> {
        let Some(code) = &self.0 else { return Ok(Issuer::of_platform(base_url)) };
        if !operators::valid_code(code) {
            return Err(Error::not_found("operator.unknown", ""));
        }
        current::station_is_there(operator(db, code)?);
        Ok(Issuer::of_operator(base_url, code))
    }

    /// The operator's code, as the address says it; none: the platform.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether a sign-in of `operator` belongs to this address.
    #[must_use]
    pub fn is_of(&self, operator: &str) -> bool {
        self.named().unwrap_or(Scope::PLATFORM) == operator
    }
}

/// The operator with this code, as it is now.
///
/// # Errors
/// `operator.unknown`
pub fn operator(db: &Db, code: &str) -> Result<Arc<Operator>> {
    let scope = Scope::new(code, Actor::Anonymous, clock::now());
    db.operator_fact(&scope, operators::find_operator)
}

/// Where who can not go on at the address of this request begins anew, and the key of what is written there: the console of
/// whoever works there, the own page of everybody else. None: at manuals, which are nobody's.
pub(crate) fn beginning() -> Option<(String, &'static str)> {
    let context = current::get();
    let path = context.path();
    if context.for_staff {
        let code = path.strip_prefix(CONSOLES).and_then(|rest| rest.split('/').next());
        let code = code.filter(|code| *code == PLATFORM_CONSOLE || operators::valid_code(code));
        return Some((format!("/console/{}", code?), "error.console"));
    }
    let below = context.station().map(|station| format!("{STATIONS}{}", station.code));
    (!path.starts_with("/docs")).then(|| (below.unwrap_or_default() + "/me", "me.open"))
}

/// The site passkeys of an operator's persons (`*`: of nobody yet) are made for.
///
/// # Errors
/// `passkey.unavailable` — browsers know none at such an address; `operator.unknown`
pub fn site(db: &Db, base_url: &str, code: &str) -> Result<Arc<Site>> {
    let site = match code {
        Scope::PLATFORM => Site::of(base_url),
        code => Site::of_operator(base_url, &operator(db, code)?.policies.passkeys),
    };
    site.map(Arc::new).ok_or_else(|| Error::refused("passkey.unavailable"))
}
