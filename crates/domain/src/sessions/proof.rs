//! What a person proved themselves by, and how strong that is.

use base::kernel::{Error, Result};
use serde::{Deserialize, Serialize};

/// A way to prove to be oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A box of the station at home: nobody did anything.
    Home,
    /// The password.
    Password,
    /// A code used once: of the letter, of an app, of a message, of the recovery list.
    OneTime,
    /// A passkey, after the device asked its owner.
    Passkey,
}

/// How each method is told. Source: RFC 8176 §2; `home` is our own word (brief tve §8.1).
const WORDS: [(Method, &str); 4] = [
    (Method::Home, "home"),
    (Method::Password, "pwd"),
    (Method::OneTime, "otp"),
    (Method::Passkey, "swk"),
];

/// Said beside the methods when they are of more than one kind. Source: RFC 8176 §2.
const SEVERAL: &str = "mfa";

/// How strong a proof is, from the weakest up. Each is good for whatever a weaker one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Somebody is at a box of the household; never enough to buy, for adult titles or for settings.
    Home,
    /// One thing known.
    Password,
    /// Two things of different kinds.
    Several,
    /// A proof that can not be given to a false page.
    PhishingResistant,
}

impl Strength {
    /// All, from the weakest up.
    pub const ALL: [Self; 4] = [Self::Home, Self::Password, Self::Several, Self::PhishingResistant];

    /// The `acr` it is told as.
    #[must_use]
    pub const fn acr(self) -> &'static str {
        match self {
            Self::Home => "urn:aikagi:acr:home",
            Self::Password => "urn:aikagi:acr:password",
            Self::Several => "urn:aikagi:acr:mfa",
            Self::PhishingResistant => "urn:aikagi:acr:phr",
        }
    }

    /// The strength an `acr` names, if it is one of ours.
    #[must_use]
    pub fn of_acr(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.acr() == acr)
    }
}

/// The methods a person proved themselves by, together; `acr` and `amr` are derived, never claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven(Vec<Method>);

impl Proven {
    /// By these methods; the order does not matter.
    #[must_use]
    pub fn by(methods: &[Method]) -> Self {
        let mut methods = methods.to_vec();
        methods.sort_unstable();
        methods.dedup();
        Self(methods)
    }

    /// By login id and password.
    #[must_use]
    pub fn password() -> Self {
        Self::by(&[Method::Password])
    }

    /// With one method more.
    #[must_use]
    pub fn and(&self, method: Method) -> Self {
        Self::by(&[self.0.as_slice(), &[method]].concat())
    }

    /// Whether `method` is among them.
    #[must_use]
    pub fn has(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// How strong they are together.
    ///
    /// A letter with a new password is no more than a password: whoever takes a letter out of a
    /// letter box chooses both. So a one-time code counts as a second kind only beside a password
    /// that was there before; [`Proven::letter`] says that it was not.
    #[must_use]
    pub fn strength(&self) -> Strength {
        if self.has(Method::Passkey) {
            return Strength::PhishingResistant;
        }
        match (self.has(Method::Password), self.has(Method::OneTime)) {
            (true, true) => Strength::Several,
            (true, false) | (false, true) => Strength::Password,
            (false, false) => Strength::Home,
        }
    }

    /// By a one-time code alone: a letter, or a message to an address on file.
    #[must_use]
    pub fn letter() -> Self {
        Self::by(&[Method::OneTime])
    }

    /// The `acr` of all together.
    #[must_use]
    pub fn acr(&self) -> &'static str {
        self.strength().acr()
    }

    /// The `amr`, separated by spaces.
    #[must_use]
    pub fn amr(&self) -> String {
        let words = WORDS.iter().filter(|(method, _)| self.has(*method)).map(|(_, word)| *word);
        let several = (self.strength() >= Strength::Several).then_some(SEVERAL);
        words.chain(several).collect::<Vec<_>>().join(" ")
    }

    /// The methods an `amr` names, as [`Proven::amr`] wrote it.
    ///
    /// # Errors
    /// `internal` — a word nobody wrote
    pub fn parse(amr: &str) -> Result<Self> {
        let words = amr.split(' ').filter(|word| !word.is_empty() && *word != SEVERAL);
        let methods: Option<Vec<Method>> = words
            .map(|word| WORDS.iter().find(|(_, known)| *known == word).map(|(method, _)| *method))
            .collect();
        methods.map(|methods| Self::by(&methods)).ok_or_else(|| Error::internal("an unknown amr"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_follows_from_the_methods_and_leads_back_to_them() {
        use Method::{Home, OneTime, Passkey, Password};
        for (methods, acr, amr) in [
            (&[Home][..], "urn:aikagi:acr:home", "home"),
            (&[Password], "urn:aikagi:acr:password", "pwd"),
            (&[OneTime], "urn:aikagi:acr:password", "otp"),
            (&[OneTime, Password], "urn:aikagi:acr:mfa", "pwd otp mfa"),
            (&[Passkey], "urn:aikagi:acr:phr", "swk mfa"),
            (&[Home, Passkey, Password], "urn:aikagi:acr:phr", "home pwd swk mfa"),
        ] {
            let proven = Proven::by(methods);
            assert_eq!((proven.acr(), proven.amr().as_str()), (acr, amr));
            assert_eq!(Proven::parse(amr).unwrap(), proven);
        }
        assert!(Proven::parse("pwd retina").is_err());
        assert_eq!(Proven::password().and(OneTime).strength(), Strength::Several);
    }

    #[test]
    fn every_strength_is_found_by_its_acr_and_stronger_ones_come_later() {
        for pair in Strength::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for one in Strength::ALL {
            assert_eq!(Strength::of_acr(one.acr()), Some(one));
        }
        assert_eq!(Strength::of_acr("urn:mace:incommon:iap:silver"), None);
    }
}
