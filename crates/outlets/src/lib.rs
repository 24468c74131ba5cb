//! What we call outside. Calls are made before or after a commit, never inside one.
//!
//! Floor 7 of `docs/MAP.md`.

pub mod http;
pub mod logout;
pub mod paper;
pub mod post;
pub mod said;
pub mod webhook;
