//! What every part of an answer may want to know of its request: id, trace, language.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};

use axum::extract::Request;
use axum::response::Response;
use base::kernel::{clock, ids};
use domain::operators::Operator;
use domain::tokens::KeyProof;
use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};
use tracing::Instrument as _;
use tracing::instrument::Instrumented;

use crate::around::{Answering, Around, Surrounded};
use crate::{Language, cookies};

/// The header by which a caller names its request, and we name it back (AuthZEN 1.0 §10).
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header a proof of a key comes in.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header in which a caller is told what its next proof is to answer.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The cookie that remembers the language a reader chose.
pub const LANGUAGE_COOKIE: &str = "aikagi-language";

/// The cookie that remembers that a reader wants large type.
pub const LETTERS_COOKIE: &str = "aikagi-letters";
/// What it says then.
const LARGE: &str = "large";

/// A `Set-Cookie` that remembers a reader's language for a year. It is no secret, and the same on
/// plain HTTP: no prefix.
#[must_use]
pub fn language_cookie(language: Language) -> Option<HeaderValue> {
    remembered(LANGUAGE_COOKIE, language.tag())
}

/// A `Set-Cookie` that remembers for a year how large a reader wants the letters.
#[must_use]
pub fn letters_cookie(letters: Letters) -> Option<HeaderValue> {
    remembered(LETTERS_COOKIE, if letters == Letters::Large { LARGE } else { "" })
}

fn remembered(name: &str, value: &str) -> Option<HeaderValue> {
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
    HeaderValue::from_str(&text).ok()
}

/// How large a reader wants the letters of all pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// As they are.
    Usual,
    /// Larger.
    Large,
}

/// The request being answered.
#[derive(Debug, Clone)]
pub struct Context {
    /// The caller's `X-Request-ID`, or a new one.
    pub request_id: Arc<str>,
    /// The W3C trace it belongs to: 32 hex digits.
    pub trace_id: Arc<str>,
    /// The language to answer in.
    pub language: Language,
    /// How large the letters are to be.
    pub letters: Letters,
    /// Whether it is a page for who works for a station.
    pub for_staff: bool,
    /// The operator of the address, once a door found that it is there.
    operator: Arc<OnceLock<Arc<str>>>,
    /// The same as it is now, for pages that end without having asked for it.
    station: Arc<OnceLock<Arc<Operator>>>,
    /// What was asked for.
    address: Uri,
    /// The page the caller is a script of, as the browser says.
    origin: Option<Arc<str>>,
    /// Set once a door found that scripts of that page may read the answer.
    shared: Arc<OnceLock<()>>,
    /// That the caller holds a key, with the call it is for.
    proof: Option<Arc<KeyProof>>,
    /// What its next proof is to answer, once a door missed that in this one.
    nonce: Arc<OnceLock<HeaderValue>>,
}

impl Context {
    /// The operator of the address, if a door found that it is there.
    #[must_use]
    pub fn operator(&self) -> Option<Arc<str>> {
        self.operator.get().cloned()
    }

    /// The station whose address it is, if a door found that it is there.
    #[must_use]
    pub fn station(&self) -> Option<Arc<Operator>> {
        self.station.get().cloned()
    }

    /// The path that was asked for.
    #[must_use]
    pub fn path(&self) -> &str {
        self.address.path()
    }

    /// The proof of a key the caller sent along (RFC 9449 §4.1).
    #[must_use]
    pub fn proof(&self) -> Option<Arc<KeyProof>> {
        self.proof.clone()
    }

    /// The origin whose scripts may read the answer, if a door found so.
    #[must_use]
    pub fn shared_with(&self) -> Option<Arc<str>> {
        self.shared.get().and(self.origin.clone())
    }
}

tokio::task_local! {
    static CURRENT: Context;
}

/// The context of the request being answered; outside of one, empty ids and Japanese.
#[must_use]
pub fn get() -> Context {
    CURRENT.try_with(Context::clone).unwrap_or_else(|_| Context {
        request_id: "".into(),
        trace_id: "".into(),
        language: Language::Japanese,
        letters: Letters::Usual,
        for_staff: false,
        operator: Arc::default(),
        station: Arc::default(),
        address: Uri::default(),
        origin: None,
        shared: Arc::default(),
        proof: None,
        nonce: Arc::default(),
    })
}

/// The operator that the address names is there: the request stands in its access log from here on.
/// Without this it stands in the platform's, so that invented codes leave no lines of their own.
pub fn operator_is_there(code: &str) {
    let _noted_before = CURRENT.try_with(|context| context.operator.set(code.into()));
}

/// As [`operator_is_there`], with the operator itself: pages that end are in its name.
pub(crate) fn station_is_there(station: Arc<Operator>) {
    operator_is_there(&station.code);
    let _noted_before = CURRENT.try_with(|context| context.station.set(station));
}

/// Scripts of these `origins` may read the answer: the caller is a client that named them. Compared character
/// by character.
pub fn share_with(origins: &[String]) {
    let _noted_before = CURRENT.try_with(|context| {
        let named = |origin: &Arc<str>| origins.iter().any(|one| **one == **origin);
        context.origin.as_ref().is_some_and(named).then(|| context.shared.set(()))
    });
}

/// The caller's proof was to answer a word of ours: it is told one with the refusal.
///
/// Source: RFC 9449 §8, §9.
pub(crate) fn offer_nonce(nonce: &str) {
    let _offered_before = CURRENT.try_with(|context| {
        HeaderValue::from_str(nonce).is_ok_and(|nonce| context.nonce.set(nonce).is_ok())
    });
}

/// Runs a job on another thread in the context it was begun in.
pub(crate) fn within<T>(context: Context, job: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(context, job)
}

/// The layer that gives a request its context and the answer its `X-Request-ID`. Outermost but for what
/// counts requests.
#[derive(Debug, Clone, Copy)]
pub struct Establish;

impl<S> Layer<S> for Establish {
    type Service = Established<S>;

    fn layer(&self, inner: S) -> Established<S> {
        Established { inner: Surrounded::new(inner, Echo) }
    }
}

/// A service whose requests have their context.
#[derive(Debug, Clone)]
pub struct Established<S> {
    inner: Surrounded<S, Echo>,
}

impl<S> Service<Request> for Established<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Instrumented<TaskLocalFuture<Context, Answering<S::Future, Echo>>>;

    fn poll_ready(&mut self, task: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let context = context(&request);
        let span = tracing::info_span!(
            "request",
            request_id = %context.request_id,
            trace_id = %context.trace_id
        );
        // What stands below looks at the request in this call already.
        let inner = &mut self.inner;
        let answer = CURRENT.sync_scope(context.clone(), || span.in_scope(|| inner.call(request)));
        CURRENT.scope(context, answer).instrument(span)
    }
}

/// Names the request in its answer, and what the next proof is to answer.
#[derive(Debug, Clone, Copy)]
pub struct Echo;

impl Around for Echo {
    type Kept = ();

    fn before(&self, _: &mut Request) -> Result<(), Box<Response>> {
        Ok(())
    }

    fn after(&self, (): (), response: &mut Response) {
        let context = get();
        let headers = response.headers_mut();
        if let Ok(echo) = HeaderValue::from_str(&context.request_id) {
            headers.insert(REQUEST_ID, echo);
        }
        if let Some(nonce) = context.nonce.get() {
            headers.insert(DPOP_NONCE, nonce.clone());
        }
    }
}

fn context(request: &Request) -> Context {
    Context {
        request_id: request_id(request.headers()).into(),
        trace_id: trace_id(request.headers()).into(),
        language: language(request.headers()),
        letters: letters(request.headers()),
        for_staff: request.uri().path().starts_with("/console"),
        operator: Arc::default(),
        station: Arc::default(),
        address: request.uri().clone(),
        origin: origin(request.headers()),
        shared: Arc::default(),
        proof: proof_of_key(request),
        nonce: Arc::default(),
    }
}

/// A caller's own id is taken over when it is short and plain: it goes into logs and back out.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let theirs = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match theirs {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(plain) => id.to_owned(),
        _ => ids::new_id("req", clock::now()),
    }
}

/// `00-{trace}-{span}-{flags}`. Source: W3C Trace Context §3.2.
fn trace_id(headers: &HeaderMap) -> String {
    let theirs = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let named = theirs.and_then(|parent| parent.split('-').nth(1)).filter(|id| {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        id.len() == 32 && id.bytes().all(hex) && id.bytes().any(|byte| byte != b'0')
    });
    named.map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned)
}

fn origin(headers: &HeaderMap) -> Option<Arc<str>> {
    headers.get(ORIGIN).and_then(|value| value.to_str().ok()).map(Arc::from)
}

/// One header, or it says nothing (RFC 9449 §4.3 check 1).
fn proof_of_key(request: &Request) -> Option<Arc<KeyProof>> {
    let mut all = request.headers().get_all(DPOP).iter();
    let (first, more) = (all.next()?, all.next());
    let text = first.to_str().ok().filter(|_| more.is_none()).map(str::to_owned);
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    Some(Arc::new(KeyProof { text, method, path }))
}

fn language(headers: &HeaderMap) -> Language {
    let chosen = cookies::read(headers, LANGUAGE_COOKIE).and_then(Language::of_tag);
    chosen.or_else(|| Language::of_headers(headers)).unwrap_or_default()
}

fn letters(headers: &HeaderMap) -> Letters {
    match cookies::read(headers, LETTERS_COOKIE) {
        Some(LARGE) => Letters::Large,
        _ => Letters::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_plain_request_id_is_kept_and_another_is_replaced() {
        assert_eq!(request_id(&headers(REQUEST_ID, "bfe9eb29-ab87")), "bfe9eb29-ab87");
        for bad in ["", "a b", "<script>"] {
            assert!(request_id(&headers(REQUEST_ID, bad)).starts_with("req_"), "{bad}");
        }
    }

    #[test]
    fn a_trace_is_continued_or_begun() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_id(&headers(TRACEPARENT, parent)), "4bf92f3577b34da6a3ce929d0e0e4736");
        for bad in ["00-00000000000000000000000000000000-00f067aa0ba902b7-01", "nonsense"] {
            let begun = trace_id(&headers(TRACEPARENT, bad));
            assert!(begun.len() == 32 && !bad.contains(&begun), "{bad}");
        }
    }
}
