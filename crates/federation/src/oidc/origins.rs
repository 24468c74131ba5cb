//! Which answers scripts of other pages may read (CORS), so that an application in the browser can sign people in.
//!
//! Never with cookies: what a page of our own says is read by nobody. Source: Fetch §3.3, §4.10 (CORS protocol).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use web::current;

/// Anybody may read what anybody may fetch.
const ANYBODY: HeaderValue = HeaderValue::from_static("*");

/// Who may read the answers of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
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
        "token" | "par" | "device_authorization" | "revoke" | "introspect" | "userinfo" => {
            Readers::OfTheClient
        }
        _ => Readers::None,
    }
}

/// Middleware of all routes. A browser that asks before it calls is let call: who it is for is known by then
/// only, and the answer stays unread unless that client named the origin.
pub(super) async fn share(request: Request, next: Next) -> Response {
    let readers = readers(request.uri().path());
    let from_script = request.headers().contains_key(ORIGIN);
    if !from_script || readers == Readers::None {
        return next.run(request).await;
    }
    if request.method() == Method::OPTIONS {
        return asked_before();
    }
    let mut response = next.run(request).await;
    let origin = match readers {
        Readers::All => Some(ANYBODY),
        _ => current::get().shared_with().and_then(|origin| HeaderValue::from_str(&origin).ok()),
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let readable = HeaderValue::from_static("retry-after, www-authenticate, x-request-id");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
    }
    response
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
