//! The subscriber management system (SMS): the codes both its doors answer with.
//!
//! Source: brief tve §7; `docs/api/sms.md`.

pub mod codes;
