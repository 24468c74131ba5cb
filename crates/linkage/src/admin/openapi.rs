//! `GET /openapi.json`: the document, from the table the routes come from.

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
        title: "Aikagi admin API",
        description: "Clients, members and signing keys, for programs of a station. Tokens come from the \
            token endpoint of the same issuer, by client credentials with `resource` = the server's address \
            followed by `/admin/v1`. Errors are RFC 9457 problems with a stable `code`; each operation lists \
            its codes under `x-error-codes`, those of all operations stand beside `info`. See docs/api/admin.md.",
        platform: Some("The platform: its own clients and keys"),
        schemas: schemas(),
    };
    openapi::document(&paper, endpoints().into_iter().map(|(path, _, told)| (path, told)))
}
