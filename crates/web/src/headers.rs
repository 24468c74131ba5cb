//! Headers that every answer carries, so that no page forgets one.

use axum::extract::Request;
use axum::response::Response;
use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

use crate::around::Around;

/// The policy of an answer that is no page, and the ground for those of pages.
pub const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Whether browsers are to be told never to come back over plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Served over https, here or by a proxy in front.
    Https,
    /// Served over http on this machine.
    Http,
}

impl Transport {
    /// That of `base_url`.
    #[must_use]
    pub fn of_base(base_url: &str) -> Self {
        if base_url.starts_with("https://") { Self::Https } else { Self::Http }
    }
}

/// Adds what is missing.
///
/// The referrer policy is `same-origin` and not `no-referrer`, because browsers then send
/// `Origin: null` with our own forms (Fetch, “append a request Origin header”).
#[derive(Debug, Clone, Copy)]
pub struct Secure(pub Transport);

impl Around for Secure {
    type Kept = ();

    fn before(&self, _: &mut Request) -> Result<(), Box<Response>> {
        Ok(())
    }

    fn after(&self, (): (), response: &mut Response) {
        let headers = response.headers_mut();
        let fixed: [(HeaderName, &'static str); 5] = [
            (CONTENT_SECURITY_POLICY, NOTHING),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
            (REFERRER_POLICY, "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        for (name, value) in fixed {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        if self.0 == Transport::Https {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(year);
        }
    }
}
