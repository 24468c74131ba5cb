//! Where the site hears what happened to households. It checks who says so and needs nothing of it: it asks before it plays.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use base::kernel::clock;
use formats::webhook::{ID_HEADER, Received, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use http::{HeaderMap, StatusCode};

use super::Site;

/// `POST /events`.
pub(super) async fn take(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let get = |name| headers.get(name).and_then(|one| one.to_str().ok()).unwrap_or_default();
    let received = Received {
        id: get(ID_HEADER),
        timestamp: get(TIMESTAMP_HEADER),
        signature: get(SIGNATURE_HEADER),
        body: &body,
    };
    let now = clock::now().ms() / 1000;
    let is_ours = site.events.as_ref().is_some_and(|secret| secret.verify(&received, now).is_ok());
    if is_ours { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}
