//! Signing in at a station's console, and out.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result, clock};
use domain::staff::Typed;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::access::Acted;
use web::answers::{or_page, parameter_fault, see_other};
use web::texts::{Words, in_language, message};
use web::{Page, blocking, current, status_of};

use super::Console;
use super::here::{COOKIE, posted, tried};

#[derive(Template)]
#[template(path = "signin.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    /// Where they wanted to go, below the console.
    path: &'b str,
    typed: &'b str,
    message: Option<String>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose<'b> {
    words: Words,
    title: &'b str,
    message: Option<String>,
}

/// The page that asks who is there. `path`: where they wanted to go; `typed`: their id, shown again.
pub(super) fn page(
    console: &Console,
    code: &str,
    (path, typed): (&str, &str),
    error: Option<&Error>,
) -> Result<Response> {
    let operator = console.operator(code)?;
    let words = Words(current::get().language);
    let body = Body {
        words,
        title: words.get("console.signin.title"),
        address: &console.address(code),
        path,
        typed,
        message: error.map(|error| message(words.0, error)),
    };
    let owner = in_language(words.0, &operator.name_ja, &operator.name_en);
    let page = Page::new(words.0, body.title, &body)?.owned_by(owner);
    Ok(page.told(error).into_response())
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
            Some(Ok(_)) => return Ok(see_other(&console.address(&typed))),
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
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    tried((console, code), (headers, body), |console, code, form| {
        let get = |name| form.get(name).unwrap_or_default();
        let (path, id) = (get("path"), get("staff"));
        let typed = Typed { staff_id: id, password: get("password"), code: get("code") };
        match console.desks.sign_in(code, &typed, clock::now()) {
            Ok(cookie) => Ok(seated(console, code, (&cookie, path, id))),
            Err(error) if status_of(&error).is_client_error() => {
                page(console, code, (path, id), Some(&error))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Leads on to where somebody wanted to go, with their session.
pub(super) fn seated(
    console: &Console,
    code: &str,
    (cookie, path, staff): (&str, &str, &str),
) -> Response {
    let to = format!("{}{}", console.address(code), below(path));
    let mut response = see_other(&to);
    if let Some(cookie) = console.cookies().write(COOKIE, cookie, None) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.extensions_mut().insert(Acted(format!("staff:{}", staff.trim()).into()));
    response
}

/// A path below the console of a station; anything else leads to its first page. Two dots lead elsewhere, in whatever way they
/// are written.
fn below(path: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/?=&%+".contains(&byte);
    let inside = path.starts_with('/') && path.len() <= 500 && path.bytes().all(plain);
    if inside && !path.to_ascii_lowercase().contains("%2e") { path } else { "" }
}

/// `POST /console/{operator}/sign-out`.
pub(super) async fn sign_out(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, "sign-out".to_owned());
    posted((console, code), form, |console, here, _| {
        console.desks.sign_out(&here.seat, clock::now())?;
        let mut response = see_other(&here.address);
        if let Some(cookie) = console.cookies().clear(COOKIE) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response.extensions_mut().insert(Acted(format!("staff:{}", here.seat.staff_id).into()));
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
