//! `docs/MAP.md` names every room, no room that is not there, and the floors as they are kept.

use super::floors::{crate_floor, room_floor};
use super::no_faults;
use super::source::{files, read};

const MAP: &str = "docs/MAP.md";

/// A row of the map: line, crate, room (none for the crate itself), floor as written.
struct Row<'a> {
    line: usize,
    crate_name: &'a str,
    room: Option<&'a str>,
    floor: &'a str,
}

/// The rows `` | `domain::signin` | 6 | … | `` of the map.
fn rows(map: &str) -> Vec<Row<'_>> {
    let numbered = map.lines().enumerate();
    numbered
        .filter_map(|(at, line)| {
            let (name, rest) = line.strip_prefix("| `")?.split_once("` |")?;
            let floor = rest.split('|').next().unwrap_or_default().trim();
            let (crate_name, room) = match name.split_once("::") {
                Some((crate_name, room)) => (crate_name, Some(room)),
                None => (name, None),
            };
            Some(Row { line: at + 1, crate_name, room, floor })
        })
        .collect()
}

/// `crate::room` for every folder right below the `src` of a crate.
fn room_folders(paths: &[String]) -> Vec<String> {
    let mut folders: Vec<String> = paths
        .iter()
        .filter_map(|path| {
            let (crate_name, inside) = path.strip_prefix("crates/")?.split_once("/src/")?;
            let (room, _) = inside.split_once('/')?;
            Some(format!("{crate_name}::{room}"))
        })
        .collect();
    folders.dedup();
    folders
}

fn map_faults(map: &str, paths: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named = Vec::new();
    for Row { line, crate_name, room, floor } in rows(map) {
        let source = format!("crates/{crate_name}/src/");
        let (there, kept) = match room {
            None => (paths.iter().any(|path| path.starts_with(&source)), crate_floor(crate_name)),
            Some(room) => {
                named.push(format!("{crate_name}::{room}"));
                let (folder, file) = (format!("{source}{room}/"), format!("{source}{room}.rs"));
                let there = paths.iter().any(|path| path.starts_with(&folder) || *path == file);
                (there, room_floor(crate_name, room).or(crate_floor(crate_name)))
            }
        };
        if !there {
            faults.push(format!("{MAP}:{line}: there is no such room; take the row out"));
        }
        if kept.is_none_or(|kept| kept.to_string() != floor) {
            faults.push(format!("{MAP}:{line}: floor {floor}, but floors.rs keeps {kept:?}"));
        }
    }
    for room in room_folders(paths).iter().filter(|room| !named.contains(room)) {
        faults.push(format!("{MAP}: add a row for `{room}`"));
    }
    faults
}

/// Names like `` `domain::commands::execute` `` in a page whose room is not there.
fn page_faults(page: &str, text: &str, paths: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for name in line.split('`').skip(1).step_by(2) {
            let mut parts = name.split("::");
            let (Some(crate_name), Some(room)) = (parts.next(), parts.next()) else { continue };
            let room = room.split(|c: char| !(c.is_alphanumeric() || c == '_')).next();
            let place = format!("crates/{crate_name}/src/{}", room.unwrap_or_default());
            let (folder, file) = (format!("{place}/"), format!("{place}.rs"));
            let there = paths.iter().any(|path| path.starts_with(&folder) || *path == file);
            if crate_floor(crate_name).is_some() && !there {
                faults.push(format!("{page}:{}: there is no room `{name}`", at + 1));
            }
        }
    }
    faults
}

#[test]
fn pages_speak_only_of_rooms_that_are_there() {
    let paths = files("crates");
    let pages = files("docs").into_iter().filter(|page| page.ends_with(".md") && page != MAP);
    let faults: Vec<String> =
        pages.flat_map(|page| page_faults(&page, &read(&page), &paths)).collect();
    no_faults("Pages in docs/ name only rooms that exist.", &faults);
}

#[test]
fn the_map_shows_the_building_as_it_stands() {
    no_faults(
        "docs/MAP.md shows every room and its floor.",
        &map_faults(&read(MAP), &files("crates")),
    );
}

#[test]
fn the_map_scanner_sees_missing_and_invented_rooms() {
    let map =
        "| room | floor |\n|---|---|\n| `domain::signin` | 5 | x |\n| `domain::attic` | 6 | x |\n";
    let paths = ["crates/domain/src/signin/mod.rs", "crates/domain/src/clients/mod.rs"];
    let faults = map_faults(map, &paths.map(str::to_owned));
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert!(faults[0].starts_with("docs/MAP.md:3: floor 5"), "{faults:#?}");
    assert!(faults[2].contains("domain::clients"), "{faults:#?}");

    let page = "See `domain::clients::find(…)` and `domain::attic::ghosts`, or `std::fs`.";
    let faults = page_faults("docs/STORIES.md", page, &paths.map(str::to_owned));
    assert_eq!(faults, ["docs/STORIES.md:1: there is no room `domain::attic::ghosts`"]);
}
