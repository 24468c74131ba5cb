//! Telling services that a session has ended: the notice of the outbox becomes a token when it is sent, so
//! that a notice that waited for a day is no old token, and the client's address of now counts.
//!
//! Source: OpenID Connect Back-Channel Logout 1.0 §2.4, §2.5.

use base::kernel::{Error, Result, Scope, clock};
use base::records::outbox::{Delivery, Outcome};
use domain::sessions::{self, Told};
use domain::signing::Issuer;
use outlets::logout;
use serde_json::json;
use url::Url;

use super::outbox::note_call;
use super::system;
use crate::wiring::Parts;

/// How long a logout token is good. Source: §2.4 (“preferably at most two minutes in the future”).
const TOKEN_SECONDS: i64 = 120;
/// The one event a logout token has.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Sends the notice, and writes into the linkage log how it went.
pub(super) async fn deliver(parts: &Parts, operator: &str, delivery: &Delivery) -> Outcome {
    let (own, at, notice) = (parts.clone(), operator.to_owned(), delivery.clone());
    let call = super::outbox::blocking(move || call(&own, &at, &notice)).await;
    let outcome = match call {
        Ok(Some((url, token))) => logout::deliver(&parts.http, &url, &token).await,
        Ok(None) => Outcome::Refused("the client is not told of ends any more".to_owned()),
        Err(error) => Outcome::Failed(error.code().to_owned()),
    };
    note_call(parts, (operator, "logout"), (delivery, &outcome));
    outcome
}

/// Where to, with which token; `None`: to nobody.
fn call(parts: &Parts, operator: &str, delivery: &Delivery) -> Result<Option<(Url, String)>> {
    let Some(told) = Told::parse(&delivery.payload) else { return Ok(None) };
    let Some(found) = parts.clients.find(operator, &told.client)? else { return Ok(None) };
    let Some(uri) = &found.client.terms.profile.backchannel_logout_uri else { return Ok(None) };
    let url = Url::parse(uri).map_err(Error::internal)?;
    let base_url = &parts.config.base_url;
    let issuer = if told.issuer == Scope::PLATFORM {
        Issuer::of_platform(base_url)
    } else {
        Issuer::of_operator(base_url, &told.issuer)
    };
    let handles = parts.signing.handles();
    let now = clock::now();
    let seconds = now.ms() / 1000;
    let person = format!("person:{}", told.person_id);
    let claims = json!({
        "iss": issuer.url(),
        "aud": told.client,
        "iat": seconds,
        "exp": seconds + TOKEN_SECONDS,
        // Another one at every try: who took the first and could not say so takes the second too.
        "jti": format!("{}-{}", delivery.id, delivery.attempts),
        "sub": handles.pairwise(operator, &told.sector, &person),
        "sid": sessions::session_name(handles, (operator, &told.client), &told.session),
        "events": {EVENT: {}},
    });
    let algorithm = found.client.terms.profile.id_token_signed_response_alg;
    let ring = parts.signing.ring_with(issuer.operator(), algorithm)?;
    let token =
        ring.signer_with(algorithm, now)?.sign("logout+jwt", &claims).map_err(Error::internal)?;
    Ok(Some((url, token)))
}

/// Reads one event of a household: who must be told of what it ended. Nobody is called.
pub(super) async fn read(parts: &Parts, operator: &str, delivery: &Delivery) -> Outcome {
    let (db, scope) = (parts.db.clone(), system(operator));
    let (event, payload) = (delivery.event.clone(), delivery.payload.clone());
    let read = super::outbox::blocking(move || {
        db.housekeep(&scope, "session-ends", move |tx| sessions::read_end(tx, (&event, &payload)))
    })
    .await;
    match read {
        Ok(()) => Outcome::Delivered,
        Err(error) => Outcome::Failed(error.code().to_owned()),
    }
}
