//! Which answers scripts of other pages may read (CORS), so that an application in the browser can sign people in.
//!
//! Never with cookies: what a page of our own says is read by nobody. Source: Fetch §3.3, §4.10 (CORS protocol).

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use web::around::Around;
use web::current;

/// Anybody may read what anybody may fetch.
const ANYBODY: HeaderValue = HeaderValue::from_static("*");

/// Who may read the answers of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Everybody: public documents.
    All,
    /// Scripts of the origins its caller, a client, is registered with.
    OfTheClient,
    /// Nobody else: pages.
    None,
}

fn readers(path: &str) -> Readers {
    if path.contains("/.well-known/") {
        return Readers::All;
    }
    match path.rsplit('/').next().unwrap_or_default() {
        "jwks" => Readers::All,
        "token"
        | "par"
        | "device_authorization"
        | "tv_code"
        | "revoke"
        | "introspect"
        | "userinfo" => Readers::OfTheClient,
        _ => Readers::None,
    }
}

/// Around all routes. A browser that asks before it calls is let call: who it is for is known by then only,
/// and the answer stays unread unless that client named the origin.
#[derive(Clone, Copy)]
pub(super) struct Share;

impl Around for Share {
    type Kept = Readers;

    fn before(&self, request: &mut Request) -> Result<Readers, Box<Response>> {
        if !request.headers().contains_key(ORIGIN) {
            return Ok(Readers::None);
        }
        let readers = readers(request.uri().path());
        if readers != Readers::None && request.method() == Method::OPTIONS {
            return Err(Box::new(asked_before()));
        }
        Ok(readers)
    }

    fn after(&self, readers: Readers, response: &mut Response) {
        let origin = match readers {
            Readers::None => return,
            Readers::All => Some(ANYBODY),
            Readers::OfTheClient => {
                current::get().shared_with().and_then(|origin| HeaderValue::from_str(&origin).ok())
            }
        };
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let readable = "dpop-nonce, retry-after, www-authenticate, x-request-id";
            let readable = HeaderValue::from_static(readable);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
    }
}

fn asked_before() -> Response {
    let headers = HeaderMap::from_iter([
        (ACCESS_CONTROL_ALLOW_ORIGIN, ANYBODY),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, dpop"),
        ),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ]);
    (StatusCode::NO_CONTENT, headers).into_response()
}
