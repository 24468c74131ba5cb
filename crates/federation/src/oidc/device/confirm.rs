//! `…/device`: a signed-in person types the code of a television, sees what wants in, and decides.
//!
//! Never one click: whoever lets a television in types the two digits it shows, so that a link sent by
//! somebody else is worth nothing without the screen in sight. Source: RFC 8628 §3.3, §5.4.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, clock};
use domain::signin::{LookedAt, OwnPage, Purpose, SignedIn, StandsFor, Visit, Wish};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::access::Acted;
use web::entry::SESSION_COOKIE;
use web::place::Place;
use web::{Page, blocking, current, forms};

use super::super::Provider;
use super::super::authorize::{begin, parameter_fault};
use super::super::consent::Question;
use super::Line;
use super::pages::{self, Frame};

/// One look or form.
struct Here {
    provider: Arc<Provider>,
    issuer: Issuer,
    headers: HeaderMap,
    line: String,
}

/// `GET …/device`: signs in first, then asks for the code, then shows what wants in.
pub(in super::super) async fn show(
    State(provider): State<Arc<Provider>>,
    place: Place,
    line: Line,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    run(move || {
        let here = Here { issuer: provider.issuer(&place)?, provider, headers, line: line.kept() };
        let query = query.unwrap_or_default().into_bytes();
        let query = Parameters::parse(&query).map_err(|fault| parameter_fault(&fault))?;
        let typed = query.get("user_code").filter(|code| !code.trim().is_empty());
        let Some(who) = here.signed_in()? else { return here.sign_in(typed) };
        let Some(typed) = typed else { return here.ask(&who, None) };
        match here.look(&who, typed) {
            Ok(looked) => here.confirm(&who, (&looked, None)),
            Err(error) => here.ask(&who, Some(&for_page(error)?)),
        }
    })
    .await
}

/// `POST …/device`: the person decides.
pub(in super::super) async fn decide(
    State(provider): State<Arc<Provider>>,
    place: Place,
    line: Line,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    run(move || {
        let here = Here { issuer: provider.issuer(&place)?, provider, headers, line: line.kept() };
        forms::check_origin(&here.headers, &here.provider.base_url)?;
        let form = Parameters::parse(&body).map_err(|fault| parameter_fault(&fault))?;
        let code = form.get("user_code").unwrap_or_default();
        let Some(who) = here.signed_in()? else { return here.sign_in(Some(code)) };
        here.check_proof(form.get("proof").unwrap_or_default(), code)?;
        let looked = match here.look(&who, code) {
            Ok(looked) => looked,
            Err(error) => return here.ask(&who, Some(&for_page(error)?)),
        };
        let question = question(&looked);
        let allows = form.get("decision") == Some("allow");
        let asked = question.as_ref().filter(|_| allows);
        let shown = match asked.map(|question| question.agreed(&form)).transpose() {
            Ok(shown) => shown,
            Err(error) => return here.confirm(&who, (&looked, Some(&error))),
        };
        let number = form.get("number").unwrap_or_default();
        let stands_for = stands_for(form.get("for"))?;
        let allow = Wish::Allow { number, shown: shown.as_deref(), stands_for };
        let wish = if allows { allow } else { Wish::Refuse };
        let at = (here.issuer.operator(), &looked);
        match here.provider.journeys.decide_device(&who, at, (wish, clock::now())) {
            Ok(()) => here.done(&who, wish != Wish::Refuse),
            // What lasts wants a young proof.
            Err(Error::Unauthenticated { code: "proof.too_old" }) => here.sign_in(Some(code)),
            Err(error @ (Error::Invalid { .. } | Error::TooMany { .. })) => {
                here.confirm(&who, (&looked, Some(&error)))
            }
            Err(error) => here.ask(&who, Some(&for_page(error)?)),
        }
    })
    .await
}

/// Whom the device shall stand for: who says nothing means themself.
fn stands_for(chosen: Option<&str>) -> Result<StandsFor> {
    match chosen {
        None | Some("person") => Ok(StandsFor::Person),
        Some("household") => Ok(StandsFor::Household),
        Some(_) => Err(Error::invalid("request.parameters_malformed", "for")),
    }
}

/// What the service of the device has to be allowed, if it has to be.
fn question(looked: &LookedAt) -> Option<Question> {
    let client = &looked.client;
    let asked = !client.terms.profile.first_party;
    asked.then(|| Question::about(current::get().language, client, &looked.code.scope))
}

/// Errors the person can do something about on the page; the others are worded as a page of their own.
fn for_page(error: Error) -> Result<Error> {
    match error {
        Error::NotFound { .. } | Error::Refused { .. } | Error::TooMany { .. } => Ok(error),
        other => Err(other),
    }
}

async fn run(work: impl FnOnce() -> Result<Response> + Send + 'static) -> Response {
    blocking(work).await.unwrap_or_else(|problem| {
        let error = problem.into_error();
        if let Error::Internal { detail } | Error::Unavailable { detail, .. } = &error {
            tracing::error!(detail, "the device page failed");
        }
        Page::of_error(current::get().language, &error).into_response()
    })
}

impl Here {
    fn signed_in(&self) -> Result<Option<SignedIn>> {
        let cookie = self.provider.cookies().read(&self.headers, SESSION_COOKIE);
        let Some(cookie) = cookie else { return Ok(None) };
        self.provider.journeys.session_of(&cookie, (self.issuer.operator(), clock::now()))
    }

    fn sign_in(&self, typed: Option<&str>) -> Result<Response> {
        // As much of it as a code can be: it comes back in an address.
        let user_code = typed.map(domain::sessions::plain_user_code);
        let own = OwnPage::Device { user_code };
        let purpose = Purpose::Own(Visit { issuer: self.issuer.operator().to_owned(), own });
        begin(&self.provider, &self.issuer, (&purpose, &self.headers))
    }

    fn look(&self, who: &SignedIn, typed: &str) -> Result<LookedAt> {
        self.provider.journeys.look_at_device(who, (self.issuer.operator(), typed, clock::now()))
    }

    /// The browser's session: what a form's proof is bound to.
    fn session(&self) -> Result<String> {
        let cookie = self.provider.cookies().read(&self.headers, SESSION_COOKIE);
        cookie.ok_or(Error::Forbidden { code: "form.foreign" })
    }

    fn check_proof(&self, proof: &str, code: &str) -> Result<()> {
        let purpose = format!("device:{code}");
        if self.provider.signing.handles().is_form_proof(proof, &self.session()?, &purpose) {
            return Ok(());
        }
        Err(Error::Forbidden { code: "form.foreign" })
    }

    fn frame(&self) -> Frame {
        Frame {
            language: current::get().language,
            address: format!("{}/device", self.issuer.url()),
        }
    }

    fn ask(&self, who: &SignedIn, error: Option<&Error>) -> Result<Response> {
        self.told(who, pages::ask(&self.frame(), error)?)
    }

    fn confirm(
        &self,
        who: &SignedIn,
        (looked, error): (&LookedAt, Option<&Error>),
    ) -> Result<Response> {
        let purpose = format!("device:{}", looked.code.user_code);
        let proof = self.provider.signing.handles().form_proof(&self.session()?, &purpose);
        let same = !self.line.is_empty() && self.line == looked.code.line;
        let operator = self.provider.operator(&who.operator)?;
        let question = question(looked);
        let shown = pages::Confirming {
            looked,
            operator: &operator,
            proof: &proof,
            same_line: same,
            question: question.as_ref(),
        };
        self.told(who, pages::confirm(&self.frame(), &shown, error)?)
    }

    fn done(&self, who: &SignedIn, allowed: bool) -> Result<Response> {
        self.told(who, pages::done(&self.frame(), allowed)?)
    }

    fn told(&self, who: &SignedIn, page: Page) -> Result<Response> {
        let operator = self.provider.operator(&who.operator)?;
        let mut response = page.for_subscribers_of(&operator).into_response();
        let actor = Acted(format!("person:{}", who.member.person_id).into());
        response.extensions_mut().insert(actor);
        Ok(response)
    }
}
