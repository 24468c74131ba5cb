//! The two listeners: public (TLS or plain) and operations (plain).

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;
use web::around::Layered;

use super::doorman::Doorman;
use super::patience::Patient;
use super::{ops, tls};
use crate::config::Config;
use crate::failure::Failure;
use crate::wiring::Parts;

/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 128;
/// Connections of the operations listener: a few monitors.
const OPS_CONNECTIONS: usize = 64;

/// Sockets bound, and the certificate read; nothing is answered yet.
pub struct Listeners {
    public: TcpListener,
    ops: TcpListener,
    tls: Option<RustlsConfig>,
}

/// Listeners that answer.
pub struct Bound {
    /// Where the public listener is bound.
    pub public: SocketAddr,
    /// Where the operations listener is bound.
    pub ops: SocketAddr,
    handle: Handle<SocketAddr>,
    ops_handle: Handle<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Listeners {
    /// Binds both addresses and reads the certificate.
    ///
    /// # Errors
    /// An address is taken or not ours; certificate or key are unfit.
    pub fn bind(config: &Config) -> Result<Self, Failure> {
        let listen = &config.listen;
        let tls = if listen.tls() {
            let loaded = tls::load(&listen.tls_certificate_file, &listen.tls_key_file)
                .map_err(|fault| Failure::usage(fault.to_string()))?;
            Some(RustlsConfig::from_config(loaded))
        } else {
            None
        };
        Ok(Self {
            public: bind("listen.address", &listen.address)?,
            ops: bind("listen.ops_address", &listen.ops_address)?,
            tls,
        })
    }

    /// Answers on both.
    ///
    /// # Errors
    /// A socket can not be used.
    pub fn serve(self, parts: &Parts, metrics: PrometheusHandle) -> Result<Bound, Failure> {
        let unusable = |error: std::io::Error| Failure::unavailable("a listener", error);
        let (public, ops) =
            (self.public.local_addr().map_err(unusable)?, self.ops.local_addr().map_err(unusable)?);
        let (handle, ops_handle) = (Handle::new(), Handle::new());
        let listen = &parts.config.listen;
        let patience = Duration::from_secs(listen.patience_seconds);
        let router = crate::wiring::public_router(parts);
        let places = usize::try_from(listen.connections).unwrap_or(usize::MAX >> 3);
        let public_doorman = Doorman::new(router, "public", places);
        let mut tasks = Vec::new();
        if let Some(config) = &self.tls {
            tasks.push(tokio::spawn(tls::follow(Arc::clone(&parts.config), config.clone())));
        }
        let task = public_task((self.public, self.tls), public_doorman, (handle.clone(), patience));
        tasks.push(task.map_err(unusable)?);
        let mut server = axum_server::from_tcp(self.ops).map_err(unusable)?;
        server = server.handle(ops_handle.clone()).first_request_timeout(patience);
        guard(server.http_builder(), patience);
        let ops_router = ops::router(parts, metrics).layer(Layered(Patient(patience)));
        let ops_doorman = Doorman::new(ops_router, "ops", OPS_CONNECTIONS);
        tasks.push(tokio::spawn(async move { log_end(server.serve(ops_doorman).await) }));
        Ok(Bound { public, ops, handle, ops_handle, tasks })
    }
}

fn public_task(
    (socket, tls): (TcpListener, Option<RustlsConfig>),
    doorman: Doorman,
    (handle, patience): (Handle<SocketAddr>, Duration),
) -> std::io::Result<JoinHandle<()>> {
    Ok(match tls {
        Some(config) => {
            let server = axum_server::from_tcp_rustls(socket, config)?.handle(handle);
            let mut server = server
                .map(|acceptor| acceptor.handshake_timeout(patience))
                .first_request_timeout(patience);
            guard(server.http_builder(), patience);
            tokio::spawn(async move { log_end(server.serve(doorman).await) })
        }
        None => {
            let server = axum_server::from_tcp(socket)?.handle(handle);
            let mut server = server.first_request_timeout(patience);
            guard(server.http_builder(), patience);
            tokio::spawn(async move { log_end(server.serve(doorman).await) })
        }
    })
}

/// A silent or slow peer does not keep its connection: heads and bodies have to come in time, and
/// whoever keeps an HTTP/2 connection open has to answer when asked.
fn guard(
    builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>,
    patience: Duration,
) {
    builder.http1().header_read_timeout(patience);
    builder
        .http2()
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(patience)
        .keep_alive_timeout(patience);
}

fn log_end(ended: std::io::Result<()>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a listener ended");
    }
}

fn bind(key: &str, address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let advice = "stop what listens there, or choose another address";
        Failure::usage(format!("{key}: {address}: {error} — {advice}"))
    })
}

impl Bound {
    /// Stops accepting and lets requests under way finish, at most `patience` long. The operations
    /// listener answers to the end.
    pub async fn finish(self, patience: Duration) {
        self.handle.graceful_shutdown(Some(patience));
        let mut waited = Duration::ZERO;
        while self.handle.connection_count() > 0 && waited < patience {
            let step = Duration::from_millis(20);
            tokio::time::sleep(step).await;
            waited += step;
        }
        self.ops_handle.graceful_shutdown(Some(Duration::from_millis(200)));
        for task in &self.tasks {
            task.abort();
        }
    }
}
