//! The documents of the doors of programs: as they are checked in, with every route of their doors, and true of every answer the
//! tests see.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::calls::Doors;
use crate::doors_table::{At, ROUTES, Route};
use crate::house::source::{read, root};
use crate::viewers::House;

/// A document: where it is answered, where it is checked in, the beginnings of its paths, itself.
type Document = (&'static str, &'static str, &'static [&'static str], fn() -> Json);

const DOCUMENTS: [Document; 3] = [
    ("/openapi.json", "docs/api/openapi.json", &["/admin/v1/"], linkage::admin::document),
    (
        "/openapi/sms.json",
        "docs/api/openapi-sms.json",
        &["/sms/v1/"],
        linkage::sms::online::document,
    ),
    (
        "/openapi/decisions.json",
        "docs/api/openapi-decisions.json",
        &["/access/v1/", "/vod/v1/"],
        linkage::vod::document,
    ),
];

/// The document that tells of a path below an issuer.
fn document_of(path: &str) -> Option<Json> {
    let tells = |one: &&Document| one.2.iter().any(|begins| path.starts_with(begins));
    DOCUMENTS.iter().find(tells).map(|one| one.3())
}

/// A path as the documents name it: below an operator's issuer or the platform's.
fn below_issuer(path: &str) -> &str {
    let below = path.strip_prefix("/o/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    below.unwrap_or(path)
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

/// Holds an answer against what the documents say of the call, if they tell of it: its status, its body, and the code it is refused
/// with.
pub fn hold((status, body): (u16, &Json), (method, path): (&str, &str)) {
    let path = below_issuer(path);
    let Some(document) = document_of(path) else { return };
    let operation = operation(&document, method, path);
    let mut faults = Vec::new();
    let said =
        &operation["responses"][&status.to_string()]["content"]["application/json"]["schema"];
    if said.is_object() {
        fit(&document, said, (body, ""), &mut faults);
    } else {
        assert!(status >= 400, "{method} {path} answers {status}");
        let problem = &document["components"]["schemas"]["Problem"];
        fit(&document, problem, (body, ""), &mut faults);
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
            "oneOf" => {
                let fits = |one: &&Json| {
                    let mut faults = Vec::new();
                    fit(document, one, (value, at), &mut faults);
                    faults.is_empty()
                };
                said.as_array().unwrap().iter().filter(fits).count() == 1
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
fn the_documents_that_are_checked_in_are_those_that_are_answered() {
    let (house, doors) = (House::new(), Doors::new());
    for (path, file, _, document) in DOCUMENTS {
        let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("WRITE_OPENAPI").is_some() {
            std::fs::write(root().join(file), &made).unwrap();
        }
        assert_eq!(
            read(file),
            made,
            "write it anew with WRITE_OPENAPI=1, and look at what changed"
        );
        let answered = match path {
            "/openapi.json" => house.get(path).json(),
            _ => doors.get(path, "").body,
        };
        assert_eq!(answered, document(), "{path}");
    }
}

/// Method and path below an issuer of every operation of a document.
fn told(document: &Json) -> BTreeSet<String> {
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
    told
}

#[test]
fn the_documents_name_every_route_of_their_doors_and_no_other() {
    for (_, file, begins, document) in DOCUMENTS {
        let document = document();
        let on_both = document["servers"].as_array().unwrap().len() == 2;
        let wanted = if on_both { At::Both } else { At::Operator };
        let mut routes = BTreeSet::new();
        for Route(method, at, path, _) in ROUTES {
            let path = below_issuer(path);
            if begins.iter().any(|begin| path.starts_with(begin)) {
                assert_eq!(*at, wanted, "{file}: {path}");
                routes.insert(format!("{} {path}", method.to_lowercase()));
            }
        }
        assert_eq!(told(&document), routes, "{file}");
    }
}

#[test]
fn every_code_of_the_documents_is_explained() {
    let page = read("docs/ERRORS.md");
    for (_, file, _, document) in DOCUMENTS {
        let document = document();
        let mut all = vec![&document["x-error-codes"]];
        for item in document["paths"].as_object().unwrap().values() {
            all.extend(item.as_object().unwrap().values().map(|one| &one["x-error-codes"]));
        }
        let lists = all.iter().filter_map(|list| list.as_array());
        let codes: BTreeSet<&str> = lists.flatten().map(|code| code.as_str().unwrap()).collect();
        assert!(codes.len() > 20, "{file}: {codes:?}");
        for code in codes {
            assert!(page.contains(&format!("\n| `{code}` |")), "{file}: {code}");
        }
    }
}

#[test]
fn what_does_not_fit_is_seen() {
    let document = linkage::admin::document();
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
