//! `GET /openapi/sms.json`: the document, from the table the routes come from.

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
        title: "Aikagi SMS API",
        description: "Commands and questions of a station's subscriber management system. Tokens come from the token \
            endpoint of the same issuer, by client credentials with the scope `sms`. Errors are RFC 9457 problems with a \
            stable `code` and the four characters of a result file; each operation lists its codes under \
            `x-error-codes`, those of all operations stand beside `info`. See docs/api/sms-online.md.",
        platform: None,
        schemas: schemas(),
    };
    openapi::document(&paper, endpoints().into_iter().map(|(path, _, told)| (path, told)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::codes;

    #[test]
    fn every_refusal_the_sms_has_a_word_for_is_in_the_document() {
        let text = document().to_string();
        let missing: Vec<_> =
            codes::refusals().filter(|code| !text.contains(&format!("\"{code}\""))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
