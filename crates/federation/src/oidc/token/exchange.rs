//! The grant of two persons' tokens.

use domain::signin::Exchanging;
use domain::tokens::{ACCESS_SECONDS, Asked, By, OnBehalfOf};

use super::super::answers::TokenRefusal;
use super::{Answer, Asking, Tokens};

/// The one type of token that is exchanged, and given. Source: RFC 8693 §3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// RFC 8693 §2: delegation only, so that both tokens are needed. No refresh token: who wants another one shows
/// that both persons are still there.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    for name in ["subject_token_type", "actor_token_type"] {
        if asking.require(name)? != ACCESS_TOKEN {
            return Err(TokenRefusal::request("invalid_request", "exchange.type_unknown"));
        }
    }
    if asking.form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
        return Err(TokenRefusal::request("invalid_request", "exchange.type_unknown"));
    }
    if asking.form.get("audience").is_some_and(|named| named != asking.issuer.url()) {
        return Err(TokenRefusal::request("invalid_target", "request.resource_unknown"));
    }
    let with = Exchanging {
        subject: asking.require("subject_token")?,
        actor: asking.require("actor_token")?,
        wanted: asking.form.get("scope"),
        jkt: asking.jkt(),
    };
    let (provider, now) = (asking.provider, asking.now);
    let whose = (&asking.client, &asking.issuer);
    let found = provider.journeys.exchange(&provider.tokens, whose, &with, now)?;
    let behalf = OnBehalfOf {
        subject: &found.given.subjects.person,
        operator: &found.given.operator,
        grant: &found.given.authorization.id,
    };
    let asked = Asked {
        scope: &found.given.scope,
        behalf: Some(behalf),
        by: By::SignIn,
        acting: Some((&found.acting, found.until)),
        cnf: asking.cnf.as_ref(),
    };
    let keys = (&asking.issuer, asking.ring.as_ref());
    Ok(Tokens {
        access_token: provider.tokens.mint(keys, &asking.client, &asked, now)?,
        issued_token_type: Some(ACCESS_TOKEN),
        token_type: asking.token_type(),
        expires_in: ACCESS_SECONDS.min(found.until - now.ms() / 1000),
        scope: found.given.scope,
        refresh_token: None,
        id_token: None,
    })
}
