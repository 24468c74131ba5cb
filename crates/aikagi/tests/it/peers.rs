//! Client libraries that know nothing of us, as they come from their registries, against a server that
//! runs: over TLS with a certificate authority of the test, from the discovery document alone.
//!
//! `TEST_PEERS` names the folder where `./check` has put Node's and Python's packages. What the
//! libraries run lies in `tests/peers`; what a manual shows of it is the very file.

mod issuer;
mod person;
mod programs;
mod scripts;
mod sites;

pub use issuer::Issuer;
pub use person::{Browser, Page};
pub use programs::{Site, free_port};
