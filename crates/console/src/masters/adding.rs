//! A product that is not sold yet: made from nothing or from another one, and published like any change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Instant, Result, clock};
use base::store::Tx;
use domain::catalogue::{self, BEGINNING, Kind, Product};
use domain::operators::{Difference, Facts, differences};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;

use super::NEW;
use super::form::{Came, Thing, page};
use super::head::{self, Last, Master, publish};
use super::product::{Sold, fields, inputs, product_of, publishes};
use crate::Console;
use crate::here::{Here, asked};

/// `GET …/masters/products/new?copy=CODE`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, NEW.to_owned(), query), |console, here, query| {
        let copied = query.get("copy").unwrap_or_default().to_owned();
        New { copied }.page(console, here, &Last::NONE)
    })
    .await
}

/// `POST …/masters/products/new`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), New { copied: String::new() }).await
}

/// A product that is not there yet.
struct New {
    /// The code of the one it is made from; empty: of none.
    copied: String,
}

impl Master for New {
    fn path(&self) -> String {
        NEW.to_owned()
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        let text = |name| form.get(name).unwrap_or_default().trim().to_owned();
        let plain = Product { code: text("code"), kind: Kind::parse(&text("kind"))?, ..nothing() };
        let product = product_of(&plain, (form, &fields(None)))?;
        let (code, words) = (product.code.clone(), here.words);
        let of_code =
            Difference { field: "code".to_owned(), before: String::new(), after: code.clone() };
        let mut changes = differences(&Facts::new(), &product.facts());
        changes.push(of_code);
        let about = move |_: &mut Tx<'_>| Ok(words.get("console.masters.new.about").to_owned());
        let came = publish((console, here, form), changes, (about, publishes(product)))?;
        Ok(if let Came::Published(change) = came { Came::Added(code, change) } else { came })
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        if let Came::Added(code, change) = &last.came {
            return Sold(code.clone()).page(console, here, &Last::published(*change));
        }
        let (may, copied) = ((&here.seat, Permission::Settings), self.copied.clone());
        let begun = console.desks.look(may, clock::now(), move |tx| match copied.as_str() {
            "" => Ok(nothing()),
            _ => catalogue::find(tx, &copied),
        })?;
        let begun = Product { code: String::new(), ..begun };
        let title = here.words.get("console.masters.new");
        let thing = Thing {
            help: here.words.get("console.masters.new.text"),
            inputs: inputs(here.words, (&begun, &fields(None)), last.typed()),
            ..Thing::new(title, (self.path(), String::new()), Vec::new())
        };
        page(console, here, thing, last)
    }
}

/// What a form that nobody filled in says.
const fn nothing() -> Product {
    Product {
        code: String::new(),
        kind: Kind::Channel,
        name_ja: String::new(),
        name_en: String::new(),
        rating_years: None,
        adult: false,
        items: Vec::new(),
        refs: Vec::new(),
        sold_from: BEGINNING,
        sold_until: Instant::FOREVER,
        start_window_hours: None,
        play_window_hours: None,
    }
}
