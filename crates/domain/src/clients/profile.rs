//! What a client wants of the protocol beyond the plain case: one JSON object beside its terms.
//!
//! Everything may be left out and then means the plain case, so that clients registered before an
//! option existed stay as they were.

use base::kernel::Result;
use serde::{Deserialize, Serialize};

use super::terms::ClientTerms;

/// The options of the protocol a client is registered with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {}

/// Every rule about the options, each a function of its own.
const RULES: &[fn(&ClientTerms) -> Result<()>] = &[];

/// Holds the options against the rest of the terms.
///
/// # Errors
/// Those of the rules.
pub(super) fn check(terms: &ClientTerms) -> Result<()> {
    RULES.iter().try_for_each(|rule| rule(terms))
}
