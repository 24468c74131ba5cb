//! The schemas of the document.
//!
//! Held against every answer the tests see (`tests/it/openapi.rs`).

use serde_json::{Value as Json, json};

use crate::openapi::shapes::{
    flag, list, moment, moment_if_any, named, object, problem, text, texts, whole,
};

/// By name.
pub(super) fn schemas() -> Json {
    json!({
        "Problem": problem(),
        "Changed": changed(),
        "Held": held(),
        "Client": client(),
        "Clients": clients(),
        "ClientDraft": client_draft(),
        "ClientEdit": client_edit(),
        "CreatedClient": created_client(),
        "Secret": object(&json!({ "client_id": text(), "secret": text() }), &[]),
        "Person": person(),
        "Sessions": sessions(),
        "EndSessions": object(&json!({ "session": text() }), &["session"]),
        "Ended": object(&json!({ "sessions": whole(), "authorizations": whole() }), &[]),
        "DisablePerson": object(
            &json!({ "reason": {
                "enum": ["10", "20", "30", "40", "50", "60", "90"],
                "description": "10 unpaid, 20 pause, 30 work, 40 fraud, 50 the station's decision (also when left \
                    out), 60 deceased, 90 other",
            } }),
            &["reason"],
        ),
        "HandCode": object(
            &json!({ "at": {
                "enum": ["installation", "counter"],
                "description": "installation: in their home, only who has not registered; counter: staff saw a document",
            } }),
            &[],
        ),
        "HandedCode": object(
            &json!({
                "contract_number": text(), "registration_code": text(), "link": text(), "expires_at": moment(),
            }),
            &[],
        ),
        "Keys": keys(),
    })
}

fn changed() -> Json {
    let changed = json!({ "type": "boolean", "description": "`false`: it was so already" });
    object(&json!({ "changed": changed }), &[])
}

fn held() -> Json {
    let members = json!({
        "result": { "enum": ["OK", "WARNING"] },
        "note": { "type": "string", "description": "The code of what is worth a word" },
    });
    object(&members, &["note"])
}

fn methods() -> Json {
    json!({ "enum": [
        "none", "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth",
    ] })
}

fn grants() -> Json {
    let known = [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "device_code",
        "token_exchange",
    ];
    json!({ "type": "array", "items": { "enum": known } })
}

fn pkce() -> Json {
    json!({ "enum": ["required", "exempt_with_nonce"] })
}

/// Described in `docs/apply.md`.
fn profile() -> Json {
    json!({ "type": "object", "description": "The options of docs/apply.md, `profile`" })
}

fn client() -> Json {
    let members = json!({
        "id": text(),
        "kind": { "enum": ["service", "sms", "admin"] },
        "name_ja": text(),
        "name_en": text(),
        "method": methods(),
        "proof": { "enum": ["none", "secret", "keys"] },
        "redirect_uris": texts(),
        "grants": grants(),
        "scopes": texts(),
        "sector": text(),
        "pkce": pkce(),
        "profile": profile(),
        "enabled": flag(),
        "registered_at": moment_if_any(),
        "version": { "type": "string", "description": "Another one as soon as anything of the terms is different" },
    });
    object(&members, &[])
}

fn clients() -> Json {
    let listed = list("Client");
    object(&json!({ "clients": listed, "next": text() }), &["next"])
}

fn client_draft() -> Json {
    let members = json!({
        "kind": { "enum": ["service"] },
        "name_ja": text(),
        "name_en": text(),
        "method": methods(),
        "jwks": { "type": "object", "description": "Its public keys, for `private_key_jwt`" },
        "redirect_uris": texts(),
        "grants": grants(),
        "scopes": texts(),
        "sector": text(),
        "pkce": pkce(),
        "profile": profile(),
    });
    let plain = ["kind", "method", "jwks", "redirect_uris", "scopes", "sector", "pkce", "profile"];
    object(&members, &plain)
}

fn client_edit() -> Json {
    let members = json!({
        "name_ja": text(),
        "name_en": text(),
        "jwks": { "type": "object", "description": "Its public keys, of one that proves itself by keys" },
        "redirect_uris": texts(),
        "grants": grants(),
        "scopes": texts(),
        "sector": text(),
        "pkce": pkce(),
        "profile": {
            "type": "object",
            "description": "Single members of `profile` of a client; `null`: the plain case",
        },
    });
    let all: Vec<&str> =
        members.as_object().into_iter().flatten().map(|one| one.0.as_str()).collect();
    object(&members, &all)
}

fn created_client() -> Json {
    let members = json!({
        "client": named("Client"),
        "changed": flag(),
        "secret": { "type": "string", "description": "Only when it was made now, and has one" },
    });
    object(&members, &["secret"])
}

fn person() -> Json {
    let hold = json!({ "source": text(), "reason": text(), "since": moment() });
    let members = json!({
        "contract": object(&json!({ "number": text(), "gen": whole() }), &[]),
        "person_no": whole(),
        "role": { "enum": ["OWNER", "ADULT", "CHILD"] },
        "effective": { "enum": [
            "OPERATOR_DISABLED", "CONTRACT_RESERVED", "CONTRACT_STOPPED", "CONTRACT_SUSPENDED", "PERSON_STOPPED",
            "PERSON_SUSPENDED", "LOCKED", "INVITED", "ACTIVE",
        ] },
        "reasons": texts(),
        "holds": { "type": "array", "items": object(&hold, &[]) },
        "locked_until": moment_if_any(),
        "sessions": whole(),
        "devices": whole(),
    });
    object(&members, &[])
}

fn sessions() -> Json {
    let session = json!({
        "id": text(), "signed_in_at": moment(), "last_seen_at": moment(), "clients": texts(),
    });
    let device = json!({
        "id": text(), "signed_in_at": moment(), "model": text(), "client": text(),
    });
    let members = json!({
        "sessions": { "type": "array", "items": object(&session, &[]) },
        "devices": { "type": "array", "items": object(&device, &[]) },
    });
    object(&members, &[])
}

fn keys() -> Json {
    let key = json!({
        "kid": text(),
        "algorithm": { "enum": ["ES256", "RS256", "EdDSA"] },
        "signs_from": moment(),
        "signs_until": moment_if_any(),
    });
    object(&json!({ "keys": { "type": "array", "items": object(&key, &[]) } }), &[])
}
