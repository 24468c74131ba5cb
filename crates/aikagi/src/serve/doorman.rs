//! How many connections a listener keeps at once, and whose they are.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// Seats one connection after another; when every place is taken the next one is closed at once,
/// so that a flood costs a handshake each and no memory.
#[derive(Clone)]
pub(super) struct Doorman {
    router: Router,
    listener: &'static str,
    places: Arc<Semaphore>,
}

/// No place is free.
#[derive(Debug)]
pub(super) struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("every place is taken")
    }
}

impl std::error::Error for Full {}

impl Doorman {
    pub(super) fn new(router: Router, listener: &'static str, places: usize) -> Self {
        Self { router, listener, places: Arc::new(Semaphore::new(places)) }
    }
}

impl Service<SocketAddr> for Doorman {
    type Response = Seated;
    type Error = Full;
    type Future = Ready<Result<Seated, Full>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Full>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let listener = self.listener;
            metrics::counter!("aikagi_connections_refused_total", "listener" => listener)
                .increment(1);
            return ready(Err(Full));
        };
        ready(Ok(Seated { router: self.router.clone(), peer, _place: Arc::new(place) }))
    }
}

/// The service of one connection; its place is free again when the connection is gone.
#[derive(Clone)]
pub(super) struct Seated {
    router: Router,
    peer: SocketAddr,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<B> Service<Request<B>> for Seated
where
    Router: Service<Request<B>, Error = Infallible>,
{
    type Response = <Router as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = <Router as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<B>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.call(request)
    }
}
