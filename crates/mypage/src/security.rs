//! `…/security`: where a person changes their password, sets up an authenticator and gets recovery codes.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::credentials::{Factors, NewTotp, OwnPassword};
use domain::signin::{OwnPage, PasswordChange};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::{Words, in_fours, in_language, message, qr_of};
use web::{Page, current, words};

use super::Mypage;
use super::own::{Here, is_fresh, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "security";

/// What the page says beside how things stand.
#[derive(Default)]
struct Said {
    /// A secret to set an authenticator up with: shown once.
    secret: Option<NewTotp>,
    /// A code of it is asked for.
    asks_code: bool,
    /// Recovery codes: shown once.
    codes: Vec<String>,
    /// What was done.
    done: Option<&'static str>,
    error: Option<Error>,
    /// The login id they wanted, when it was refused.
    typed: String,
}

#[derive(Template)]
#[template(path = "security.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    has_totp: bool,
    left: String,
    qr: String,
    secret: String,
    asks_code: bool,
    codes: &'b [String],
    password: OwnPassword,
    /// What the login id they want was typed as; of who never chose a password.
    typed: &'b str,
    fresh: bool,
    hint: &'static str,
}

/// `GET …/security`: signs in first, then shows what there is.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Security), |mypage, here| {
        page(mypage, here, &Said::default())
    })
    .await
}

/// `POST …/security`: sets up, confirms, takes away; who proved to be themselves too long ago signs in again.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Security, PURPOSE);
    posted((mypage, place), form, changed).await
}

fn changed(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    let action = form.get("action").unwrap_or_default();
    let done = match action {
        "password" => change_password(mypage, here, form),
        _ => act(mypage, here, (action, form.get("code").unwrap_or_default())),
    };
    let said = match done {
        Ok(said) => said,
        // What the person can do something about is said on the same page.
        Err(
            error @ (Error::Invalid { .. }
            | Error::NotFound { .. }
            | Error::Refused { .. }
            | Error::TooMany { .. }),
        ) => Said {
            asks_code: error.code() == "totp.code_wrong",
            error: Some(error),
            typed: form.get("username").unwrap_or_default().to_owned(),
            ..Said::default()
        },
        Err(error) => return Err(error),
    };
    page(mypage, here, &said)
}

fn change_password(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Said> {
    let get = |name| form.get(name).unwrap_or_default();
    let typed =
        PasswordChange { current: get("current"), new: get("password"), name: get("username") };
    mypage.journeys.change_password(&here.who, &typed, clock::now())?;
    Ok(Said { done: Some("security.password.changed"), ..Said::default() })
}

fn act(mypage: &Mypage, here: &Here, (action, code): (&str, &str)) -> Result<Said> {
    let (journeys, who, now) = (&mypage.journeys, &here.who, clock::now());
    match action {
        "begin" => {
            let operator = mypage.operator(&who.operator)?;
            let station =
                in_language(current::get().language, &operator.name_ja, &operator.name_en);
            let secret = journeys.begin_totp(who, station, now)?;
            Ok(Said { secret: Some(secret), asks_code: true, ..Said::default() })
        }
        "confirm" => {
            let codes = journeys.confirm_totp(who, code, now)?.unwrap_or_default();
            Ok(Said { codes, done: Some("security.added"), ..Said::default() })
        }
        "codes" => {
            let codes = journeys.new_recovery_codes(who, now)?;
            Ok(Said { codes, done: Some("security.codes.new"), ..Said::default() })
        }
        "remove" => {
            journeys.remove_totp(who, now)?;
            Ok(Said { done: Some("security.removed"), ..Said::default() })
        }
        // The button of who signed in too long ago.
        "again" => Err(Error::Unauthenticated { code: "proof.too_old" }),
        _ => Err(Error::invalid("request.parameter_missing", "action")),
    }
}

fn page(mypage: &Mypage, here: &Here, said: &Said) -> Result<Response> {
    let words = Words(current::get().language);
    let now = clock::now();
    let Factors { totp, recovery_codes } = mypage.journeys.factors_of(&here.who, now)?;
    let password = mypage.journeys.password_of(&here.who, now)?;
    let error = said.error.as_ref();
    let body = Body {
        words,
        title: words.get("security.title"),
        address: &format!("{}/security", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: error
            .map(|error| message(words.0, error))
            .or_else(|| said.done.map(|key| words.get(key).to_owned())),
        refused: error.is_some(),
        has_totp: totp,
        left: words::fill(words.0, "security.codes.left", &[("n", &recovery_codes.to_string())]),
        qr: said.secret.as_ref().map(|one| qr_of(&one.uri)).unwrap_or_default(),
        secret: said.secret.as_ref().map(|one| in_fours(&one.secret)).unwrap_or_default(),
        asks_code: said.asks_code && !totp,
        codes: &said.codes,
        password,
        typed: &said.typed,
        fresh: is_fresh(here, now),
        hint: words.get("signin.password.hint"),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, error)
}
