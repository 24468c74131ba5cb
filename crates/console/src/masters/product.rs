//! One product: what it opens, when it is sold, for whom; and its change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Change, Day, Error, Instant, Result, clock};
use base::store::Tx;
use domain::catalogue::{self, BEGINNING, Kind, Product};
use domain::entitlements;
use domain::operators::{Publishing, differences, publications, version_of};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, in_language};

use super::form::{Came, Input, Link, Thing, page};
use super::head::{self, Last, Master, publish};
use super::told::{in_order, key, kind_key, told};
use super::{NEW, path_of};
use crate::Console;
use crate::here::Here;

/// What the audit calls a change of one.
const ACTS: &[&str] = &["product.changed"];

/// `GET …/masters/products/{product}`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, product)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    head::show((console, code), headers, Sold(product)).await
}

/// `POST …/masters/products/{product}`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, product)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), Sold(product)).await
}

/// The product of this code.
pub(super) struct Sold(pub(super) String);

impl Master for Sold {
    fn path(&self) -> String {
        path_of(&self.0)
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        let (may, code) = ((&here.seat, Permission::Publish), self.0.clone());
        let known = console.desks.look(may, clock::now(), move |tx| catalogue::find(tx, &code))?;
        let product = product_of(&known, (form, &fields(Some(known.kind))))?;
        let changes = differences(&known.facts(), &product.facts());
        let (words, sold) = (here.words, product.clone());
        let about = move |tx: &mut Tx<'_>| Ok(about(words, holders(tx, &sold)?));
        publish((console, here, form), changes, (about, publishes(product)))
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        let (may, code) = ((&here.seat, Permission::Settings), self.0.clone());
        let (product, history) = console.desks.look(may, clock::now(), move |tx| {
            Ok((catalogue::find(tx, &code)?, publications(tx, (ACTS, &code))?))
        })?;
        let name = in_language(here.words.0, &product.name_ja, &product.name_en);
        let title = format!("{} {name}", self.0);
        let facts = product.facts();
        let told = in_order(&facts).map(|(name, text)| (key(name), told(here.words, name, text)));
        let thing = Thing {
            help: here.words.get("console.masters.product.text"),
            inputs: inputs(here.words, (&product, &fields(Some(product.kind))), last.typed()),
            history,
            links: here
                .may(Permission::Publish)
                .then(|| copy_of(here.words, &self.0))
                .into_iter()
                .collect(),
            ..Thing::new(&title, (self.path(), version_of(&facts)), told.collect())
        };
        page(console, here, thing, last)
    }
}

/// Where another one is made from the product `code`.
fn copy_of(words: Words, code: &str) -> Link {
    let path = format!("{NEW}?copy={}", crate::home::segment(code));
    Link { id: "copy", path, text: words.get("console.masters.copy").to_owned() }
}

/// What publishes `product`.
pub(super) fn publishes(
    product: Product,
) -> impl Fn(&mut Tx<'_>, &Publishing) -> Result<Change> + Send + 'static {
    move |tx, publishing| catalogue::publish_product(tx, &product, publishing)
}

/// How many households have a key of it, or of a bundle that leads to it.
fn holders(tx: &mut Tx<'_>, product: &Product) -> Result<i64> {
    let catalogue = catalogue::load(tx)?;
    let opening = catalogue.opening(&format!("product:{}", product.code));
    entitlements::count_holders(tx, opening.iter().cloned().collect())
}

fn about(words: Words, holders: i64) -> String {
    words.fill("console.masters.holders", &[("households", &holders.to_string())])
}

/// The fields of a form about a product of this kind, and what they are; none: of one that is not there yet.
pub(super) fn fields(kind: Option<Kind>) -> Vec<(&'static str, &'static str)> {
    let mut fields: Vec<(&'static str, &'static str)> = Vec::new();
    if kind.is_none() {
        fields.extend([("code", "text"), ("kind", "choice")]);
    }
    let of_all =
        [("name_ja", "text"), ("name_en", "text"), ("rating_years", "number"), ("adult", "tick")];
    fields.extend(of_all);
    if matches!(kind, None | Some(Kind::Bundle)) {
        fields.push(("items", "area"));
    }
    fields.extend([("refs", "area"), ("sold_from", "date"), ("sold_until", "date")]);
    if matches!(kind, None | Some(Kind::Tvod)) {
        fields.extend([("start_window_hours", "number"), ("play_window_hours", "number")]);
    }
    fields
}

/// The product as a form with these fields says it shall be.
pub(super) fn product_of(
    known: &Product,
    (form, fields): (&Parameters<'_>, &[(&str, &str)]),
) -> Result<Product> {
    let asks = |name: &str| fields.iter().any(|(field, _)| *field == name);
    let get = |name: &str| form.get(name).unwrap_or_default().trim();
    let number = |name: &str, code: &'static str| match get(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid(code, name)),
    };
    let list = |name: &str| get(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let hours = |name: &str| {
        if asks(name) { number(name, "product.window_not_for_kind") } else { Ok(None) }
    };
    Ok(Product {
        name_ja: get("name_ja").to_owned(),
        name_en: get("name_en").to_owned(),
        rating_years: number("rating_years", "product.rating_out_of_range")?,
        adult: form.get("adult").is_some_and(|ticked| !ticked.is_empty()),
        items: if asks("items") { list("items") } else { known.items.clone() },
        refs: list("refs"),
        sold_from: match get("sold_from") {
            // The day as it was shown stands for the very moment.
            day if day == first_day(known) => known.sold_from,
            "" => BEGINNING,
            day => Day::parse_iso(day, "sold_from")?.start(),
        },
        sold_until: match get("sold_until") {
            day if day == last_day(known) => known.sold_until,
            "" => Instant::FOREVER,
            day => Day::parse_iso(day, "sold_until")?.end(),
        },
        start_window_hours: hours("start_window_hours")?,
        play_window_hours: hours("play_window_hours")?,
        ..known.clone()
    })
}

/// The first day it is sold on; empty: it always was.
fn first_day(product: &Product) -> String {
    if product.sold_from == BEGINNING {
        return String::new();
    }
    product.sold_from.day_jst().iso()
}

/// The last day it is sold on; empty: no end is known.
fn last_day(product: &Product) -> String {
    if product.sold_until == Instant::FOREVER {
        return String::new();
    }
    Instant::from_ms(product.sold_until.ms() - 1).day_jst().iso()
}

/// These fields filled in as `form` says, else as the product stands.
pub(super) fn inputs(
    words: Words,
    (product, fields): (&Product, &[(&'static str, &'static str)]),
    form: Option<&Parameters<'_>>,
) -> Vec<Input> {
    let facts = product.facts();
    let fact = |name: &str| facts.get(name).cloned().unwrap_or_default();
    let stands = |name: &str| match name {
        "code" => product.code.clone(),
        "adult" if product.adult => "1".to_owned(),
        "adult" => String::new(),
        "sold_from" => first_day(product),
        "sold_until" => last_day(product),
        "items" | "refs" => fact(name).replace(' ', "\n"),
        _ => fact(name),
    };
    let kinds = || Kind::ALL.map(|kind| (kind.as_str(), words.get(kind_key(kind)))).to_vec();
    let each = fields.iter().map(|(name, kind)| Input {
        choices: if *kind == "choice" { kinds() } else { Vec::new() },
        ..Input::new((name, kind), words.get(key(name)), (form, stands(name)))
    });
    each.collect()
}
