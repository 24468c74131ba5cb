//! Why a request is refused as a whole: HTTP 400.

use std::fmt;

use crate::json::JsonFault;

/// Why a request can not be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestFault {
    /// Not the JSON it should be.
    Json(JsonFault),
    /// A name or id is empty.
    Empty {
        /// Where, e.g. `subject.id`.
        field: &'static str,
    },
    /// A name or id is longer than [`super::LONGEST_NAME`], or holds control characters.
    TooLong {
        /// Where.
        field: &'static str,
    },
    /// `options.evaluations_semantic` is none of the three.
    Semantic,
    /// More than [`super::MOST_EVALUATIONS`] evaluations.
    TooMany,
}

impl RequestFault {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(fault) => fault.code(),
            Self::Empty { .. } => "authzen.empty",
            Self::TooLong { .. } => "authzen.too_long",
            Self::Semantic => "authzen.semantic",
            Self::TooMany => "authzen.too_many",
        }
    }

    /// The field at fault, when one is.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Json(JsonFault::Missing { field } | JsonFault::Repeated { field }) => Some(field),
            Self::Json(_) => None,
            Self::Empty { field } | Self::TooLong { field } => Some(field),
            Self::Semantic => Some("options.evaluations_semantic"),
            Self::TooMany => Some("evaluations"),
        }
    }
}

impl fmt::Display for RequestFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.field()) {
            (Self::Json(fault), _) => fault.fmt(out),
            (_, Some(field)) => write!(out, "{}: {field}", self.code()),
            (_, None) => out.write_str(self.code()),
        }
    }
}

impl std::error::Error for RequestFault {}

impl From<JsonFault> for RequestFault {
    fn from(fault: JsonFault) -> Self {
        Self::Json(fault)
    }
}
