//! The grant of a client for itself.

use domain::administration;
use domain::clients::AuthMethod;
use domain::tokens::{ACCESS_SECONDS, Asked};

use super::super::answers::TokenRefusal;
use super::{Answer, Asking, Tokens};

/// RFC 6749 §4.4: only for clients that prove themselves; no refresh token. Scopes that are
/// about a person are left out.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    if asking.client.terms.method == AuthMethod::None {
        return Err(TokenRefusal::request("unauthorized_client", "client.grant_not_allowed"));
    }
    administration::admit(&asking.provider.db, &asking.client, asking.now)?;
    let about_persons = ["openid", "offline_access"];
    let scope: Vec<String> = asking
        .client
        .scopes_of(asking.form.get("scope").unwrap_or_default())
        .split(' ')
        .filter(|one| !one.is_empty() && !about_persons.contains(one))
        .map(str::to_owned)
        .collect();
    if scope.is_empty() {
        return Err(TokenRefusal::request("invalid_scope", "client.scope_not_allowed"));
    }
    let scope = scope.join(" ");
    let keys = (&asking.issuer, asking.ring.as_ref());
    let asked = Asked { cnf: asking.cnf.as_ref(), ..Asked::own(&scope) };
    let access_token = asking.provider.tokens.mint(keys, &asking.client, &asked, asking.now)?;
    Ok(Tokens {
        access_token,
        issued_token_type: None,
        token_type: asking.token_type(),
        expires_in: ACCESS_SECONDS,
        scope,
        refresh_token: None,
        id_token: None,
    })
}
