//! What a page may cost: every page somebody can reach is small, with all it brings along, and asks the database little.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use domain::commands::{Command, Op};
use domain::operators::Role;
use domain::subscribers::Reason;
use http::Request;
use tower::ServiceExt as _;

use crate::console::{CONSOLE, given_clerk};
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
    house: &'h House,
    known: BTreeMap<String, usize>,
}

impl<'h> Brought<'h> {
    fn new(house: &'h House) -> Self {
        Self { house, known: BTreeMap::new() }
    }

    fn size(&mut self, page: &Answer) -> usize {
        let style = page.body.split("<link rel=\"stylesheet\" href=\"").skip(1);
        let scripts = page.body.split("<script").skip(1).filter_map(|one| {
            let (_, source) = one.split('>').next()?.split_once("src=\"")?;
            Some(source)
        });
        let all = style.chain(scripts).map(|rest| rest.split('"').next().unwrap().to_owned());
        all.map(|address| {
            let house = self.house;
            *self.known.entry(address).or_insert_with_key(|address| {
                let path = address
                    .split_once("://")
                    .map_or(&**address, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
                weight(house, path)
            })
        })
        .sum()
    }
}

/// Bytes of what lies at `path` as a browser gets it.
fn weight(house: &House, path: &str) -> usize {
    let request = Request::get(path).header("accept-encoding", "gzip").body(Body::empty());
    house.runtime.block_on(async {
        let response = house.router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        to_bytes(response.into_body(), 1 << 20).await.unwrap().len()
    })
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
    assert!(brought.known.values().any(|bytes| *bytes > 2048), "{:?}", brought.known);
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

#[test]
fn a_household_as_large_as_they_get_fits_on_its_page() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    for no in 2..=6 {
        let mut child = Command::new(&format!("add-{no}"), Op::PersonAdd, "A-001");
        child.person_no = no;
        child.attributes.kana = Some("ﾀｶﾊｼ ﾊﾅｺ".to_owned());
        house.world.send(child);
    }
    for (n, reason) in [Reason::Unpaid, Reason::Fraud, Reason::Admin].into_iter().enumerate() {
        let mut hold = Command::new(&format!("hold-{n}"), Op::Suspend, "A-001");
        hold.reason = Some(reason);
        house.world.send(hold);
    }
    let mut clerk = given_clerk(&house, Role::Admin);
    let page = clerk.get(&format!("{CONSOLE}/contracts/A-001"));
    assert!(page.body.contains("id=\"person-6\"") && page.body.contains("id=\"holds\""));
    let along = Brought::new(&house).size(&page);
    assert!(page.body.len() + along <= LARGEST, "{} and {along}", page.body.len());
}

#[test]
fn every_page_of_the_documentation_is_small_as_it_travels() {
    let house = House::new();
    let list = house.get("/docs").body;
    let names: Vec<&str> =
        list.split("/docs/").skip(1).filter_map(|one| one.split('"').next()).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let path = format!("/docs/{name}");
        let along = Brought::new(&house).size(&house.get(&path));
        let bytes = weight(&house, &path) + along;
        assert!(bytes <= LARGEST, "{path}: {bytes}");
    }
}
