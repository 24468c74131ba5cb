//! What a service reads before the first sign-in: metadata and public keys.
//!
//! Source: OpenID Connect Discovery 1.0 §3, RFC 8414 §2 and §3, RFC 9207 §3, RFC 7517 §5, RFC 9449 §5.1.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::clients::SCOPES;
use domain::signing::Issuer;
use formats::jose::{Algorithm, SigningAlgorithm};
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};
use web::place::Place;
use web::{Problem, blocking};

use super::{Provider, token};

/// Services may keep both for an hour; a new key is published a day before it signs.
const KEEP: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=3600")];

/// How a client may prove who it is; where everybody is served, also that it does not.
fn methods(by_certificate: bool, public: bool) -> Vec<&'static str> {
    let certificate = by_certificate.then_some("tls_client_auth");
    let proven = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    proven.into_iter().chain(certificate).chain(public.then_some("none")).collect()
}

/// The grants the operator does not have, which are not named.
fn absent(place: &Place, provider: &Provider) -> base::kernel::Result<Vec<&'static str>> {
    let all =
        [(token::EXCHANGE, provider.exchanges(place)?), (token::HOME, provider.has_home(place)?)];
    Ok(all.into_iter().filter(|(_, has)| !has).map(|(name, _)| name).collect())
}

/// `GET …/.well-known/openid-configuration`, and in the form of RFC 8414.
pub(super) async fn configuration(
    State(provider): State<Arc<Provider>>,
    place: Place,
) -> Result<Response, Problem> {
    let by_certificate = provider.certificates.is_some();
    let (issuer, registers, absent) = blocking(move || {
        let issuer = provider.issuer(&place)?;
        Ok((issuer, provider.registers(&place)?, absent(&place, &provider)?))
    })
    .await?;
    let at = |path: &str| format!("{}{path}", issuer.url());
    // What the signatures of clients may be.
    let verified = Algorithm::ALL.map(Algorithm::name);
    let signed_with = SigningAlgorithm::ALL.map(SigningAlgorithm::name);
    let grants: Vec<_> = token::grants().filter(|name| !absent.contains(name)).collect();
    let mut metadata = json!({
        "issuer": issuer.url(),
        "authorization_endpoint": at("/authorize"),
        "pushed_authorization_request_endpoint": at("/par"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "end_session_endpoint": at("/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "jwks_uri": at("/jwks"),
        "scopes_supported": SCOPES.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "revocation_endpoint": at("/revoke"),
        "revocation_endpoint_auth_methods_supported": methods(by_certificate, true),
        "introspection_endpoint": at("/introspect"),
        "introspection_endpoint_auth_methods_supported": methods(by_certificate, false),
        "introspection_signing_alg_values_supported": ["ES256"],
        "device_authorization_endpoint": at("/device_authorization"),
        "grant_types_supported": grants,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": signed_with,
        "userinfo_signing_alg_values_supported": signed_with,
        "token_endpoint_auth_methods_supported": methods(by_certificate, true),
        "token_endpoint_auth_signing_alg_values_supported": verified,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": verified,
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": verified,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": true,
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
            "household", "operator", "role", "max_rating", "adult",
        ],
        "acr_values_supported": ["urn:aikagi:acr:password", "urn:aikagi:acr:mfa"],
        "ui_locales_supported": ["ja", "en"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    });
    add_some(&mut metadata, &issuer, (registers, !absent.contains(&token::HOME)));
    Ok((KEEP, Json(metadata)).into_response())
}

/// Names the endpoints only some operators have: where services register themselves, and where boxes sign in.
fn add_some(metadata: &mut Value, issuer: &Issuer, (registers, has_home): (bool, bool)) {
    let all = [
        (registers, "registration_endpoint", "/register"),
        (has_home, "tv_code_endpoint", "/tv_code"),
    ];
    let Some(metadata) = metadata.as_object_mut() else { return };
    for (_, name, path) in all.into_iter().filter(|(has, ..)| *has) {
        metadata.insert(name.to_owned(), json!(format!("{}{path}", issuer.url())));
    }
}

/// `GET …/jwks`
pub(super) async fn keys(
    State(provider): State<Arc<Provider>>,
    place: Place,
) -> Result<Response, Problem> {
    let ring = blocking(move || {
        let issuer = provider.issuer(&place)?;
        provider.signing.ring(issuer.operator())
    })
    .await?;
    Ok((KEEP, Json(ring.public())).into_response())
}
