//! Who sits at a page of the console, and the frame every page of theirs has.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result, clock};
use domain::staff::{Permission, Seat};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::access::Acted;
use web::answers::{or_page, parameter_fault};
use web::texts::Words;
use web::{Page, blocking, current, forms, status_of};

use super::Console;
use super::helping::{self, Help};
use super::house::{House, Named};
use super::signin::{self, Wanted};

/// Where the form above every page leads.
pub(super) const SIGN_OUT: &str = "/sign-out";

/// Somebody at a page of the console.
pub(super) struct Here {
    pub(super) house: House,
    pub(super) seat: Seat,
    /// The session as its cookie says it: what forms are bound to.
    cookie: String,
    /// Where the console is.
    pub(super) address: String,
    pub(super) words: Words,
    /// Which page this is, below the console: by this its help is found.
    path: String,
}

#[derive(Template)]
#[template(path = "navigation.html")]
struct Navigation<'n> {
    words: Words,
    address: &'n str,
    name: &'n str,
    proof: &'n str,
    place: &'n str,
    manages: bool,
    masters: bool,
    bulk: bool,
    trial: bool,
    platform: bool,
    /// Who visits from the platform is told so on every page.
    visit: Option<String>,
    help: Option<Help>,
    base: &'n str,
}

impl Here {
    /// Who shows a cookie of this console at its page `path`; none: nobody, or not any more.
    fn find(
        console: &Console,
        house: &House,
        (headers, path): (&HeaderMap, &str),
    ) -> Result<Option<Self>> {
        let Some(cookie) = console.cookies().read(headers, house.cookie()) else {
            return Ok(None);
        };
        let seat = console.desks.seat(&cookie, (house.code(), clock::now()))?;
        let words = Words(current::get().language);
        let (house, address, path) = (house.clone(), console.address(house), path.to_owned());
        Ok(seat.map(|seat| Self { house, seat, cookie, address, words, path }))
    }

    /// Whether one of their roles may do this: what is not allowed is not shown.
    pub(super) fn may(&self, what: Permission) -> bool {
        what.is_of(&self.seat.roles)
    }

    /// The proof that goes into forms that lead to `path` below the console.
    pub(super) fn proof(&self, console: &Console, path: &str) -> String {
        proof_of(console, (&self.cookie, path))
    }

    /// # Errors
    /// `form.foreign`
    pub(super) fn check(&self, console: &Console, (proof, path): (&str, &str)) -> Result<()> {
        if console.signing.handles().is_form_proof(proof, &self.cookie, &purpose_of(path)) {
            return Ok(());
        }
        Err(Error::Forbidden { code: "form.foreign" })
    }

    /// The page `body` with what leads through the console above it. `place`: which part of it this is; `error`: why what was asked
    /// was not done.
    pub(super) fn page(
        &self,
        console: &Console,
        (title, place): (&str, &str),
        body: &impl Template,
        error: Option<&Error>,
    ) -> Result<Response> {
        self.page_with(console, (title, place), body, (error, |page| page))
    }

    /// [`Here::page`], which `runs` lets do more than other pages may.
    pub(super) fn page_with(
        &self,
        console: &Console,
        (title, place): (&str, &str),
        body: &impl Template,
        (error, runs): (Option<&Error>, impl FnOnce(Page) -> Page),
    ) -> Result<Response> {
        let page = Page::new(self.words.0, title, body)?.told(error);
        self.framed(console, place, runs(page))
    }

    /// `page` with what leads through the console above it.
    fn framed(&self, console: &Console, place: &str, page: Page) -> Result<Response> {
        let is_platform = matches!(self.house, House::Platform);
        let navigation = Navigation {
            words: self.words,
            address: &self.address,
            name: &self.seat.name,
            proof: &self.proof(console, SIGN_OUT),
            place,
            manages: self.may(Permission::ManageStaff),
            masters: self.may(Permission::Settings),
            bulk: self.may(Permission::Bulk),
            trial: self.house.is_on_trial(),
            platform: is_platform,
            visit: self.seat.is_visit().then(|| {
                self.words.fill("console.visit.band", &[("station", self.house.name(self.words))])
            }),
            // A page that says what went wrong is none of the pages.
            help: if place.is_empty() {
                None
            } else {
                helping::of(self.words, (is_platform, &self.path))
            },
            base: &console.base_url,
        };
        let page = self.house.owns(page, self.words).led_by(&navigation)?;
        let mut response = page.into_response();
        response.extensions_mut().insert(acted(&self.seat.staff_id));
        Ok(response)
    }

    /// What was asked for, or why not: who sits here is led on from there, too.
    pub(super) fn or_told(
        &self,
        console: &Console,
        answered: Result<Response>,
    ) -> Result<Response> {
        answered.or_else(|error| {
            if !is_told(&error) {
                return Err(error);
            }
            self.framed(console, "", Page::of_error(self.words.0, &error))
        })
    }
}

/// Whether who sits here is told on a page of theirs: who is nobody any more is led to the sign-in; what is our own fault goes into
/// the log.
pub(super) fn is_told(error: &Error) -> bool {
    status_of(error).is_client_error() && !matches!(error, Error::Unauthenticated { .. })
}

/// What the access log says of who this is.
pub(super) fn acted(staff_id: &str) -> Acted {
    Acted(format!("staff:{staff_id}").into())
}

/// What the proof in a form is bound to, beside the session.
fn purpose_of(path: &str) -> String {
    format!("console:{path}")
}

/// The proof of a form that leads to `path`, in the session that `cookie` says.
pub(super) fn proof_of(console: &Console, (cookie, path): (&str, &str)) -> String {
    console.signing.handles().form_proof(cookie, &purpose_of(path))
}

/// Answers a look at a page of the console; who is not signed in is asked to, and comes back to `path`.
pub(super) async fn shown(
    (console, named): (Arc<Console>, impl Into<Named>),
    (headers, path): (HeaderMap, String),
    page: impl FnOnce(&Console, &Here) -> Result<Response> + Send + 'static,
) -> Response {
    let named = named.into();
    let work = move || {
        let house = console.house(&named)?;
        match Here::find(&console, &house, (&headers, &path))? {
            Some(here) => here.or_told(&console, page(&console, &here)),
            None => {
                let wanted = Wanted { path: &path, form: "" };
                signin::page(&console, &house, (wanted, ""), None)
            }
        }
    };
    or_page(blocking(work).await)
}

/// Answers a look at a page of the console that is asked for with words in its address.
pub(super) async fn asked(
    door: (Arc<Console>, impl Into<Named>),
    (headers, path, RawQuery(query)): (HeaderMap, String, RawQuery),
    page: impl FnOnce(&Console, &Here, &Parameters<'_>) -> Result<Response> + Send + 'static,
) -> Response {
    let query = query.unwrap_or_default();
    let whole = format!("{path}?{query}");
    shown(door, (headers, whole), move |console, here| {
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        page(console, here, &query)
    })
    .await
}

/// Answers a form of who is not signed in yet, at a console that is there.
pub(super) async fn tried(
    (console, named): (Arc<Console>, impl Into<Named>),
    (headers, body): (HeaderMap, Bytes),
    act: impl FnOnce(&Console, &House, &Parameters<'_>) -> Result<Response> + Send + 'static,
) -> Response {
    let named = named.into();
    let work = move || {
        let form = form_of(&console, (&headers, &body))?;
        let house = console.house(&named)?;
        act(&console, &house, &form)
    };
    or_page(blocking(work).await)
}

/// Answers a form that leads to `path` below the console. Whose session has ended signs in, and finds the form again as they
/// filled it in.
pub(super) async fn posted(
    (console, named): (Arc<Console>, impl Into<Named>),
    (headers, body, path): (HeaderMap, Bytes, String),
    act: impl FnOnce(&Console, &Here, &Parameters<'_>) -> Result<Response> + Send + 'static,
) -> Response {
    let named = named.into();
    let work = move || {
        let form = form_of(&console, (&headers, &body))?;
        let house = console.house(&named)?;
        let Some(here) = Here::find(&console, &house, (&headers, &path))? else {
            let error = Error::Unauthenticated { code: "staff.signed_out" };
            let wanted = Wanted::form_at(&path, &body);
            return signin::page(&console, &house, (wanted, ""), Some(&error));
        };
        let proof = form.get("proof").unwrap_or_default();
        let checked = here.check(&console, (proof, &path));
        here.or_told(&console, checked.and_then(|()| act(&console, &here, &form)))
    };
    or_page(blocking(work).await)
}

/// Who sends a form to `path` that is too long to be read before it is known who they are; or the page for who is not
/// signed in any more.
pub(super) async fn seated(
    (console, named): (Arc<Console>, impl Into<Named>),
    (headers, path): (HeaderMap, String),
) -> std::result::Result<Here, Response> {
    let named = named.into();
    let work = move || {
        forms::check_origin(&headers, &console.base_url)?;
        let house = console.house(&named)?;
        Ok(match Here::find(&console, &house, (&headers, &path))? {
            Some(here) => Ok(here),
            None => {
                let error = Error::Unauthenticated { code: "staff.signed_out" };
                let wanted = Wanted { path: &path, form: "" };
                Err(signin::page(&console, &house, (wanted, ""), Some(&error))?)
            }
        })
    };
    match blocking(work).await {
        Ok(found) => found,
        Err(problem) => Err(or_page(Err(problem))),
    }
}

/// Reads a form that comes from our own origin.
///
/// # Errors
/// `form.foreign`; a fault of its parameters
fn form_of<'b>(
    console: &Console,
    (headers, body): (&HeaderMap, &'b [u8]),
) -> Result<Parameters<'b>> {
    forms::check_origin(headers, &console.base_url)?;
    Parameters::parse(body).map_err(|fault| parameter_fault(&fault))
}
