//! What OAuth puts on the wire besides tokens: parameters, client credentials, cookies, redirects.
//!
//! Source: RFC 6749, RFC 6265, RFC 8252, RFC 9700.

mod basic;
mod cookies;
mod parameters;
mod redirects;

pub use basic::{BasicCredentials, BasicFault};
pub use cookies::{cookie, cookies};
pub use parameters::{LONGEST_FORM, MOST_PARAMETERS, ParameterFault, Parameters};
pub use redirects::{is_same_loopback_redirect, is_same_redirect};
