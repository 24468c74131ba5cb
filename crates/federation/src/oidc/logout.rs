//! `…/logout`: a service, or the person, ends the session of this browser.
//!
//! Only a hint that names the very session of this browser logs out at once; whoever else sends a browser
//! here makes it ask, so that no page can log anybody out. Source: OpenID Connect RP-Initiated Logout 1.0;
//! brief tve §3.4.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, Scope, clock};
use domain::clients::Client;
use domain::signin::{Extent, SignedInAt};
use domain::signing::Issuer;
use formats::oauth::{ParameterFault, Parameters};
use http::header::{REFRESH, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use web::entry::SESSION_COOKIE;
use web::place::Place;
use web::{Language, Page, blocking, cookies, current, forms, words};

use super::Provider;
use super::answers::{see_other, with_parameters};
use super::authorize::{again, or_page, parameter_fault};
use super::hints::{Hint, hint_of};
use super::pages::in_language;

/// Longest `state`.
const LONGEST_STATE: usize = 2048;
/// How long pages of services have before the browser goes on.
const FRAMES_SECONDS: u8 = 3;
/// What the proof in the form of the page is bound to, beside the session.
const PURPOSE: &str = "logout";

/// What was asked for.
struct Wish<'a> {
    client: Option<Arc<Client>>,
    /// Where the browser goes afterwards: one of the client's own addresses.
    back: Option<&'a str>,
    state: Option<&'a str>,
    hint: Option<Hint>,
    language: Language,
}

/// `GET`: parameters in the address.
pub(super) async fn by_query(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let text = query.unwrap_or_default().into_bytes();
    or_page(blocking(move || show(&provider, &place, (&text, &headers))).await)
}

/// `POST`: parameters in a form, sent on as the same request by `GET`, where the browser's cookies come
/// along (§2: both must be served).
pub(super) async fn by_form(
    State(provider): State<Arc<Provider>>,
    place: Place,
    body: Bytes,
) -> Response {
    or_page(blocking(move || again(&provider, &place, ("logout", &body))).await)
}

/// `POST …/logout/confirm`: the person says yes on our own page.
pub(super) async fn confirm(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    or_page(blocking(move || confirmed(&provider, &place, (&body, &headers))).await)
}

fn show(
    provider: &Provider,
    place: &Place,
    (text, headers): (&[u8], &HeaderMap),
) -> Result<Response> {
    let issuer = provider.issuer(place)?;
    let parameters = Parameters::parse(text).map_err(|fault| parameter_fault(&fault))?;
    let wish = read(provider, &issuer, (&parameters, headers))?;
    let Some(session) = provider.cookies().read(headers, SESSION_COOKIE) else {
        return left(provider, &issuer, (&wish, None));
    };
    let here = (issuer.operator(), clock::now());
    let (client_id, sid) =
        wish.hint.as_ref().map_or(("", ""), |hint| (hint.aud.as_str(), hint.sid.as_str()));
    match provider.journeys.session_at(&session, here, client_id) {
        None => left(provider, &issuer, (&wish, None)),
        Some((_, name)) if wish.hint.is_some() && name == sid => {
            end(provider, &issuer, (&wish, &session), Extent::Browser)
        }
        Some((operator, _)) => ask(provider, &issuer, (&wish, &session), &operator),
    }
}

fn confirmed(
    provider: &Provider,
    place: &Place,
    (body, headers): (&[u8], &HeaderMap),
) -> Result<Response> {
    let issuer = provider.issuer(place)?;
    forms::check_origin(headers, &provider.base_url)?;
    let form = Parameters::parse(body).map_err(|fault| parameter_fault(&fault))?;
    let Some(session) = provider.cookies().read(headers, SESSION_COOKIE) else {
        return Ok(see_other(&format!("{}/logout", issuer.url())));
    };
    let proof = form.get("proof").unwrap_or_default();
    if !provider.signing.handles().is_form_proof(proof, &session, PURPOSE) {
        return Err(Error::Forbidden { code: "form.foreign" });
    }
    let wish = read(provider, &issuer, (&form, headers))?;
    let all = form.get("extent") == Some("all");
    let extent = if all { Extent::AllDevices } else { Extent::Browser };
    end(provider, &issuer, (&wish, &session), extent)
}

/// Reads the request. A hint that can not be relied on is none; an address that is not the client's is
/// refused, before anything ends.
fn read<'a>(
    provider: &Provider,
    issuer: &Issuer,
    (parameters, headers): (&'a Parameters<'a>, &HeaderMap),
) -> Result<Wish<'a>> {
    let hint = match parameters.get("id_token_hint") {
        Some(token) => hint_of(provider, issuer, token)?,
        None => None,
    };
    let named = parameters.get("client_id").or(hint.as_ref().map(|hint| hint.aud.as_str()));
    let client = match named {
        Some(id) => provider.clients.find(issuer.operator(), id)?.map(|found| found.client),
        None => None,
    };
    let back = parameters.get("post_logout_redirect_uri");
    let own = |uri| client.as_ref().is_some_and(|client| client.may_be_left_for(uri));
    if back.is_some_and(|uri| !own(uri)) {
        return Err(Error::invalid("logout.redirect_uri_differs", "post_logout_redirect_uri"));
    }
    let state = parameters.get("state");
    if state.is_some_and(|state| state.len() > LONGEST_STATE) {
        return Err(parameter_fault(&ParameterFault::TooLong));
    }
    let fits = hint.as_ref().is_some_and(|hint| named == Some(hint.aud.as_str()));
    let hint = hint.filter(|_| fits);
    let chosen = cookies::read(headers, current::LANGUAGE_COOKIE).and_then(Language::of_tag);
    let asked = parameters.get("ui_locales").and_then(Language::of_list);
    let language = chosen.or(asked).unwrap_or(current::get().language);
    Ok(Wish { client, back, state, hint, language })
}

/// Ends the session and lets the browser go.
fn end(
    provider: &Provider,
    issuer: &Issuer,
    (wish, session): (&Wish<'_>, &str),
    extent: Extent,
) -> Result<Response> {
    let here = (issuer.operator(), clock::now());
    let Some(ended) = provider.journeys.log_out(session, here, extent)? else {
        return left(provider, issuer, (wish, None));
    };
    let mut over = Over { operator: &ended.operator, services: Vec::new(), frames: Vec::new() };
    for id in &ended.clients {
        let Some(found) = provider.clients.find(&ended.operator, id)? else { continue };
        over.services.push(name_of(wish.language, &found.client));
        let known = ended.here.iter().filter(|one| one.client == *id);
        over.frames.extend(known.filter_map(|one| frame(provider, &found.client, one)));
    }
    let mut response = left(provider, issuer, (wish, Some(over)))?;
    if let Some(cookie) = provider.cookies().clear(SESSION_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The page of a client that ends its own session, if it has one. Source: OpenID Connect Front-Channel Logout
/// 1.0 §2.
fn frame(provider: &Provider, client: &Client, known: &SignedInAt) -> Option<String> {
    let uri = client.terms.profile.frontchannel_logout_uri.as_deref()?;
    let issuer = Issuer::of(&provider.base_url, &known.issuer);
    Some(with_parameters(uri, &[("iss", issuer.url()), ("sid", &known.sid)]))
}

fn name_of(language: Language, client: &Client) -> String {
    in_language(language, &client.terms.name_ja, &client.terms.name_en).to_owned()
}

#[derive(Template)]
#[template(path = "logout.html")]
struct Body<'b> {
    title: &'b str,
    text: String,
    services: Vec<String>,
    services_text: &'b str,
    /// Pages of services, opened within ours.
    frames: &'b [String],
    /// Where it goes on, once they were opened.
    next: Option<Next<'b>>,
    form: Option<Form<'b>>,
}

struct Next<'n> {
    address: String,
    label: &'n str,
}

/// What has ended with the session of the browser.
struct Over<'o> {
    operator: &'o str,
    services: Vec<String>,
    frames: Vec<String>,
}

struct Form<'f> {
    address: String,
    proof: String,
    hidden: Vec<(&'static str, &'f str)>,
    here: &'f str,
    everywhere: &'f str,
    everywhere_hint: &'f str,
}

/// The browser is signed in nowhere any more: back to the service, or the page that says so, and where
/// the person may still be signed in (rule (3)). Services that end their session by a page of their own have it
/// opened first.
fn left(
    provider: &Provider,
    issuer: &Issuer,
    (wish, over): (&Wish<'_>, Option<Over<'_>>),
) -> Result<Response> {
    let nothing = Over { operator: issuer.operator(), services: Vec::new(), frames: Vec::new() };
    let Over { operator, services, frames } = over.unwrap_or(nothing);
    let back = wish.back.map(|uri| match wish.state {
        Some(state) => with_parameters(uri, &[("state", state)]),
        None => uri.to_owned(),
    });
    let label = words::page(wish.language, "logout.done.next");
    let next = match back {
        Some(address) if frames.is_empty() => return Ok(see_other(&address)),
        back => back.map(|address| Next { address, label }),
    };
    let body = Body {
        title: words::page(wish.language, "logout.done.title"),
        text: words::page(wish.language, "logout.done.text").to_owned(),
        services: if next.is_some() { Vec::new() } else { services },
        services_text: words::page(wish.language, "logout.done.services"),
        frames: &frames,
        next,
        form: None,
    };
    let page = page(provider, (wish.language, operator), &body)?;
    let mut response = page.frames(&frames).into_response();
    if let Some(next) = &body.next
        && let Ok(value) = HeaderValue::from_str(&format!("{FRAMES_SECONDS}; url={}", next.address))
    {
        response.headers_mut().insert(REFRESH, value);
    }
    Ok(response)
}

/// The page that asks.
fn ask(
    provider: &Provider,
    issuer: &Issuer,
    (wish, session): (&Wish<'_>, &str),
    operator: &str,
) -> Result<Response> {
    let language = wish.language;
    let client_id = wish.client.as_ref().map(|client| client.id.as_str());
    let hidden =
        [("client_id", client_id), ("post_logout_redirect_uri", wish.back), ("state", wish.state)];
    let text = match &wish.client {
        Some(client) => {
            let name = name_of(language, client);
            words::fill(language, "logout.ask.service", &[("service", &name)])
        }
        None => words::page(language, "logout.ask.text").to_owned(),
    };
    let body = Body {
        title: words::page(language, "logout.ask.title"),
        text,
        services: Vec::new(),
        services_text: "",
        frames: &[],
        next: None,
        form: Some(Form {
            address: format!("{}/logout/confirm", issuer.url()),
            proof: provider.signing.handles().form_proof(session, PURPOSE),
            hidden: hidden.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            here: words::page(language, "logout.ask.here"),
            everywhere: words::page(language, "logout.ask.everywhere"),
            everywhere_hint: words::page(language, "logout.ask.everywhere.hint"),
        }),
    };
    let page = page(provider, (language, operator), &body)?;
    Ok(match wish.back {
        Some(uri) => page.form_leads_to(uri).into_response(),
        None => page.into_response(),
    })
}

/// A page in the name of the operator; the platform's has none.
fn page(
    provider: &Provider,
    (language, operator): (Language, &str),
    body: &Body<'_>,
) -> Result<Page> {
    let page = Page::new(language, body.title, body)?;
    if operator == Scope::PLATFORM {
        return Ok(page);
    }
    let found = provider.operator(operator)?;
    Ok(page.for_subscribers_of(&found))
}
