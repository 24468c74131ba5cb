//! What a program presents at the token endpoint to prove who it is.
//!
//! Source: RFC 6749 §2.3.1, RFC 7521 §4.2, RFC 7523 §2.2.

use base::kernel::{Error, Result};
use domain::clients::Presented;
use formats::oauth::{BasicCredentials, Parameters};
use http::HeaderMap;
use http::header::AUTHORIZATION;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The one proof in a request.
///
/// # Errors
/// `client.not_authenticated` — a header that can not be read, or nobody named;
/// `request.several_proofs` — more than one (RFC 6749 §2.3)
pub(super) fn presented(headers: &HeaderMap, form: &Parameters<'_>) -> Result<Presented> {
    let unproven = || Error::Unauthenticated { code: "client.not_authenticated" };
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
        (None, None, None) => Ok(Presented::Nothing { id: id.ok_or_else(unproven)? }),
        _ => Err(Error::invalid("request.several_proofs", "client_secret")),
    }
}
