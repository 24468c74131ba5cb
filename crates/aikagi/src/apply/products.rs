//! Products of the file, bundles after what they contain.

use std::collections::HashSet;

use base::kernel::{Day, Instant, Result};
use base::store::Tx;
use domain::catalogue::{self, Kind, Product};

use super::diff::{Difference, Facts, facts_of, put_with_diff};
use super::file::ProductEntry;

/// The products in an order in which each bundle follows its items. What goes round in a circle
/// stands at the end, where the catalogue refuses it.
pub(super) fn in_order(products: &[ProductEntry]) -> Vec<&ProductEntry> {
    let named: HashSet<&str> = products.iter().map(|one| one.code.as_str()).collect();
    let mut placed: HashSet<&str> = HashSet::new();
    let mut order = Vec::new();
    let mut waiting: Vec<&ProductEntry> = products.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|product| {
            let ready = product
                .items
                .iter()
                .all(|item| placed.contains(item.as_str()) || !named.contains(item.as_str()));
            if ready {
                placed.insert(&product.code);
                order.push(*product);
            }
            !ready
        });
        if waiting.is_empty() || waiting.len() == before {
            order.extend(waiting);
            return order;
        }
    }
}

pub(super) fn put(tx: &mut Tx<'_>, entry: &ProductEntry) -> Result<Option<Difference>> {
    let known = catalogue::load(tx)?.get(&entry.code).cloned();
    let product = Product {
        code: entry.code.clone(),
        kind: Kind::parse(&entry.kind)?,
        name_ja: entry.name_ja.clone(),
        name_en: entry.name_en.clone(),
        rating_years: entry.rating_years,
        adult: entry.adult,
        items: entry.items.clone(),
        refs: entry.refs.clone(),
        sold_from: match &entry.sold_from {
            Some(text) => instant(text, "sold_from", Day::start)?,
            // Not said: as it was, else from the beginning.
            None => known.map_or(Instant::from_ms(0), |known| known.sold_from),
        },
        sold_until: match &entry.sold_until {
            Some(text) => instant(text, "sold_until", Day::end)?,
            None => Instant::FOREVER,
        },
        start_window_hours: entry.start_window_hours,
        play_window_hours: entry.play_window_hours,
    };
    let name = format!("product {}", product.code);
    put_with_diff(
        tx,
        &name,
        |tx| facts(tx, &entry.code),
        |tx| catalogue::put_product(tx, &product).map(|_| ()),
    )
}

fn instant(text: &str, field: &str, of_day: fn(Day) -> Instant) -> Result<Instant> {
    if text.len() == 10 {
        return Day::parse_iso(text, field).map(of_day);
    }
    Instant::parse_rfc3339(text, field)
}

fn facts(tx: &mut Tx<'_>, code: &str) -> Result<Option<Facts>> {
    let book = catalogue::load(tx)?;
    Ok(book.get(code).map(|known| {
        facts_of(
            "",
            &ProductEntry {
                code: known.code.clone(),
                kind: known.kind.as_str().to_owned(),
                name_ja: known.name_ja.clone(),
                name_en: known.name_en.clone(),
                rating_years: known.rating_years,
                adult: known.adult,
                items: known.items.clone(),
                refs: known.refs.clone(),
                sold_from: Some(known.sold_from.rfc3339_jst()),
                sold_until: Some(known.sold_until.rfc3339_jst()),
                start_window_hours: known.start_window_hours,
                play_window_hours: known.play_window_hours,
            },
        )
    }))
}
