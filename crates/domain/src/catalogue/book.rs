//! All products of an operator at once, asked by code and by what they open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::kernel::Result;
use base::store::Tx;

use super::{Product, repo};

/// Every product of one operator. Bundles are taken apart once, when the book is made.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    products: BTreeMap<String, Product>,
    /// Product code → itself and, for a bundle, everything it leads to.
    contents: HashMap<String, BTreeSet<String>>,
    /// `type:id` → the products that open it, and the bundles that lead to those.
    opening: HashMap<String, BTreeSet<String>>,
    /// `type:id` → the products that name it themselves.
    naming: HashMap<String, Vec<String>>,
}

impl Catalogue {
    /// The book of these products.
    #[must_use]
    pub fn new(products: Vec<Product>) -> Self {
        let products: BTreeMap<String, Product> =
            products.into_iter().map(|product| (product.code.clone(), product)).collect();
        let mut book = Self { products, ..Self::default() };
        for code in book.products.keys() {
            let mut reached = BTreeSet::new();
            reach(&book.products, code, &mut reached);
            book.contents.insert(code.clone(), reached);
        }
        for product in book.products.values() {
            for reference in &product.refs {
                book.naming.entry(reference.clone()).or_default().push(product.code.clone());
            }
            book.naming
                .entry(format!("product:{}", product.code))
                .or_default()
                .push(product.code.clone());
        }
        for (reference, named) in &book.naming {
            let leads = |code: &&String| {
                book.contents
                    .get(*code)
                    .is_some_and(|inside| named.iter().any(|product| inside.contains(product)))
            };
            let opening = book.products.keys().filter(leads).cloned().collect();
            book.opening.insert(reference.clone(), opening);
        }
        book
    }

    /// The product `code`.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Product> {
        self.products.get(code)
    }

    /// All products, in order of code.
    pub fn iter(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// The codes a key of `code` stands for: itself and, for a bundle, all it contains, however
    /// deep. Empty for an unknown code.
    #[must_use]
    pub fn contents(&self, code: &str) -> &BTreeSet<String> {
        self.contents.get(code).unwrap_or(&NOTHING)
    }

    /// The codes whose key opens `reference` (`title:T0001`, `product:PACK1`), bundles included.
    #[must_use]
    pub fn opening(&self, reference: &str) -> &BTreeSet<String> {
        self.opening.get(reference).unwrap_or(&NOTHING)
    }

    /// The products that name `reference` themselves: whose rating and adult flag it has. Many
    /// products may; the strictest counts.
    pub fn naming(&self, reference: &str) -> impl Iterator<Item = &Product> {
        let codes = self.naming.get(reference).map_or(&[][..], Vec::as_slice);
        codes.iter().filter_map(|code| self.products.get(code))
    }

    /// Everything services can ask for, in no order: `type:id`, `product:…` too.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.naming.keys().map(String::as_str)
    }
}

static NOTHING: BTreeSet<String> = BTreeSet::new();

fn reach(products: &BTreeMap<String, Product>, code: &str, reached: &mut BTreeSet<String>) {
    if !reached.insert(code.to_owned()) {
        return;
    }
    for item in products.get(code).map_or(&[][..], |product| &product.items) {
        reach(products, item, reached);
    }
}

/// All products of the operator of this scope. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn load(tx: &mut Tx<'_>) -> Result<Catalogue> {
    Ok(Catalogue::new(repo::list(tx)?))
}

#[cfg(test)]
mod tests {
    use base::kernel::Instant;

    use super::*;
    use crate::catalogue::Kind;

    fn product(code: &str, kind: Kind, items: &[&str], refs: &[&str]) -> Product {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Product {
            code: code.to_owned(),
            kind,
            name_ja: "見放題".to_owned(),
            name_en: "Pack".to_owned(),
            rating_years: Some(0),
            adult: false,
            items: owned(items),
            refs: owned(refs),
            sold_from: Instant::from_ms(0),
            sold_until: Instant::FOREVER,
            start_window_hours: None,
            play_window_hours: None,
        }
    }

    fn codes(set: &BTreeSet<String>) -> Vec<&str> {
        set.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_title_is_opened_by_its_product_and_by_every_bundle_that_leads_to_it() {
        let book = Catalogue::new(vec![
            product("BASE", Kind::Bundle, &["KIDS", "NEWS"], &[]),
            product("FULL", Kind::Bundle, &["BASE", "FILM"], &[]),
            product("FILM", Kind::Svod, &[], &["title:T1", "title:T2"]),
            product("KIDS", Kind::Svod, &[], &["title:T2"]),
            product("NEWS", Kind::Channel, &[], &["channel:101"]),
        ]);
        assert_eq!(codes(book.opening("title:T2")), ["BASE", "FILM", "FULL", "KIDS"]);
        assert_eq!(codes(book.opening("product:NEWS")), ["BASE", "FULL", "NEWS"]);
        assert_eq!(codes(book.contents("FULL")), ["BASE", "FILM", "FULL", "KIDS", "NEWS"]);
        assert!(book.opening("title:T9").is_empty() && book.contents("NONE").is_empty());
        let naming: Vec<&str> = book.naming("title:T2").map(|one| one.code.as_str()).collect();
        assert_eq!(naming, ["FILM", "KIDS"]);
    }

    #[test]
    fn a_cycle_in_stored_bundles_ends() {
        let book = Catalogue::new(vec![
            product("ONE", Kind::Bundle, &["TWO"], &[]),
            product("TWO", Kind::Bundle, &["ONE"], &[]),
        ]);
        assert_eq!(codes(book.contents("ONE")), ["ONE", "TWO"]);
    }
}
