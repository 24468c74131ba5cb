//! Why a token was not made or not accepted.

use std::fmt;

/// Why a token or key can not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not three base64url parts with JSON inside, or longer than [`super::LONGEST_TOKEN`].
    Malformed,
    /// `alg` is not one of those allowed here.
    Algorithm,
    /// `typ` is another kind of token.
    Type,
    /// `crit` names something we do not understand.
    Critical,
    /// No key of the set has this `kid` and algorithm.
    UnknownKey,
    /// The signature is not of this key and content.
    Signature,
    /// A claim has the wrong form, stands twice, or is missing.
    Claims,
    /// `iss` is somebody else.
    Issuer,
    /// `aud` is somebody else.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies in the future.
    NotYet,
    /// A private key can not be read, made or used.
    Key,
}

impl TokenError {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "jose.malformed",
            Self::Algorithm => "jose.algorithm",
            Self::Type => "jose.type",
            Self::Critical => "jose.critical",
            Self::UnknownKey => "jose.key_unknown",
            Self::Signature => "jose.signature",
            Self::Claims => "jose.claims",
            Self::Issuer => "jose.issuer",
            Self::Audience => "jose.audience",
            Self::Expired => "jose.expired",
            Self::NotYet => "jose.not_yet",
            Self::Key => "jose.key",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl std::error::Error for TokenError {}
