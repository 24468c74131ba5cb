//! `GET /openapi.json`: the document, from the table the routes come from.
//!
//! Source: OpenAPI Specification 3.1.0.

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use serde_json::{Map, Value as Json, json};

use super::endpoints;
use super::operations::{BODY, COMMON, Operation, Takes};
use super::schemas::schemas;

/// The endpoint. The same for everybody; a program may keep it for an hour.
pub(super) async fn publish() -> Response {
    let keep = [(CACHE_CONTROL, "public, max-age=3600")];
    (keep, axum::Json(document())).into_response()
}

/// The whole document.
#[must_use]
pub fn document() -> Json {
    let mut paths = Map::new();
    for (path, _, operations) in endpoints() {
        let mut item = Map::new();
        let named = named_in(path);
        if !named.is_empty() {
            item.insert("parameters".to_owned(), Json::Array(named));
        }
        for operation in operations {
            item.insert(operation.method.to_owned(), told_of(operation));
        }
        paths.insert(path.to_owned(), Json::Object(item));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aikagi admin API",
            "version": "1",
            "description": "Clients, members and signing keys, for programs of a station. Tokens come from the \
                token endpoint of the same issuer, by client credentials with `resource` = the server's address \
                followed by `/admin/v1`. Errors are RFC 9457 problems with a stable `code`; each operation lists \
                its codes under `x-error-codes`, those of all operations stand beside `info`. See docs/api/admin.md.",
        },
        "servers": [
            {
                "url": "/o/{operator}",
                "description": "An operator",
                "variables": { "operator": { "default": "OP0012", "description": "The operator's code" } },
            },
            { "url": "/", "description": "The platform: its own clients and keys" },
        ],
        "security": [{ "token": [] }],
        "x-error-codes": COMMON,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "at+jwt",
                    "description": "An access token for this API; one that is bound to a key comes with a proof (DPoP).",
                },
            },
            "responses": {
                "Problem": {
                    "description": "Refused; nothing was changed",
                    "content": {
                        "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                    },
                },
            },
            "schemas": schemas(),
        },
    })
}

/// What the path names.
fn named_in(path: &str) -> Vec<Json> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let kind = if name == "person_no" { "integer" } else { "string" };
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": kind } })
        })
        .collect()
}

fn told_of(operation: &Operation) -> Json {
    let of_body = match operation.takes {
        Takes::Body(_) | Takes::BodyIfAny(_) | Takes::Change(_) => BODY,
        Takes::Nothing | Takes::Page | Takes::Key => &[],
    };
    let errors = [operation.errors, of_body].concat();
    let mut told = Map::new();
    let mut say = |name: &str, said: Json| drop(told.insert(name.to_owned(), said));
    say("operationId", json!(operation.id));
    say("summary", json!(operation.summary));
    say("security", json!([{ "token": [operation.scope] }]));
    say("x-error-codes", json!(errors));
    say("responses", answers(operation));
    match operation.takes {
        Takes::Nothing => {}
        Takes::Page => say("parameters", page()),
        Takes::Key => say("parameters", key()),
        Takes::Change(schema) => {
            say("parameters", seen());
            say("requestBody", body(schema, true));
        }
        Takes::Body(schema) => say("requestBody", body(schema, true)),
        Takes::BodyIfAny(schema) => say("requestBody", body(schema, false)),
    }
    Json::Object(told)
}

fn page() -> Json {
    json!([
        {
            "name": "after", "in": "query", "schema": { "type": "string" },
            "description": "`next` of the page before",
        },
        {
            "name": "limit", "in": "query",
            "schema": { "type": "integer", "minimum": 1, "maximum": 200 },
        },
    ])
}

fn key() -> Json {
    json!([{
        "name": "Idempotency-Key", "in": "header", "required": true,
        "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
        "description": "With the same word the answer is the same, for 400 days",
    }])
}

fn seen() -> Json {
    json!([{
        "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
        "description": "`version` of the client as it was seen, in quotes: the `ETag` of that answer",
    }])
}

fn body(schema: &str, required: bool) -> Json {
    json!({
        "required": required,
        "content": { "application/json": { "schema": reference(schema) } },
    })
}

fn answers(operation: &Operation) -> Json {
    let mut answers = Map::new();
    for (status, schema) in operation.answers {
        let description = if *status == 201 { "Made" } else { "Done" };
        let content = json!({ "application/json": { "schema": reference(schema) } });
        answers
            .insert(status.to_string(), json!({ "description": description, "content": content }));
    }
    answers.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    Json::Object(answers)
}

fn reference(schema: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
