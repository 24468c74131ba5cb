//! What the doors share: running a transaction off the runtime, wording errors, pages, cookies,
//! request ids, security headers, the access log, and how often somebody may call.
//!
//! Floor 7. Knows HTTP; knows no protocol and no rule of the business.

pub mod access;
mod act;
pub mod answers;
pub mod around;
pub mod cookies;
pub mod current;
pub mod entry;
pub mod forms;
pub mod headers;
mod language;
pub mod look;
pub mod nowhere;
pub mod pace;
pub mod page;
pub mod passkeys;
pub mod place;
mod problem;
pub mod reasons;
pub mod results;
mod shown;
pub mod strangers;
pub mod texts;
pub mod tokens;
pub mod trial;
pub mod words;

pub use act::{act, at_once, blocking, look};
pub use language::Language;
pub use page::{Page, SUBMIT, keys_script, passkeys_script};
pub use problem::{Problem, Refusal, status_of};
pub use shown::{proven, shown};
