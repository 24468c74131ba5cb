//! What a fact says: kept as what it is, so that a screen can word it; for programs and the command line, a text.

use std::fmt;

use base::kernel::Instant;
use serde::{Serialize, Serializer};

use crate::entitlements::GrantState;
use crate::operators::OperatorState;
use crate::subscribers::{PersonState, Reason, Role, Source, Standing};

/// What a fact says. Written down as one text: `SUSPENDED, adult off`, `CONSOLE 40 fraud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// Of an operator.
    Operator(OperatorState),
    /// Of a contract: where it stands, and the household's adult switch.
    Contract(Standing, bool),
    /// Of a hold: who put it, and why.
    Hold(Source, Reason),
    /// Of a member.
    Person {
        /// In the household.
        role: Role,
        /// Their own state.
        state: PersonState,
        /// Highest rating in years.
        rating: i64,
        /// Their adult flag.
        adult: bool,
    },
    /// Of a key.
    Key {
        /// Now.
        state: GrantState,
        /// First instant.
        from: Instant,
        /// First instant after it, if there is one.
        until: Option<Instant>,
        /// When it was first played, if it is a rental that was.
        played: Option<Instant>,
    },
}

const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl fmt::Display for Saying {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(state) => to.write_str(state.as_str()),
            Self::Contract(standing, adult) => {
                write!(to, "{}, adult {}", standing.as_str(), switch(*adult))
            }
            Self::Hold(source, reason) => {
                write!(to, "{} {} {}", source.as_str(), reason.number(), reason.as_str())
            }
            Self::Person { role, state, rating, adult } => {
                let (role, state) = (role.as_str(), state.as_str());
                write!(to, "{role} {state}, rating up to {rating}, adult {}", switch(*adult))
            }
            Self::Key { state, from, until, played } => {
                let until = until.map_or_else(|| "-".to_owned(), Instant::rfc3339_jst);
                write!(to, "{} from {} to {until}", state.as_str(), from.rfc3339_jst())?;
                match played {
                    Some(at) => write!(to, ", first play {}", at.rfc3339_jst()),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Serialize for Saying {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
