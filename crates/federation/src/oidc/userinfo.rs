//! `GET` and `POST …/userinfo`: what a service may know of a person, as it is now.
//!
//! Source: OpenID Connect Core §5.3, RFC 6750 §2.1, §3.1; RFC 9449 §7.1.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Instant, clock};
use base::store::needs_time;
use domain::clients::Client;
use domain::signin::{AtHome, Given};
use domain::tokens::{AccessClaims, Shown};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use web::access::Acted;
use web::place::Place;
use web::{Problem, at_once, current};

use super::Provider;
use super::claims::{About, AboutHousehold, signed_about};

/// The endpoint.
pub(super) async fn answer(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let proof = current::get().proof();
    let shown =
        web::shown(&headers, None).ok_or(Error::Unauthenticated { code: "token.missing" })?;
    let (token, scheme) = (shown.token.to_owned(), shown.scheme);
    let (mut response, client) = at_once(move || {
        let issuer = provider.issuer(&place)?;
        let shown = Shown { token: &token, scheme, proof: proof.as_deref() };
        let verified = provider.tokens.verify_shown(&issuer, &shown);
        let verified = web::proven(&provider.tokens, &issuer, verified)?;
        current::share_with(&verified.client.terms.profile.web_origins);
        if !verified.allows("openid") {
            return Err(Error::Forbidden { code: "token.scope_missing" });
        }
        let (client, now) = (verified.client, clock::now());
        let holder = Holder::of((&provider, &verified.claims), &client, now)?;
        // Core §5.3.2: as JSON, or signed for a client that registered for it.
        let Some(algorithm) = client.terms.profile.userinfo_signed_response_alg else {
            return Ok((Json(holder.told()).into_response(), client));
        };
        needs_time()?;
        let ring = provider.signing.ring_with(issuer.operator(), algorithm)?;
        let token = signed_about((&issuer, &ring), (holder.told(), &client), algorithm, now)?;
        Ok((([(CONTENT_TYPE, "application/jwt")], token).into_response(), client))
    })
    .await?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Acted(format!("client:{}", client.id).into()));
    Ok(response)
}

/// Whoever a token is about.
enum Holder {
    Given(Box<Given>),
    Home(AtHome),
}

/// What is told of them.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Person(About<'a>),
    Household(AboutHousehold<'a>),
}

impl Holder {
    fn of(
        (provider, claims): (&Provider, &AccessClaims),
        client: &Client,
        now: Instant,
    ) -> Result<Self, Error> {
        let journeys = &provider.journeys;
        if claims.is_home() {
            return journeys.holder_at_home(claims, client, now).map(Self::Home);
        }
        let given = journeys.holder(claims, client, now)?;
        Ok(Self::Given(Box::new(given)))
    }

    fn told(&self) -> Told<'_> {
        match self {
            Self::Given(given) => match &given.member {
                Some(member) => Told::Person(About::of(given, member)),
                None => Told::Household(AboutHousehold::of(given)),
            },
            Self::Home(home) => Told::Household(AboutHousehold::at_home(home)),
        }
    }
}
