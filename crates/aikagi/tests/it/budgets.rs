//! What a page may cost: every page somebody can reach is small, with all it brings along, and asks the database little.

use std::collections::BTreeMap;

use crate::devices;
use crate::doors_markup::{desk_pages, given, own_pages, walk_as};
use crate::signin_pages::{at_step, sent, steps};
use crate::viewers::{Answer, House, Viewer, authorize};

/// Bytes of a page at its first view, with its style and its scripts.
const LARGEST: usize = 30 * 1024;
/// Statements a page takes at most.
const MOST: u64 = 12;

/// What a page brings along: its style and its scripts, each as large as it is sent.
struct Brought<'h> {
    browser: Viewer<'h>,
    known: BTreeMap<String, usize>,
}

impl<'h> Brought<'h> {
    fn new(house: &'h House) -> Self {
        Self { browser: Viewer::new(house), known: BTreeMap::new() }
    }

    fn size(&mut self, page: &Answer) -> usize {
        let style = page.body.split("<link rel=\"stylesheet\" href=\"").skip(1);
        let scripts = page.body.split("<script").skip(1).filter_map(|one| {
            let (_, source) = one.split('>').next()?.split_once("src=\"")?;
            Some(source)
        });
        let all = style.chain(scripts).map(|rest| rest.split('"').next().unwrap().to_owned());
        all.map(|address| {
            let browser = &mut self.browser;
            *self.known.entry(address).or_insert_with_key(|address| {
                let path = address
                    .split_once("://")
                    .map_or(&**address, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
                let sent = browser.get(path);
                assert_eq!(sent.status, 200, "{path}");
                sent.body.len()
            })
        })
        .sum()
    }
}

/// A page that costs too much, in words.
fn too_much((path, page): (&str, &Answer), brought: usize, statements: u64) -> Option<String> {
    let bytes = page.body.len() + brought;
    let fits = bytes <= LARGEST && statements <= MOST;
    (!fits).then(|| {
        format!("{path}: {bytes} bytes, {brought} of them brought along; {statements} statements")
    })
}

#[test]
fn every_page_of_the_console_and_of_my_page_is_small_and_asks_the_database_little() {
    let house = devices::house();
    let (mut viewer, mut clerk) = given(&house);
    let mut brought = Brought::new(&house);
    let mut faults = Vec::new();
    let mut look = |viewer: &mut Viewer<'_>, path: &str| {
        let before = sent(&house);
        let page = viewer.get(path);
        let asked = sent(&house) - before;
        let along = brought.size(&page);
        faults.extend(too_much((path, &page), along, asked));
        page
    };
    let mut pages = walk_as(&mut viewer, own_pages(), &mut look);
    pages.extend(walk_as(&mut clerk, desk_pages(), &mut look));
    assert!(pages.len() > 60, "{}", pages.len());
    assert!(brought.known.values().any(|bytes| *bytes > 4096), "{:?}", brought.known);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_page_of_the_sign_in_is_small_with_all_it_brings_along() {
    let house = devices::house();
    let (viewer, _) = given(&house);
    drop(viewer);
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let mut brought = Brought::new(&house);
    let mut faults = Vec::new();
    for (name, step) in steps(&person, "takahashi") {
        let (path, page, asked) = at_step(&house, &authorize(&[]), &step);
        let along = brought.size(&page);
        faults.extend(too_much((&format!("{name} {path}"), &page), along, asked));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
