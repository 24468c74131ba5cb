//! One product: what it is, when it is sold, what it opens.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::book::{Catalogue, load};
use super::repo;
use crate::operators::{self, Facts, Publishing};

/// What kind of thing is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A linear channel.
    Channel,
    /// A pack watched as long as it is paid.
    Svod,
    /// One title, rented.
    Tvod,
    /// Something that comes on top: download, 4K.
    Feature,
    /// Several products under one name.
    Bundle,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Channel, Self::Svod, Self::Tvod, Self::Feature, Self::Bundle];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "CHANNEL",
            Self::Svod => "SVOD",
            Self::Tvod => "TVOD",
            Self::Feature => "FEATURE",
            Self::Bundle => "BUNDLE",
        }
    }

    /// Reads a kind's word.
    ///
    /// # Errors
    /// `product.kind_unknown`
    pub fn parse(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| Error::invalid("product.kind_unknown", "kind"))
    }
}

/// What is sold since ever is sold from here.
pub const BEGINNING: Instant = Instant::from_ms(0);

/// A product of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The station's code for it, at most 12 capital letters, digits, `-`, `_` (SMS columns 58–69).
    pub code: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Name in Japanese.
    pub name_ja: String,
    /// Name in English.
    pub name_en: String,
    /// Least age, in years: G 0, PG12 12, R15+ 15, R18+ 18. `None`: nobody rated it, the
    /// operator's policy `nr_rating_years` applies.
    pub rating_years: Option<i64>,
    /// For adults: opened only where the station, the household and the person say so.
    pub adult: bool,
    /// The codes of a bundle's products; empty for the other kinds.
    pub items: Vec<String>,
    /// What it opens at services, as `type:id`: `title:T0001`, `channel:101`.
    pub refs: Vec<String>,
    /// From when it may be opened for a contract; [`BEGINNING`] when it always could.
    pub sold_from: Instant,
    /// From when it may not any more; [`Instant::FOREVER`] when no end is known.
    pub sold_until: Instant,
    /// Rented title: hours in which watching must begin after the key was opened.
    pub start_window_hours: Option<i64>,
    /// Rented title: hours it may be watched after the first play.
    pub play_window_hours: Option<i64>,
}

impl Product {
    /// Whether it may be opened at `now`.
    #[must_use]
    pub fn sold_at(&self, now: Instant) -> bool {
        self.sold_from <= now && now < self.sold_until
    }

    /// Each field by its name, as a text; empty: it has none.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let (from, until) = (self.sold_from, self.sold_until);
        let facts = [
            ("kind", self.kind.as_str().to_owned()),
            ("name_ja", self.name_ja.clone()),
            ("name_en", self.name_en.clone()),
            ("rating_years", number(self.rating_years)),
            ("adult", self.adult.to_string()),
            ("items", self.items.join(" ")),
            ("refs", self.refs.join(" ")),
            ("sold_from", if from == BEGINNING { String::new() } else { from.rfc3339_jst() }),
            (
                "sold_until",
                if until == Instant::FOREVER { String::new() } else { until.rfc3339_jst() },
            ),
            ("start_window_hours", number(self.start_window_hours)),
            ("play_window_hours", number(self.play_window_hours)),
        ];
        facts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
    }

    /// The least age it asks for, in years, `unrated` when nobody rated it.
    #[must_use]
    pub fn least_age(&self, unrated: i64) -> i64 {
        self.rating_years.unwrap_or(unrated)
    }
}

/// Adds a product to the operator of this scope, or changes one. A bundle's products must exist.
///
/// # Errors
/// - `operator.unknown`
/// - `product.code_malformed`, `product.name_missing`, `product.rating_out_of_range`
/// - `product.reference_malformed` — a reference is not `type:id`
/// - `product.sale_ends_before_it_starts`
/// - `product.window_not_for_kind` — windows are for rented titles, and at least an hour
/// - `product.items_not_for_kind` — items are for bundles, and a bundle has some
/// - `product.unknown` — a bundle names a product that is not there
/// - `product.bundle_cycle` — a bundle would contain itself
pub fn put_product(tx: &mut Tx<'_>, product: &Product) -> Result<Change> {
    put(tx, product, None)
}

/// Changes a product of the operator of this scope, or adds one, if it still is what was seen. What is so already is answered so,
/// whatever was seen.
///
/// # Errors
/// - `field.required`, `field.too_long` naming `why`
/// - `product.exists` — it was to be added, and the code is another one's
/// - `masters.changed_meanwhile` — somebody else changed it: look at it again
/// - those of [`put_product`]
pub fn publish_product(
    tx: &mut Tx<'_>,
    product: &Product,
    publishing: &Publishing,
) -> Result<Change> {
    publishing.why()?;
    operators::hold(tx)?;
    put(tx, product, Some(publishing))
}

fn put(tx: &mut Tx<'_>, product: &Product, publishing: Option<&Publishing>) -> Result<Change> {
    check(product)?;
    let known = load(tx)?;
    if known.get(&product.code) == Some(product) {
        return Ok(Change::Already);
    }
    let before = known.get(&product.code).map(Product::facts);
    let why = match publishing {
        Some(publishing) => {
            if publishing.seen.is_empty() && before.is_some() {
                return Err(Error::Conflict { code: "product.exists" });
            }
            publishing.check_seen(before.as_ref())?;
            publishing.why()?
        }
        None => "",
    };
    check_items(&known, product)?;
    repo::put(tx, product)?;
    operators::changed(tx)?;
    let detail = json!({ "kind": product.kind.as_str(), "items": product.items });
    let detail = operators::kept(detail, (before.as_ref(), &product.facts()), why);
    record(tx, &Entry::new("product.changed", &product.code).detail(detail))?;
    Ok(Change::Made)
}

/// The product `code` of this operator.
///
/// # Errors
/// `product.unknown`
pub fn find(tx: &mut Tx<'_>, code: &str) -> Result<Product> {
    repo::find(tx, code)?.ok_or_else(|| Error::not_found("product.unknown", code))
}

const fn is_code_letter(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}

fn well_formed_reference(reference: &str) -> bool {
    let visible = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    reference.split_once(':').is_some_and(|(of, id)| {
        // `product:…` is what every product is called anyway.
        of != "product" && of.bytes().all(|byte| byte.is_ascii_lowercase()) && visible(id)
    }) && !reference.starts_with(':')
}

fn check(product: &Product) -> Result<()> {
    let length = product.code.len();
    if length == 0 || length > 12 || !product.code.bytes().all(is_code_letter) {
        return Err(Error::invalid("product.code_malformed", "code"));
    }
    for (field, name) in [("name_ja", &product.name_ja), ("name_en", &product.name_en)] {
        if name.trim().is_empty() {
            return Err(Error::invalid("product.name_missing", field));
        }
    }
    if product.rating_years.is_some_and(|years| !(0..=20).contains(&years)) {
        return Err(Error::invalid("product.rating_out_of_range", "rating_years"));
    }
    if !product.refs.iter().all(|reference| well_formed_reference(reference)) {
        return Err(Error::invalid("product.reference_malformed", "refs"));
    }
    if product.sold_until <= product.sold_from {
        return Err(Error::invalid("product.sale_ends_before_it_starts", "sold_until"));
    }
    let windows = [product.start_window_hours, product.play_window_hours];
    let rented = product.kind == Kind::Tvod;
    if windows.into_iter().flatten().any(|hours| !rented || hours < 1) {
        return Err(Error::invalid("product.window_not_for_kind", "play_window_hours"));
    }
    if product.items.is_empty() == (product.kind == Kind::Bundle) {
        return Err(Error::invalid("product.items_not_for_kind", "items"));
    }
    Ok(())
}

fn check_items(known: &Catalogue, product: &Product) -> Result<()> {
    for item in &product.items {
        if item == &product.code || known.contents(item).contains(&product.code) {
            return Err(Error::invalid("product.bundle_cycle", "items"));
        }
        if known.get(item).is_none() {
            return Err(Error::not_found("product.unknown", item));
        }
    }
    Ok(())
}
