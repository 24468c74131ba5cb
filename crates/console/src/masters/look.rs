//! How the station's pages look, and its change: the logo is brought in first, by itself, and shown by nothing until a look that
//! names it is published.

use std::io::{Read as _, Seek as _};
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::operators::{
    self, LONGEST_LOGO, Logo, Look, Operator, Publishing, differences, publications, version_of,
};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::{or_page, see_other};
use web::blocking;
use web::look::{Samples, logo_path};
use web::texts::{Words, in_language, message};

use super::form::{Came, Input, Thing, page};
use super::head::{self, Last, Master, publish};
use super::told::{key, told};
use super::{LOGO, LOOK};
use crate::Console;
use crate::bulk::{form_with_file, receive};
use crate::here::{Here, asked, is_told, seated};

/// What the audit calls a change of it.
const ACTS: &[&str] = &["look.changed"];

/// The fields in the order they are told, with what each is in the form.
const FIELDS: [(&str, &str); 8] = [
    ("logo", "kept"),
    ("accent_day", "text"),
    ("accent_night", "text"),
    ("greeting_ja", "text"),
    ("greeting_en", "text"),
    ("help_ja", "text"),
    ("help_en", "text"),
    ("help_url", "text"),
];

/// `GET …/masters/look?logo=DIGEST`: `logo` was brought in just now.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, LOOK.to_owned(), query), |console, here, query| {
        let brought = query.get("logo").unwrap_or_default().to_owned();
        Shown { brought }.page(console, here, &Last::NONE)
    })
    .await
}

/// `POST …/masters/look`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), Shown { brought: String::new() }).await
}

/// `POST …/masters/look/logo`: a picture. Who sends it is known before anything is read.
pub(crate) async fn bring(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let who = (request.headers().clone(), LOOK.to_owned());
    let here = match seated((Arc::clone(&console), code), who).await {
        Ok(here) => here,
        Err(page) => return page,
    };
    let sent = received(&console, &here, request).await;
    let work = move || {
        let done = sent.and_then(|file| {
            let logo = Logo::read(&file)?;
            let digest = logo.digest().to_owned();
            let may = (&here.seat, Permission::Publish);
            console.desks.act(may, clock::now(), move |tx| operators::add_logo(tx, &logo))?;
            Ok(digest)
        });
        let answered = match done {
            Ok(digest) => Ok(see_other(&format!("{}{LOOK}?logo={digest}", here.address))),
            Err(error) if is_told(&error) && !matches!(error, Error::Forbidden { .. }) => {
                let last = Last::refused(error);
                Shown { brought: String::new() }.page(&console, &here, &last)
            }
            Err(error) => Err(error),
        };
        here.or_told(&console, answered)
    };
    or_page(blocking(work).await)
}

/// The file that was sent, as far as a logo may go and one byte on.
async fn received(console: &Console, here: &Here, request: Request) -> Result<Vec<u8>> {
    let form = form_with_file((here, Permission::Publish), request).await?;
    let failed = |error: std::io::Error| Error::unavailable("files", error.to_string());
    let check = |proof: &str| here.check(console, (proof, LOGO));
    let keep = || {
        let file = tempfile::tempfile().map_err(failed)?;
        Ok((file.try_clone().map_err(failed)?, file))
    };
    let mut sent = receive(form, check, keep).await?;
    let (mut file, _) = sent.file.take().ok_or_else(|| Error::invalid("bulk.no_file", "file"))?;
    file.rewind().map_err(failed)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST_LOGO).map_err(Error::internal)?.saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// How the pages look. `brought`: a logo that waits to be published.
struct Shown {
    brought: String,
}

impl Master for Shown {
    fn path(&self) -> String {
        LOOK.to_owned()
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        let may = (&here.seat, Permission::Publish);
        let known = console.desks.look(may, clock::now(), operators::find_operator)?;
        let (wanted, words) = (typed(form), here.words);
        // What can not be read is refused where it is done; until then it is shown again as it was typed.
        let after = wanted.checked()?.facts();
        let changes = differences(&known.look.facts(), &after);
        let about = move |_: &mut Tx<'_>| Ok(words.get("console.look.about").to_owned());
        let work = move |tx: &mut Tx<'_>, publishing: &Publishing| {
            operators::publish_look(tx, &wanted, publishing)
        };
        publish((console, here, form), changes, (about, work))
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        let may = (&here.seat, Permission::Settings);
        let brought = self.brought.clone();
        let (operator, history) = console.desks.look(may, clock::now(), move |tx| {
            if !brought.is_empty() {
                operators::find_logo(tx, &brought)?;
            }
            let operator = operators::find_operator(tx)?;
            let history = publications(tx, (ACTS, &operator.code))?;
            Ok((operator, history))
        })?;
        let words = here.words;
        let mut shown = last.typed().map_or_else(|| operator.look.clone(), typed);
        if !self.brought.is_empty() {
            shown.logo.clone_from(&self.brought);
        }
        let facts = shown.facts();
        let input = |(name, kind): (&'static str, &'static str)| {
            let text = facts.get(name).cloned().unwrap_or_default();
            let label = if kind == "kept" { "console.look.keep" } else { key(name) };
            Input::new((name, kind), words.get(label), (None, text))
        };
        let known = (LOOK.to_owned(), version_of(&operator.look.facts()));
        let thing = Thing {
            help: words.get("console.look.text"),
            inputs: FIELDS.into_iter().map(input).collect(),
            history,
            beside: beside((console, here), (&operator, &shown))?,
            message: match last.refusal() {
                Some(error) => Some(refusal(words, error)),
                None if self.brought.is_empty() => None,
                None => Some(words.get("console.look.waits").to_owned()),
            },
            ..Thing::new(words.get("console.look"), known, told_of(words, &operator.look))
        };
        page(console, here, thing, last)
    }
}

/// What the form says.
fn typed(form: &Parameters<'_>) -> Look {
    let text = |name| form.get(name).unwrap_or_default().to_owned();
    Look {
        logo: text("logo"),
        accent_day: text("accent_day"),
        accent_night: text("accent_night"),
        greeting_ja: text("greeting_ja"),
        greeting_en: text("greeting_en"),
        help_url: text("help_url"),
        help_ja: text("help_ja"),
        help_en: text("help_en"),
    }
}

/// Each field of `look` in words.
fn told_of(words: Words, look: &Look) -> Vec<(&'static str, String)> {
    let facts = look.facts();
    let text = |name: &str| facts.get(name).map_or("", String::as_str);
    FIELDS.into_iter().map(|(name, _)| (key(name), told(words, name, text(name)))).collect()
}

/// Why a form was not taken, beginning with the field that is to be mended.
fn refusal(words: Words, error: &Error) -> String {
    let text = message(words.0, error);
    let Error::Invalid { code, field } = error else { return text };
    let (name, apart) = field.split_once(": ").unwrap_or((field, ""));
    let Some((name, _)) = FIELDS.iter().find(|(known, _)| *known == name) else { return text };
    let name = words.get(key(name));
    match (*code, apart.split(' ').next()) {
        ("look.contrast_low", Some(apart)) => {
            let apart = words.fill("console.look.apart", &[("apart", apart)]);
            format!("{name}: {text} {apart}")
        }
        _ => format!("{name}: {text}"),
    }
}

#[derive(Template)]
#[template(path = "masters_look.html")]
struct Beside<'b> {
    words: Words,
    samples: Samples<'b>,
    /// Where one is brought in, and the proof of that form; none: this is not theirs to do.
    bring: Option<(String, String)>,
}

fn beside(
    (console, here): (&Console, &Here),
    (operator, shown): (&Operator, &Look),
) -> Result<String> {
    let words = here.words;
    let owner = in_language(words.0, &operator.name_ja, &operator.name_en);
    // What would be refused is not shown as if it could be so.
    let sample = shown.checked().unwrap_or_else(|_| operator.look.clone());
    // An address is made of a digest alone, whatever a form says.
    let digest = Some(&sample.logo).filter(|logo| !logo.is_empty() && logo.bytes().all(is_hex));
    let logo = digest.map(|digest| logo_path(&operator.code, digest));
    let bring = here.may(Permission::Publish).then(|| {
        let address = format!("{}{LOGO}", here.address);
        (address, here.proof(console, LOGO))
    });
    let body = Beside { words, samples: Samples::of(words, owner, (&sample, logo)), bring };
    body.render().map_err(Error::internal)
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}
