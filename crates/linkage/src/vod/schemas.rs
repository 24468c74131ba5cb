//! The schemas of the document. What a caller sends beyond them is passed over, as AuthZEN asks.

use serde_json::{Value as Json, json};

use crate::openapi::shapes::{
    flag, list, moment, named, object, open, problem, some, text, texts, whole,
};

/// By name.
pub(super) fn schemas() -> Json {
    json!({
        "Problem": problem(),
        "Subject": subject(),
        "Resource": resource(),
        "Evaluation": evaluation(),
        "Evaluations": evaluations(),
        "Decision": decision(),
        "Decisions": object(&json!({ "evaluations": list("Decision") }), &[]),
        "DecisionOrDecisions": { "oneOf": [named("Decision"), named("Decisions")] },
        "Context": context(),
        "BothLanguages": object(&json!({ "ja": text(), "en": text() }), &[]),
        "Obligation": obligation(),
        "ResourceSearch": search(),
        "FoundResources": found(),
        "Play": open(&json!({ "subject": named("Subject"), "resource": named("Resource") }), &["subject", "resource"]),
        "Played": object(
            &json!({ "recorded": flag(), "until": moment() }),
            &["until"],
        ),
    })
}

fn subject() -> Json {
    let operator = json!({ "type": "string", "description": "The operator's code; at the platform's address" });
    let members = json!({
        "type": { "enum": ["person", "household"] },
        "id": { "type": "string", "description": "The pairwise `sub` of the ID token, or its `household`" },
        "properties": open(&json!({ "operator": operator }), &[]),
    });
    open(&members, &["type", "id"])
}

fn resource() -> Json {
    let properties = json!({
        "rating": { "enum": ["G", "PG12", "R15+", "R18+", "NR"] },
        "adult": flag(),
    });
    let members = json!({
        "type": { "type": "string", "description": "`title`, `channel`, `feature`, … or `product`" },
        "id": text(),
        "properties": open(&properties, &[]),
    });
    open(&members, &["type", "id"])
}

fn action() -> Json {
    open(&json!({ "name": { "enum": ["view", "cast", "download", "purchase"] } }), &["name"])
}

fn evaluation() -> Json {
    let pin = json!({ "type": "string", "description": "The PIN the viewer typed for this title or purchase" });
    let members = json!({
        "subject": named("Subject"),
        "action": action(),
        "resource": named("Resource"),
        "context": open(&json!({ "pin": pin }), &[]),
    });
    open(&members, &["subject", "action", "resource"])
}

fn evaluations() -> Json {
    let semantic = json!({ "enum": [
        "execute_all", "deny_on_first_deny", "permit_on_first_permit",
    ] });
    let question = json!({
        "subject": named("Subject"), "action": action(), "resource": named("Resource"), "context": { "type": "object" },
    });
    let members = json!({
        "subject": named("Subject"),
        "action": action(),
        "resource": named("Resource"),
        "context": { "type": "object" },
        "evaluations": { "type": "array", "items": open(&question, &[]) },
        "options": open(&json!({ "evaluations_semantic": semantic }), &[]),
    });
    open(&members, &[])
}

fn decision() -> Json {
    some(&json!({ "decision": flag(), "context": named("Context") }), &["decision"])
}

fn context() -> Json {
    let error = json!({ "status": whole(), "code": text(), "field": text(), "message": text() });
    let members = json!({
        "trace": { "type": "string", "description": "お問い合わせ番号: eight characters" },
        "ttl_s": { "type": "integer", "minimum": 0, "description": "Seconds the answer may be used again for" },
        "codes": texts(),
        "reason_user": named("BothLanguages"),
        "reason_admin": named("BothLanguages"),
        "findings": { "type": "array", "items": { "type": "object", "description": "See docs/api/decisions.md" } },
        "obligations": list("Obligation"),
        "error": object(&error, &["field"]),
    });
    some(&members, &[])
}

fn obligation() -> Json {
    let offered = json!({ "code": text(), "kind": text(), "name": named("BothLanguages") });
    let members = json!({
        "type": { "enum": ["custom"] },
        "id": text(),
        "vendor": { "enum": ["aikagi"] },
        "action": { "enum": ["offer", "parental_settings", "ask_pin"] },
        "products": { "type": "array", "items": object(&offered, &[]) },
        "pin": { "enum": ["viewing", "purchase"] },
        "set": flag(),
    });
    some(&members, &["type", "id", "vendor", "action"])
}

fn search() -> Json {
    let members = json!({
        "subject": named("Subject"),
        "action": action(),
        "resource": open(&json!({ "type": text() }), &["type"]),
        "page": open(&json!({ "token": text(), "limit": whole() }), &[]),
    });
    open(&members, &["subject", "action", "resource"])
}

fn found() -> Json {
    let one = object(&json!({ "type": text(), "id": text() }), &[]);
    let page = json!({ "next_token": text(), "count": whole(), "total": whole() });
    let members = json!({
        "results": { "type": "array", "items": one },
        "page": some(&page, &["next_token"]),
    });
    some(&members, &["results"])
}
