//! Signing in at a console, and out.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result, clock};
use domain::staff::Typed;
use formats::oauth::{LONGEST_FORM, Parameters};
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::answers::{or_page, parameter_fault, see_other};
use web::texts::{Words, message};
use web::{Page, blocking, current, status_of};

use super::Console;
use super::here::{SIGN_OUT, acted, posted, proof_of, tried};
use super::house::{House, Named};
use super::security::begin_visit;

/// What somebody wanted who has to sign in first.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    /// Where they wanted to go, below the console.
    pub(super) path: &'w str,
    /// The form they had filled in there, as it was sent; empty: none.
    pub(super) form: &'w str,
}

impl<'w> Wanted<'w> {
    /// A form that was sent to `path` after its session had ended. What is too long to be carried along twice encoded is not.
    pub(super) fn form_at(path: &'w str, body: &'w [u8]) -> Self {
        let form = std::str::from_utf8(body).ok().filter(|form| form.len() <= LONGEST_FORM / 4);
        match form {
            Some(form) if !below(path).is_empty() && path != SIGN_OUT => Self { path, form },
            _ => Self::default(),
        }
    }
}

#[derive(Template)]
#[template(path = "signin.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    wanted: Wanted<'b>,
    typed: &'b str,
    message: Option<String>,
    /// What speaks to the browser of passkeys; empty: there are none at this address.
    script: &'static str,
}

/// The form somebody had filled in when their session ended, to be sent again.
#[derive(Template)]
#[template(path = "resume.html")]
struct Resume<'r> {
    words: Words,
    title: &'r str,
    address: &'r str,
    path: &'r str,
    proof: &'r str,
    fields: Vec<(&'r str, &'r str)>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose<'b> {
    words: Words,
    title: &'b str,
    message: Option<String>,
}

/// The page that asks who is there. `typed`: their id, shown again.
pub(super) fn page(
    console: &Console,
    house: &House,
    (wanted, typed): (Wanted<'_>, &str),
    error: Option<&Error>,
) -> Result<Response> {
    let words = Words(current::get().language);
    let known = console.site().is_some();
    let body = Body {
        words,
        title: words.get("console.signin.title"),
        address: &console.address(house),
        wanted,
        typed,
        message: error.map(|error| message(words.0, error)),
        script: if known { web::passkeys_script() } else { "" },
    };
    let mut page = house.owns(Page::new(words.0, body.title, &body)?, words).told(error);
    if known {
        page = page.runs_passkeys();
    }
    let mut response = page.into_response();
    if known {
        begin_visit(console, &mut response);
    }
    Ok(response)
}

/// `GET /console`: which station.
pub(super) async fn choose(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
) -> Response {
    let work = move || {
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let words = Words(current::get().language);
        let typed = query.get("station").unwrap_or_default().trim().to_ascii_uppercase();
        let found = match typed.as_str() {
            "" => None,
            code => Some(console.operator(code)),
        };
        let error = match found {
            Some(Ok(found)) => {
                return Ok(see_other(&console.address(&House::Station(found))));
            }
            Some(Err(error @ Error::NotFound { .. })) => Some(error),
            Some(Err(error)) => return Err(error),
            None => None,
        };
        let body = Choose {
            words,
            title: words.get("console.choose.title"),
            message: error.as_ref().map(|error| message(words.0, error)),
        };
        Ok(Page::new(words.0, body.title, &body)?.told(error.as_ref()).into_response())
    };
    or_page(blocking(work).await)
}

/// `POST /console/{operator}/sign-in`: id, password and authenticator together.
pub(super) async fn sign_in(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    tried((console, named), (headers, body), |console, house, form| {
        let get = |name| form.get(name).unwrap_or_default();
        let (wanted, id) = (Wanted { path: get("path"), form: get("form") }, get("staff"));
        let typed = Typed { staff_id: id, password: get("password"), code: get("code") };
        match console.desks.sign_in(house.code(), &typed, clock::now()) {
            Ok(cookie) => seated(console, house, (&cookie, wanted, id)),
            Err(error) if status_of(&error).is_client_error() => {
                page(console, house, (wanted, id), Some(&error))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Leads on to where somebody wanted to go, with their session; a form they had filled in is shown to be sent again.
pub(super) fn seated(
    console: &Console,
    house: &House,
    (cookie, wanted, staff): (&str, Wanted<'_>, &str),
) -> Result<Response> {
    let path = below(wanted.path);
    let mut response = if wanted.form.is_empty() || path.is_empty() {
        see_other(&format!("{}{path}", console.address(house)))
    } else {
        resumed(console, house, (cookie, Wanted { path, ..wanted }))?
    };
    if let Some(cookie) = console.cookies().write(house.cookie(), cookie, None) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.extensions_mut().insert(acted(staff.trim()));
    Ok(response)
}

fn resumed(
    console: &Console,
    house: &House,
    (cookie, wanted): (&str, Wanted<'_>),
) -> Result<Response> {
    let fields = Parameters::parse(wanted.form.as_bytes());
    let fields = fields.map_err(|fault| parameter_fault(&fault))?;
    let words = Words(current::get().language);
    let body = Resume {
        words,
        title: words.get("console.resume.title"),
        address: &console.address(house),
        path: wanted.path,
        proof: &proof_of(console, (cookie, wanted.path)),
        fields: fields.iter().filter(|(name, _)| *name != "proof").collect(),
    };
    Ok(house.owns(Page::new(words.0, body.title, &body)?, words).into_response())
}

/// A path below the console of a station; anything else leads to its first page. Two dots lead elsewhere, in whatever way they
/// are written.
pub(super) fn below(path: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/?=&%+".contains(&byte);
    let inside = path.starts_with('/') && path.len() <= 500 && path.bytes().all(plain);
    if inside && !path.to_ascii_lowercase().contains("%2e") { path } else { "" }
}

/// `POST /console/{operator}/sign-out`.
pub(super) async fn sign_out(
    State(console): State<Arc<Console>>,
    named: Named,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, SIGN_OUT.to_owned());
    posted((console, named), form, |console, here, _| {
        console.desks.sign_out(&here.seat, clock::now())?;
        // Who visits goes home.
        let next = if here.seat.is_visit() {
            console.address(&House::Platform)
        } else {
            here.address.clone()
        };
        let mut response = see_other(&next);
        if let Some(cookie) = console.cookies().clear(here.house.cookie()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response.extensions_mut().insert(acted(&here.seat.staff_id));
        Ok(response)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_out_of_the_console() {
        for inside in ["/why?trace=BCDFGHJK", "/contracts/A-001", "/contracts?q=%E3%82%A2"] {
            assert_eq!(below(inside), inside);
        }
        for outside in [
            "",
            "//evil.example",
            "https://evil.example",
            ".evil.example",
            "@evil.example",
            "/../MINA01",
            "/%2e%2E/MINA01",
            "/a\\b",
            "/a#b",
            ":8443",
        ] {
            let led = format!("https://id.example.jp/console/KITA01{}", below(outside));
            let begins = "https://id.example.jp/console/KITA01";
            assert!(led == begins || led.starts_with(&format!("{begins}/")), "{outside}");
            assert!(!led.contains(".."), "{outside}");
        }
    }
}
