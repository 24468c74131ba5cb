//! Clients: listed, shown, made, switched, given another secret.

use std::sync::Arc;

use crate::callers::{body_of, idempotency_key, read_json};
use crate::sms::online::moment;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::Response;
use base::kernel::{Change, Error, Result};
use base::store::Tx;
use domain::administration;
use domain::clients::{
    self, AuthMethod, Client, ClientKind, ClientTerms, Created, Edit, Grant, Pkce, Profile, Proof,
};
use http::header::{ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Admin, Answer, LONGEST, Named, Wanted, name, page_of};

const SCOPE: &str = "admin.clients";

/// A client to be made. Left out means the plain case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    #[serde(default = "service")]
    kind: ClientKind,
    name_ja: String,
    name_en: String,
    #[serde(default = "secret_basic")]
    method: AuthMethod,
    #[serde(default)]
    jwks: Option<Json>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    grants: Vec<Grant>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    sector: String,
    #[serde(default = "required")]
    pkce: Pkce,
    #[serde(default)]
    profile: Profile,
}

const fn service() -> ClientKind {
    ClientKind::Service
}

const fn secret_basic() -> AuthMethod {
    AuthMethod::ClientSecretBasic
}

const fn required() -> Pkce {
    Pkce::Required
}

impl Draft {
    fn terms(self) -> ClientTerms {
        let proof = match (self.method, self.jwks) {
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                Proof::Secret(None)
            }
            (_, Some(set)) => Proof::Keys(set.to_string()),
            (_, None) => Proof::None,
        };
        ClientTerms {
            kind: self.kind,
            name_ja: self.name_ja,
            name_en: self.name_en,
            method: self.method,
            proof,
            redirect_uris: self.redirect_uris,
            grants: self.grants,
            scopes: self.scopes,
            sector: self.sector,
            pkce: self.pkce,
            profile: self.profile,
            enabled: true,
        }
    }
}

/// What is told of a client; of its secret only that there is one.
fn told_of(client: &Client) -> Json {
    let terms = &client.terms;
    let proof = match &terms.proof {
        Proof::None => "none",
        Proof::Secret(_) => "secret",
        Proof::Keys(_) => "keys",
    };
    json!({
        "id": client.id,
        "kind": terms.kind,
        "name_ja": terms.name_ja,
        "name_en": terms.name_en,
        "method": terms.method,
        "proof": proof,
        "redirect_uris": terms.redirect_uris,
        "grants": terms.grants,
        "scopes": terms.scopes,
        "sector": terms.sector,
        "pkce": terms.pkce,
        "profile": terms.profile,
        "enabled": terms.enabled,
        "registered_at": moment(client.registered),
        "version": client.version(),
    })
}

#[derive(Serialize)]
struct Listed {
    clients: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Made {
    client: Json,
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The clients, by id.
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    named: Named,
    wanted: std::result::Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (after, limit) = page_of(wanted)?;
    // One more than is told: whether there are more.
    let found = admin.look(&caller, move |tx| clients::list(tx, &after, limit + 1)).await?;
    let told = usize::try_from(limit).unwrap_or_default();
    let shown: Vec<_> = found.iter().take(told).collect();
    let next = shown.last().filter(|_| found.len() > told).map(|last| last.id.clone());
    caller.told(&Listed { clients: shown.into_iter().map(told_of).collect(), next })
}

/// One client.
pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let id = name(&named, "id");
    let client = admin.look(&caller, move |tx| clients::find(tx, &id)).await?;
    Ok(tagged(caller.told(&told_of(&client))?, &client))
}

/// The answer with the version of the client's terms, as a change has to name it.
///
/// Source: RFC 9110 §8.8.3.
fn tagged(mut response: Response, client: &Client) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", client.version())) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The version of the terms that a caller saw. `*` would be none.
///
/// # Errors
/// `field.required` naming the header
fn version_seen(headers: &HeaderMap) -> Result<String> {
    let seen = headers.get(IF_MATCH).ok_or_else(|| Error::invalid("field.required", "If-Match"))?;
    // What is not one of ours is the version of nothing.
    let seen = seen.to_str().unwrap_or_default().trim();
    Ok(seen.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or_default().to_owned())
}

/// Other terms for a client, by who saw those it has.
pub(super) async fn change(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (id, seen) = (name(&named, "id"), version_seen(&headers)?);
    let edit: Edit = read_json(&body_of(body)?, LONGEST)?;
    let work = move |tx: &mut Tx<'_>| {
        let change = clients::change(tx, &id, (&seen, &edit))?;
        Ok((change, clients::find(tx, &id)?))
    };
    let (change, client) = admin.act(&caller, work).await.map_err(|problem| {
        // Source: RFC 9110 §15.5.13.
        match problem.error() {
            Error::Conflict { code: "client.changed_meanwhile" } => {
                problem.with_status(StatusCode::PRECONDITION_FAILED)
            }
            _ => problem,
        }
    })?;
    let told = Made { client: told_of(&client), changed: change == Change::Made, secret: None };
    Ok(tagged(caller.told(&told)?, &client))
}

/// Makes a client; the same again is answered without its secret.
pub(super) async fn create(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let id = name(&named, "id");
    let draft: Draft = read_json(&body_of(body)?, LONGEST)?;
    let terms = draft.terms();
    let work = move |tx: &mut Tx<'_>| {
        let created = clients::create(tx, &id, &terms)?;
        Ok((created, clients::find(tx, &id)?))
    };
    let (Created { change, secret }, client) = admin.act(&caller, work).await?;
    let made = change == Change::Made;
    let told = Made { client: told_of(&client), changed: made, secret };
    let mut response = caller.told(&told)?;
    if made {
        *response.status_mut() = StatusCode::CREATED;
    }
    Ok(response)
}

/// Takes a client out of service.
pub(super) async fn disable(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    switch(&admin, &named, &headers, clients::disable).await
}

/// Puts it back.
pub(super) async fn enable(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    switch(&admin, &named, &headers, clients::enable).await
}

async fn switch(
    admin: &Arc<Admin>,
    named: &Named,
    headers: &HeaderMap,
    to: fn(&mut Tx<'_>, &str) -> Result<Change>,
) -> Answer {
    let caller = admin.caller(named, headers, SCOPE).await?;
    let id = name(named, "id");
    let change = admin.act(&caller, move |tx| to(tx, &id)).await?;
    caller.told(&json!({ "changed": change == Change::Made }))
}

/// Another secret, once for each key of the caller.
pub(super) async fn renew_secret(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let key = idempotency_key(&headers)?;
    if key.len() > 64 {
        return Err(Error::invalid("field.too_long", "Idempotency-Key").into());
    }
    let (id, key) = (name(&named, "id"), key.to_owned());
    let (named, signing) = (id.clone(), Arc::clone(&admin.signing));
    let work =
        move |tx: &mut Tx<'_>| administration::renew_secret(tx, signing.handles(), (&id, &key));
    let secret = admin.act(&caller, work).await?;
    caller.told(&json!({ "client_id": named, "secret": secret }))
}
