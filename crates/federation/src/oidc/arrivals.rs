//! `…/invitation`, where an invitation of a household's owner leads; and `…/first`, where a box at home leads its owner.
//!
//! Both begin a sign-in that has its first step behind it. Sources: brief tve §12.2, §12.3; `docs/decisions/0038`, `0050`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::clock;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::{or_page, parameter_fault};
use web::blocking;
use web::entry::begin;
use web::place::Place;

use super::Provider;

/// `GET /o/{operator}/invitation`: where the link and the picture of an invitation lead, with the contract's
/// `number` and the `code`.
pub(super) async fn invited(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let work = move || {
        let issuer = provider.issuer(&place)?;
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let get = |name| query.get(name).unwrap_or_default();
        let invitation = (get("number"), get("code"));
        begin((provider.cookies(), &headers), &issuer, |browser| {
            let browser = (browser, clock::now());
            provider.journeys.open_invitation(issuer.operator(), invitation, browser)
        })
    };
    or_page(blocking(work).await)
}

/// `GET /o/{operator}/first`: where the picture on a box's screen leads, with the `code`, or who types the address.
pub(super) async fn before_a_box(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let work = move || {
        let issuer = provider.issuer(&place)?;
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let scanned = query.get("code").unwrap_or_default();
        begin((provider.cookies(), &headers), &issuer, |browser| {
            let browser = (browser, clock::now());
            provider.journeys.begin_at_box(issuer.operator(), scanned, browser)
        })
    };
    or_page(blocking(work).await)
}
