//! One error for the whole house, sorted by what the caller can do about it.
//!
//! Owned by the kernel; doors translate it by one total `match` each. Source: `docs/ERRORS.md`.

use std::time::Duration;

/// The result of everything that can be refused.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done, by what the caller can do.
///
/// `code` is stable, dotted and listed in `docs/ERRORS.md`; `detail` never leaves the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A field is wrong: fix it. HTTP 400.
    Invalid {
        /// Stable dotted code.
        code: &'static str,
        /// The field, column or parameter that is wrong.
        field: String,
    },
    /// Nobody is signed in, or the proof was wrong. HTTP 401.
    Unauthenticated {
        /// Stable dotted code.
        code: &'static str,
    },
    /// This actor may not do this. HTTP 403.
    Forbidden {
        /// Stable dotted code.
        code: &'static str,
    },
    /// No such thing, or not yours. HTTP 404.
    NotFound {
        /// Stable dotted code.
        code: &'static str,
        /// What was looked for, as the caller named it.
        id: String,
    },
    /// A rule says no; repeating does not help. HTTP 409.
    Refused {
        /// Stable dotted code.
        code: &'static str,
    },
    /// Someone else changed it: read again and retry. HTTP 409 or 412.
    Conflict {
        /// Stable dotted code.
        code: &'static str,
    },
    /// Too many requests. HTTP 429.
    TooMany {
        /// Stable dotted code.
        code: &'static str,
        /// How long to wait before trying again.
        wait: Duration,
    },
    /// A thing we depend on does not answer: retry later. HTTP 503.
    Unavailable {
        /// What does not answer, e.g. `database`.
        source: &'static str,
        /// For the log only.
        detail: String,
    },
    /// Our fault. HTTP 500.
    Internal {
        /// For the log only.
        detail: String,
    },
}

impl Error {
    /// A wrong field.
    pub fn invalid(code: &'static str, field: impl Into<String>) -> Self {
        Self::Invalid { code, field: field.into() }
    }

    /// No such thing (or not this operator's).
    pub fn not_found(code: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { code, id: id.into() }
    }

    /// A rule says no.
    #[must_use]
    pub const fn refused(code: &'static str) -> Self {
        Self::Refused { code }
    }

    /// Our fault; `detail` goes to the log only.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal { detail: detail.to_string() }
    }

    /// A dependency does not answer; `detail` goes to the log only.
    pub fn unavailable(source: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Unavailable { source, detail: detail.to_string() }
    }

    /// The stable dotted code, as written in `docs/ERRORS.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { code, .. }
            | Self::Unauthenticated { code }
            | Self::Forbidden { code }
            | Self::NotFound { code, .. }
            | Self::Refused { code }
            | Self::Conflict { code }
            | Self::TooMany { code, .. } => code,
            Self::Unavailable { .. } => "unavailable",
            Self::Internal { .. } => "internal",
        }
    }

    /// Whether the same request may succeed later without being changed.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::TooMany { .. } | Self::Unavailable { .. })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid { code, field } => write!(f, "{code} ({field})"),
            Self::Unavailable { source, detail } => write!(f, "unavailable ({source}): {detail}"),
            Self::Internal { detail } => write!(f, "internal: {detail}"),
            other => f.write_str(other.code()),
        }
    }
}

impl std::error::Error for Error {}
