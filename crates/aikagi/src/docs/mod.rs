//! `/docs`: what programmers of others and clerks read, as pages: the manuals of `docs/`, and the references of the APIs
//! from the documents their routes make.
//!
//! A manual too large for one page (30 KB) is shown part by part. Everything is rendered once, at the first look.

mod markdown;
mod pictures;
mod reference;

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::kernel::{Error, Result};
use tower_http::compression::CompressionLayer;
use web::answers::or_page;
use web::texts::Words;
use web::{Page, current};

use markdown::{Document, Part};

/// Larger than this, in bytes of HTML, a manual is shown part by part.
const LARGEST: usize = 24 * 1024;

/// A manual: its name in addresses, the key of what it is for, its language, its text.
struct Manual {
    name: &'static str,
    hint: &'static str,
    lang: &'static str,
    text: &'static str,
}

/// The manuals, in the order of the list. Those of operations stay with who runs the platform.
const MANUALS: [Manual; 16] = [
    manual("console", "docs.for.clerks", "ja", include_str!("../../../../docs/console.md")),
    manual("sms", "docs.for.sms", "en", include_str!("../../../../docs/api/sms.md")),
    manual("sms-online", "docs.for.sms", "en", include_str!("../../../../docs/api/sms-online.md")),
    manual("events", "docs.for.services", "en", include_str!("../../../../docs/api/events.md")),
    manual(
        "decisions",
        "docs.for.services",
        "en",
        include_str!("../../../../docs/api/decisions.md"),
    ),
    manual("oidc", "docs.for.services", "en", include_str!("../../../../docs/api/oidc.md")),
    manual("signin", "docs.for.services", "en", include_str!("../../../../docs/api/signin.md")),
    manual("tv", "docs.for.services", "en", include_str!("../../../../docs/api/tv.md")),
    manual("logout", "docs.for.services", "en", include_str!("../../../../docs/api/logout.md")),
    manual("passkeys", "docs.for.services", "en", include_str!("../../../../docs/api/passkeys.md")),
    manual(
        "registration",
        "docs.for.services",
        "en",
        include_str!("../../../../docs/api/registration.md"),
    ),
    manual(
        "private-key-jwt",
        "docs.for.services",
        "en",
        include_str!("../../../../docs/api/private-key-jwt.md"),
    ),
    manual(
        "tls-client-auth",
        "docs.for.services",
        "en",
        include_str!("../../../../docs/api/tls-client-auth.md"),
    ),
    manual(
        "token-exchange",
        "docs.for.services",
        "en",
        include_str!("../../../../docs/api/token-exchange.md"),
    ),
    manual("ERRORS", "docs.for.everybody", "en", include_str!("../../../../docs/ERRORS.md")),
    manual("admin", "docs.for.programs", "en", include_str!("../../../../docs/api/admin.md")),
];
/// A reference: its name in addresses, its title, the key of what it is for, the document it is made from.
type Reference = (&'static str, &'static str, &'static str, fn() -> serde_json::Value);

const REFERENCES: [Reference; 3] = [
    (
        "sms-online-reference",
        "The SMS online: reference",
        "docs.for.sms",
        linkage::sms::online::document,
    ),
    ("decisions-reference", "Decisions: reference", "docs.for.services", linkage::vod::document),
    (
        "admin-reference",
        "Administration API: reference",
        "docs.for.programs",
        linkage::admin::document,
    ),
];

const fn manual(
    name: &'static str,
    hint: &'static str,
    lang: &'static str,
    text: &'static str,
) -> Manual {
    Manual { name, hint, lang, text }
}

/// A manual as it is shown.
struct Shown {
    name: &'static str,
    hint: &'static str,
    lang: &'static str,
    document: Document,
}

impl Shown {
    fn in_parts(&self) -> bool {
        self.document.parts.iter().map(|part| part.html.len()).sum::<usize>() > LARGEST
    }
}

/// A manual in the list.
struct Listed<'l> {
    name: &'l str,
    title: &'l str,
    hint: &'static str,
}

#[derive(Template)]
#[template(path = "docs/list.html")]
struct List<'l> {
    words: Words,
    title: &'l str,
    base: &'l str,
    address: &'l str,
    listed: Vec<Listed<'l>>,
}

/// A part in the list above a manual, or the one that comes next.
struct Link<'l> {
    href: String,
    title: &'l str,
    here: bool,
}

struct Read<'r> {
    no: usize,
    title: &'r str,
    html: &'r str,
}

#[derive(Template)]
#[template(path = "docs/page.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    lang: &'b str,
    links: Vec<Link<'b>>,
    parts: Vec<Read<'b>>,
    next: Option<Link<'b>>,
}

/// All routes of the documentation; `base_url`: the address everything lies under.
pub fn routes(base_url: &str) -> Router {
    Router::new()
        .route("/docs", get(list))
        .route("/docs/pictures/{picture}", get(pictures::show))
        .route("/docs/{name}", get(manual_page))
        .route("/docs/{name}/{part}", get(part_page))
        .layer(CompressionLayer::new())
        .with_state(Arc::from(base_url))
}

fn all(base_url: &str) -> &'static [Shown] {
    static ALL: OnceLock<Vec<Shown>> = OnceLock::new();
    ALL.get_or_init(|| {
        let lead = |file: &str| {
            if pictures::is_known(file) {
                return Some(format!("{base_url}/docs/pictures/{file}"));
            }
            let known = |one: &&Manual| file == format!("{}.md", one.name);
            let known = MANUALS.iter().find(known).map(|one| one.name);
            known.map(|name| format!("{base_url}/docs/{name}"))
        };
        let mut shown: Vec<Shown> = MANUALS
            .iter()
            .map(|one| Shown {
                name: one.name,
                hint: one.hint,
                lang: one.lang,
                document: markdown::read(one.text, lead),
            })
            .collect();
        shown.extend(REFERENCES.map(|(name, title, hint, document)| {
            let parts = reference::parts(&document());
            let document = Document { title: title.to_owned(), parts };
            Shown { name, hint, lang: "en", document }
        }));
        shown
    })
}

/// `GET /docs`.
async fn list(State(base): State<Arc<str>>) -> Response {
    let words = Words(current::get().language);
    let listed = all(&base).iter().map(|one| Listed {
        name: one.name,
        title: &one.document.title,
        hint: one.hint,
    });
    let body = List {
        words,
        title: words.get("docs.title"),
        base: &base,
        address: &format!("{base}/docs"),
        listed: listed.collect(),
    };
    let page = Page::new(words.0, body.title, &body).map(IntoResponse::into_response);
    or_page(page.map_err(Into::into))
}

/// `GET /docs/{name}`: the whole manual, or its first part.
async fn manual_page(State(base): State<Arc<str>>, Path(name): Path<String>) -> Response {
    or_page(show(&base, &name, None).map_err(Into::into))
}

/// `GET /docs/{name}/{part}`.
async fn part_page(
    State(base): State<Arc<str>>,
    Path((name, part)): Path<(String, String)>,
) -> Response {
    let shown = part.parse().map_err(|_| unknown()).and_then(|no| show(&base, &name, Some(no)));
    or_page(shown.map_err(Into::into))
}

fn unknown() -> Error {
    Error::not_found("page.unknown", "")
}

fn show(base: &str, name: &str, part: Option<usize>) -> Result<Response> {
    let manual = all(base).iter().find(|one| one.name == name).ok_or_else(unknown)?;
    let parts = &manual.document.parts;
    let apart = manual.in_parts();
    let at = match part {
        None => 0,
        Some(part) if apart && part < parts.len() => part,
        Some(_) => return Err(unknown()),
    };
    let words = Words(current::get().language);
    let address = format!("{base}/docs");
    let link = |(no, part): (usize, &'static Part)| Link {
        href: if apart { format!("{address}/{name}/{no}") } else { format!("#p{no}") },
        title: &part.title,
        here: apart && no == at,
    };
    let numbered = || parts.iter().enumerate();
    let body = Body {
        words,
        title: &manual.document.title,
        address: &address,
        lang: manual.lang,
        links: numbered().filter(|(_, part)| !part.title.is_empty()).map(link).collect(),
        parts: numbered()
            .filter(|(no, _)| !apart || *no == at)
            .map(|(no, part)| Read { no, title: &part.title, html: &part.html })
            .collect(),
        next: numbered().nth(at + 1).filter(|_| apart).map(link),
    };
    Ok(Page::new(words.0, body.title, &body)?.shows_pictures().into_response())
}
