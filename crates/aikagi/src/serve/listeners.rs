//! The two listeners: public (TLS or plain) and operations (plain).

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;

use super::{measure, ops, tls};
use crate::config::Config;
use crate::failure::Failure;
use crate::wiring::Parts;

/// A request's head has this long to arrive, so that a silent peer does not keep a connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 128;

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
        let router = crate::wiring::public_router(parts).layer(from_fn(measure::requests));
        let mut tasks = Vec::new();
        if let Some(config) = &self.tls {
            tasks.push(tokio::spawn(tls::follow(Arc::clone(&parts.config), config.clone())));
        }
        tasks.push(public_task(self.public, self.tls, router, handle.clone()).map_err(unusable)?);
        let server = axum_server::from_tcp(self.ops).map_err(unusable)?.handle(ops_handle.clone());
        let ops_router = ops::router(parts, metrics);
        tasks.push(tokio::spawn(async move {
            log_end(server.serve(ops_router.into_make_service()).await);
        }));
        Ok(Bound { public, ops, handle, ops_handle, tasks })
    }
}

fn public_task(
    socket: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: Handle<SocketAddr>,
) -> std::io::Result<JoinHandle<()>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(match tls {
        Some(config) => {
            let mut server = axum_server::from_tcp_rustls(socket, config)?.handle(handle);
            guard(server.http_builder());
            tokio::spawn(async move { log_end(server.serve(service).await) })
        }
        None => {
            let mut server = axum_server::from_tcp(socket)?.handle(handle);
            guard(server.http_builder());
            tokio::spawn(async move { log_end(server.serve(service).await) })
        }
    })
}

fn guard(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
    builder.http1().header_read_timeout(HEAD_PATIENCE);
    builder.http2().max_concurrent_streams(STREAMS);
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
