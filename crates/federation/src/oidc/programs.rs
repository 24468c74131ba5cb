//! What a program presents at the endpoints of programs to prove who it is.
//!
//! Source: RFC 6749 §2.3.1, RFC 7521 §4.2, RFC 7523 §2.2.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use base::kernel::{Actor, Error, Instant, Result, Scope, clock};
use domain::clients::{Client, Presented};
use domain::signing::Issuer;
use formats::certificate::{Named, NotReadable};
use formats::oauth::{BasicCredentials, ParameterFault, Parameters};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use web::access::Acted;
use web::place::Place;
use web::{at_once, current};

use super::Provider;
use super::answers::TokenRefusal;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that proved itself, and what it sent.
pub(super) struct Program<'a> {
    pub(super) issuer: Issuer,
    pub(super) client: Arc<Client>,
    pub(super) form: Parameters<'a>,
    pub(super) now: Instant,
}

/// Answers an endpoint of programs, at once where memory knows enough: `work` makes the answer and says whose it is, for the
/// access log. Nobody on the way may keep it.
pub(super) async fn answered(
    work: impl Fn() -> std::result::Result<(Response, String), TokenRefusal> + Send + 'static,
) -> Response {
    let worked = at_once(move || Ok(work())).await;
    match worked.map_err(TokenRefusal::from).and_then(|inner| inner) {
        Err(refusal) => refusal.into_response(),
        Ok((mut response, client)) => {
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(CACHE_CONTROL, no_store);
            response.extensions_mut().insert(Acted(format!("client:{client}").into()));
            response
        }
    }
}

/// The one guard of the endpoints that programs call with a form: reads it and authenticates who sent
/// it, by the method they are registered with.
///
/// # Errors
/// `request.parameters_malformed`, `request.parameter_repeated`; `operator.unknown`; those of
/// [`presented`] and of `Clients::authenticate`
pub(super) fn known<'a>(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &'a [u8]),
) -> std::result::Result<Program<'a>, TokenRefusal> {
    let malformed = || TokenRefusal::request("invalid_request", "request.parameters_malformed");
    if !is_form(headers) {
        return Err(malformed());
    }
    let form = Parameters::parse(body).map_err(|fault| match fault {
        ParameterFault::Repeated { .. } => {
            TokenRefusal::request("invalid_request", "request.parameter_repeated")
        }
        _ => malformed(),
    })?;
    let issuer = provider.issuer(place)?;
    let now = clock::now();
    let endpoint = format!("{}/token", issuer.url());
    let scope = Scope::new(issuer.operator(), Actor::Anonymous, now);
    let shown = presented((headers, &form), provider.certificates.as_ref())?;
    let client = provider.clients.authenticate(&scope, &shown, &[issuer.url(), &endpoint])?;
    current::share_with(&client.terms.profile.web_origins);
    Ok(Program { issuer, client, form, now })
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The certificate of the caller's connection, which a proxy that is believed wrote into the header `name`;
/// everybody else's header of that name was taken out (`web::strangers::unbelieved`).
fn certificate(
    headers: &HeaderMap,
    name: &HeaderName,
) -> std::result::Result<Option<Named>, NotReadable> {
    let mut all = headers.get_all(name).iter();
    let (first, more) = (all.next(), all.next());
    let Some(value) = first.filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().map_err(|_| NotReadable)?;
    if more.is_some() { Err(NotReadable) } else { Named::of_header(text).map(Some) }
}

/// The one proof in a request.
///
/// # Errors
/// `client.not_authenticated` — a header or a certificate that can not be read, or nobody named;
/// `request.several_proofs` — more than one (RFC 6749 §2.3)
fn presented(
    (headers, form): (&HeaderMap, &Parameters<'_>),
    certificates: Option<&HeaderName>,
) -> Result<Presented> {
    let unproven = || Error::Unauthenticated { code: "client.not_authenticated" };
    let certificate = match certificates {
        Some(name) => certificate(headers, name).map_err(|_| unproven())?,
        None => None,
    };
    let header = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let basic = match header {
        Some(header) => Some(BasicCredentials::parse(header).ok().flatten().ok_or_else(unproven)?),
        None => None,
    };
    let id = form.get("client_id").map(str::to_owned);
    let secret = form.get("client_secret").map(str::to_owned);
    let assertion = form.get("client_assertion").map(str::to_owned);
    match (basic, secret, assertion) {
        (Some(basic), None, None) => {
            if id.is_some_and(|id| id != basic.client_id) {
                return Err(unproven());
            }
            Ok(Presented::Basic { id: basic.client_id, secret: basic.client_secret })
        }
        (None, Some(secret), None) => Ok(Presented::Post { id: id.ok_or_else(unproven)?, secret }),
        (None, None, Some(token)) if form.get("client_assertion_type") == Some(JWT_BEARER) => {
            Ok(Presented::Assertion { token, id })
        }
        (None, None, Some(_)) => Err(unproven()),
        (None, None, None) => {
            let id = id.ok_or_else(unproven)?;
            Ok(match certificate {
                Some(named) => Presented::Certificate { id, named: Arc::new(named) },
                None => Presented::Nothing { id },
            })
        }
        _ => Err(Error::invalid("request.several_proofs", "client_secret")),
    }
}
