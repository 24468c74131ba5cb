//! Whose console an address names: a station's, or the platform's own.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use base::kernel::{Error, Result, Scope};
use domain::operators::Operator;
use http::request::Parts;
use web::Page;
use web::place::Place;
use web::texts::{Words, in_language};

use super::Console;

/// What stands in the address of the platform's own console in place of a station's code: those have no small letters.
pub const PLATFORM: &str = "platform";

/// What an address names, before anybody looked whether it is there.
pub(super) enum Named {
    /// A station, by what should be its code.
    Station(String),
    /// The platform.
    Platform,
}

impl From<String> for Named {
    fn from(code: String) -> Self {
        Self::Station(code)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> std::result::Result<Self, Infallible> {
        let Ok(place) = Place::from_request_parts(parts, state).await;
        Ok(match place.named() {
            Some(code) if code != PLATFORM => Self::Station(code.to_owned()),
            _ => Self::Platform,
        })
    }
}

/// Whose console it is.
#[derive(Clone)]
pub(super) enum House {
    /// A station's.
    Station(Arc<Operator>),
    /// That of the platform's own people.
    Platform,
}

impl House {
    /// The code of its scope.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Station(operator) => &operator.code,
            Self::Platform => Scope::PLATFORM,
        }
    }

    /// What it is called.
    pub(super) fn name(&self, words: Words) -> &str {
        match self {
            Self::Station(operator) => in_language(words.0, &operator.name_ja, &operator.name_en),
            Self::Platform => words.get("console.platform"),
        }
    }

    /// A page of its: in the look of the station, or in ours.
    pub(super) fn owns(&self, page: Page, words: Words) -> Page {
        match self {
            Self::Station(operator) => page.owned_by(operator),
            Self::Platform => page.called(self.name(words)),
        }
    }

    /// # Errors
    /// `operator.unknown` at the platform's
    pub(super) fn station(&self) -> Result<&Operator> {
        match self {
            Self::Station(operator) => Ok(operator),
            Self::Platform => Err(Error::not_found("operator.unknown", "")),
        }
    }

    /// Whether it is a station on trial.
    pub(super) fn is_on_trial(&self) -> bool {
        matches!(self, Self::Station(operator) if operator.trial)
    }

    /// The cookie of a session here: who works for the platform stays signed in there, whatever station's console they open.
    pub(super) const fn cookie(&self) -> &'static str {
        match self {
            Self::Station(_) => "aikagi-console",
            Self::Platform => "aikagi-platform",
        }
    }
}

impl Console {
    /// # Errors
    /// `operator.unknown`
    pub(super) fn house(&self, named: &Named) -> Result<House> {
        Ok(match named {
            Named::Station(code) => House::Station(self.operator(code)?),
            Named::Platform => House::Platform,
        })
    }

    /// Where it is.
    pub(super) fn address(&self, house: &House) -> String {
        let place = match house {
            House::Station(operator) => &operator.code,
            House::Platform => PLATFORM,
        };
        format!("{}/console/{place}", self.base_url)
    }
}
