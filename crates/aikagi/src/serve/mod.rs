//! The running server: listeners, health, workers, and an end that loses nothing.

mod certificate;
mod doorman;
mod drain;
pub mod health;
mod listeners;
pub mod logs;
pub(crate) mod measure;
mod ops;
pub(crate) mod patience;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::failure::Failure;
use crate::wiring::Parts;
use crate::workers::Workers;

pub use certificate::{Validity, validity};
pub use listeners::{Bound, Listeners};
pub use tls::load as load_tls;

/// Serves until SIGTERM or SIGINT, then drains. `started` is called once everything listens.
///
/// # Errors
/// Whatever keeps it from starting; once it serves, none.
pub fn run(
    config: &Arc<Config>,
    started: impl FnOnce(&Bound, &Parts) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Before anything can make a secure connection, in or out; repeated calls change nothing.
    let _chosen_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let metrics = measure::install()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .thread_keep_alive(Duration::from_secs(5))
        .build()
        .map_err(|error| Failure::unavailable("the runtime", error))?;
    let parts = Parts::open(config)?;
    let listeners = Listeners::bind(&parts.config)?;
    runtime.block_on(async {
        let signals = drain::Signals::listen()
            .map_err(|error| Failure::unavailable("the signals that end it", error))?;
        let workers = Workers::start(&parts)?;
        let bound = listeners.serve(&parts, metrics)?;
        parts.health.serving();
        started(&bound, &parts)?;
        signals.told_to_end().await;
        drain::drain(&parts, bound, workers).await;
        Ok(())
    })
}
