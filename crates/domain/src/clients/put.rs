//! Adding and changing clients: what `apply` and later the console do.

use base::kernel::{Change, Error, Result, Scope};
use base::store::Tx;
use formats::jose::{JwkSet, VerificationKeys, has_private_part};
use serde_json::Value;
use url::Url;

use super::history::record_put;
use super::terms::{AuthMethod, Client, ClientKind, ClientTerms, Grant, Pkce, Proof, SCOPES};
use super::{profile, repo};

/// Adds the client `id` to the operator of this transaction, or changes its terms.
///
/// Exempting a client from PKCE, and taking the exemption back, are written into the audit as acts of
/// their own.
///
/// # Errors
/// - `client.id_malformed`, `client.id_taken` — the latter: used by a client of all operators
/// - `client.name_missing`
/// - `client.redirect_uri_malformed` — not absolute, with a fragment or user name, or plain http
///   other than to this machine
/// - `client.grant_not_allowed`, `client.scope_not_allowed` — not for this kind or method
/// - `client.secret_missing`, `client.keys_malformed`, `client.proof_differs` — for its method
/// - `client.sector_missing` — its redirect addresses have several hosts
/// - `client.exemption_not_allowed` — a public client always uses PKCE
/// - those of the profile's rules: `client.logout_uri_malformed`, `client.certificate_name` and others
///
/// Source: RFC 9700 §2.1, §4.1.3; OpenID Connect Core §8.1.
pub fn put(tx: &mut Tx<'_>, id: &str, draft: &ClientTerms) -> Result<Change> {
    place(tx, id, (draft, ""))
}

/// [`put`], and why: empty, where nobody is asked.
pub(super) fn place(
    tx: &mut Tx<'_>,
    id: &str,
    (draft, why): (&ClientTerms, &str),
) -> Result<Change> {
    check_id(id)?;
    if repo::taken_elsewhere(tx, id)? {
        return Err(Error::refused("client.id_taken"));
    }
    let known = repo::own(tx, id)?.map(|client| client.terms);
    let terms = complete(draft, known.as_ref(), id)?;
    check(&terms)?;
    if known.as_ref() == Some(&terms) {
        return Ok(Change::Already);
    }
    repo::put(tx, id, &terms)?;
    tx.touch(None);
    record_put(tx, id, known.as_ref(), (&terms, why))?;
    Ok(Change::Made)
}

/// The operator's own client `id`.
///
/// # Errors
/// `client.unknown`
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Client> {
    repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))
}

/// The client `id` that serves this operator: its own, or a service of all operators.
///
/// # Errors
/// `client.unknown`
pub fn find_serving(tx: &mut Tx<'_>, id: &str) -> Result<Client> {
    let own = |client: &Client| client.operator != Scope::PLATFORM;
    repo::find(tx, id)?
        .filter(|client| own(client) || client.terms.kind == ClientKind::Service)
        .ok_or_else(|| Error::not_found("client.unknown", id))
}

/// Up to `limit` of the operator's own clients after `after`, by id.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Client>> {
    let operator = tx.operator().to_owned();
    repo::list(tx, &operator, (after, limit))
}

/// Up to `limit` services of all operators, by id.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_shared(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Client>> {
    let mut all = repo::list(tx, Scope::PLATFORM, ("", limit))?;
    all.retain(|client| client.terms.kind == ClientKind::Service);
    Ok(all)
}

/// The draft with what may be left out filled in.
pub(super) fn complete(
    draft: &ClientTerms,
    known: Option<&ClientTerms>,
    id: &str,
) -> Result<ClientTerms> {
    let mut terms = draft.clone();
    if let Proof::Keys(json) = &mut terms.proof {
        *json = public_form(json)?;
    }
    if let Proof::Secret(hash @ None) = &mut terms.proof
        && let Some(Proof::Secret(before)) = known.map(|before| &before.proof)
    {
        hash.clone_from(before);
    }
    if terms.sector.is_empty() {
        let mut hosts: Vec<String> =
            terms.redirect_uris.iter().filter_map(|uri| host_of(uri)).collect();
        hosts.sort();
        hosts.dedup();
        terms.sector = match hosts.as_slice() {
            [] => id.to_owned(),
            [host] => host.clone(),
            _ => return Err(Error::invalid("client.sector_missing", "sector")),
        };
    }
    Ok(terms)
}

/// A key set as it is kept. One with a private key was never meant for us: it is refused, so that its
/// owner hears of it, and nothing of it is kept.
fn public_form(json: &str) -> Result<String> {
    let malformed = || Error::invalid("client.keys_malformed", "jwks");
    let given: Value = serde_json::from_str(json).map_err(|_| malformed())?;
    let keys = given.get("keys").and_then(Value::as_array).ok_or_else(malformed)?;
    if keys.iter().any(has_private_part) {
        return Err(malformed());
    }
    let set: JwkSet = serde_json::from_value(given).map_err(|_| malformed())?;
    serde_json::to_string(&set).map_err(Error::internal)
}

fn host_of(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

pub(super) fn check_id(id: &str) -> Result<()> {
    if is_client_id(id) {
        return Ok(());
    }
    Err(Error::invalid("client.id_malformed", "client_id"))
}

/// Whether this can be the id of a client: 1 to 64 of `A–Z a–z 0–9 - _`.
pub(super) fn is_client_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}

pub(super) fn check(terms: &ClientTerms) -> Result<()> {
    for (field, name) in [("name_ja", &terms.name_ja), ("name_en", &terms.name_en)] {
        if name.trim().is_empty() {
            return Err(Error::invalid("client.name_missing", field));
        }
    }
    if !terms.redirect_uris.iter().all(|uri| is_web_address(uri)) {
        return Err(Error::invalid("client.redirect_uri_malformed", "redirect_uris"));
    }
    check_proof(terms)?;
    check_grants(terms)?;
    for scope in &terms.scopes {
        if !SCOPES.contains(&(scope.as_str(), terms.kind)) {
            return Err(Error::invalid("client.scope_not_allowed", "scopes"));
        }
    }
    if terms.pkce == Pkce::ExemptWithNonce && terms.method == AuthMethod::None {
        return Err(Error::invalid("client.exemption_not_allowed", "pkce"));
    }
    profile::check(terms)
}

/// Whether a browser may be sent to `uri`: absolute, without fragment and user name; https, or http to
/// this machine (demo, tests), or an application's own scheme with a dot in it (RFC 8252 §7.1).
pub(super) fn is_web_address(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let host = url.host_str().unwrap_or_default();
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let reachable = match url.scheme() {
        "https" => !host.is_empty(),
        "http" => local,
        own => own.contains('.'),
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    reachable && bare && !uri.contains('*') && uri.is_ascii() && uri.len() <= 2000
}

fn check_proof(terms: &ClientTerms) -> Result<()> {
    match (terms.method, &terms.proof) {
        (AuthMethod::None | AuthMethod::TlsClientAuth, Proof::None)
        | (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, Proof::Secret(Some(_))) => {
            Ok(())
        }
        (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, Proof::Secret(None)) => {
            Err(Error::invalid("client.secret_missing", "secret"))
        }
        (AuthMethod::PrivateKeyJwt, Proof::Keys(json)) => {
            let malformed = || Error::invalid("client.keys_malformed", "jwks");
            let set: JwkSet = serde_json::from_str(json).map_err(|_| malformed())?;
            let verifiers = VerificationKeys::of(&set);
            let named = |kid: Option<&String>| kid.is_none_or(|kid| verifiers.has(kid));
            let usable = set.keys.iter().all(|key| named(key.common.key_id.as_ref()));
            if set.keys.is_empty() || !usable { Err(malformed()) } else { Ok(()) }
        }
        _ => Err(Error::invalid("client.proof_differs", "method")),
    }
}

fn check_grants(terms: &ClientTerms) -> Result<()> {
    let has = |grant| terms.grants.contains(&grant);
    let (browser, device) = (has(Grant::AuthorizationCode), has(Grant::DeviceCode));
    let no_service_signs_in = terms.kind != ClientKind::Service
        && (browser || device || has(Grant::RefreshToken) || has(Grant::JwtBearer));
    let alone = has(Grant::ClientCredentials) || has(Grant::TokenExchange);
    let nobody_proves = terms.method == AuthMethod::None && alone;
    let exchanges_nothing = has(Grant::TokenExchange) && !browser && !device;
    let refresh_alone = has(Grant::RefreshToken) && !browser && !device;
    let nowhere_to_return = browser && terms.redirect_uris.is_empty();
    if terms.grants.is_empty()
        || no_service_signs_in
        || nobody_proves
        || refresh_alone
        || exchanges_nothing
    {
        return Err(Error::invalid("client.grant_not_allowed", "grants"));
    }
    if nowhere_to_return {
        return Err(Error::invalid("client.redirect_uri_malformed", "redirect_uris"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::profile::Profile;
    use super::*;

    /// A confidential service that signs viewers in and asks for decisions.
    pub(in super::super) fn service() -> ClientTerms {
        ClientTerms {
            kind: ClientKind::Service,
            name_ja: "㈱みるぷらす動画".to_owned(),
            name_en: "Miruplus Video".to_owned(),
            method: AuthMethod::ClientSecretBasic,
            proof: Proof::Secret(Some("0".repeat(64))),
            redirect_uris: vec!["https://vod.example.jp/callback".to_owned()],
            grants: vec![Grant::AuthorizationCode, Grant::RefreshToken],
            scopes: vec!["openid".to_owned(), "decisions".to_owned()],
            sector: String::new(),
            pkce: Pkce::Required,
            profile: Profile::default(),
            enabled: true,
        }
    }

    fn refused(change: impl FnOnce(&mut ClientTerms)) -> String {
        let mut terms = service();
        change(&mut terms);
        let result = complete(&terms, None, "vod").and_then(|terms| check(&terms));
        result.map_or_else(|error| error.code().to_owned(), |()| "accepted".to_owned())
    }

    #[test]
    fn redirect_addresses_are_absolute_and_reach_one_place() {
        for good in ["https://a.jp/cb?x=1", "http://127.0.0.1:8080/cb", "jp.example.vod:/cb"] {
            assert_eq!(refused(|terms| terms.redirect_uris = vec![good.to_owned()]), "accepted");
        }
        for bad in [
            "/cb",
            "http://vod.example.jp/cb",
            "https://a.jp/cb#part",
            "https://me@a.jp/cb",
            "https://*.a.jp/cb",
            "javascript:alert(1)",
            "https://日本.jp/cb",
            "data:text/html,x",
        ] {
            let code = refused(|terms| terms.redirect_uris = vec![bad.to_owned()]);
            assert_eq!(code, "client.redirect_uri_malformed", "{bad}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let public = |terms: &mut ClientTerms| {
            terms.method = AuthMethod::None;
            terms.proof = Proof::None;
        };
        assert_eq!(refused(public), "accepted");
        let code = refused(|terms| {
            public(terms);
            terms.pkce = Pkce::ExemptWithNonce;
        });
        assert_eq!(code, "client.exemption_not_allowed");
        let code = refused(|terms| {
            public(terms);
            terms.grants.push(Grant::ClientCredentials);
        });
        assert_eq!(code, "client.grant_not_allowed");
        assert_eq!(
            refused(|terms| terms.scopes.push("sms".to_owned())),
            "client.scope_not_allowed"
        );
        assert_eq!(refused(|terms| terms.kind = ClientKind::Sms), "client.grant_not_allowed");
        assert_eq!(refused(|terms| terms.proof = Proof::Secret(None)), "client.secret_missing");
        assert_eq!(refused(|terms| terms.proof = Proof::None), "client.proof_differs");
    }

    #[test]
    fn a_key_set_with_anything_private_is_refused_and_of_a_public_one_nothing_else_is_kept() {
        let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": "one",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let put = |member: &str| {
            let mut key = public.clone();
            key[member] = json!("c2VjcmV0");
            refused(|terms| {
                terms.method = AuthMethod::PrivateKeyJwt;
                terms.proof = Proof::Keys(json!({"keys": [key]}).to_string());
            })
        };
        for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(put(member), "client.keys_malformed", "{member}");
        }
        assert_eq!(put("note"), "accepted");
        let mut noted = public.clone();
        noted["note"] = json!("c2VjcmV0");
        let kept = public_form(&json!({"keys": [noted], "more": "c2VjcmV0"}).to_string()).unwrap();
        assert!(!kept.contains("c2VjcmV0") && kept.contains("f83OJ3D2"), "{kept}");
        assert_eq!(public_form(&kept).unwrap(), kept, "one form");
    }

    #[test]
    fn the_sector_is_the_one_host_or_must_be_named() {
        let two = || vec!["https://a.jp/cb".to_owned(), "https://b.jp/cb".to_owned()];
        assert_eq!(complete(&service(), None, "vod").unwrap().sector, "vod.example.jp");
        assert_eq!(refused(|terms| terms.redirect_uris = two()), "client.sector_missing");
        let code = refused(|terms| {
            terms.redirect_uris = two();
            terms.sector = "vod".to_owned();
        });
        assert_eq!(code, "accepted");
    }
}
