//! `…/services`: what a person allows which services, and where they take it back.
//!
//! Source: `docs/decisions/0028`.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Change, Error, Result, clock};
use domain::sessions::Consent;
use domain::signin::{OwnPage, Purpose, SignedIn, Visit};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::access::Acted;
use web::{Page, blocking, current, forms, words};

use super::Provider;
use super::answers::SESSION_COOKIE;
use super::authorize::{begin, or_page, parameter_fault};
use super::consent::Question;
use super::pages::{Words, in_language};
use super::place::Place;

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "services";

/// One service on the page.
struct Listed {
    operator: String,
    id: String,
    name: String,
    lines: Vec<&'static str>,
    since: String,
}

#[derive(Template)]
#[template(path = "services.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    listed: Vec<Listed>,
}

/// The person at the page, and the cookie that says so.
struct Here {
    issuer: Issuer,
    who: SignedIn,
    session: String,
}

/// `GET …/services`: signs in first, then lists.
pub(super) async fn show(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    or_page(
        blocking(move || match here(&provider, &place, &headers)? {
            Ok(here) => page(&provider, &here, None),
            Err(sign_in) => Ok(sign_in),
        })
        .await,
    )
}

/// `POST …/services`: takes back what one service was allowed.
pub(super) async fn withdraw(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    or_page(blocking(move || withdrawn(&provider, &place, (&headers, &body))).await)
}

/// Who is here; or the answer that begins a sign-in.
fn here(
    provider: &Provider,
    place: &Place,
    headers: &HeaderMap,
) -> Result<std::result::Result<Here, Response>> {
    let issuer = place.issuer(provider)?;
    if let Some(session) = provider.cookies().read(headers, SESSION_COOKIE) {
        let at = (issuer.operator(), clock::now());
        if let Some(who) = provider.journeys.session_of(&session, at)? {
            return Ok(Ok(Here { issuer, who, session }));
        }
    }
    let visit = Visit { issuer: issuer.operator().to_owned(), own: OwnPage::Services };
    begin(provider, &issuer, (&Purpose::Own(visit), headers)).map(Err)
}

fn withdrawn(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &[u8]),
) -> Result<Response> {
    forms::check_origin(headers, &provider.base_url)?;
    let form = Parameters::parse(body).map_err(|fault| parameter_fault(&fault))?;
    let here = match here(provider, place, headers)? {
        Ok(here) => here,
        Err(sign_in) => return Ok(sign_in),
    };
    let proof = form.get("proof").unwrap_or_default();
    if !provider.signing.handles().is_form_proof(proof, &here.session, PURPOSE) {
        return Err(Error::Forbidden { code: "form.foreign" });
    }
    let get = |name| form.get(name).unwrap_or_default();
    let which = (get("operator"), get("client"));
    let change = provider.journeys.withdraw_consent(&here.who, which, clock::now())?;
    page(provider, &here, Some(change))
}

fn page(provider: &Provider, here: &Here, withdrawn: Option<Change>) -> Result<Response> {
    let words = Words(current::get().language);
    let consents = provider.journeys.consents_of(&here.who, clock::now())?;
    let listed = consents.iter().map(|consent| listed(provider, words, consent));
    let body = Body {
        words,
        title: words.get("services.title"),
        address: &format!("{}/services", here.issuer.url()),
        proof: &provider.signing.handles().form_proof(&here.session, PURPOSE),
        message: withdrawn.map(|_| words.get("services.withdrawn").to_owned()),
        listed: listed.collect::<Result<_>>()?,
    };
    let operator = provider.operator(&here.who.operator)?;
    let owner = in_language(words.0, &operator.name_ja, &operator.name_en);
    let mut response = Page::new(words.0, body.title, &body)?.owned_by(owner).into_response();
    let actor = Acted(format!("person:{}", here.who.member.person_id).into());
    response.extensions_mut().insert(actor);
    Ok(response)
}

/// A client that is no more is named by its id, so that what it was allowed can still be taken back.
fn listed(provider: &Provider, words: Words, consent: &Consent) -> Result<Listed> {
    let found = provider.clients.find(&consent.client_operator, &consent.client_id)?;
    let (name, lines) = match found {
        None => (consent.client_id.clone(), Vec::new()),
        Some(found) => {
            let terms = &found.client.terms;
            let question = Question::about(words.0, &found.client, &consent.scopes);
            let name = in_language(words.0, &terms.name_ja, &terms.name_en);
            (name.to_owned(), question.lines)
        }
    };
    let day = consent.given.day_jst().compact();
    let part = |from: usize, to: usize| day.get(from..to).unwrap_or_default();
    let since = [("year", part(0, 4)), ("month", part(4, 6)), ("day", part(6, 8))];
    Ok(Listed {
        operator: consent.client_operator.clone(),
        id: consent.client_id.clone(),
        name,
        lines,
        since: words::fill(words.0, "services.since", &since),
    })
}
