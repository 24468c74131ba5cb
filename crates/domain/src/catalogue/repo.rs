//! The SQL of this room. Lists are kept as text separated by spaces: codes and references have none.

use base::kernel::Result;
use base::store::{Row, Tx, Value};

use super::{Kind, Product};

/// Stored in place of a rating that nobody gave.
const NOT_RATED: i64 = -1;

fn read(row: &mut Row) -> Result<Product> {
    let words =
        |text: String| text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    Ok(Product {
        code: row.text()?,
        kind: Kind::parse(&row.text()?)?,
        name_ja: row.text()?,
        name_en: row.text()?,
        rating_years: Some(row.int()?).filter(|years| *years != NOT_RATED),
        adult: row.flag()?,
        items: words(row.text()?),
        refs: words(row.text()?),
        sold_from: row.instant()?,
        sold_until: row.instant()?,
        start_window_hours: row.int_if_any()?,
        play_window_hours: row.int_if_any()?,
    })
}

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<Product>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT code, kind, name_ja, name_en, rating_years, adult, items, refs, sold_from_ms,
                sold_until_ms, start_window_hours, play_window_hours
           FROM products WHERE operator_id = ?1 ORDER BY code",
        &keys,
        read,
    )
}

pub(super) fn find(tx: &mut Tx<'_>, code: &str) -> Result<Option<Product>> {
    let keys: [Value; 2] = [tx.operator().into(), code.into()];
    tx.row(
        "SELECT code, kind, name_ja, name_en, rating_years, adult, items, refs, sold_from_ms,
                sold_until_ms, start_window_hours, play_window_hours
           FROM products WHERE operator_id = ?1 AND code = ?2",
        &keys,
        read,
    )
}

pub(super) fn put(tx: &mut Tx<'_>, product: &Product) -> Result<()> {
    let row: [Value; 14] = [
        tx.operator().into(),
        (&product.code).into(),
        product.kind.as_str().into(),
        (&product.name_ja).into(),
        (&product.name_en).into(),
        product.rating_years.unwrap_or(NOT_RATED).into(),
        product.adult.into(),
        product.items.join(" ").into(),
        product.refs.join(" ").into(),
        product.sold_from.into(),
        product.sold_until.into(),
        product.start_window_hours.into(),
        product.play_window_hours.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO products
            (operator_id, code, kind, name_ja, name_en, rating_years, adult, items, refs,
             sold_from_ms, sold_until_ms, start_window_hours, play_window_hours, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (operator_id, code) DO UPDATE SET
            kind = excluded.kind, name_ja = excluded.name_ja, name_en = excluded.name_en,
            rating_years = excluded.rating_years, adult = excluded.adult, items = excluded.items,
            refs = excluded.refs, sold_from_ms = excluded.sold_from_ms,
            sold_until_ms = excluded.sold_until_ms,
            start_window_hours = excluded.start_window_hours,
            play_window_hours = excluded.play_window_hours, updated_ms = excluded.updated_ms",
        &row,
    )
}
