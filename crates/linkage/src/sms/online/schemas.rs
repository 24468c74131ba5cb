//! The schemas of the document.

use serde_json::{Value as Json, json};

use crate::openapi::shapes::{
    flag, list, moment, moment_if_any, named, object, problem, some, text, text_if_any, texts,
    whole,
};

/// By name.
pub(super) fn schemas() -> Json {
    json!({
        "Problem": refused(),
        "Command": command(&["op"]),
        "Attributes": attributes(),
        "BatchCommand": command(&["op", "request_id", "contract_no"]),
        "Commands": object(&json!({ "commands": list("BatchCommand") }), &[]),
        "Report": report(),
        "Reports": object(&json!({ "results": list("Report"), "errors": whole() }), &[]),
        "Hold": object(
            &json!({ "source": text(), "reason": text(), "since": moment(), "ref": text_if_any(), "cause": text() }),
            &[],
        ),
        "Contract": contract(),
        "Persons": object(&json!({ "persons": list("Person") }), &[]),
        "Person": person(),
        "Keys": object(&json!({ "keys": list("Key") }), &[]),
        "Key": key(),
        "Why": why(),
        "Explanation": explanation(),
    })
}

fn refused() -> Json {
    let mut refused = problem();
    let code = json!({ "type": "string", "description": "As in a result file: `E301`" });
    if let Some(members) = refused.get_mut("properties").and_then(Json::as_object_mut) {
        members.insert("sms_code".to_owned(), code);
    }
    refused
}

fn reason() -> Json {
    json!({
        "enum": ["10", "20", "30", "40", "50", "60", "90"],
        "description": "10 unpaid, 20 pause, 30 work, 40 fraud, 50 the station's decision, 60 deceased, 90 other",
    })
}

fn command(must_be_there: &[&str]) -> Json {
    let members = json!({
        "request_id": text(),
        "contract_no": text(),
        "op": { "enum": [
            "START", "STOP", "SUSPEND", "RESUME", "REPLACE", "STOP_CANCEL", "ATTR", "PERSON_ADD", "PERSON_STOP",
            "PERSON_SUSPEND", "PERSON_RESUME", "PERSON_RESET", "KEY_OPEN", "KEY_CLOSE", "KEY_REVOKE", "CREDIT_SET",
            "DEVICE_REPLACE", "CANCEL_SCHEDULED",
        ] },
        "gen": whole(),
        "person_no": whole(),
        "product": text(),
        "reason": reason(),
        "effective_at": moment(),
        "end_at": { "type": "string", "description": "An instant, `END_OF_MONTH`, `END_OF_DAY`" },
        "attributes": named("Attributes"),
        "new_contract_no": text(),
        "cancels": text(),
        "ref": text(),
        "new_device": text(),
    });
    some(&members, must_be_there)
}

fn attributes() -> Json {
    let members = json!({
        "kana": text(),
        "birth_on": { "type": "string", "description": "`YYYY-MM-DD`" },
        "adult_allowed": flag(),
        "max_rating": { "enum": ["G", "PG12", "R15+", "R18+"] },
        "credit_rank": { "enum": ["A", "B", "C", "X"] },
        "telephone": text(),
        "postal_code": text(),
        "note": text(),
        "unit": unit(),
        "bulk_parent": text(),
        "age_verified_by": { "enum": ["document", "jpki", "credit_card"] },
        "role": { "enum": ["ADULT", "CHILD"] },
    });
    some(&members, &[])
}

fn unit() -> Json {
    json!({ "enum": ["HOUSE", "LINE", "BULK_PARENT", "BULK_CHILD"] })
}

fn report() -> Json {
    let contract = json!({
        "number": text(),
        "gen": whole(),
        "state": { "enum": ["RESERVED", "ACTIVE", "SUSPENDED", "STOPPED", "PURGED"] },
        "version": whole(),
    });
    let members = json!({
        "request_id": text(),
        "op": text(),
        "result": { "enum": ["OK", "WARNING", "SCHEDULED", "ERROR"] },
        "status": whole(),
        "code": { "type": "string", "description": "Four characters, as in a result file" },
        "reason": { "type": "string", "description": "The dotted code" },
        "field": text(),
        "message": { "type": "string", "description": "The Japanese words of the result file" },
        "contract": some(&contract, &["number"]),
        "person_no": whole(),
        "applied_at": moment(),
    });
    object(&members, &["op", "code", "reason", "field"])
}

fn contract() -> Json {
    let known = json!({
        "kana": text_if_any(),
        "telephone": text_if_any(),
        "postal_code": text_if_any(),
        "age_verified_by": text_if_any(),
        "adult_allowed": flag(),
        "credit_rank": text_if_any(),
        "note": text_if_any(),
    });
    let members = json!({
        "number": text(),
        "gen": whole(),
        "state": { "enum": ["RESERVED", "ACTIVE", "SUSPENDED", "STOPPED", "PURGED"] },
        "version": whole(),
        "starts_at": moment(),
        "stopped_at": moment_if_any(),
        "stop_cause": text_if_any(),
        "replaced_by": text_if_any(),
        "unit": unit(),
        "bulk_parent": text_if_any(),
        "holds": list("Hold"),
        "attributes": object(&known, &[]),
        "updated_at": moment(),
        "cause": text(),
    });
    object(&members, &[])
}

fn person() -> Json {
    let members = json!({
        "person_no": whole(),
        "role": { "enum": ["OWNER", "ADULT", "CHILD"] },
        "state": text(),
        "effective": { "enum": [
            "OPERATOR_DISABLED", "CONTRACT_RESERVED", "CONTRACT_STOPPED", "CONTRACT_SUSPENDED", "PERSON_STOPPED",
            "PERSON_SUSPENDED", "LOCKED", "INVITED", "ACTIVE",
        ] },
        "reasons": texts(),
        "kana": text_if_any(),
        "birth_on": text_if_any(),
        "max_rating": text(),
        "adult_allowed": flag(),
        "holds": list("Hold"),
        "stopped_at": moment_if_any(),
        "updated_at": moment(),
        "cause": text(),
    });
    object(&members, &[])
}

fn key() -> Json {
    let members = json!({
        "product": text(),
        "person_no": whole(),
        "state": { "enum": ["SCHEDULED", "OPEN", "HELD", "CLOSED", "REVOKED"] },
        "starts_at": moment(),
        "ends_at": moment_if_any(),
        "first_play_at": moment_if_any(),
        "revoked_at": moment_if_any(),
        "closed_by": text_if_any(),
        "changed_at": moment(),
        "cause": text(),
    });
    object(&members, &[])
}

fn why() -> Json {
    let members = json!({
        "decision": flag(),
        "codes": texts(),
        "trace": text(),
        "ttl_s": whole(),
        "reason_user": text_if_any(),
        "reason_admin": text(),
        "explanation": named("Explanation"),
    });
    object(&members, &[])
}

/// Findings are those of docs/api/decisions.md; a fact says of what it is, what it is, since when, by what.
fn explanation() -> Json {
    let then = json!({
        "at": moment(), "client": text(), "subject": text(), "action": text(), "resource": text(), "codes": texts(),
        "version": whole(),
    });
    let since = json!({
        "at": moment(), "actor": text(), "act": text(), "subject": text(), "cause": text(),
    });
    let members = json!({
        "trace": text(),
        "then": object(&then, &[]),
        "permit_now": flag(),
        "findings_now": { "type": "array", "items": { "type": "object" } },
        "verdict": { "enum": ["refused", "repaired_since", "refused_since", "outside"] },
        "facts": { "type": "array", "items": { "type": "object" } },
        "since": { "type": "array", "items": object(&since, &[]) },
    });
    object(&members, &[])
}
