//! `…/join`: who was invited sets a password and an authenticator.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result, clock};
use domain::staff::{Invited, Joining};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::{or_page, parameter_fault};
use web::texts::{Words, in_fours, message, qr_of};
use web::{Page, blocking, current, status_of};

use super::Console;
use super::here::tried;
use super::house::{House, Named};
use super::signin::{Wanted, seated};

#[derive(Template, Default)]
#[template(path = "join.html")]
struct Body<'b> {
    words: Option<Words>,
    title: &'b str,
    address: &'b str,
    staff: &'b str,
    invitation: &'b str,
    /// Whether the invitation was good: then password and code are asked for.
    welcome: bool,
    name: &'b str,
    /// The authenticator's secret, when it is shown.
    secret: String,
    qr: String,
    message: Option<String>,
}

impl Body<'_> {
    fn get(&self, key: &'static str) -> &'static str {
        self.words.map_or(key, |words| words.get(key))
    }
}

/// `GET …/join`: asks for the invitation; a link may bring the member's id.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    named: Named,
    RawQuery(query): RawQuery,
) -> Response {
    let work = move || {
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let staff = query.get("staff").unwrap_or_default();
        page(&console, &console.house(&named)?, Body { staff, ..Body::default() }, None)
    };
    or_page(blocking(work).await)
}

/// `POST …/join`: the invitation, and with it password and code once they are asked for.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    tried((console, named), (headers, body), |console, house, form| {
        let get = |name| form.get(name).unwrap_or_default();
        let invited = Invited { staff_id: get("staff"), invitation: get("invitation") };
        if get("do") == "join" {
            joined(console, house, (invited, form))
        } else {
            welcomed(console, house, invited)
        }
    })
    .await
}

/// Shows what to set an authenticator up with.
fn welcomed(console: &Console, house: &House, invited: Invited<'_>) -> Result<Response> {
    let (staff, invitation) = (invited.staff_id, invited.invitation);
    match console.desks.welcome(house.code(), &invited, clock::now()) {
        Ok((member, totp)) => {
            let body = Body {
                staff,
                invitation,
                welcome: true,
                name: &member.draft.name,
                secret: in_fours(&totp.secret),
                qr: qr_of(&totp.uri),
                ..Body::default()
            };
            page(console, house, body, None)
        }
        Err(error) if status_of(&error).is_client_error() => {
            page(console, house, Body { staff, ..Body::default() }, Some(&error))
        }
        Err(error) => Err(error),
    }
}

fn joined(
    console: &Console,
    house: &House,
    (invited, form): (Invited<'_>, &Parameters<'_>),
) -> Result<Response> {
    let get = |name| form.get(name).unwrap_or_default();
    let joining = Joining { invited, password: get("password"), code: get("code") };
    let (staff, invitation) = (invited.staff_id, invited.invitation);
    match console.desks.join(house.code(), &joining, clock::now()) {
        Ok(cookie) => seated(console, house, (&cookie, Wanted::default(), staff)),
        // The invitation is not spent: password or code again. The authenticator keeps what it scanned.
        Err(error @ Error::Invalid { .. }) => {
            let body = Body { staff, invitation, welcome: true, ..Body::default() };
            page(console, house, body, Some(&error))
        }
        Err(error) if status_of(&error).is_client_error() => {
            page(console, house, Body { staff, ..Body::default() }, Some(&error))
        }
        Err(error) => Err(error),
    }
}

/// Why they did not join. Whoever joins has an authenticator beside the password, and reads how short it may be then.
fn refusal(words: Words, error: &Error) -> String {
    match error.code() {
        "password.too_short" => words.get("console.join.password.short").to_owned(),
        _ => message(words.0, error),
    }
}

fn page(
    console: &Console,
    house: &House,
    body: Body<'_>,
    error: Option<&Error>,
) -> Result<Response> {
    let words = Words(current::get().language);
    let body = Body {
        words: Some(words),
        title: words.get("console.join.title"),
        address: &console.address(house),
        message: error.map(|error| refusal(words, error)),
        ..body
    };
    let page = house.owns(Page::new(words.0, body.title, &body)?, words);
    Ok(page.told(error).into_response())
}
