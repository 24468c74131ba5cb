//! A request's body has so long to arrive, however steadily it drips.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http_body::Frame;
use tokio::time::{Sleep, sleep};
use web::around::Around;

/// Bodies that take longer than this break off with an error.
#[derive(Clone, Copy)]
pub(crate) struct Patient(pub(crate) Duration);

impl Around for Patient {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Result<(), Box<Response>> {
        if !request.body().is_end_stream() {
            let body = std::mem::take(request.body_mut());
            let hurried = Hurried { body, patience: self.0, until: None };
            *request.body_mut() = Body::new(hurried);
        }
        Ok(())
    }

    fn after(&self, (): (), _: &mut Response) {}
}

struct Hurried {
    body: Body,
    patience: Duration,
    /// Begins with the first wait: most bodies come with their head and need no timer.
    until: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Hurried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        let patience = self.patience;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(until.as_mut().poll(context));
        let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
        Poll::Ready(Some(Err(axum::Error::new(late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
