//! The manuals as pages: all of them, small, and nothing in them leads nowhere.

use std::collections::BTreeSet;
use std::path::Path;

use crate::viewers::{House, Viewer};

/// A page has at most this many bytes.
const LARGEST: usize = 30 * 1024;

/// The addresses of ours that a page leads to.
fn links(page: &str) -> BTreeSet<String> {
    let links = page.split("href=\"https://id.example.jp").skip(1);
    let links = links.map(|rest| rest.split(['"', '#']).next().unwrap().to_owned());
    links.filter(|link| link.starts_with("/docs")).collect()
}

#[test]
fn every_manual_is_a_page_that_is_small_and_leads_only_to_pages_there_are() {
    let house = House::new();
    let mut reader = Viewer::new(&house);
    let mut seen = BTreeSet::new();
    let mut next = vec!["/docs".to_owned()];
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let before = house.world.db.statements();
        let page = reader.get(&path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() <= LARGEST, "{path}: {} bytes", page.body.len());
        assert_eq!(house.world.db.statements(), before, "{path} asks the database nothing");
        assert!(!page.body.contains("<script"), "{path}");
        next.extend(links(&page.body));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api");
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "md") {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(seen.contains(&format!("/docs/{name}")), "{name} is not served");
        }
    }
    for path in ["/docs/nothing", "/docs/sms/999", "/docs/console/x", "/docs/admin-reference/-1"] {
        assert_eq!(reader.get(path).status, 404, "{path}");
    }
}

#[test]
fn every_picture_of_the_manual_is_shown_in_it_or_in_the_help_of_a_page() {
    let house = House::new();
    let mut reader = Viewer::new(&house);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let used = [
        include_str!("../../../../docs/console.md"),
        include_str!("../../../console/src/helping.rs"),
    ];
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let (name, stem) = (file.file_name().unwrap(), file.file_stem().unwrap());
        let (name, stem) = (name.to_str().unwrap(), stem.to_str().unwrap());
        let shown = reader.get(&format!("/docs/pictures/{name}"));
        assert_eq!(shown.status, 200, "{name}");
        assert_eq!(shown.headers["content-type"], "image/png", "{name}");
        let in_help = used[1].contains(&format!("\"{stem}\"),"));
        assert!(in_help || used[0].contains(&format!("pictures/{name}")), "{name} is used nowhere");
    }
    assert_eq!(reader.get("/docs/pictures/nothing.png").status, 404);
}

#[test]
fn the_references_say_of_every_operation_what_the_documents_say() {
    let house = House::new();
    let mut reader = Viewer::new(&house);
    let references = [
        ("admin", linkage::admin::document(), 15),
        ("sms-online", linkage::sms::online::document(), 5),
        ("decisions", linkage::vod::document(), 3),
    ];
    for (name, document, least) in references {
        let list = reader.get(&format!("/docs/{name}-reference")).body;
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
                operations += 1;
                let title = format!(">{} {path}<", method.to_uppercase());
                assert!(list.contains(&title), "{name}: {title}");
            }
        }
        assert!(operations > least, "{name}: {operations}");
    }
}
