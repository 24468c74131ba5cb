//! What who works here signs in by: their passkeys, and signing in with one.
//!
//! Sources: Web Authentication Level 3; `docs/decisions/0064`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock, ids};
use domain::credentials::Site;
use domain::staff::Visit;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::answers::as_it_is;
use web::passkeys::Kept;
use web::texts::Words;
use web::{Page, status_of};

use super::Console;
use super::contract::Said;
use super::here::{Here, posted, shown, tried};
use super::house::{House, Named};
use super::signin::{self, Wanted, seated};

/// Where it is, below the console.
pub(super) const PATH: &str = "/security";
/// By this a browser is known again that was asked for a passkey before anybody signed in.
const VISIT: &str = "aikagi-console-visit";
/// Signed in too long ago.
const AGAIN: &str = "proof.too_old";

impl Console {
    /// The site passkeys of the staff are for; none: at this address browsers know none.
    pub(super) fn site(&self) -> Option<Arc<Site>> {
        Site::of(&self.base_url).map(Arc::new)
    }

    fn known_site(&self) -> Result<Arc<Site>> {
        self.site().ok_or(Error::Refused { code: "passkey.unavailable" })
    }
}

/// Lets a sign-in page be gone on from with a passkey, in the browser it is shown in.
pub(super) fn begin_visit(console: &Console, response: &mut Response) {
    let visit = ids::new_id("stv", clock::now());
    if let Some(cookie) = console.cookies().write(VISIT, &visit, None) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// The visit of a browser; empty: it was shown no page.
fn visit(console: &Console, headers: &HeaderMap) -> String {
    console.cookies().read(headers, VISIT).unwrap_or_default()
}

/// `POST …/sign-in/passkey/ask`: what the browser of a sign-in is to be asked for.
pub(super) async fn ask_at_sign_in(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = headers.clone();
    tried((console, named), (headers, body), move |console, house, _| {
        let id = visit(console, &sent);
        let visit = Visit { operator: house.code(), id: &id, now: clock::now() };
        match console.known_site().and_then(|site| console.desks.ask_passkey(&visit, &site)) {
            Ok(asked) => as_it_is(&asked),
            Err(error) => told(console, house, Wanted::default(), error),
        }
    })
    .await
}

/// `POST …/sign-in/passkey`: the browser's answer.
pub(super) async fn sign_in(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = headers.clone();
    tried((console, named), (headers, body), move |console, house, form| {
        let get = |name| form.get(name).unwrap_or_default();
        let wanted = Wanted { path: get("path"), form: get("form") };
        let id = visit(console, &sent);
        let visit = Visit { operator: house.code(), id: &id, now: clock::now() };
        let signed_in = console
            .known_site()
            .and_then(|site| console.desks.sign_in_by_passkey(&visit, &site, get("credential")));
        match signed_in {
            Ok((staff, cookie)) => seated(console, house, (&cookie, wanted, &staff)),
            Err(error) => told(console, house, wanted, error),
        }
    })
    .await
}

/// The sign-in page says why nobody was let in.
fn told(console: &Console, house: &House, wanted: Wanted<'_>, error: Error) -> Result<Response> {
    if !status_of(&error).is_client_error() {
        return Err(error);
    }
    signin::page(console, house, (wanted, ""), Some(&error))
}

/// `GET …/security`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
) -> Response {
    let look = |console: &Console, here: &Here| page(console, here, &Said::Nothing);
    shown((console, named), (headers, PATH.to_owned()), look).await
}

/// `POST …/security/ask`: what the browser is to be asked to make.
pub(super) async fn ask(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, named), (headers, body, PATH.to_owned()), |console, here, _| {
        let site = console.known_site()?;
        as_it_is(&console.desks.ask_new_passkey(&here.seat, &site, clock::now())?)
    })
    .await
}

/// `POST …/security`: adds, names or takes away a passkey, or signs in again to be allowed to.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, named), (headers, body, PATH.to_owned()), |console, here, form| {
        if form.get("do") == Some("again") {
            return sign_in_again(console, here);
        }
        match changed(console, here, form) {
            Ok(key) => page(console, here, &Said::Done(here.words.get(key).to_owned())),
            Err(error) if status_of(&error).is_client_error() => {
                page(console, here, &Said::Refused(&error))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Ends the session, and leads back here after the next sign-in.
fn sign_in_again(console: &Console, here: &Here) -> Result<Response> {
    console.desks.sign_out(&here.seat, clock::now())?;
    let wanted = Wanted { path: PATH, form: "" };
    let mut response = signin::page(console, &here.house, (wanted, &here.seat.staff_id), None)?;
    if let Some(cookie) = console.cookies().clear(here.house.cookie()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn changed(console: &Console, here: &Here, form: &Parameters<'_>) -> Result<&'static str> {
    let get = |name| form.get(name).unwrap_or_default();
    let (desks, seat, now) = (&console.desks, &here.seat, clock::now());
    Ok(match get("do") {
        "add" => {
            let site = console.known_site()?;
            desks.add_passkey(seat, &site, (get("credential"), get("name")), now)?;
            "passkeys.added"
        }
        "rename" => {
            desks.rename_passkey(seat, (get("passkey"), get("name")), now)?;
            "passkeys.renamed"
        }
        "remove" => {
            desks.remove_passkey(seat, get("passkey"), now)?;
            "passkeys.removed"
        }
        _ => return Err(Error::Unauthenticated { code: AGAIN }),
    })
}

#[derive(Template)]
#[template(path = "security.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    message: Option<String>,
    refused: bool,
    kept: Kept<'b>,
}

fn page(console: &Console, here: &Here, said: &Said<'_>) -> Result<Response> {
    let (words, now) = (here.words, clock::now());
    let passkeys = console.desks.passkeys_of(&here.seat, now)?;
    let known = console.site().is_some();
    let (address, proof) = (format!("{}{PATH}", here.address), here.proof(console, PATH));
    let kept = Kept::of(words, (&address, &proof), &passkeys, (here.seat.is_fresh(now), known));
    let body = Body {
        words,
        title: words.get("console.security.title"),
        message: said.text(words),
        refused: said.error().is_some(),
        kept,
    };
    let runs = |page: Page| if known { page.runs_passkeys() } else { page };
    here.page_with(console, (body.title, "security"), &body, (said.error(), runs))
}
