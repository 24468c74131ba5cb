//! What a client wants to be sure of before it takes a person for the one it meant.
//!
//! Source: OpenID Connect Core §3.1.2.1 (`id_token_hint`, `acr_values`), §5.5.1 (`claims`); OpenID Connect
//! Core Error Code `unmet_authentication_requirements` 1.0.

use serde::{Deserialize, Serialize};

use crate::sessions::Strength;

/// What a client is told when somebody signed in who is not the person it named.
pub(super) const OTHER_PERSON: &str = "login_required";

/// What a client wants of who signs in and how. Empty: anybody, however.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The only person who will do, as this client knows them (`sub`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The weakest proof it asks for, as an `acr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Whether a weaker proof will not do at all; else it is told truthfully what there was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
}

impl Wanted {
    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The weakest proof that is asked for, if one of ours is.
    #[must_use]
    pub fn least(&self) -> Option<Strength> {
        self.acr.as_deref().and_then(Strength::of_acr)
    }

    /// Whether the person called `subject` is who is wanted.
    pub(super) fn is_for(&self, subject: &str) -> bool {
        self.subject.as_deref().is_none_or(|wanted| wanted == subject)
    }

    /// Whether a proof of this strength leaves nothing of the wish open, essential or not.
    pub(super) fn is_met_by(&self, strength: Strength) -> bool {
        self.least().is_none_or(|least| strength >= least)
    }

    /// The word the client is told, when `subject` with this proof will not do.
    pub(super) fn unmet(&self, subject: &str, strength: Strength) -> Option<&'static str> {
        if !self.is_for(subject) {
            return Some(OTHER_PERSON);
        }
        let short = self.essential && !self.is_met_by(strength);
        short.then_some("unmet_authentication_requirements")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_told_by_the_word_of_the_specification_when_it_can_not_be_met() {
        let wanted = |subject: Option<&str>, acr: Option<&str>, essential| Wanted {
            subject: subject.map(str::to_owned),
            acr: acr.map(str::to_owned),
            essential,
        };
        let password = Strength::Password;
        assert_eq!(Wanted::default().unmet("a", Strength::Home), None);
        assert_eq!(wanted(Some("a"), None, false).unmet("a", password), None);
        assert_eq!(wanted(Some("a"), None, false).unmet("b", password), Some("login_required"));
        let mfa = Some(Strength::Several.acr());
        assert_eq!(wanted(None, mfa, false).unmet("a", password), None, "told truthfully");
        let unmet = Some("unmet_authentication_requirements");
        assert_eq!(wanted(None, mfa, true).unmet("a", password), unmet);
        assert_eq!(wanted(None, mfa, true).unmet("a", Strength::PhishingResistant), None);
    }
}
