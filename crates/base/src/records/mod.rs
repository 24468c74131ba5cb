//! The books: audit, outbox, inbox, jobs, access log, linkage log. Never erased inside retention.
//!
//! Owns the tables `audit`, `audit_seals`, `outbox`, `receivers`, `inbox`, `jobs`, `access_log`,
//! `linkage_log`, `leases`. Every change of a fact passes [`record`]; a commit that wrote without it
//! is refused by the store. Source: house.md §8.

mod audit;
mod behind;
pub mod inbox;
pub mod jobs;
mod leases;
mod logs;
pub mod outbox;
pub mod pages;
mod receivers;
mod seal;
mod today;

pub use audit::{
    About, AuditLine, Entry, News, list as list_audit, list_about, list_about_person, record, tell,
};
pub use behind::WriteBehind;
pub use leases::{
    Lease, acquire as acquire_lease, release as release_lease, release_all as release_leases_of,
};
pub use logs::{AccessLine, LinkageLine, log_access, log_linkage, prune};
pub use receivers::{
    Receiver, ensure as ensure_receiver, first_sealed as first_sealed_receiver,
    list as list_receivers, put as put_receiver, remove as remove_receiver,
};
pub use seal::{SealReport, seal, unsealed_since, verify as verify_chain};
pub use today::{Counted, Request, count_acts, half_and_most, newest_requests};
