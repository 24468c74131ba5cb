//! What the station sells, which services ask for it, what it decides for itself, and how its pages look: lists, one thing with its history, and
//! its change: draft, difference, description, publication in one act.
//!
//! Source: issue 4, §2.7; brief tve §11.2.

mod adding;
mod form;
mod head;
mod linkage;
mod look;
mod policies;
mod product;
mod service;
mod services;
mod told;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::catalogue::{self, Product};
use domain::operators::{self, Operator};
use domain::staff::Permission;
use http::HeaderMap;
use web::texts::{Words, in_language};

use crate::Console;
use crate::here::{Here, asked};
use crate::trial::PATH as TRIAL;
use told::told;

pub(super) use adding::{answer as add_product, show as new_product};
pub(super) use linkage::{answer as change_linkage, show as linkage};
pub(super) use look::{answer as change_look, bring as bring_logo, show as look};
pub(super) use policies::{answer as change_policies, show as policies};
pub(super) use product::{answer as change_product, show as product};
pub(super) use service::{answer as change_service, show as service};
pub(super) use services::list as services;

/// Where they are, below the console.
const LIST: &str = "/masters";
/// Where a product is added: no code has small letters.
const NEW: &str = "/masters/products/new";
/// Where the policies are.
const POLICIES: &str = "/masters/policies";
/// Where the linkage of the SMS is.
const LINKAGE: &str = "/masters/linkage";
/// Where the look of the pages is.
const LOOK: &str = "/masters/look";
/// Where a logo is brought in.
const LOGO: &str = "/masters/look/logo";
/// Where the services are.
const SERVICES: &str = "/masters/services";
/// Products on a page.
const PAGE: usize = 50;
/// Things a product opens that are named in the list.
const NAMED: usize = 3;

/// The page of a product, below the console.
fn path_of(code: &str) -> String {
    format!("{LIST}/products/{}", crate::home::segment(code))
}

/// The page of a service, below the console.
fn service_path(id: &str) -> String {
    format!("{SERVICES}/{}", crate::home::segment(id))
}

/// A product in the list.
struct Listed {
    address: String,
    code: String,
    name: String,
    kind: String,
    opens: String,
    sold: String,
    rating: String,
    adult: bool,
}

#[derive(Template)]
#[template(path = "masters.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    products: Vec<Listed>,
    next: Option<String>,
    add: Option<String>,
    policies: Vec<(&'static str, String)>,
    change: String,
    look: String,
    services: String,
    linkage: String,
    trial: String,
}

/// `GET …/masters?after=CODE`.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, LIST.to_owned(), query), |console, here, query| {
        let after = query.get("after").unwrap_or_default().to_owned();
        let may = (&here.seat, Permission::Settings);
        let (products, operator) = console.desks.look(may, clock::now(), move |tx| {
            let catalogue = catalogue::load(tx)?;
            let later = catalogue.iter().filter(|one| one.code > after);
            let products: Vec<Product> = later.take(PAGE + 1).cloned().collect();
            Ok((products, operators::find_operator(tx)?))
        })?;
        page(console, here, (&products, &operator))
    })
    .await
}

fn page(
    console: &Console,
    here: &Here,
    (products, operator): (&[Product], &Operator),
) -> Result<Response> {
    let words = here.words;
    let shown = products.get(..PAGE).unwrap_or(products);
    let more = shown.last().filter(|_| products.len() > PAGE);
    let body = Body {
        words,
        title: words.get("console.masters"),
        products: shown.iter().map(|product| listed(here, product)).collect(),
        next: more.map(|last| {
            format!("{}{LIST}?after={}", here.address, crate::home::segment(&last.code))
        }),
        add: here.may(Permission::Publish).then(|| format!("{}{NEW}", here.address)),
        policies: policies::facts(words, operator),
        change: format!("{}{POLICIES}", here.address),
        look: format!("{}{LOOK}", here.address),
        services: format!("{}{SERVICES}", here.address),
        linkage: format!("{}{LINKAGE}", here.address),
        trial: format!("{}{TRIAL}", here.address),
    };
    here.page(console, (body.title, "masters"), &body, None)
}

fn listed(here: &Here, product: &Product) -> Listed {
    let (words, facts) = (here.words, product.facts());
    let text = |name: &str| told(words, name, facts.get(name).map_or("", String::as_str));
    let all: Vec<&str> = product.items.iter().chain(&product.refs).map(String::as_str).collect();
    let named = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(" ");
    let others = all.len().saturating_sub(NAMED).to_string();
    Listed {
        address: format!("{}{}", here.address, path_of(&product.code)),
        code: product.code.clone(),
        name: in_language(words.0, &product.name_ja, &product.name_en).to_owned(),
        kind: text("kind"),
        opens: if all.len() > NAMED {
            let filled = [("named", named.as_str()), ("others", &others)];
            words.fill("console.masters.and_others", &filled)
        } else {
            named
        },
        sold: format!("{} – {}", text("sold_from"), text("sold_until")),
        rating: text("rating_years"),
        adult: product.adult,
    }
}
