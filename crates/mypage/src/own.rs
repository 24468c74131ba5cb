//! What all pages of a signed-in person share: who is here, the sign-in that leads back, the proof of a form.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Instant, Result, clock};
use domain::credentials::FRESH_SECONDS;
use domain::signin::{OwnPage, Purpose, SignedIn, Visit};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::access::Acted;
use web::answers::{or_page, parameter_fault};
use web::entry::{self, SESSION_COOKIE};
use web::place::Place;
use web::texts::{Words, message};
use web::{Page, blocking, forms, status_of, words};

use super::filled::Filled;
use super::frame::{Foot, Navigation};
use super::{Mypage, view};

/// What a page of one's own says beside what there is.
#[derive(Clone, Copy)]
pub(super) enum Said<'s> {
    /// It is only looked at.
    Nothing,
    /// Who had to sign in first finds their form again; it did nothing yet.
    Kept,
    /// The form did what this text says.
    Done(&'static str),
    /// The form did nothing.
    Refused(&'s Error),
}

impl<'s> Said<'s> {
    /// Why the form did nothing.
    pub(super) const fn error(self) -> Option<&'s Error> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Nothing | Self::Kept | Self::Done(_) => None,
        }
    }

    /// What the person reads of it.
    pub(super) fn text(self, words: Words) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Kept => Some(words.get("me.form_kept").to_owned()),
            Self::Done(key) => Some(words.get(key).to_owned()),
            Self::Refused(error) => Some(message(words.0, error)),
        }
    }
}

/// The page after a form that changes what needs a young proof: what it did, or why it did nothing. Who has to
/// prove to be themselves first is left to [`posted`].
pub(super) fn changed(
    done: Result<&'static str>,
    page: impl FnOnce(Said<'_>) -> Result<Response>,
) -> Result<Response> {
    match done {
        Ok(done) => page(Said::Done(done)),
        Err(error @ Error::Unauthenticated { .. }) => Err(error),
        Err(error) if status_of(&error).is_client_error() => page(Said::Refused(&error)),
        Err(error) => Err(error),
    }
}

/// The person at a page of their own.
pub(super) struct Here {
    pub(super) issuer: Issuer,
    pub(super) who: SignedIn,
    /// Which page it is.
    own: OwnPage,
    /// The browser's session, as its cookie says it: what forms are bound to.
    session: String,
    /// A form of theirs that was not done.
    filled: Filled,
}

/// Who is here; `None`: nobody is signed in.
pub(super) fn here(
    mypage: &Mypage,
    place: &Place,
    (headers, own): (&HeaderMap, OwnPage),
) -> Result<Option<Here>> {
    let issuer = mypage.issuer(place)?;
    let Some(session) = mypage.cookies().read(headers, SESSION_COOKIE) else { return Ok(None) };
    let who = mypage.journeys.session_of(&session, (issuer.operator(), clock::now()))?;
    Ok(who.map(|who| Here { issuer, who, own, session, filled: Filled::default() }))
}

/// Begins a sign-in that leads to `own`.
fn sign_in_for(
    mypage: &Mypage,
    place: &Place,
    (headers, own): (&HeaderMap, OwnPage),
) -> Result<Response> {
    let issuer = mypage.issuer(place)?;
    let visit = Visit { issuer: issuer.operator().to_owned(), own };
    entry::begin((mypage.cookies(), headers), &issuer, |browser| {
        mypage.journeys.begin(&Purpose::Own(visit), (browser, clock::now()))
    })
}

/// Answers a look at the page `own`: signs in first.
pub(super) async fn shown(
    (mypage, place): (Arc<Mypage>, Place),
    (headers, own): (HeaderMap, OwnPage),
    page: impl FnOnce(&Mypage, &Here) -> Result<Response> + Send + 'static,
) -> Response {
    let work = move || match here(&mypage, &place, (&headers, own.clone()))? {
        Some(mut here) => {
            here.filled = Filled::carried(&mypage, &headers, here.whom());
            let mut shown = page(&mypage, &here)?;
            if !here.filled.is_empty() {
                Filled::drop_carried(&mypage, &mut shown);
            }
            Ok(shown)
        }
        None => sign_in_for(&mypage, &place, (&headers, own)),
    };
    or_page(blocking(work).await)
}

/// Answers a form of the page `own`, shown for `purpose`: who is not signed in, or proved to be themselves too
/// long ago, signs in first, and finds the form again as they filled it in.
pub(super) async fn posted(
    (mypage, place): (Arc<Mypage>, Place),
    ((headers, body), own, purpose): ((HeaderMap, Bytes), OwnPage, &'static str),
    act: impl FnOnce(&Mypage, &Here, &Parameters<'_>) -> Result<Response> + Send + 'static,
) -> Response {
    let work = move || {
        mypage.issuer(&place)?;
        let form = form_of(&mypage, (&headers, &body))?;
        let filled = Filled::of(&own, &form);
        let Some(mut here) = here(&mypage, &place, (&headers, own.clone()))? else {
            let whose = whose_form(&mypage, &place, (&headers, &form, purpose))?;
            let sent = sign_in_for(&mypage, &place, (&headers, own.clone()))?;
            return match &whose {
                Some((operator, person)) => filled.carry(&mypage, (&own, operator, person), sent),
                None => Ok(sent),
            };
        };
        here.check(&mypage, (&form, purpose))?;
        here.filled = filled;
        match act(&mypage, &here, &form) {
            Err(Error::Unauthenticated { code: "proof.too_old" }) => {
                let sent = sign_in_for(&mypage, &place, (&headers, own))?;
                here.filled.carry(&mypage, here.whom(), sent)
            }
            other => other,
        }
    };
    or_page(blocking(work).await)
}

/// The operator and the person a form was shown to for `purpose` whose session is over.
fn whose_form(
    mypage: &Mypage,
    place: &Place,
    (headers, form, purpose): (&HeaderMap, &Parameters<'_>, &str),
) -> Result<Option<(String, String)>> {
    let Some(session) = mypage.cookies().read(headers, SESSION_COOKIE) else { return Ok(None) };
    let proof = form.get("proof").unwrap_or_default();
    if !mypage.signing.handles().is_form_proof(proof, &session, purpose) {
        return Ok(None);
    }
    let issuer = mypage.issuer(place)?;
    mypage.journeys.person_of(&session, (issuer.operator(), clock::now()))
}

/// Reads a form that comes from our own origin.
///
/// # Errors
/// `form.foreign`; a fault of its parameters
pub(super) fn form_of<'b>(
    mypage: &Mypage,
    (headers, body): (&HeaderMap, &'b [u8]),
) -> Result<Parameters<'b>> {
    forms::check_origin(headers, &mypage.base_url)?;
    Parameters::parse(body).map_err(|fault| parameter_fault(&fault))
}

impl Here {
    /// The proof that goes into forms for `purpose`.
    pub(super) fn proof(&self, mypage: &Mypage, purpose: &str) -> String {
        mypage.signing.handles().form_proof(&self.session, purpose)
    }

    /// Whether a form was shown in this session for `purpose`.
    ///
    /// # Errors
    /// `form.foreign`
    pub(super) fn check(
        &self,
        mypage: &Mypage,
        (form, purpose): (&Parameters<'_>, &str),
    ) -> Result<()> {
        let proof = form.get("proof").unwrap_or_default();
        if mypage.signing.handles().is_form_proof(proof, &self.session, purpose) {
            return Ok(());
        }
        Err(Error::Forbidden { code: "form.foreign" })
    }

    /// The page in the name of the person's operator; `error`: why the last try did not work.
    pub(super) fn answer(
        &self,
        mypage: &Mypage,
        page: Page,
        error: Option<&Error>,
    ) -> Result<Response> {
        let operator = mypage.operator(&self.who.operator)?;
        let page =
            page.for_subscribers_of(&operator).own(&self.navigation(), &self.foot(mypage))?;
        Ok(self.acted(page.told(error).into_response()))
    }

    /// The answer, with who is here for the access log.
    pub(super) fn acted(&self, mut response: Response) -> Response {
        let actor = Acted(format!("person:{}", self.who.member.person_id).into());
        response.extensions_mut().insert(actor);
        response
    }

    /// Where forms of theirs belong, and to whom.
    fn whom(&self) -> (&OwnPage, &str, &str) {
        (&self.own, &self.who.operator, &self.who.member.person_id)
    }

    /// What a page that is only looked at says.
    pub(super) fn looked_at<'s>(&self) -> Said<'s> {
        if self.filled.is_empty() { Said::Nothing } else { Said::Kept }
    }

    /// What the field `name` of the form that does `what` is filled with, on a page that says `said`.
    pub(super) fn filled(&self, said: Said<'_>, what: &str, name: &str) -> &str {
        match said {
            Said::Kept | Said::Refused(_) => self.filled.get(what, name),
            Said::Nothing | Said::Done(_) => "",
        }
    }

    fn navigation(&self) -> Navigation<'_> {
        Navigation::of(&self.issuer, (&self.own, self.who.member.role))
    }

    fn foot(&self, mypage: &Mypage) -> Foot<'_> {
        Foot::of(&self.issuer, (&self.own, self.proof(mypage, view::PURPOSE)))
    }
}

/// Whether the person proved to be themselves just now, so that they may change something.
pub(super) fn is_fresh(here: &Here, now: Instant) -> bool {
    here.who.session.auth.plus_seconds(FRESH_SECONDS) >= now
}

/// A day as people read it, in the sentence `key`.
pub(super) fn on_day(words: Words, key: &'static str, at: Instant) -> String {
    words::fill_at(words.0, key, at)
}
