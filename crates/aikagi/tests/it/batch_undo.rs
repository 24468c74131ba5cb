//! Taking a file back: everything as it was, but for what something else changed since.

use base::kernel::{Actor, Error};
use domain::commands::{Command, Op};
use domain::files::{self, Conflict, FileState};
use domain::operators::Role;
use domain::subscribers::{Household, Load, PersonState, Standing, load};
use formats::sms::Record;
use linkage::sms::batch::{Undo, Undoing, undo};

use crate::batch_desk::{Desk, csv, each, given_staff, line, starts, state};
use crate::picture;
use crate::world::{KITA, World, sato};

fn take_back(world: &World, name: &str, how: Undoing) -> Result<Undo, Error> {
    undo(&world.db, &world.scope(KITA, sato()), name, how)
}

/// A household without what moves with every change.
fn picture(world: &World, number: &str) -> Household {
    let mut household = world.household(number);
    household.contract.version = 0;
    household.contract.updated = world.now();
    household.contract.cause.clear();
    household
}

/// A world in which file 1 started three contracts with keys and file 2 did all kinds of things.
fn given_two_files(world: &World, desk: &Desk) -> String {
    given_staff(world, "sato", Role::Admin);
    let mut lines = starts("C", 3);
    lines.extend(keys("301", "k1", "BASIC"));
    desk.send(&csv(1, &lines).0, &csv(1, &lines).1);
    let mut lines = each("C", "103", 2);
    lines.push(line("x-1", "102", "C00002"));
    lines.push(Record { person_number: "002".into(), ..line("x-2", "201", "C00001") });
    lines.push(Record { new_contract_number: "N00003".into(), ..line("x-3", "105", "C00003") });
    lines.push(line("x-4", "103", "N00003"));
    lines.extend(starts("D", 1));
    lines.extend(keys("302", "k2", "BASIC").into_iter().take(1));
    let (second, content) = csv(2, &lines);
    let answers = desk.send(&second, &content);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    second
}

fn keys(operation: &str, request: &str, product: &str) -> Vec<Record> {
    (1..=3)
        .map(|n| Record {
            product_code: product.into(),
            ..line(&format!("{request}-{n}"), operation, &format!("C{n:05}"))
        })
        .collect()
}

#[test]
fn a_file_taken_back_leaves_every_household_as_it_was() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    let mut lines = starts("C", 3);
    lines.extend(keys("301", "k1", "BASIC"));
    desk.send(&csv(1, &lines).0, &csv(1, &lines).1);
    let before: Vec<Household> = (1..=3).map(|n| picture(&world, &format!("C{n:05}"))).collect();
    let other = World::new();
    drop(other);
    let second = second_file(&desk);

    let asked = take_back(&world, &second, Undoing::Check).unwrap();
    assert_eq!((asked.restored, asked.conflicts.len()), (5, 0));
    assert_eq!(world.standing("C00002"), Standing::Stopped, "asking changes nothing");
    let done = take_back(&world, &second, Undoing::Do).unwrap();

    assert_eq!((done.restored, done.file.state), (5, FileState::Undone));
    let mut after: Vec<Household> = (1..=3).map(|n| picture(&world, &format!("C{n:05}"))).collect();
    // But for this: whoever was signed in when the stop came has to sign in again.
    assert_eq!(std::mem::take(&mut after[1].persons[0].access_no), 1);
    // So has what stood for the household as a whole, stopped or moved to another number.
    let ended = after.iter_mut().map(|one| std::mem::take(&mut one.contract.access_no));
    assert_eq!(ended.collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(after, before);
    assert_eq!(world.standing("D00001"), Standing::Purged, "never started");
    assert!(world.audited().contains(&"file.undone".to_owned()));
    let again = take_back(&world, &second, Undoing::Do).unwrap_err();
    assert_eq!(again, Error::refused("file.not_undoable"));
}

fn second_file(desk: &Desk) -> String {
    let mut lines = each("C", "103", 2);
    lines.push(line("x-1", "102", "C00002"));
    lines.push(Record { person_number: "002".into(), ..line("x-2", "201", "C00001") });
    lines.push(Record { new_contract_number: "N00003".into(), ..line("x-3", "105", "C00003") });
    lines.push(line("x-4", "103", "N00003"));
    lines.extend(starts("D", 1));
    let (second, content) = csv(2, &lines);
    let answers = desk.send(&second, &content);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    second
}

#[test]
fn what_something_else_changed_since_stays_and_is_named() {
    let world = World::new();
    let desk = Desk::new(&world);
    let second = given_two_files(&world, &desk);
    // Online, after the file: C00001 is resumed, and the replaced N00003 too.
    world.sms(Op::Resume, "C00001");
    world.sms(Op::Resume, "N00003");

    let done = take_back(&world, &second, Undoing::Do).unwrap();

    let conflict = |number: &str| Conflict { number: number.to_owned(), generation: 0 };
    let mut conflicts = done.conflicts.clone();
    conflicts.sort();
    let expected = ["C00001", "C00003", "N00003"].map(conflict);
    assert_eq!(conflicts, expected, "C00003 goes back only with N00003");
    assert_eq!(done.file.state, FileState::PartlyUndone);
    assert_eq!(world.standing("C00001"), Standing::Active);
    assert_eq!(world.standing("C00002"), Standing::Active, "this one went back");
    assert_eq!(world.standing("N00003"), Standing::Active);
    let again = take_back(&world, &second, Undoing::Check).unwrap();
    assert_eq!(again.conflicts.len(), 3, "only the rest is left");
}

#[test]
fn a_stop_of_a_file_stays_when_its_number_is_in_use_again() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 2)).0, &csv(1, &starts("C", 2)).1);
    let (second, content) = csv(2, &[line("s-1", "102", "C00001"), line("s-2", "102", "C00002")]);
    desk.send(&second, &content);
    // C00001 came back before the file was taken back.
    let again = Command::new(&world.request_id(), Op::Start, "C00001");
    world.send(Command { generation: Some(1), ..again });

    let done = take_back(&world, &second, Undoing::Do).unwrap();

    let left = Conflict { number: "C00001".to_owned(), generation: 0 };
    assert_eq!((done.restored, done.conflicts), (1, vec![left]));
    assert_eq!(world.standing("C00002"), Standing::Active);
    let lives = world.look(|tx| load(tx, vec!["C00001".to_owned()], Load::Whole)).unwrap();
    let lives: Vec<Standing> = lives.iter().map(|one| one.standing(world.now())).collect();
    assert_eq!(lives, [Standing::Stopped, Standing::Active], "nobody is there twice");
}

#[test]
fn a_stop_and_the_return_of_one_file_are_taken_back_together() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let back = Record { generation: "01".into(), ..line("s-2", "101", "C00001") };
    let (second, content) = csv(2, &[line("s-1", "102", "C00001"), back]);
    let answers = desk.send(&second, &content);
    assert!(answers.iter().all(|one| one.short() == ("0", "")), "{answers:#?}");

    let done = take_back(&world, &second, Undoing::Do).unwrap();

    assert_eq!((done.restored, done.conflicts.len()), (2, 0));
    let lives = world.look(|tx| load(tx, vec!["C00001".to_owned()], Load::Whole)).unwrap();
    let lives: Vec<Standing> = lives.iter().map(|one| one.standing(world.now())).collect();
    assert_eq!(lives, [Standing::Active, Standing::Purged]);
}

#[test]
fn lines_sent_again_after_a_file_was_taken_back_count() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    let (first, content) = csv(1, &starts("C", 2));
    desk.send(&first, &content);
    take_back(&world, &first, Undoing::Do).unwrap();
    assert_eq!(world.standing("C00001"), Standing::Purged);

    let (second, content) = csv(2, &starts("C", 2));
    let answers = desk.send(&second, &content);

    assert_eq!(answers[0].short(), ("0", ""));
    assert_eq!(world.standing("C00001"), Standing::Active);
}

#[test]
fn a_file_over_many_chunks_goes_back_in_one_step_a_household() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    // 700 starts, then 700 attribute changes: every household is touched by two chunks.
    let mut lines = starts("C", 700);
    let mut second = each("C", "107", 700);
    second.iter_mut().for_each(|line| line.telephone = "0312345678".into());
    lines.extend(second);
    let (sent, content) = csv(1, &lines);
    desk.send(&sent, &content);

    let done = take_back(&world, &sent, Undoing::Do).unwrap();

    assert_eq!((done.restored, done.conflicts.len()), (700, 0));
    assert_eq!(world.look(domain::subscribers::count_open).unwrap(), 0);
    assert_eq!(state(&world, &sent), FileState::Undone);
}

#[test]
fn commands_that_wait_for_their_day_are_cancelled_with_their_file() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let later = Record { effective_at: "20991231000000".into(), ..line("x-1", "103", "C00001") };
    let (sent, content) = csv(2, &[later]);
    assert_eq!(desk.send(&sent, &content)[0].short(), ("1", "W130"));

    take_back(&world, &sent, Undoing::Do).unwrap();

    let cancel = world.act(sato(), |tx| base::records::jobs::cancel(tx, "C00001", "x-1"));
    assert_eq!(cancel.unwrap_err(), Error::refused("job.nothing_to_cancel"));
}

#[test]
fn a_replacement_taken_back_and_sent_again_in_the_next_file_is_done() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    let replace = |request: &str| Record {
        new_contract_number: "N00001".into(),
        ..line(request, "105", "C00001")
    };
    for sequence in [2, 3] {
        let (sent, content) = csv(sequence, &[replace("x-1"), line("x-2", "103", "N00001")]);
        let answers = desk.send(&sent, &content);
        assert!(answers.iter().all(|one| one.short() == ("0", "")), "{answers:#?}");
        assert_eq!(world.standing("C00001"), Standing::Stopped);
        assert_eq!(world.standing("N00001"), Standing::Suspended);
        let done = take_back(&world, &sent, Undoing::Do).unwrap();
        assert_eq!((done.restored, done.conflicts.len()), (2, 0));
        assert_eq!(world.standing("C00001"), Standing::Active);
    }
}

#[test]
fn a_reset_taken_back_leaves_the_member_invited_because_the_password_is_gone() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 1)).0, &csv(1, &starts("C", 1)).1);
    crate::decisions::given_registered(&world, "C00001", 1);
    let state = || world.household("C00001").person(1).unwrap().state;
    assert_eq!(state(), PersonState::Active);
    let reset = Record { person_number: "001".into(), ..line("x-1", "205", "C00001") };
    let (sent, content) = csv(2, &[reset]);
    desk.send(&sent, &content);
    assert_eq!(take_back(&world, &sent, Undoing::Do).unwrap().restored, 1);
    assert_eq!(state(), PersonState::Invited);
}

#[test]
fn a_command_of_the_file_that_falls_due_while_it_is_taken_back_is_not_done() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    desk.send(&csv(1, &starts("C", 300)).0, &csv(1, &starts("C", 300)).1);
    let mut lines = each("C", "107", 300);
    lines.iter_mut().for_each(|line| line.telephone = "0312345678".into());
    lines.push(Record { effective_at: "20991231000000".into(), ..line("x-1", "102", "C00001") });
    let (sent, content) = csv(2, &lines);
    desk.send(&sent, &content);
    // The attempt breaks off behind its first page: what it would restore there can not be read.
    spoil_picture(&world, "C00290");

    let broken = take_back(&world, &sent, Undoing::Do).unwrap_err();

    assert_eq!(broken, Error::refused("undo.unreadable"));
    assert_eq!(world.household("C00001").contract.telephone, None, "the first page went back");
    assert_eq!(world.household("C00290").contract.telephone.as_deref(), Some("0312345678"));
    world.pass_days(366 * 80);
    assert_eq!(crate::lives::run_due(&world), 0);
    assert_eq!(world.standing("C00001"), Standing::Active);
}

fn spoil_picture(world: &World, number: &'static str) {
    let scope = world.scope(KITA, sato());
    let spoil = move |tx: &mut base::store::Tx<'_>| {
        tx.exec(
            "UPDATE file_undo SET before = 'spoilt' WHERE operator_id = ?1 AND number = ?2
               AND chunk > 0 AND version_before > 0",
            &[KITA.into(), number.into()],
        )
    };
    assert_eq!(world.db.housekeep(&scope, "test", spoil).unwrap(), 1);
}

#[test]
fn archiving_a_file_with_many_images_takes_many_short_transactions() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    let mut lines = starts("C", 1200);
    let moved = |n: usize| Record {
        new_contract_number: format!("N{n:05}"),
        ..line(&format!("m-{n}"), "105", &format!("C{n:05}"))
    };
    lines.extend((1..=3).map(moved));
    let (sent, content) = csv(1, &lines);
    desk.send(&sent, &content);
    let archive = || {
        let scope = world.scope(KITA, Actor::System);
        world.db.housekeep(&scope, "test", |tx| files::archive_due(tx, 500)).unwrap()
    };
    assert_eq!(archive(), 0, "not old enough");
    world.pass_days(31);

    assert_eq!(archive(), 500);
    assert_eq!(state(&world, &sent), FileState::ResultSent);
    let error = take_back(&world, &sent, Undoing::Do).unwrap_err();
    assert_eq!(error, Error::refused("file.not_undoable"), "half of its images are gone");
    let rest: Vec<u64> = std::iter::from_fn(|| Some(archive()).filter(|gone| *gone > 0)).collect();

    assert!(rest.len() > 3 && rest.iter().all(|gone| *gone <= 500), "{rest:?}");
    assert_eq!(rest.last(), Some(&1), "the last one notes it");
    assert_eq!(state(&world, &sent), FileState::Archived);
    assert_eq!(world.audited().iter().filter(|act| *act == "file.archived").count(), 1);
}

/// A line that leaves the household there, by operation.
fn harmless(operation: &str, number: &str) -> Record {
    let plain = line(&format!("u-{operation}-{number}"), operation, number);
    match operation {
        "107" => Record { telephone: "0312345678".into(), ..plain },
        "201" | "202" | "203" | "205" => Record {
            person_number: "002".into(),
            hold_reason: if operation == "203" { "10".into() } else { String::new() },
            ..plain
        },
        "301" => Record { product_code: "MIHODAI".into(), ..plain },
        "302" | "303" => Record { product_code: "BASIC".into(), ..plain },
        "501" => Record {
            note: format!("STB-{number}"),
            new_contract_number: format!("NEW-{number}"),
            ..plain
        },
        _ => plain,
    }
}

#[test]
fn whatever_one_operation_did_to_households_of_people_and_keys_is_taken_back_whole() {
    // Alone in its file, and with others: no more is read for one than it needs.
    for operation in ["102", "103", "107", "201", "202", "203", "205", "301", "302", "303", "501"] {
        for count in [1, 2] {
            let world = World::new();
            let desk = Desk::new(&world);
            given_staff(&world, "sato", Role::Admin);
            let numbers = ["A-001", "A-002"];
            for number in numbers {
                world.given_contract(number);
                world.given_key(number, "BASIC");
                crate::boxes::given_box(&world, number, &format!("STB-{number}"));
                if operation != "201" {
                    let add = Command::new(&world.request_id(), Op::PersonAdd, number);
                    world.send(Command { person_no: 2, ..add });
                }
            }
            let look = || {
                // Holds that were lifted again stay written down.
                let kept = ["persons", "grants", "boxes"];
                picture::picture(&world.db, KITA, |table, column| {
                    !kept.contains(&table)
                        || ["updated_ms", "access_no", "version"].contains(&column)
                })
            };
            let before = look();
            let (name, content) =
                csv(1, &numbers.map(|number| harmless(operation, number))[..count]);
            let answers = desk.send(&name, &content);
            assert!(answers.iter().all(|one| one.result != "9"), "{operation}: {answers:#?}");
            let done = take_back(&world, &name, Undoing::Do).unwrap();

            assert_eq!((done.restored, done.conflicts.len()), (count, 0), "{operation}");
            picture::assert_same(&before, &look(), &format!("{count} of {operation}"));
        }
    }
}

#[test]
fn an_image_in_which_an_earlier_release_kept_too_little_is_left_alone() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    for number in ["A-001", "A-002"] {
        world.given_contract(number);
        world.given_key(number, "BASIC");
    }
    let lines = ["A-001", "A-002"].map(|number| harmless("103", number));
    let (name, content) = csv(1, &lines);
    desk.send(&name, &content);
    let work = |tx: &mut base::store::Tx<'_>| {
        let find = "SELECT before FROM file_undo WHERE operator_id = ?1 AND number = ?2";
        let which: [base::store::Value; 2] = [KITA.into(), "A-001".into()];
        let kept = tx.row(find, &which, base::store::Row::text)?.unwrap_or_default();
        let mut image: serde_json::Value = serde_json::from_str(&kept).unwrap();
        image.as_object_mut().unwrap().remove("complete").unwrap();
        image["keyring"]["grants"] = serde_json::json!([]);
        let row: [base::store::Value; 3] = [KITA.into(), "A-001".into(), image.to_string().into()];
        tx.exec("UPDATE file_undo SET before = ?3 WHERE operator_id = ?1 AND number = ?2", &row)
    };
    let scope = world.scope(KITA, sato());
    assert_eq!(world.db.housekeep(&scope, "an earlier release", work).unwrap(), 1);

    let done = take_back(&world, &name, Undoing::Do).unwrap();

    let left = Conflict { number: "A-001".to_owned(), generation: 0 };
    assert_eq!((done.restored, done.conflicts), (1, vec![left]));
    assert_eq!(world.standing("A-001"), Standing::Suspended);
    assert_eq!(world.standing("A-002"), Standing::Active);
}
