//! The guard: a file that takes too much away, or is mostly wrong, waits for two persons.

use std::sync::Barrier;

use base::kernel::Error;
use domain::files::{self, FileState, Waits};
use domain::operators::Role;
use domain::subscribers::Standing;

use crate::batch_desk::{Desk, csv, each, given_staff, line, row, starts, state};
use crate::world::{KITA, World, sato, staff};

fn stopped(world: &World, prefix: &str, count: usize) -> usize {
    let is_stopped = |n: &usize| world.standing(&format!("{prefix}{n:05}")) == Standing::Stopped;
    (1..=count).filter(is_stopped).count()
}

#[test]
fn a_file_that_stops_too_many_waits_for_two_different_persons() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    given_staff(&world, "suzuki", Role::StationManager);
    given_staff(&world, "desk1", Role::Desk);
    desk.send(&csv(1, &starts("C", 60)).0, &csv(1, &starts("C", 60)).1);
    let (sent, content) = csv(2, &each("C", "102", 51));
    desk.put(&sent, &content);
    desk.work();

    let waiting = row(&world, &sent);
    assert_eq!((waiting.state, waiting.waits_for), (FileState::Guarded, Some(Waits::Mass)));
    assert_eq!((&*waiting.code, stopped(&world, "C", 51)), ("F010", 0));
    let approve = |who: &str| {
        let name = sent.clone();
        world.act(staff(who), move |tx| files::approve(tx, &name))
    };
    assert_eq!(approve("desk1").unwrap_err(), Error::Forbidden { code: "staff.may_not_decide" });
    approve("sato").unwrap();
    assert_eq!(approve("sato").unwrap_err(), Error::refused("file.approved_already"));
    desk.work();
    assert_eq!(stopped(&world, "C", 51), 0, "one person is not enough");
    approve("suzuki").unwrap();
    desk.work();

    assert_eq!((state(&world, &sent), stopped(&world, "C", 51)), (FileState::ResultSent, 51));
    let approvals = world.audited().iter().filter(|act| *act == "file.approved").count();
    assert_eq!(approvals, 2);
}

#[test]
fn fifty_are_allowed_and_later_files_wait_behind_a_guarded_one() {
    let world = World::new();
    let desk = Desk::new(&world);
    desk.send(&csv(1, &starts("C", 60)).0, &csv(1, &starts("C", 60)).1);
    let (fifty, content) = csv(2, &each("C", "102", 50));
    assert_eq!(desk.send(&fifty, &content).len(), 50);

    let mut lines = each("C", "103", 60);
    lines.iter_mut().for_each(|line| line.hold_reason = "20".into());
    desk.put(&csv(3, &lines).0, &csv(3, &lines).1);
    let (next, content) = csv(4, &starts("D", 1));
    desk.put(&next, &content);
    desk.work();

    assert!(!desk.is_answered(&next), "order is kept");
}

#[test]
fn a_guarded_file_can_be_given_up_and_its_number_used_again() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 60)).0, &csv(1, &starts("C", 60)).1);
    let (sent, content) = csv(2, &each("C", "102", 60));
    desk.put(&sent, &content);
    desk.work();
    let name = sent.clone();
    world.act(sato(), move |tx| files::discard(tx, &name)).unwrap();
    desk.work();
    let answers = desk.answers(&sent);
    assert_eq!((answers.len(), answers[0].short()), (1, ("9", "F010")));

    let (_, right) = csv(2, &each("C", "102", 1));
    assert_eq!(desk.send(&sent, &right)[0].short(), ("0", ""));
    assert_eq!(stopped(&world, "C", 60), 1);
}

#[test]
fn a_file_stops_after_the_line_with_which_its_errors_are_too_many() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    given_staff(&world, "suzuki", Role::Admin);
    // 30 unknown contracts in 100 lines; 20 errors are allowed, the 21st stops.
    let mut lines = starts("C", 100);
    for (n, line) in lines.iter_mut().enumerate().skip(40).take(30) {
        *line = self::line(&format!("x-{n}"), "103", &format!("Z{n:05}"));
    }
    let (sent, content) = csv(1, &lines);
    desk.put(&sent, &content);
    desk.work();

    let waiting = row(&world, &sent);
    assert_eq!((waiting.state, waiting.waits_for), (FileState::Guarded, Some(Waits::Errors)));
    assert_eq!((waiting.lines_done, waiting.ok, waiting.errors), (61, 40, 21));
    for who in ["sato", "suzuki"] {
        let name = sent.clone();
        world.act(staff(who), move |tx| files::approve(tx, &name)).unwrap();
    }
    desk.work();

    let answers = desk.answers(&sent);
    assert_eq!((answers.len(), row(&world, &sent).errors), (100, 30));
    assert!(answers[60..70].iter().all(|answer| answer.short() == ("9", "E301")));
}

#[test]
fn what_is_left_of_a_file_given_up_in_the_middle_is_answered_untried() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    let mut lines = each("Z", "103", 30);
    lines.splice(0..0, starts("C", 2));
    lines.extend(starts("D", 2));
    let (sent, content) = csv(1, &lines);
    desk.put(&sent, &content);
    desk.work();
    let name = sent.clone();
    world.act(sato(), move |tx| files::discard(tx, &name)).unwrap();
    desk.work();

    let answers = desk.answers(&sent);
    assert_eq!(answers.len(), 34, "every line has its answer");
    assert_eq!((answers[22].short(), answers[23].short()), (("9", "E301"), ("9", "F010")));
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 2, "D was not tried");
}

#[test]
fn two_persons_who_approve_at_the_same_moment_release_the_file() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    given_staff(&world, "suzuki", Role::StationManager);
    desk.send(&csv(1, &starts("C", 60)).0, &csv(1, &starts("C", 60)).1);
    for sequence in 2..12 {
        let (sent, content) = csv(sequence, &each(&format!("{sequence}-"), "102", 51));
        desk.put(&sent, &content);
        desk.work();
        assert_eq!(state(&world, &sent), FileState::Guarded);

        let (nodes, together) = ([world.db.clone(), world.second_node()], Barrier::new(2));
        std::thread::scope(|scope| {
            for (db, who) in nodes.iter().zip(["sato", "suzuki"]) {
                let (world, together, name) = (&world, &together, sent.clone());
                scope.spawn(move || {
                    together.wait();
                    let scope = world.scope(KITA, staff(who));
                    db.transact(&scope, move |tx| files::approve(tx, &name)).unwrap();
                });
            }
        });

        let approved = row(&world, &sent);
        assert_eq!(approved.approvals.len(), 2, "both words count");
        assert_eq!(approved.state, FileState::Applying);
        let name = sent.clone();
        desk.work();
        // All its contracts are unknown: it waits once more, for its errors, and is given up.
        world.act(sato(), move |tx| files::discard(tx, &name)).unwrap();
        desk.work();
        assert!(desk.is_answered(&sent));
    }
}
