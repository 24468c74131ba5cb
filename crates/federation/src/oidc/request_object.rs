//! A request the client signed (`request`): its parameters instead of those that stand beside it.
//!
//! By value only: no address is fetched. Source: RFC 9101 §5, §6; RFC 9126 §3.

use base::kernel::{Result, clock};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use url::form_urlencoded::Serializer;

use super::Provider;

/// The request a client signed, as a form; what stands beside it does not count. `None`: there is none, or
/// the client has no keys to sign with, and the checks say so.
///
/// # Errors
/// `authorize.request_object_invalid`
pub(super) fn opened(
    provider: &Provider,
    issuer: &Issuer,
    parameters: &Parameters<'_>,
) -> Result<Option<String>> {
    let (Some(token), Some(id)) = (parameters.get("request"), parameters.get("client_id")) else {
        return Ok(None);
    };
    let Some(found) = provider.clients.find(issuer.operator(), id)? else { return Ok(None) };
    if !found.client.signs_requests() {
        return Ok(None);
    }
    let asked = found.client.open_request(token, (issuer.url(), clock::now()))?;
    Ok(Some(Serializer::new(String::new()).extend_pairs(asked).finish()))
}
