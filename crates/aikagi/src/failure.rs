//! How a command ends when it does not end well: a text for the person, a code for the script.

use base::kernel::Error;

use crate::config::{ConfigError, Fault};

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A rule says no. Exit code 1.
    Refused(String),
    /// The command or the configuration is wrong. Exit code 2.
    Usage(String),
    /// Something it depends on does not answer. Exit code 3.
    Unavailable(String),
}

impl Failure {
    /// A rule says no.
    pub fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }

    /// Correct the command or the configuration.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// `what` does not answer.
    pub fn unavailable(what: &str, error: impl std::fmt::Display) -> Self {
        Self::Unavailable(format!("{what}: {error}"))
    }

    /// 1 refused, 2 usage, 3 unavailable.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Unavailable(_) => 3,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(text) | Self::Usage(text) | Self::Unavailable(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Unavailable { .. } | Error::Internal { .. } => {
                Self::Unavailable(error.to_string())
            }
            Error::NotFound { code, id } => Self::Refused(format!("{code} ({id}): {}", word(code))),
            _ => Self::Refused(format!("{error}: {}", word(error.code()))),
        }
    }
}

fn word(code: &'static str) -> &'static str {
    web::words::error(web::Language::English, code)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Usage(fault.to_string())
    }
}
