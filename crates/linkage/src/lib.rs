//! Doors to other systems: the operators' subscriber management systems (SMS), VOD platforms, and
//! programs of the stations that administer.
//!
//! A door reads, opens one transaction, calls the domain, words the answer. Floor 8 of `docs/MAP.md`.

pub mod admin;
mod callers;
mod openapi;
pub mod sms;
pub mod vod;

pub use callers::Callers;
