//! The document at `/openapi.json`: as it is checked in, with every route of the admin API, and true of every answer
//! the tests see.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::doors_table::{At, Guard, ROUTES, Route};
use crate::house::source::{read, root};
use crate::viewers::{Answer, House};

const FILE: &str = "docs/api/openapi.json";

pub fn document() -> Json {
    linkage::admin::document()
}

/// The operation behind a call, by method and path below an issuer.
fn operation<'d>(document: &'d Json, method: &str, path: &str) -> &'d Json {
    let path = path.split('?').next().unwrap();
    let given: Vec<&str> = path.split('/').collect();
    let is = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == given.len()
            && parts.iter().zip(&given).all(|(part, one)| part == one || part.starts_with('{'))
    };
    // What is written out is meant before what is named.
    let mut found: Vec<_> =
        document["paths"].as_object().unwrap().iter().filter(|(pattern, _)| is(pattern)).collect();
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    let (_, item) = found.first().unwrap_or_else(|| panic!("not in the document: {path}"));
    let operation = &item[method.to_lowercase()];
    assert!(operation.is_object(), "not in the document: {method} {path}");
    operation
}

/// Holds an answer against what the document says of the call: its status, its body, and the code it is refused with.
pub fn hold(answer: &Answer, (method, path): (&str, &str)) {
    let document = document();
    let operation = operation(&document, method, path);
    let status = answer.status.as_u16().to_string();
    let body = answer.json();
    let mut faults = Vec::new();
    let said = &operation["responses"][&status]["content"]["application/json"]["schema"];
    if said.is_object() {
        fit(&document, said, (&body, ""), &mut faults);
    } else {
        assert!(answer.status.as_u16() >= 400, "{method} {path} answers {status}");
        let problem = &document["components"]["schemas"]["Problem"];
        fit(&document, problem, (&body, ""), &mut faults);
        let listed = [&operation["x-error-codes"], &document["x-error-codes"]];
        let code = listed.iter().any(|all| all.as_array().unwrap().contains(&body["code"]));
        assert!(code, "{method} {path} may not be refused with {}", body["code"]);
    }
    assert!(faults.is_empty(), "{method} {path}: {faults:?}\n{body}");
}

/// What of `value` does not fit `schema`: the words of JSON Schema the document uses, and no others.
fn fit(document: &Json, schema: &Json, (value, at): (&Json, &str), faults: &mut Vec<String>) {
    for (word, said) in schema.as_object().unwrap() {
        let good = match word.as_str() {
            "$ref" => {
                let pointer = said.as_str().unwrap().trim_start_matches('#');
                fit(document, document.pointer(pointer).unwrap(), (value, at), faults);
                true
            }
            "type" => match said.as_array() {
                Some(any) => any.iter().any(|one| is_a(value, one)),
                None => is_a(value, said),
            },
            "enum" => said.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().unwrap() >= said.as_i64().unwrap(),
            "required" => said
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                for (name, member) in said.as_object().unwrap() {
                    if let Some(found) = value.get(name) {
                        fit(document, member, (found, &format!("{at}/{name}")), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                value.as_object().unwrap().keys().all(|name| known.contains_key(name))
            }
            "items" => {
                for (place, one) in value.as_array().unwrap().iter().enumerate() {
                    fit(document, said, (one, &format!("{at}/{place}")), faults);
                }
                true
            }
            "format" => {
                value.is_null() || {
                    assert_eq!(said, "date-time");
                    base::kernel::Instant::parse_rfc3339(value.as_str().unwrap(), "").is_ok()
                }
            }
            "description" => true,
            other => panic!("the document says `{other}`, which nobody here reads"),
        };
        if !good {
            faults.push(format!("{at}: {word} {said}"));
        }
    }
}

fn is_a(value: &Json, kind: &Json) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type: {other}"),
    }
}

#[test]
fn the_document_that_is_checked_in_is_the_one_that_is_answered() {
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(root().join(FILE), &made).unwrap();
    }
    assert_eq!(read(FILE), made, "write it anew with WRITE_OPENAPI=1, and look at what changed");
    let answered = House::new().get("/openapi.json");
    assert_eq!((answered.status.as_u16(), answered.json()), (200, document()));
}

#[test]
fn the_document_names_every_route_of_the_admin_api_and_no_other() {
    let routes: BTreeSet<String> = ROUTES
        .iter()
        .filter(|Route(.., guard)| *guard == Guard::Admin)
        .map(|Route(method, at, path, _)| {
            assert_eq!(*at, At::Both, "{path}");
            format!("{} {path}", method.to_lowercase())
        })
        .collect();
    let document = document();
    let mut told = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method != "parameters" {
                told.insert(format!("{method} {path}"));
                assert!(names.insert(operation["operationId"].to_string()), "{path}: named twice");
            }
        }
    }
    assert_eq!(told, routes);
}

#[test]
fn every_code_of_the_document_is_explained() {
    let (document, page) = (document(), read("docs/ERRORS.md"));
    let mut all = vec![&document["x-error-codes"]];
    for item in document["paths"].as_object().unwrap().values() {
        all.extend(item.as_object().unwrap().values().map(|one| &one["x-error-codes"]));
    }
    let codes: BTreeSet<&str> = all
        .iter()
        .filter_map(|list| list.as_array())
        .flatten()
        .map(|c| c.as_str().unwrap())
        .collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("\n| `{code}` |")), "{code}");
    }
}

#[test]
fn what_does_not_fit_is_seen() {
    let document = document();
    let faults = |value: &str| {
        let mut faults = Vec::new();
        let schema = serde_json::json!({"$ref": "#/components/schemas/Keys"});
        fit(&document, &schema, (&serde_json::from_str(value).unwrap(), ""), &mut faults);
        faults.len()
    };
    assert_eq!(faults(r#"{"keys": []}"#), 0);
    assert_eq!(faults(r#"{"keys": [], "more": 1}"#), 1);
    assert_eq!(faults("{}"), 1);
    let key = |from: &str| {
        format!(
            r#"{{"keys": [{{"kid": "a", "algorithm": "ES256", "signs_from": "{from}", "signs_until": null}}]}}"#
        )
    };
    assert_eq!((faults(&key("2026-01-01T00:00:00Z")), faults(&key("soon"))), (0, 1));
    assert_eq!(faults(&key("2026-01-01T00:00:00Z").replace("ES256", "none")), 1);
}
