//! Documents of the doors of programs, from the tables their routes come from.
//!
//! Held against every answer the tests see (`tests/it/openapi.rs`). Source: OpenAPI Specification 3.1.0.

mod operation;
pub(crate) mod shapes;

use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use serde_json::{Map, Value as Json, json};

use operation::{BODY, COMMON, STRICT};
pub(crate) use operation::{IDEMPOTENCY_KEY, Kind, Operation, Parameter, Takes};

/// What a document says besides its operations.
pub(crate) struct Paper {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    /// Of a door at the platform's address: whom it is for there.
    pub(crate) platform: Option<&'static str>,
    pub(crate) schemas: Json,
}

/// The answer with a document. The same for everybody; a program may keep it for an hour.
pub(crate) fn answer(document: Json) -> Response {
    let keep = [(CACHE_CONTROL, "public, max-age=3600")];
    (keep, axum::Json(document)).into_response()
}

/// Where the issuer of an operator lies, which is a server of the document.
const OPERATOR: &str = "/o/{operator}";

/// The whole document of a door: its paths, each with its operations.
pub(crate) fn document<'o>(
    paper: &Paper,
    endpoints: impl IntoIterator<Item = (&'static str, &'o [Operation])>,
) -> Json {
    let mut paths = Map::new();
    for (path, operations) in endpoints {
        let path = path.strip_prefix(OPERATOR).unwrap_or(path);
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
    let mut servers = vec![json!({
        "url": OPERATOR,
        "description": "An operator",
        "variables": { "operator": { "default": "OP0012", "description": "The operator's code" } },
    })];
    servers.extend(paper.platform.map(|whom| json!({ "url": "/", "description": whom })));
    json!({
        "openapi": "3.1.0",
        "info": { "title": paper.title, "version": "1", "description": paper.description },
        "servers": servers,
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
            "schemas": &paper.schemas,
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
    let (parameters, taken) = match operation.takes {
        Takes::Nothing => (None, None),
        Takes::Asked(parameters) => (Some(parameters), None),
        Takes::With(parameters, schema) => (Some(parameters), Some(body(schema, true))),
        Takes::Body(schema) | Takes::Open(schema) => (None, Some(body(schema, true))),
        Takes::BodyIfAny(schema) => (None, Some(body(schema, false))),
    };
    let of_body = if taken.is_some() { BODY } else { &[] };
    let strict = taken.is_some() && !matches!(operation.takes, Takes::Open(_));
    let errors = [operation.errors, of_body, if strict { &[STRICT] } else { &[] }].concat();
    let mut told = Map::new();
    let mut say = |name: &str, said: Json| drop(told.insert(name.to_owned(), said));
    say("operationId", json!(operation.id));
    say("summary", json!(operation.summary));
    say("security", json!([{ "token": [operation.scope] }]));
    say("x-error-codes", json!(errors));
    say("responses", answers(operation));
    if let Some(parameters) = parameters {
        say("parameters", parameters.iter().map(parameter).collect());
    }
    if let Some(taken) = taken {
        say("requestBody", taken);
    }
    Json::Object(told)
}

fn parameter(one: &Parameter) -> Json {
    let (place, schema) = match one.kind {
        Kind::Header(None) => ("header", json!({ "type": "string" })),
        Kind::Header(Some(most)) => {
            ("header", json!({ "type": "string", "minLength": 1, "maxLength": most }))
        }
        Kind::Text => ("query", json!({ "type": "string" })),
        Kind::Number(least, most) => {
            ("query", json!({ "type": "integer", "minimum": least, "maximum": most }))
        }
    };
    let mut told = Map::new();
    let mut say = |name: &str, said: Json| drop(told.insert(name.to_owned(), said));
    say("name", json!(one.name));
    say("in", json!(place));
    say("schema", schema);
    if one.required {
        say("required", json!(true));
    }
    if !one.what.is_empty() {
        say("description", json!(one.what));
    }
    Json::Object(told)
}

fn body(schema: &str, required: bool) -> Json {
    json!({
        "required": required,
        "content": { "application/json": { "schema": shapes::named(schema) } },
    })
}

fn answers(operation: &Operation) -> Json {
    let mut answers = Map::new();
    for (status, schema) in operation.answers {
        let description = if *status == 201 { "Made" } else { "Done" };
        let content = json!({ "application/json": { "schema": shapes::named(schema) } });
        answers
            .insert(status.to_string(), json!({ "description": description, "content": content }));
    }
    answers.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    Json::Object(answers)
}
