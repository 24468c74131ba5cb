//! A station's way into service: on trial until nothing is missing, and never on trial again.

use base::kernel::Error;
use domain::commands::{Command, Op};
use domain::operators::{self, Role, Vouched};
use domain::subscribers::Standing;
use domain::{administration, commands};

use crate::console::{CONSOLE, given_clerk, invited, joins};
use crate::console_desk::opens;
use crate::viewers::{Answer, House, PASSWORD, Viewer};
use crate::world::{KITA, sato};

const LAUNCH: &str = "/console/KITA01/launch";

fn given_trial(house: &House) {
    house.world.act(sato(), administration::begin_trial).unwrap();
}

/// Sends a form of the page as it is now.
fn does(clerk: &mut Viewer<'_>, what: &str, fields: &[(&str, &str)]) -> Answer {
    opens(clerk, LAUNCH);
    clerk.send_form(LAUNCH, &[&[("do", what)], fields].concat())
}

fn given_everything_vouched(manager: &mut Viewer<'_>) {
    for what in Vouched::ALL {
        let done = does(manager, "vouch", &[("item", what.as_str()), ("so", "1")]);
        assert!(done.body.contains("記録しました"), "{}", done.body);
    }
}

const HEARING: [(&str, &str); 6] = [
    ("vendor", "㈱北浜システムズ 髙橋SMS"),
    ("linkage", "online"),
    ("households", "12000"),
    ("opening_day", "2027-04-01"),
    ("night_contact", "技術課 011-222-3333"),
    ("note", "ﾃｽﾄ用"),
];

fn given_hearing(manager: &mut Viewer<'_>) {
    let shown = opens(manager, LAUNCH);
    let (_, version) = shown.body.split_once("name=\"version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap().to_owned();
    let fields = [&[("do", "hearing"), ("version", version.as_str())], &HEARING[..]].concat();
    let kept = manager.send_form(LAUNCH, &fields);
    assert!(kept.body.contains("保存しました"), "{}", kept.body);
    assert!(kept.body.contains("㈱北浜システムズ 髙橋SMS") && kept.body.contains("ﾃｽﾄ用"));
    let later = manager.send_form(LAUNCH, &fields);
    assert_eq!(later.refusal(), "launch.changed_meanwhile", "shown before somebody else saved");
    assert!(later.body.contains("2027-04-01"), "and what was typed is still there");
}

#[test]
fn a_station_tries_everything_erases_its_trial_and_goes_into_service() {
    let house = House::new();
    given_trial(&house);
    let mut manager = given_clerk(&house, Role::StationManager);
    let begun = manager.look(LAUNCH);
    assert!(begun.body.contains("id=\"trial\"") && begun.body.contains("id=\"incomplete\""));
    let (_, files) = begun.body.split_once("id=\"files\"").unwrap();
    assert!(files.split("</li>").next().unwrap().contains("alarm"), "no file was answered yet");
    let mut second = Viewer::new(&house);
    joins(&mut second, KITA, ("kudo", &invited(&house, KITA, ("kudo", Role::Admin))));
    given_hearing(&mut manager);
    assert!(!manager.look(LAUNCH).body.contains("id=\"files\""), "it said that it sends none");
    given_everything_vouched(&mut manager);
    let early = does(&mut manager, "go_live", &[("code", KITA)]);
    assert_eq!(early.refusal(), "launch.incomplete", "nobody signed in yet");

    let mut viewer = house.given_viewer("A-001", "hanako");
    Viewer::new(&house).sign_in("hanako", PASSWORD);
    house.world.given_contract("A-002");
    assert_eq!(viewer.get("/o/KITA01/security").status, 200);
    let still = does(&mut manager, "go_live", &[("code", KITA)]);
    assert_eq!(still.refusal(), "launch.households_there", "{}", still.body);
    let wrong = does(&mut manager, "reset", &[("code", "MINA01")]);
    assert_eq!(wrong.refusal(), "launch.code_differs");
    assert_eq!(house.world.standing("A-001"), Standing::Active, "nothing was erased");

    let erased = does(&mut manager, "reset", &[("code", KITA)]);
    assert!(erased.body.contains("すべて消しました"), "{}", erased.body);
    assert_eq!(house.world.standing("A-001"), Standing::Purged);
    assert_ne!(viewer.get("/o/KITA01/security").status, 200, "signed out");

    let live = does(&mut manager, "go_live", &[("code", KITA)]);
    assert!(live.body.contains("本番を始めました"), "{}", live.body);
    let proof = manager.proof.clone();
    assert!(!manager.look(CONSOLE).body.contains("id=\"trial\""));
    manager.proof = proof;
    house.world.given_contract("A-001");
    let again = manager.send_form(LAUNCH, &[("do", "reset"), ("code", KITA)]);
    assert_eq!(
        again.refusal(),
        "launch.not_on_trial",
        "a real household is nobody's to throw away"
    );
    assert_eq!(house.world.standing("A-001"), Standing::Active);
    let back = house.world.act(sato(), administration::begin_trial);
    assert_eq!(back, Err(Error::refused("launch.live_already")));
    let acts = ["launch.trial_begun", "launch.vouched", "launch.reset", "launch.went_live"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 7, 1, 1]);
}

#[test]
fn who_has_households_begins_no_trial_and_nothing_of_theirs_is_erased() {
    let house = House::new();
    house.world.given_contract("A-001");
    let begun = house.world.act(sato(), administration::begin_trial);
    assert_eq!(begun, Err(Error::refused("launch.households_there")));
    let reset = house.world.act(sato(), |tx| commands::reset_trial(tx, KITA, 200));
    assert_eq!(reset, Err(Error::refused("launch.not_on_trial")));
    assert_eq!(house.world.standing("A-001"), Standing::Active);
    let mut manager = given_clerk(&house, Role::StationManager);
    assert!(manager.look(LAUNCH).body.contains("id=\"never\""));
    assert!(!manager.look(CONSOLE).body.contains("/launch\""));
}

#[test]
fn who_does_not_lead_the_station_sees_what_is_missing_and_changes_nothing() {
    let house = House::new();
    given_trial(&house);
    let mut clerk = given_clerk(&house, Role::Desk);
    let before = house.world.db.statements();
    let shown = clerk.look(LAUNCH);
    let statements = house.world.db.statements() - before;
    assert!(statements <= 12 && shown.body.len() <= 30 * 1024, "{statements}");
    assert!(shown.body.contains("id=\"night\"") && !shown.body.contains("value=\"vouch\""));
    let cookie = clerk.cookies["__Host-aikagi-console"].clone();
    clerk.proof = house.provider.signing.handles().form_proof(&cookie, "console:/launch");
    for what in ["vouch", "hearing", "reset", "go_live"] {
        let fields =
            [("do", what), ("item", "night"), ("so", "1"), ("code", KITA), ("version", "1")];
        assert_eq!(clerk.send_form(LAUNCH, &fields).refusal(), "staff.not_allowed", "{what}");
    }
    assert_eq!(house.audited("launch.vouched"), 0);
}

#[test]
fn what_was_opened_and_taken_back_keeps_no_trial_and_what_was_tried_is_done_anew_when_it_counts() {
    let house = House::new();
    given_trial(&house);
    for number in ["A-000", "A-001"] {
        house.world.send(Command::new(&format!("r-{number}"), Op::Start, number));
    }
    let void = "UPDATE contracts SET state = 'VOID' WHERE operator_id = ?1 AND number = 'A-000'";
    let scope = house.world.scope(KITA, sato());
    house.world.db.housekeep(&scope, "test", |tx| tx.exec(void, &[KITA.into()])).unwrap();
    let left = house.world.act(sato(), |tx| commands::reset_trial(tx, KITA, 1)).unwrap();
    assert_eq!(left, 0, "what was taken back is no household, and stands in nobody's way");
    let launch = house.world.look(operators::find_launch).unwrap().unwrap();
    assert!(launch.has_shown("contract.opened") && !launch.has_shown("person.signed_in"));
    let again = house.world.send(Command::new("r-A-001", Op::Start, "A-001"));
    assert_eq!((again.code, house.world.standing("A-001")), (None, Standing::Active));
}
