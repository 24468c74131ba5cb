//! What schemas are made of.

use serde_json::{Value as Json, json};

pub(crate) fn text() -> Json {
    json!({ "type": "string" })
}

pub(crate) fn texts() -> Json {
    json!({ "type": "array", "items": text() })
}

pub(crate) fn flag() -> Json {
    json!({ "type": "boolean" })
}

pub(crate) fn whole() -> Json {
    json!({ "type": "integer", "minimum": 0 })
}

pub(crate) fn moment() -> Json {
    json!({ "type": "string", "format": "date-time" })
}

pub(crate) fn text_if_any() -> Json {
    json!({ "type": ["string", "null"] })
}

/// An instant, or nothing.
pub(crate) fn moment_if_any() -> Json {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

/// With these members and no others, all of which are there but for some.
pub(crate) fn object(members: &Json, may_be_left_out: &[&str]) -> Json {
    let names = members.as_object().into_iter().flat_map(|members| members.keys());
    let required: Vec<_> = names.filter(|name| !may_be_left_out.contains(&name.as_str())).collect();
    json!({
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": false,
    })
}

/// With some of these members and no others; those that must be there are named.
pub(crate) fn some(members: &Json, must_be_there: &[&str]) -> Json {
    json!({
        "type": "object",
        "properties": members,
        "required": must_be_there,
        "additionalProperties": false,
    })
}

/// With some of these members, and whatever else the caller puts in: it is passed over.
pub(crate) fn open(members: &Json, must_be_there: &[&str]) -> Json {
    json!({ "type": "object", "properties": members, "required": must_be_there })
}

/// Some of this schema, which the document tells of by name.
pub(crate) fn list(of: &str) -> Json {
    json!({ "type": "array", "items": named(of) })
}

/// A schema the document tells of by name.
pub(crate) fn named(schema: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// A refusal, as every door words it.
pub(crate) fn problem() -> Json {
    let members = json!({
        "type": text(),
        "title": text(),
        "status": whole(),
        "code": text(),
        "field": text(),
        "retry_after": whole(),
        "request_id": text(),
    });
    object(&members, &["field", "retry_after"])
}
