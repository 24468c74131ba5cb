//! `GET /openapi/decisions.json`: the document, from the table the routes come from.

use axum::response::Response;
use serde_json::Value as Json;

use crate::openapi::{self, Paper};

use super::endpoints;
use super::schemas::schemas;

/// The endpoint.
pub(super) async fn publish() -> Response {
    openapi::answer(document())
}

/// The whole document.
#[must_use]
pub fn document() -> Json {
    let paper = Paper {
        title: "Aikagi decisions API",
        description: "May this person watch this now, and why not, for services (AuthZEN Authorization API 1.0). Tokens \
            come from the token endpoint of the same issuer, by client credentials with the scope `decisions`. No is an \
            answer with status 200. Errors are RFC 9457 problems with a stable `code`; each operation lists its codes \
            under `x-error-codes`, those of all operations stand beside `info`. See docs/api/decisions.md.",
        platform: Some(
            "The platform: services of all stations, which name the operator with the subject",
        ),
        schemas: schemas(),
    };
    openapi::document(&paper, endpoints().into_iter().map(|(path, _, told)| (path, told)))
}
