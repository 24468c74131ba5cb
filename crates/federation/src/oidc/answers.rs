//! Answers of the protocol: redirects back to the service, errors of the token endpoint.

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base::kernel::Error;
use base::store::needs_time;
use domain::signin::{Destination, Finish, OwnPage, Request, ResponseMode, Visit};
use domain::signing::Issuer;
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use url::form_urlencoded;
use web::access::Acted;
pub(super) use web::answers::see_other;
use web::entry::SESSION_COOKIE;
use web::{Page, Refusal, current};

use super::Provider;
use super::pages::Words;

/// `uri` with parameters added; what it holds already is left as it is, character by character.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let added = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{added}")
}

/// Sends the browser where the sign-in was for: back to the service with its code, or to our own page. Source: RFC 6749 §4.1.2, RFC 9207 §2.
pub(super) fn finished(provider: &Provider, finish: &Finish) -> Response {
    let mut response = match &finish.to {
        Destination::Client { request, code } => to_client(provider, (request, code)),
        Destination::Own(visit) => see_other(&to_own(provider, visit)),
        Destination::Refused { request, error } => {
            let issuer = Issuer::of(&provider.base_url, &request.issuer);
            let fault = Refused { error, description: "who signed in, or how" };
            refused(&Back::of(request), issuer.url(), fault)
        }
    };
    if let Some((cookie, seconds)) = &finish.session
        && let Some(cookie) = provider.cookies().write(SESSION_COOKIE, cookie, Some(*seconds))
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.extensions_mut().insert(Acted(format!("person:{}", finish.person_id).into()));
    response
}

fn to_client(provider: &Provider, (request, code): (&Request, &str)) -> Response {
    let issuer = Issuer::of(&provider.base_url, &request.issuer);
    let mut parameters = vec![("code", code)];
    parameters.extend(request.state.as_deref().map(|state| ("state", state)));
    parameters.push(("iss", issuer.url()));
    go_back(request.mode, &request.redirect_uri, &parameters)
}

/// Where an answer goes back to, and how.
pub(super) struct Back<'b> {
    /// The client's address.
    pub(super) address: &'b str,
    /// Its `state`.
    pub(super) state: Option<&'b str>,
    /// In the address or in a form.
    pub(super) mode: ResponseMode,
}

impl<'b> Back<'b> {
    fn of(request: &'b Request) -> Self {
        Self { address: &request.redirect_uri, state: request.state.as_deref(), mode: request.mode }
    }
}

#[derive(Template)]
#[template(path = "back.html")]
struct BackBody<'b> {
    words: Words,
    address: &'b str,
    parameters: &'b [(&'b str, &'b str)],
    script: &'static str,
}

/// Sends the browser to the client's `address` with `parameters`: led there, or by a form that sends
/// itself and has a button where nothing runs.
///
/// Source: OAuth 2.0 Form Post Response Mode §2.
fn go_back(mode: ResponseMode, address: &str, parameters: &[(&str, &str)]) -> Response {
    if mode == ResponseMode::Query {
        return see_other(&with_parameters(address, parameters));
    }
    let words = Words(current::get().language);
    let body = BackBody { words, address, parameters, script: web::SUBMIT };
    match Page::new(words.0, words.get("back.title"), &body) {
        Ok(page) => page.form_leads_to(address).submits_itself().into_response(),
        Err(error) => web::Problem::from(error).into_response(),
    }
}

/// The address of a page of our own.
pub(super) fn to_own(provider: &Provider, visit: &Visit) -> String {
    let issuer = Issuer::of(&provider.base_url, &visit.issuer);
    let address = format!("{}/{}", issuer.url(), visit.own.path());
    match &visit.own {
        OwnPage::Device { user_code: Some(code) } => {
            with_parameters(&address, &[("user_code", code)])
        }
        _ => address,
    }
}

/// An error the service is told through the browser. Source: RFC 6749 §4.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// The registered word.
    pub(super) error: &'static str,
    /// Which parameter, for the service's programmer.
    pub(super) description: &'static str,
}

/// Tells the service that the person did not allow it. Source: RFC 6749 §4.1.2.1.
pub(super) fn denied(provider: &Provider, request: &Request) -> Response {
    let issuer = Issuer::of(&provider.base_url, &request.issuer);
    let denied = Refused { error: "access_denied", description: "the person did not allow it" };
    refused(&Back::of(request), issuer.url(), denied)
}

/// Sends the browser back to the service with an error.
pub(super) fn refused(back: &Back<'_>, issuer: &str, refused: Refused) -> Response {
    let mut parameters = vec![("error", refused.error), ("error_description", refused.description)];
    parameters.extend(back.state.map(|state| ("state", state)));
    parameters.push(("iss", issuer));
    let mut response = go_back(back.mode, back.address, &parameters);
    response.extensions_mut().insert(Refusal(refused.error));
    response
}

/// An error at the token endpoint. Source: RFC 6749 §5.2.
#[derive(Debug)]
pub(super) struct TokenRefusal {
    status: StatusCode,
    error: &'static str,
    code: &'static str,
    wait: Option<u64>,
}

impl TokenRefusal {
    /// A parameter that must be there is not.
    pub(super) const fn missing() -> Self {
        Self::request("invalid_request", "request.parameter_missing")
    }

    /// The request itself is wrong.
    pub(super) const fn request(error: &'static str, code: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, code, wait: None }
    }
}

impl From<Error> for TokenRefusal {
    /// Each kind of error in the words of RFC 6749; the stable code stands in the description.
    fn from(error: Error) -> Self {
        let code = error.code();
        let (status, word, wait) = match &error {
            // RFC 6749 §5.2, §6: what is wrong with a scope has a word of its own.
            Error::Invalid { field, .. } if field == "scope" => {
                (StatusCode::BAD_REQUEST, "invalid_scope", None)
            }
            Error::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_request", None),
            // RFC 9449 §5: the client is who it says, and its key is not.
            Error::Unauthenticated { code: "dpop.proof_invalid" | "dpop.proof_missing" } => {
                (StatusCode::BAD_REQUEST, "invalid_dpop_proof", None)
            }
            // RFC 9449 §8: with what it is to answer beside it.
            Error::Unauthenticated { code: "dpop.nonce_needed" } => {
                (StatusCode::BAD_REQUEST, "use_dpop_nonce", None)
            }
            Error::Unauthenticated { .. } => (StatusCode::UNAUTHORIZED, "invalid_client", None),
            Error::Forbidden { .. } => (StatusCode::BAD_REQUEST, "unauthorized_client", None),
            Error::NotFound { .. } | Error::Refused { .. } => {
                (StatusCode::BAD_REQUEST, "invalid_grant", None)
            }
            Error::TooMany { wait, .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "slow_down", Some(wait.as_secs().max(1)))
            }
            Error::Conflict { .. } | Error::Unavailable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", Some(2))
            }
            Error::Internal { detail } => {
                tracing::error!(detail, "internal error at the token endpoint");
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None)
            }
        };
        // Where memory was asked first this is no answer yet: the work begins anew on a thread that may wait.
        if let Error::Unavailable { source, detail } = &error
            && needs_time().is_ok()
        {
            tracing::warn!(source, detail, "unavailable at the token endpoint");
        }
        Self { status, error: word, code, wait }
    }
}

impl From<Refused> for TokenRefusal {
    /// A fault of an authorization request, told to the client itself. Source: RFC 9126 §2.3.
    fn from(refused: Refused) -> Self {
        Self::request(refused.error, refused.description)
    }
}

impl From<web::Problem> for TokenRefusal {
    fn from(problem: web::Problem) -> Self {
        Self::from(problem.into_error())
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.code});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="aikagi""#);
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Refusal(self.code));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_redirect_address_holds_is_left_as_it_is() {
        let added = |uri| with_parameters(uri, &[("code", "a.b"), ("state", "髙 &=")]);
        let tail = "code=a.b&state=%E9%AB%99+%26%3D";
        assert_eq!(added("https://a.jp/cb"), format!("https://a.jp/cb?{tail}"));
        assert_eq!(added("https://a.jp/cb?x=%7e"), format!("https://a.jp/cb?x=%7e&{tail}"));
        assert_eq!(added("jp.example.vod:/cb"), format!("jp.example.vod:/cb?{tail}"));
    }
}
