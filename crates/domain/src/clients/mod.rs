//! Programs that may ask us: services (OpenID Connect, decisions) and the operators' SMSs.
//!
//! Owns the tables `clients`, `assertion_ids` and `registration_tokens`. A client of operator `*` serves all operators.
//! Sources: `docs/decisions/0014`, RFC 6749 §2, RFC 7523, RFC 7591, RFC 9101, FAPI 2.0 Security Profile, OpenID Connect Core §8.1 and §9.

mod certificates;
mod change;
mod create;
mod fapi;
mod guard;
mod history;
mod profile;
mod put;
mod registration;
mod repo;
mod request_object;
mod switch;
mod terms;

pub use certificates::CertificateName;
pub use change::{Edit, Offer, change, publish};
pub use create::{Created, create};
pub(crate) use guard::{ASSERTION_SECONDS, LEEWAY_SECONDS};
pub use guard::{Clients, Presented, Snapshot};
pub use history::{added, history};
pub use profile::{Profile, RefreshPolicy};
pub use put::{find, find_serving, list, list_shared, put};
pub use registration::{
    Registered, change_registered, find_registered, issue_registration_token, note_used, register,
    remove_registered, sweep_registrations,
};
pub(crate) use repo::spend_assertion;
pub use repo::{sweep, told_of_logouts};
pub use switch::{disable, enable, renew_secret, set_secret};
pub use terms::{
    AuthMethod, Client, ClientKind, ClientTerms, Grant, Pkce, Proof, SCOPES, hash_secret,
    new_secret,
};
