//! `…/passkeys`: where a person keeps their passkeys; and the two endpoints of the sign-in page that ask for one.
//!
//! Sources: Web Authentication Level 3; `docs/decisions/0030`.

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Instant, Result, clock};
use domain::credentials::{FRESH_SECONDS, Passkey};
use domain::signin::{OwnPage, Purpose, SignedIn, Visit as OwnVisit};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use web::access::Acted;
use web::{Page, Problem, blocking, current, forms, status_of, words};

use super::Provider;
use super::answers::SESSION_COOKIE;
use super::authorize::{begin, or_page, parameter_fault};
use super::pages::{Words, in_language};
use super::place::Place;
use super::signin::{Visit, run};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "passkeys";

/// `POST …/signin/passkey/ask`: what the browser of a sign-in is to be asked for.
pub(super) async fn ask_at_signin(visit: Visit) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let visitor = visit.visitor()?;
        visit.form(&visitor)?;
        let site = visit.provider.site()?;
        question(&visit.provider.journeys.ask_passkey(&visitor.caller(), &site)?)
    })
    .await
}

/// `POST …/signin/passkey`: the browser's answer.
pub(super) async fn sign_in(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", "credential"), |visitor, (_, answer)| {
            let site = visit.provider.site()?;
            visit.provider.journeys.try_passkey(&visitor.caller(), &site, answer)
        })
    })
    .await
}

/// A question for the browser, as it is.
fn question(json: &str) -> Result<Response> {
    let raw: &RawValue = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(raw)).into_response())
}

/// The person at the page, and the cookie that says so.
struct Here {
    issuer: Issuer,
    who: SignedIn,
    session: String,
}

impl Here {
    /// Whether the person proved to be themselves just now, so that they may change something.
    fn is_fresh(&self, now: Instant) -> bool {
        self.who.session.auth.plus_seconds(FRESH_SECONDS) >= now
    }
}

/// `GET …/passkeys`: signs in first, then lists.
pub(super) async fn show(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    or_page(
        blocking(move || match here(&provider, &place, &headers)? {
            Some(here) => page(&provider, &here, Said::Nothing),
            None => sign_in_for(&provider, &place, &headers),
        })
        .await,
    )
}

/// `POST …/passkeys`: adds, names or takes away a passkey, or signs in again to be allowed to.
pub(super) async fn change(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    or_page(blocking(move || changed(&provider, &place, (&headers, &body))).await)
}

/// `POST …/passkeys/ask`: what the browser is to be asked to make.
pub(super) async fn ask(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let form = form_of(&provider, (&headers, &body))?;
        let signed_out = || Error::Unauthenticated { code: "proof.too_old" };
        let here = here(&provider, &place, &headers)?.ok_or_else(signed_out)?;
        check_proof(&provider, &here, &form)?;
        let site = provider.site()?;
        question(&provider.journeys.ask_new_passkey(&here.who, &site, clock::now())?)
    })
    .await
}

fn here(provider: &Provider, place: &Place, headers: &HeaderMap) -> Result<Option<Here>> {
    let issuer = place.issuer(provider)?;
    let Some(session) = provider.cookies().read(headers, SESSION_COOKIE) else { return Ok(None) };
    let at = (issuer.operator(), clock::now());
    let who = provider.journeys.session_of(&session, at)?;
    Ok(who.map(|who| Here { issuer, who, session }))
}

fn sign_in_for(provider: &Provider, place: &Place, headers: &HeaderMap) -> Result<Response> {
    let issuer = place.issuer(provider)?;
    let visit = OwnVisit { issuer: issuer.operator().to_owned(), own: OwnPage::Passkeys };
    begin(provider, &issuer, (&Purpose::Own(visit), headers))
}

fn form_of<'b>(
    provider: &Provider,
    (headers, body): (&HeaderMap, &'b [u8]),
) -> Result<Parameters<'b>> {
    forms::check_origin(headers, &provider.base_url)?;
    Parameters::parse(body).map_err(|fault| parameter_fault(&fault))
}

fn check_proof(provider: &Provider, here: &Here, form: &Parameters<'_>) -> Result<()> {
    let proof = form.get("proof").unwrap_or_default();
    if provider.signing.handles().is_form_proof(proof, &here.session, PURPOSE) {
        return Ok(());
    }
    Err(Error::Forbidden { code: "form.foreign" })
}

fn changed(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &[u8]),
) -> Result<Response> {
    let form = form_of(provider, (headers, body))?;
    let Some(here) = here(provider, place, headers)? else {
        return sign_in_for(provider, place, headers);
    };
    check_proof(provider, &here, &form)?;
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&provider.journeys, &here.who, clock::now());
    let done = match get("do") {
        "add" => {
            let site = provider.site()?;
            let answer = (get("credential"), get("name"));
            journeys.add_passkey(who, &site, answer, now).map(|_| "passkeys.added")
        }
        "rename" => {
            let renamed = journeys.rename_passkey(who, (get("passkey"), get("name")), now);
            renamed.map(|_| "passkeys.renamed")
        }
        "remove" => journeys.remove_passkey(who, get("passkey"), now).map(|_| "passkeys.removed"),
        _ => return sign_in_for(provider, place, headers),
    };
    match done {
        Ok(words) => page(provider, &here, Said::Done(words)),
        Err(error) if status_of(&error).is_client_error() => {
            page(provider, &here, Said::Refused(&error))
        }
        Err(error) => Err(error),
    }
}

/// What the page says about what was just done.
#[derive(Clone, Copy)]
enum Said<'s> {
    Nothing,
    Done(&'static str),
    Refused(&'s Error),
}

/// One passkey on the page.
struct Listed {
    id: String,
    name: String,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<&'static str>,
    refused: bool,
    fresh: bool,
    listed: Vec<Listed>,
    script: &'static str,
}

fn page(provider: &Provider, here: &Here, said: Said<'_>) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let passkeys = provider.journeys.passkeys_of(&here.who, now)?;
    let known = provider.site().is_ok();
    let body = Body {
        words,
        title: words.get("passkeys.title"),
        address: &format!("{}/passkeys", here.issuer.url()),
        proof: &provider.signing.handles().form_proof(&here.session, PURPOSE),
        message: match &said {
            Said::Nothing => None,
            Said::Done(key) => Some(words.get(key)),
            Said::Refused(error) => Some(words::error(words.0, error.code())),
        },
        refused: matches!(said, Said::Refused(_)),
        fresh: here.is_fresh(now),
        listed: passkeys.iter().map(|one| listed(words, one)).collect(),
        script: if known { web::passkeys_script() } else { "" },
    };
    let operator = provider.operator(&here.who.operator)?;
    let owner = in_language(words.0, &operator.name_ja, &operator.name_en);
    let mut page = Page::new(words.0, body.title, &body)?.owned_by(owner);
    if known {
        page = page.runs_passkeys();
    }
    if let Said::Refused(error) = said {
        let status = match status_of(error) {
            StatusCode::UNAUTHORIZED => StatusCode::UNPROCESSABLE_ENTITY,
            other => other,
        };
        page = page.status(status).refused(error.code());
    }
    let mut response = page.into_response();
    let actor = Acted(format!("person:{}", here.who.member.person_id).into());
    response.extensions_mut().insert(actor);
    Ok(response)
}

fn listed(words: Words, passkey: &Passkey) -> Listed {
    let on = |key, at: Instant| {
        let day = at.day_jst().compact();
        let part = |from: usize, to: usize| day.get(from..to).unwrap_or_default();
        let day = [("year", part(0, 4)), ("month", part(4, 6)), ("day", part(6, 8))];
        words::fill(words.0, key, &day)
    };
    let never = || words.get("passkeys.never_used").to_owned();
    Listed {
        id: passkey.id.clone(),
        name: passkey.name.clone(),
        since: on("passkeys.since", passkey.created),
        used: passkey.used.map_or_else(never, |used| on("passkeys.used", used)),
    }
}
