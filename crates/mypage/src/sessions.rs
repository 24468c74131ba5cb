//! `…/sessions`: where a person is signed in, and where they end it.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::sessions::{Device, ListedSession};
use domain::signin::{OwnPage, SignedInBy};
use domain::subscribers::Role;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::{Words, in_language};
use web::{Page, current, words};

use super::Mypage;
use super::own::{Here, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "sessions";

/// A browser or a device on the page.
struct Listed {
    id: String,
    name: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    logout: &'b str,
    proof: &'b str,
    message: Option<String>,
    failed: bool,
    here: Option<Listed>,
    browsers: Vec<Listed>,
    devices: Vec<Listed>,
    of_household: Vec<Listed>,
    owner: bool,
}

/// What the last form did: a message, or why it did nothing.
type Said<'s> = std::result::Result<Option<&'static str>, &'s Error>;

/// `GET …/sessions`: signs in first, then lists.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Sessions), |mypage, here| {
        page(mypage, here, Ok(None))
    })
    .await
}

/// `POST …/sessions`: ends a session, names or removes a device.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Sessions, PURPOSE);
    posted((mypage, place), form, changed).await
}

fn changed(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    match act(mypage, here, form) {
        Ok(said) => page(mypage, here, Ok(Some(said))),
        // Ended meanwhile, or a name that does not do: said on the page.
        Err(error @ (Error::NotFound { .. } | Error::Invalid { .. })) => {
            page(mypage, here, Err(&error))
        }
        Err(error) => Err(error),
    }
}

fn act(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<&'static str> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, now) = (&mypage.journeys, clock::now());
    match (get("do"), get("id")) {
        ("end", id) => journeys.end_own_session(&here.who, id, now).map(|_| "sessions.ended"),
        ("others", _) => {
            journeys.end_other_sessions(&here.who, now).map(|_| "sessions.others_ended")
        }
        ("rename", id) => {
            let named = journeys.rename_own_device(&here.who, (id, get("name")), now);
            named.map(|_| "sessions.renamed")
        }
        ("remove", id) => {
            journeys.remove_own_device(&here.who, id, now).map(|()| "sessions.removed")
        }
        _ => Err(Error::invalid("request.parameters_malformed", "do")),
    }
}

fn page(mypage: &Mypage, here: &Here, said: Said<'_>) -> Result<Response> {
    let words = Words(current::get().language);
    let SignedInBy { browsers, devices, of_household } =
        mypage.journeys.signed_in_by(&here.who, clock::now())?;
    let names = Names { mypage, here, words };
    let (own, others): (Vec<_>, Vec<_>) =
        browsers.iter().partition(|one| one.id == here.who.session.id);
    let body = Body {
        words,
        title: words.get("sessions.title"),
        address: &format!("{}/sessions", here.issuer.url()),
        logout: &format!("{}/logout", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: match said {
            Ok(done) => done.map(|key| words.get(key).to_owned()),
            Err(error) => Some(words::error(words.0, error.code()).to_owned()),
        },
        failed: said.is_err(),
        here: own.first().map(|one| names.browser(one)).transpose()?,
        browsers: others.into_iter().map(|one| names.browser(one)).collect::<Result<_>>()?,
        devices: devices.iter().map(|one| names.device(one)).collect::<Result<_>>()?,
        of_household: of_household.iter().map(|one| names.device(one)).collect::<Result<_>>()?,
        owner: here.who.member.role == Role::Owner,
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.err())
}

/// Puts what is listed into words.
struct Names<'n> {
    mypage: &'n Mypage,
    here: &'n Here,
    words: Words,
}

impl Names<'_> {
    /// A service that is no more is named by its id.
    fn service(&self, id: &str) -> Result<String> {
        let found = self.mypage.clients.find(&self.here.who.operator, id)?;
        Ok(found.map_or_else(
            || id.to_owned(),
            |found| {
                let terms = &found.client.terms;
                in_language(self.words.0, &terms.name_ja, &terms.name_en).to_owned()
            },
        ))
    }

    fn browser(&self, one: &ListedSession) -> Result<Listed> {
        let mut lines = vec![
            on_day(self.words, "sessions.since", one.auth),
            on_day(self.words, "sessions.seen", one.seen),
        ];
        let services: Result<BTreeSet<String>> =
            one.clients.iter().map(|id| self.service(id)).collect();
        let services: Vec<String> = services?.into_iter().collect();
        if !services.is_empty() {
            let listed = services.join(self.words.get("sessions.and"));
            lines.push(words::fill(self.words.0, "sessions.services", &[("services", &listed)]));
        }
        let name = self.words.get("sessions.browser").to_owned();
        Ok(Listed { id: one.id.clone(), name, lines })
    }

    fn device(&self, one: &Device) -> Result<Listed> {
        let name = if one.name.is_empty() { &one.model } else { &one.name };
        let service = self.service(&one.client_id)?;
        let lines = vec![
            words::fill(self.words.0, "sessions.services", &[("services", &service)]),
            on_day(self.words, "sessions.since", one.created),
        ];
        Ok(Listed { id: one.id.clone(), name: name.clone(), lines })
    }
}
