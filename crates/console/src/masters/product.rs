//! One product: what it opens, when it is sold, for whom; and its change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Change, Day, Error, Instant, Result, clock};
use base::store::Tx;
use domain::catalogue::{self, BEGINNING, Kind, Product};
use domain::entitlements;
use domain::operators::{Difference, Published, Publishing, differences, publications, version_of};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, in_language};

use super::form::{Came, Input, Thing, page, publishing};
use super::path_of;
use super::told::{in_order, key, told};
use crate::Console;
use crate::here::{Here, posted, shown};

/// What the audit calls a change of one.
const ACTS: &[&str] = &["product.changed"];

/// `GET …/masters/products/{product}`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, product)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, path_of(&product)), move |console, here| {
        told_of(console, here, &product, (&Came::Nothing, None))
    })
    .await
}

/// `POST …/masters/products/{product}`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, product)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, path_of(&product));
    posted((console, code), form, move |console, here, form| {
        let came = Came::of(changed(console, here, (&product, form)))?;
        told_of(console, here, &product, (&came, came.keeps_form().then_some(form)))
    })
    .await
}

fn changed(console: &Console, here: &Here, (code, form): (&str, &Parameters<'_>)) -> Result<Came> {
    let may = (&here.seat, Permission::Publish);
    let wanted = code.to_owned();
    let known = console.desks.look(may, clock::now(), move |tx| catalogue::find(tx, &wanted))?;
    let product = product_of(&known, form)?;
    let publishing = publishing(form);
    match form.get("do").unwrap_or_default() {
        "again" => Ok(Came::Again),
        "draft" => {
            // Every rule is asked but the description, which comes with the draft.
            let tried = Publishing { why: "-".to_owned(), ..publishing };
            let (product, changes) = (product.clone(), changes(&known, &product));
            let (change, holders) = console.desks.rehearse(may, clock::now(), move |tx| {
                let holders = holders(tx, &product)?;
                Ok((catalogue::publish_product(tx, &product, &tried)?, holders))
            })?;
            Ok(match change {
                Change::Already => Came::Published(Change::Already),
                Change::Made => Came::Draft(changes, about(here.words, holders)),
            })
        }
        "publish" => {
            let publish =
                move |tx: &mut Tx<'_>| catalogue::publish_product(tx, &product, &publishing);
            console.desks.act(may, clock::now(), publish).map(Came::Published)
        }
        _ => Err(Error::invalid("request.parameters_malformed", "do")),
    }
}

fn changes(known: &Product, product: &Product) -> Vec<Difference> {
    differences(&known.facts(), &product.facts())
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

/// The product as the form says it shall be.
fn product_of(known: &Product, form: &Parameters<'_>) -> Result<Product> {
    let get = |name: &str| form.get(name).unwrap_or_default().trim();
    let number = |name: &str, code: &'static str| match get(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid(code, name)),
    };
    let list = |name: &str| get(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rented = known.kind == Kind::Tvod;
    let hours = |name: &str| number(name, "product.window_not_for_kind");
    Ok(Product {
        name_ja: get("name_ja").to_owned(),
        name_en: get("name_en").to_owned(),
        rating_years: number("rating_years", "product.rating_out_of_range")?,
        adult: form.get("adult").is_some_and(|ticked| !ticked.is_empty()),
        items: if known.kind == Kind::Bundle { list("items") } else { known.items.clone() },
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
        start_window_hours: if rented { hours("start_window_hours")? } else { None },
        play_window_hours: if rented { hours("play_window_hours")? } else { None },
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

fn told_of(
    console: &Console,
    here: &Here,
    code: &str,
    (came, form): (&Came, Option<&Parameters<'_>>),
) -> Result<Response> {
    let may = (&here.seat, Permission::Settings);
    let wanted = code.to_owned();
    let (product, history) = console.desks.look(may, clock::now(), move |tx| {
        Ok((catalogue::find(tx, &wanted)?, publications(tx, (ACTS, &wanted))?))
    })?;
    let name = in_language(here.words.0, &product.name_ja, &product.name_en);
    let title = format!("{code} {name}");
    let thing = thing(here.words, (&product, &title), (form, history));
    page(console, here, thing, (came, form))
}

fn thing<'t>(
    words: Words,
    (product, title): (&Product, &'t str),
    (form, history): (Option<&Parameters<'_>>, Vec<Published>),
) -> Thing<'t> {
    let facts = product.facts();
    let fact = |name: &str| facts.get(name).cloned().unwrap_or_default();
    let mut fields: Vec<(&'static str, &'static str)> = vec![
        ("name_ja", "text"),
        ("name_en", "text"),
        ("rating_years", "number"),
        ("adult", "tick"),
    ];
    fields.extend((product.kind == Kind::Bundle).then_some(("items", "area")));
    fields.extend([("refs", "area"), ("sold_from", "date"), ("sold_until", "date")]);
    if product.kind == Kind::Tvod {
        fields.extend([("start_window_hours", "number"), ("play_window_hours", "number")]);
    }
    let stands = |name: &str| match name {
        "adult" if product.adult => "1".to_owned(),
        "adult" => String::new(),
        "sold_from" => first_day(product),
        "sold_until" => last_day(product),
        "items" | "refs" => fact(name).replace(' ', "\n"),
        _ => fact(name),
    };
    let inputs = fields
        .into_iter()
        .map(|(name, kind)| Input::new((name, kind), words.get(key(name)), (form, stands(name))));
    Thing {
        title,
        path: path_of(&product.code),
        version: version_of(&facts),
        inputs: inputs.collect(),
        facts: in_order(&facts).map(|(name, text)| (key(name), told(words, name, text))).collect(),
        history,
    }
}
