//! The grant of a box at home: a token it signed, for one about its household.

use domain::tokens::{Asked, By, HOME_SECONDS, OnBehalfOf};

use super::super::answers::TokenRefusal;
use super::{Answer, Asking, Tokens};

/// RFC 7523 §2.1. No refresh token and no ID token: nobody signed in, and the box signs again when a day is over.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    // §2.1: as many as one.
    let shown = asking.require("assertion")?;
    let whose = (&asking.client, &asking.issuer);
    let with = (shown, asking.form.get("scope"));
    let (provider, now) = (asking.provider, asking.now);
    let home = provider.journeys.enter_home(whose, with, now).map_err(TokenRefusal::from)?;
    let behalf =
        OnBehalfOf { subject: &home.household, operator: &home.operator, grant: &home.grant };
    let cnf = asking.cnf.as_ref();
    let asked = Asked { scope: &home.scope, behalf: Some(behalf), by: By::Home, acting: None, cnf };
    let keys = (&asking.issuer, asking.ring.as_ref());
    Ok(Tokens {
        access_token: provider.tokens.mint(keys, &asking.client, &asked, now)?,
        issued_token_type: None,
        token_type: asking.token_type(),
        expires_in: HOME_SECONDS,
        scope: home.scope,
        refresh_token: None,
        id_token: None,
    })
}
