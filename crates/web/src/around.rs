//! What stands around routes: looks at a request before it is answered, and at its answer after.
//!
//! `axum::middleware::from_fn` does the same for a box and a copy of everything below it, for every request and
//! every layer. These are plain services: however many stand around a route, they are called as one.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// Looks at requests before they are answered, and at their answers after.
pub trait Around: Clone {
    /// What it remembers of a request until its answer.
    type Kept;

    /// Before the request is answered.
    ///
    /// # Errors
    /// The answer, when nobody below is to be asked; [`Around::after`] does not see it.
    fn before(&self, request: &mut Request) -> Result<Self::Kept, Box<Response>>;

    /// After it was answered.
    fn after(&self, kept: Self::Kept, response: &mut Response);
}

/// The layer that puts an [`Around`] around a service.
#[derive(Debug, Clone)]
pub struct Layered<A>(pub A);

impl<S, A: Clone> Layer<S> for Layered<A> {
    type Service = Surrounded<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Surrounded::new(inner, self.0.clone())
    }
}

/// A service with an [`Around`] around it.
#[derive(Debug, Clone)]
pub struct Surrounded<S, A> {
    inner: S,
    around: A,
}

impl<S, A> Surrounded<S, A> {
    /// `around` around `inner`.
    pub fn new(inner: S, around: A) -> Self {
        Self { inner, around }
    }
}

impl<S, A> Service<Request> for Surrounded<S, A>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    A: Around,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S::Future, A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        match self.around.before(&mut request) {
            Ok(kept) => Answering {
                below: Some(self.inner.call(request)),
                around: Some((self.around.clone(), kept)),
                early: None,
            },
            Err(early) => Answering { below: None, around: None, early: Some(early) },
        }
    }
}

pin_project! {
    /// The answer under way.
    pub struct Answering<F, A: Around> {
        // None: nobody below is asked.
        #[pin]
        below: Option<F>,
        around: Option<(A, A::Kept)>,
        early: Option<Box<Response>>,
    }
}

impl<F, A> Future for Answering<F, A>
where
    F: Future<Output = Result<Response, Infallible>>,
    A: Around,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(below) = this.below.as_pin_mut() else {
            return this.early.take().map_or(Poll::Pending, |early| Poll::Ready(Ok(*early)));
        };
        let Ok(mut response) = ready!(below.poll(context));
        if let Some((around, kept)) = this.around.take() {
            around.after(kept, &mut response);
        }
        Poll::Ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    use axum::{Router, body::Body, routing::get};
    use http::{HeaderValue, StatusCode};
    use tower::{ServiceBuilder, ServiceExt as _};

    type Seen = Arc<Mutex<Vec<String>>>;

    /// Notes what it sees, and answers by itself who names it in the path.
    #[derive(Clone)]
    struct Noting(&'static str, Seen);

    impl Around for Noting {
        type Kept = &'static str;

        fn before(&self, request: &mut Request) -> Result<&'static str, Box<Response>> {
            self.1.lock().unwrap().push(format!("{} before", self.0));
            let mine = request.uri().path() == format!("/{}", self.0);
            let early = || Box::new(Response::builder().status(418).body(Body::empty()).unwrap());
            if mine { Err(early()) } else { Ok(self.0) }
        }

        fn after(&self, kept: &'static str, response: &mut Response) {
            self.1.lock().unwrap().push(format!("{} after", self.0));
            response.headers_mut().append("seen-by", HeaderValue::from_static(kept));
        }
    }

    async fn ask(path: &str) -> (StatusCode, Vec<String>, Vec<String>) {
        let seen = Seen::default();
        let layers = ServiceBuilder::new()
            .layer(Layered(Noting("outer", Arc::clone(&seen))))
            .layer(Layered(Noting("inner", Arc::clone(&seen))));
        let answer = get(async || tokio::task::yield_now().await);
        let router = Router::new().route("/{any}", answer).layer(layers);
        let response =
            router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let named = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let by = response.headers().get_all("seen-by").iter().map(named).collect();
        let seen = seen.lock().unwrap().clone();
        (response.status(), by, seen)
    }

    #[tokio::test]
    async fn the_outer_one_sees_the_request_first_and_the_answer_last() {
        let (status, by, seen) = ask("/page").await;
        assert_eq!((status, by), (StatusCode::OK, vec!["inner".to_owned(), "outer".to_owned()]));
        assert_eq!(seen, ["outer before", "inner before", "inner after", "outer after"]);
    }

    #[tokio::test]
    async fn who_answers_by_itself_asks_nobody_below_and_is_seen_above() {
        let (status, by, seen) = ask("/inner").await;
        assert_eq!((status, by), (StatusCode::IM_A_TEAPOT, vec!["outer".to_owned()]));
        assert_eq!(seen, ["outer before", "inner before", "outer after"]);
        let (status, by, seen) = ask("/outer").await;
        assert_eq!(
            (status, by, seen),
            (StatusCode::IM_A_TEAPOT, vec![], vec!["outer before".to_owned()])
        );
    }
}
