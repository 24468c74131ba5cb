//! Televisions: `…/device_authorization`, where a device asks for a code, and `…/device`, where a person
//! confirms it on their phone.
//!
//! Source: RFC 8628; brief tve §8.1.

mod ask;
mod confirm;
mod pages;
mod tv_code;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;

use super::Provider;

pub(super) use ask::answer as ask;
pub(super) use confirm::{decide, show};
pub(super) use tv_code::answer as tv_code;

/// The line a request came over, if it can be known.
pub(super) struct Line(Option<IpAddr>);

impl FromRequestParts<Arc<Provider>> for Line {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        provider: &Arc<Provider>,
    ) -> std::result::Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self(peer.and_then(|peer| provider.strangers.line(peer, &parts.headers))))
    }
}

impl Line {
    /// As it is kept; empty: unknown.
    fn kept(&self) -> String {
        self.0.map(|line| line.to_string()).unwrap_or_default()
    }
}
