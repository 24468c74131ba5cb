//! The reference of an API, from the document its routes themselves make.

use askama::Template;
use serde_json::{Map, Value};

use super::markdown::Part;

/// What is sent or answered.
struct Message {
    what: String,
    text: String,
    schema: String,
}

/// One operation.
#[derive(Template)]
#[template(path = "docs/operation.html")]
struct Operation<'o> {
    method: String,
    path: &'o str,
    summary: &'o str,
    /// Name, where, whether it must be there, what it says.
    parameters: Vec<[&'o str; 4]>,
    messages: Vec<Message>,
    errors: Vec<&'o str>,
}

/// A part for every operation, and one for every schema they name.
pub(super) fn parts(document: &Value) -> Vec<Part> {
    let empty = Map::new();
    let object = |value: &Value, key: &str| value.get(key).and_then(Value::as_object).cloned();
    let paths = object(document, "paths").unwrap_or_default();
    let mut parts = Vec::new();
    for (path, item) in &paths {
        let item = item.as_object().unwrap_or(&empty);
        let shared = item.get("parameters");
        for (method, operation) in item.iter().filter(|(key, _)| *key != "parameters") {
            let read = read((method, path), operation, shared);
            let Ok(html) = read.render() else { continue };
            parts.push(Part { title: format!("{} {path}", read.method), html });
        }
    }
    let schemas = document.get("components").and_then(|all| object(all, "schemas"));
    for (name, schema) in schemas.unwrap_or_default() {
        let Ok(text) = serde_json::to_string_pretty(&schema) else { continue };
        let Ok(html) = (Schema { text: &text }).render() else { continue };
        parts.push(Part { title: name, html });
    }
    parts
}

#[derive(Template)]
#[template(source = "<pre tabindex=\"0\"><code>{{ text }}</code></pre>", ext = "html")]
struct Schema<'s> {
    text: &'s str,
}

fn read<'o>(
    (method, path): (&str, &'o str),
    operation: &'o Value,
    shared: Option<&'o Value>,
) -> Operation<'o> {
    let own = operation.get("parameters");
    let parameters = [shared, own].into_iter().flatten().filter_map(Value::as_array).flatten();
    let said =
        |value: &'o Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let parameter = |one: &'o Value| {
        let required = one.get("required").and_then(Value::as_bool).unwrap_or_default();
        [
            said(one, "name"),
            said(one, "in"),
            if required { "required" } else { "" },
            said(one, "description"),
        ]
    };
    let mut messages: Vec<Message> = Vec::new();
    if let Some(body) = operation.get("requestBody") {
        messages.push(message("request", body));
    }
    for (status, answer) in
        operation.get("responses").and_then(Value::as_object).into_iter().flatten()
    {
        messages.push(message(status, answer));
    }
    let errors = operation.get("x-error-codes").and_then(Value::as_array);
    Operation {
        method: method.to_uppercase(),
        path,
        summary: said(operation, "summary"),
        parameters: parameters.map(parameter).collect(),
        messages,
        errors: errors.into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

fn message(what: &str, said: &Value) -> Message {
    let text = said.get("description").and_then(Value::as_str).unwrap_or_default();
    let content = said.get("content").and_then(Value::as_object);
    let schema =
        content.and_then(|content| content.values().next()).and_then(|one| one.get("schema"));
    let named = schema.or(Some(said)).and_then(|one| one.get("$ref")).and_then(Value::as_str);
    let schema = match (named, schema) {
        (Some(named), _) => named.rsplit('/').next().unwrap_or_default().to_owned(),
        (None, Some(schema)) => schema.to_string(),
        (None, None) => String::new(),
    };
    Message { what: what.to_owned(), text: text.to_owned(), schema }
}
