//! `GET` and `POST …/authorize`: where a service sends the browser.
//!
//! Source: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2, RFC 9126 §4.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::signin::{Asked, Conditions, Continued, Purpose};
use domain::signing::Issuer;
use formats::oauth::{ParameterFault, Parameters};
use http::HeaderMap;
use url::form_urlencoded::Serializer;
pub(super) use web::answers::{or_page, parameter_fault};
use web::blocking;
use web::entry::{self, SESSION_COOKIE};
use web::place::Place;

use super::Provider;
use super::answers::{Back, Refused, finished, refused, see_other};
use super::checks::{Passed, Prompt, Way, check, identify, keep, mode_of};
use super::pushed::brought;
use super::request_object::opened;

/// The longest address a form is sent on to: so much every browser and proxy has room for.
/// Source: RFC 9110 §4.1.
pub(super) const LONGEST_ADDRESS: usize = 8000;

/// `GET`: parameters in the address.
pub(super) async fn by_query(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(provider, place, (query.unwrap_or_default().into_bytes(), headers)).await
}

/// `POST`: parameters in a form, sent on as the same request by `GET`.
///
/// A form of another site comes without our cookies (`SameSite=Lax`). Answered at once it would
/// begin a sign-in under a new browser cookie and end those that are open in other tabs; the `GET`
/// that follows has the cookies.
pub(super) async fn by_form(
    State(provider): State<Arc<Provider>>,
    place: Place,
    body: Bytes,
) -> Response {
    or_page(blocking(move || again(&provider, &place, ("authorize", &body))).await)
}

/// Sends a form on to `endpoint` as the same request by `GET`.
pub(super) fn again(
    provider: &Provider,
    place: &Place,
    (endpoint, body): (&str, &[u8]),
) -> Result<Response> {
    let issuer = provider.issuer(place)?;
    let parameters = Parameters::parse(body).map_err(|fault| parameter_fault(&fault))?;
    let query = Serializer::new(String::new()).extend_pairs(parameters.iter()).finish();
    let address = format!("{}/{endpoint}?{query}", issuer.url());
    if address.len() > LONGEST_ADDRESS {
        return Err(parameter_fault(&ParameterFault::TooLong));
    }
    Ok(see_other(&address))
}

async fn answer(
    provider: Arc<Provider>,
    place: Place,
    (text, headers): (Vec<u8>, HeaderMap),
) -> Response {
    let decided = blocking(move || {
        let issuer = provider.issuer(&place)?;
        decide(&provider, &issuer, (&text, &headers))
    })
    .await;
    or_page(decided)
}

fn decide(
    provider: &Provider,
    issuer: &Issuer,
    (text, headers): (&[u8], &HeaderMap),
) -> Result<Response> {
    let parse = |text| Parameters::parse(text).map_err(|fault| parameter_fault(&fault));
    let came = parse(text)?;
    let kept = brought(provider, issuer, &came)?;
    let signed = if kept.is_none() { opened(provider, issuer, &came)? } else { None };
    let (parameters, way) = match (&kept, &signed) {
        (Some(kept), _) => (parse(kept.as_bytes())?, Way::Pushed),
        (None, Some(signed)) => (parse(signed.as_bytes())?, Way::Signed),
        (None, None) => (came, Way::Browser),
    };
    let asked = identify(provider, issuer, (&parameters, way))?;
    let back =
        Back { address: asked.redirect_uri, state: parameters.get("state"), mode: mode_of(&asked) };
    if let Err(fault) = check(&asked) {
        return Ok(refused(&back, issuer.url(), fault));
    }
    let passed = keep(issuer, &asked);
    let never = |error| {
        let fault = Refused { error, description: "prompt" };
        Ok(refused(&back, issuer.url(), fault))
    };
    match continue_session(provider, &passed, headers)? {
        Continued::Finished(finish) => Ok(finished(provider, &finish)),
        Continued::Asks(_, Asked::Consent) if passed.prompt == Prompt::Never => {
            never("consent_required")
        }
        Continued::SignIn | Continued::Asks(..) if passed.prompt == Prompt::Never => {
            never("login_required")
        }
        Continued::Asks(who, asked) => {
            let issuer = Issuer::of(&provider.base_url, &who.operator);
            entry::begin((provider.cookies(), headers), &issuer, |browser| {
                let purpose = Purpose::Code(passed.request);
                provider.journeys.begin_asking((&who, asked), &purpose, (browser, clock::now()))
            })
        }
        Continued::SignIn => begin(provider, issuer, (&Purpose::Code(passed.request), headers)),
    }
}

/// How far the browser's session is enough, if the service allows that.
fn continue_session(
    provider: &Provider,
    passed: &Passed,
    headers: &HeaderMap,
) -> Result<Continued> {
    let session = provider.cookies().read(headers, SESSION_COOKIE);
    let Some(session) = session.filter(|_| passed.prompt != Prompt::Always) else {
        return Ok(Continued::SignIn);
    };
    let asked = (&passed.request, &passed.client);
    let conditions = Conditions {
        max_age: passed.max_age,
        silent: passed.prompt == Prompt::Never,
        choosing: passed.prompt == Prompt::Choose,
        now: clock::now(),
    };
    provider.journeys.continue_session(&session, asked, conditions)
}

/// Begins a sign-in and sends the browser to its page.
pub(super) fn begin(
    provider: &Provider,
    issuer: &Issuer,
    (purpose, headers): (&Purpose, &HeaderMap),
) -> Result<Response> {
    entry::begin((provider.cookies(), headers), issuer, |browser| {
        provider.journeys.begin(purpose, (browser, clock::now()))
    })
}
