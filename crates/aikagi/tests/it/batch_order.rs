//! Which file comes when: business days, files by hand, and tests that are too long.

use std::fs;

use base::kernel::{Error, clock};
use domain::files::{self, FileState};
use domain::operators::Role;
use domain::subscribers;
use formats::sms::Header;
use linkage::sms::batch::Run;

use crate::batch_desk::{
    CSV, Desk, csv, each, file, given_staff, header, name, row, starts, state,
};
use crate::world::{KITA, World, sato, staff};

/// Delta file number `sequence`, `days` after today.
pub fn of_day(sequence: u32, days: i64, prefix: &str) -> (String, Vec<u8>) {
    let day = clock::now().plus_days(days).day_jst().compact();
    let head = Header { business_date: day.clone(), ..header(sequence, CSV) };
    let content = file(CSV, &head, &starts(prefix, 1));
    (name(sequence, CSV).replace("20261120", &day), content)
}

#[test]
fn a_business_day_after_tomorrow_is_refused_and_locks_nobody_out() {
    let world = World::new();
    let desk = Desk::new(&world);
    for days in [2, 365] {
        let (sent, content) = of_day(1, days, "C");
        let told = desk.send(&sent, &content);
        assert_eq!((told.len(), told[0].short()), (1, ("9", "F011")), "{days}");
    }
    let (sent, content) = of_day(1, 1, "C");
    assert_eq!(desk.send(&sent, &content)[0].short(), ("0", ""), "tomorrow's may come today");
    let (sent, content) = of_day(2, 1, "D");
    assert_eq!(desk.send(&sent, &content)[0].short(), ("0", ""));
}

#[test]
fn a_late_file_is_released_by_staff_and_sent_again() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    given_staff(&world, "desk1", Role::Desk);
    let release = |who: &str, name: &str| {
        let name = name.to_owned();
        world.act(staff(who), move |tx| files::release(tx, &name))
    };
    let (tomorrow, content) = of_day(1, 1, "C");
    desk.send(&tomorrow, &content);
    assert_eq!(release("sato", &tomorrow).unwrap_err(), Error::refused("file.not_held"));
    let (today, content) = of_day(2, 0, "D");
    assert_eq!(desk.send(&today, &content)[0].short(), ("9", "F011"));

    let error = release("desk1", &today).unwrap_err();
    assert_eq!(error, Error::Forbidden { code: "staff.may_not_decide" });
    release("sato", &today).unwrap();
    let (_, other) = of_day(2, 0, "E");
    assert_eq!(desk.send(&today, &other)[0].short(), ("9", "F011"), "another content is not meant");
    assert_eq!(desk.send(&today, &content)[0].short(), ("0", ""));

    let (next, content) = of_day(3, 0, "F");
    assert_eq!(desk.send(&next, &content)[0].short(), ("0", ""), "the days go on from there");
}

#[test]
fn a_file_run_by_hand_does_not_overtake_a_guarded_one() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 60)).0, &csv(1, &starts("C", 60)).1);
    let (guarded, content) = csv(2, &each("C", "102", 60));
    desk.put(&guarded, &content);
    desk.work();
    let (sent, content) = csv(3, &starts("D", 1));
    let path = world.dir.path().join(&sent);
    fs::write(&path, content).unwrap();

    let error = desk.batch.run_file(KITA, &path, Run::Apply).unwrap_err();

    assert_eq!(error, Error::refused("file.waits_behind"));
    assert_eq!(state(&world, &sent), FileState::Arrived);
    let given_up = guarded.clone();
    world.act(sato(), move |tx| files::discard(tx, &given_up)).unwrap();
    desk.work();
    let (again, content) = csv(2, &each("C", "102", 1));
    desk.send(&again, &content);
    let done = desk.batch.run_file(KITA, &path, Run::Apply).unwrap();
    assert_eq!((done.state, done.ok), (FileState::ResultSent, 1));
}

#[test]
fn a_run_by_hand_that_was_cut_off_still_gives_its_result() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    let path = world.dir.path().join(&sent);
    fs::write(&path, &content).unwrap();
    // All lines are done, and the result can not take its place.
    let result = path.with_file_name(sent.replace("_D.", "_R."));
    fs::create_dir(&result).unwrap();
    desk.batch.run_file(KITA, &path, Run::Apply).unwrap_err();
    assert_eq!(state(&world, &sent), FileState::Applied);

    // Meanwhile the folder is looked at: this file is none of its business.
    let (junk, content) = ("junk.csv", b"junk");
    desk.send(junk, content);
    assert_eq!((state(&world, &sent), row(&world, &sent).sent), (FileState::Applied, None));

    fs::remove_dir(&result).unwrap();
    let done = desk.batch.run_file(KITA, &path, Run::Apply).unwrap();
    assert_eq!((done.state, done.ok), (FileState::ResultSent, 3));
    assert_eq!(crate::batch_desk::answers(&fs::read(result).unwrap(), false).len(), 3);
}

#[test]
fn a_test_of_too_many_lines_is_refused_before_its_first_line() {
    let world = World::new();
    let desk = Desk::new(&world);
    let head = Header { test_flag: "1".into(), ..header(1, CSV) };
    let sent = name(1, CSV);

    let told = desk.send(&sent, &file(CSV, &head, &starts("C", 20_001)));

    assert_eq!((told.len(), told[0].short()), (1, ("9", "F012")));
    assert_eq!(row(&world, &sent).detail, "a test of 20001 lines; 20000 are the most");
    let real = desk.send(&sent, &file(CSV, &header(1, CSV), &starts("C", 1)));
    assert_eq!(real[0].short(), ("0", ""));
    assert_eq!(world.look(subscribers::count_open).unwrap(), 1);
}
