//! Members at the command line: shut out and let in again by the station.

use domain::subscribers::{PersonState, Source};

use super::program::{Ended, Folder};
use crate::world::{KITA, World};

fn given_member() -> Folder {
    let folder = Folder::new();
    let station =
        format!("[[operators]]\ncode = \"{KITA}\"\nname_ja = \"北浜㈱\"\nname_en = \"Kitahama\"\n");
    folder.write("station.toml", &station);
    folder.run(&["apply", "station.toml"]).well();
    folder.world.given_contract("A-001");
    folder
}

fn person(folder: &Folder, verb: &str, more: &[&str]) -> Ended {
    let whose = ["person", verb, "--operator", KITA, "--contract", "A-001"];
    folder.run(&[&whose[..], more].concat())
}

/// Who holds the owner, and why.
fn holds(world: &World) -> Vec<(Source, i64)> {
    let household = world.household("A-001");
    let of_owner = household.holds.iter().filter(|hold| hold.person_no == 1);
    of_owner.map(|hold| (hold.source, hold.reason.number())).collect()
}

#[test]
fn the_station_shuts_a_member_out_and_lets_them_in_again() {
    let folder = given_member();
    assert_eq!(person(&folder, "suspend", &["--reason", "40"]).well(), "done\n");
    assert_eq!(holds(&folder.world), [(Source::Console, 40)]);
    assert_eq!(person(&folder, "suspend", &["--reason", "40"]).well(), "done: note.hold_exists\n");
    assert_eq!(person(&folder, "resume", &[]).well(), "done\n");
    assert!(holds(&folder.world).is_empty());
    assert_ne!(folder.world.household("A-001").persons[0].state, PersonState::Stopped);
    let acts = folder.world.audited();
    let both = ["person.suspended", "person.resumed"];
    assert!(both.iter().all(|act| acts.iter().any(|each| each == act)), "{acts:?}");
}

#[test]
fn what_the_sms_holds_is_not_the_stations_to_lift() {
    let folder = given_member();
    let mut command = domain::commands::Command::new(
        &folder.world.request_id(),
        domain::commands::Op::PersonSuspend,
        "A-001",
    );
    command.reason = Some(domain::subscribers::Reason::Unpaid);
    command.person_no = 1;
    assert_eq!(folder.world.send(command).code, None);
    let said = person(&folder, "resume", &[]).well();
    assert_eq!(holds(&folder.world), [(Source::Sms, 10)], "{said}");
    let refused = person(&folder, "suspend", &["--person", "7"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("person.unknown"), "{}", refused.err);
    assert_eq!(person(&folder, "suspend", &["--reason", "11"]).code, 1);
}
