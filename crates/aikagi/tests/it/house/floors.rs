//! Who may use whom: between crates by their manifests, between rooms by what they name.
//!
//! Source: `docs/MAP.md`, `docs/decisions/0001-few-and-wide-crates.md`.

use super::no_faults;
use super::source::{Source, read, rooms, sources, word_at};

/// A crate may depend only on crates of lower floors.
const CRATES: &[(&str, u8)] = &[
    ("formats", 0),
    ("base", 2),
    ("domain", 6),
    ("outlets", 7),
    ("web", 7),
    ("federation", 8),
    ("linkage", 8),
    ("console", 8),
    ("mypage", 8),
    ("aikagi", 9),
];

/// A room may name only rooms of lower floors, in its own crate too.
const ROOMS: &[(&str, &str, u8)] = &[
    ("base", "kernel", 0),
    ("base", "store", 1),
    ("base", "records", 2),
    ("domain", "operators", 3),
    ("domain", "clients", 4),
    ("domain", "signing", 4),
    ("domain", "catalogue", 4),
    ("domain", "subscribers", 4),
    ("domain", "credentials", 5),
    ("domain", "sessions", 5),
    ("domain", "tokens", 5),
    ("domain", "boxes", 5),
    ("domain", "entitlements", 5),
    ("domain", "administration", 6),
    ("domain", "commands", 6),
    ("domain", "decisions", 6),
    ("domain", "files", 6),
    ("domain", "signin", 6),
    ("domain", "staff", 6),
];

/// What the lower floors must never see: the network and its runtimes.
const KEPT_OUT: &[(&str, &[&str])] = &[
    ("formats", &["axum", "http", "hyper", "reqwest", "tokio", "rusqlite", "tokio-postgres"]),
    ("base", &["axum", "http", "hyper", "reqwest"]),
    ("domain", &["axum", "http", "hyper", "reqwest", "tokio", "rusqlite", "tokio-postgres"]),
];

pub fn crate_floor(name: &str) -> Option<u8> {
    CRATES.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

pub fn room_floor(crate_name: &str, room: &str) -> Option<u8> {
    ROOMS.iter().find(|known| (known.0, known.1) == (crate_name, room)).map(|known| known.2)
}

/// The names of everything a manifest depends on, build and test dependencies too.
fn dependencies(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|section| section.keys().cloned())
        .collect()
}

fn manifest_faults(name: &str, manifest: &str) -> Vec<String> {
    let path = format!("crates/{name}/Cargo.toml");
    let Some(own) = crate_floor(name) else {
        return vec![format!("{path}: give `{name}` a floor in tests/it/house/floors.rs")];
    };
    let kept_out: Vec<&str> =
        KEPT_OUT.iter().filter(|rule| rule.0 == name).flat_map(|rule| rule.1).copied().collect();
    let mut faults = Vec::new();
    for dependency in dependencies(manifest) {
        if crate_floor(&dependency).is_some_and(|floor| floor >= own) {
            faults.push(format!("{path}: `{name}` (floor {own}) may not depend on `{dependency}`"));
        }
        if kept_out.contains(&dependency.as_str()) {
            faults.push(format!("{path}: `{dependency}` stays out of `{name}`"));
        }
    }
    faults
}

/// Uses of other rooms of the same crate that break the floors, or hide which room is meant.
fn room_faults(source: &Source) -> Vec<String> {
    let modules = source.modules();
    let (crate_name, Some(own)) = (source.crate_name(), modules.first()) else {
        return Vec::new();
    };
    let Some(own_floor) = room_floor(crate_name, own) else { return Vec::new() };
    let mut faults = Vec::new();
    for at in source.find("crate::") {
        let next = at + "crate::".len();
        if source.code[next..].starts_with('{') {
            faults.push(format!("{}: name rooms in full, not crate::{{…}}", source.place(at)));
        }
        let room = word_at(&source.code, next);
        match room_floor(crate_name, room) {
            Some(floor) if room != *own && floor >= own_floor => faults.push(format!(
                "{}: `{own}` (floor {own_floor}) may not use `{room}` (floor {floor})",
                source.place(at)
            )),
            _ => {}
        }
    }
    for at in source.find("super::") {
        let before = source.code[..at].trim_end();
        let ups =
            source.code[at..].split("super::").skip(1).take_while(|gap| gap.is_empty()).count();
        let depth = modules.len() + usize::from(source.is_test(at));
        if !before.ends_with("super::") && ups + 1 >= depth {
            faults.push(format!("{}: name rooms in full, not super::…", source.place(at)));
        }
    }
    faults
}

#[test]
fn crates_depend_only_on_lower_floors() {
    // What lies deeper is a test's own program and no part of the house.
    let names = super::source::files("crates").into_iter().filter_map(|path| {
        let name = path.strip_suffix("/Cargo.toml")?.strip_prefix("crates/")?;
        (!name.contains('/')).then(|| name.to_owned())
    });
    let faults: Vec<String> = names
        .flat_map(|name| manifest_faults(&name, &read(&format!("crates/{name}/Cargo.toml"))))
        .collect();
    no_faults("A crate depends only on crates of lower floors.", &faults);
}

#[test]
fn rooms_use_only_lower_floors_and_name_them_in_full() {
    let faults: Vec<String> = sources().iter().flat_map(room_faults).collect();
    no_faults(
        "A room uses only rooms of lower floors, named in full: crate::room::thing.",
        &faults,
    );
}

#[test]
fn every_room_has_a_floor() {
    let mut faults = Vec::new();
    for crate_name in ["base", "domain"] {
        for room in rooms(crate_name) {
            if room_floor(crate_name, &room).is_none() {
                faults.push(format!("crates/{crate_name}/src/{room}: give it a floor"));
            }
        }
    }
    for (crate_name, room, _) in ROOMS {
        if !rooms(crate_name).iter().any(|there| there == room) {
            faults.push(format!("floors.rs: `{crate_name}::{room}` is not there; take it out"));
        }
    }
    no_faults("Every room of base and domain has a floor in tests/it/house/floors.rs.", &faults);
}

#[test]
fn the_floor_scanners_see_what_is_wrong() {
    let manifest = "[dependencies]\nweb.workspace = true\naxum = \"0.8\"\n";
    assert_eq!(manifest_faults("domain", manifest).len(), 2, "a floor above, and the network");
    assert_eq!(manifest_faults("cellar", "").len(), 1, "a crate without a floor");
    assert_eq!(manifest_faults("linkage", "[dev-dependencies]\nfederation = \"1\"\n").len(), 1);

    let bad = "use crate::{operators, sessions};\nuse crate::sessions::open;\n\
               use crate::clients::find;\nfn a() { super::super::sessions::open(); }\n";
    let faults = room_faults(&Source::new("crates/domain/src/subscribers/contracts.rs", bad));
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(faults[1].starts_with("crates/domain/src/subscribers/contracts.rs:2:"), "{faults:#?}");

    let good = "use crate::operators::find;\nuse super::repo;\nuse base::records::record;\n\
                #[cfg(test)] mod tests { use super::super::holds::Hold; }\n";
    let faults = room_faults(&Source::new("crates/domain/src/subscribers/contracts.rs", good));
    assert!(faults.is_empty(), "{faults:#?}");
}
