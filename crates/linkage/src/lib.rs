//! Doors to other systems: the operators' subscriber management systems (SMS) and VOD platforms.
//!
//! A door reads, opens one transaction, calls the domain, words the answer. Floor 8 of `docs/MAP.md`.

mod callers;
pub mod sms;
pub mod vod;

pub use callers::Callers;
