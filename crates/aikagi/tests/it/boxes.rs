//! Set-top boxes: put up by the station, swapped by the SMS; nothing of the family changes with them.

use base::kernel::{Error, Result};
use domain::boxes::{self, NewBox, SetTopBox};
use domain::commands::{self, Command, Op, Report};
use domain::credentials::{PinKind, Tried};
use domain::files::FileState;
use domain::operators::Role;
use formats::sms::Record;
use linkage::sms::batch::{Undoing, undo};

use crate::batch_desk::{Desk, csv, given_staff, line, starts};
use crate::factors::Holder;
use crate::picture::{assert_same, picture};
use crate::world::{KITA, MINAMI, World, sato};

/// A box in the living room of `number`; its handle.
pub fn given_box(world: &World, number: &str, serial: &str) -> String {
    put_up(world, number, serial).unwrap()
}

fn put_up(world: &World, number: &str, serial: &str) -> Result<String> {
    let new = NewBox {
        serial: serial.to_owned(),
        model: "ﾃﾚﾋﾞﾎﾞｯｸｽ 4K".to_owned(),
        name: "髙橋家の居間".to_owned(),
        area: "栄町".to_owned(),
        public_key: None,
    };
    let number = number.to_owned();
    world.act(sato(), move |tx| commands::add_box(tx, &number, &new))
}

fn boxes_of(world: &World, number: &str) -> Vec<SetTopBox> {
    let all = world.look(|tx| boxes::list_boxes(tx, number)).unwrap();
    all.into_iter().map(|(_, one)| one).collect()
}

fn serials(world: &World, number: &str) -> Vec<String> {
    boxes_of(world, number).into_iter().map(|one| one.serial).collect()
}

fn swap(world: &World, number: &str, (old, new): (&str, &str)) -> Report {
    world.send(Command {
        reference: Some(old.to_owned()),
        new_device: Some(new.to_owned()),
        ..Command::new(&world.request_id(), Op::DeviceReplace, number)
    })
}

fn code(report: &Report) -> &str {
    report.code.as_deref().unwrap_or_default()
}

#[test]
fn a_swapped_box_keeps_its_handle_and_changes_nothing_of_the_family() {
    let holder = Holder::new();
    let world = &holder.world;
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let whose = holder.person.clone();
    let found = world.look(|tx| domain::subscribers::key_of_person(tx, &whose)).unwrap();
    let number = found.unwrap().0.number;
    given_box(world, &number, "STB-0001");
    let before = boxes_of(world, &number);
    let books =
        |table: &str, _: &str| ["boxes", "contracts", "audit", "inbox", "outbox"].contains(&table);
    let family = picture(&world.db, KITA, books);

    let report = swap(world, &number, ("STB-0001", "STB-0002"));

    assert_eq!(code(&report), "");
    let after = boxes_of(world, &number);
    assert_eq!(after[0].serial, "STB-0002");
    let as_before = SetTopBox { serial: "STB-0001".to_owned(), ..after[0].clone() };
    assert_eq!(SetTopBox { changed: before[0].changed, ..as_before }, before[0]);
    assert_same(&family, &picture(&world.db, KITA, books), "sign-ins and PINs");
    assert_eq!(holder.pin(PinKind::Viewing, "2580").unwrap(), Tried::Good);
    let acts = world.audited();
    assert!(acts.contains(&"device.replaced".to_owned()), "{acts:?}");
    let everything = picture(&world.db, KITA, |table, _| table == "boxes");
    let everything = format!("{everything:?}");
    assert!(everything.contains("device.replaced") && !everything.contains("STB-000"), "a serial");
}

#[test]
fn a_box_that_is_unknown_or_stands_elsewhere_is_refused_by_name() {
    let world = World::new();
    for number in ["A-001", "A-002"] {
        world.given_contract(number);
    }
    let handle = given_box(&world, "A-001", "STB-1");
    given_box(&world, "A-002", "STB-2");

    assert_eq!(code(&swap(&world, "A-001", ("STB-9", "STB-3"))), "device.unknown");
    assert_eq!(code(&swap(&world, "A-001", ("STB-2", "STB-3"))), "device.unknown", "of A-002");
    assert_eq!(code(&swap(&world, "A-001", ("STB-1", "STB-2"))), "device.in_use");
    assert_eq!(code(&swap(&world, "A-001", ("STB-1", "STB 3"))), "device.serial_malformed");
    assert_eq!(code(&swap(&world, "A-001", ("STB-1", "STB-1"))), "note.same_already");
    assert_eq!(put_up(&world, "A-001", "STB-2").unwrap_err(), Error::refused("device.in_use"));
    let other = handle.clone();
    let stranger = world.act(sato(), move |tx| commands::remove_box(tx, "A-002", &other));
    assert_eq!(stranger.unwrap_err(), Error::not_found("device.unknown", &handle));
    assert_eq!((serials(&world, "A-001"), serials(&world, "A-002")), one_each());

    let again = Command {
        reference: Some("STB-1".to_owned()),
        new_device: Some("STB-3".to_owned()),
        ..Command::new("once", Op::DeviceReplace, "A-001")
    };
    let first = world.send(again.clone());
    assert_eq!((code(&first), world.send(again)), ("", first.clone()), "answered the same");
    world.act(sato(), move |tx| commands::remove_box(tx, "A-001", &handle)).unwrap();
    assert_eq!(code(&swap(&world, "A-002", ("STB-2", "STB-3"))), "", "free again");
    world.sms(Op::Stop, "A-002");
    assert_eq!(code(&swap(&world, "A-002", ("STB-3", "STB-4"))), "contract.stopped");
}

fn one_each() -> (Vec<String>, Vec<String>) {
    (vec!["STB-1".to_owned()], vec!["STB-2".to_owned()])
}

#[test]
fn another_operator_may_have_a_box_with_the_same_serial() {
    let world = World::new();
    world.given_contract("A-001");
    given_box(&world, "A-001", "STB-1");
    let start = Command::new("m-1", Op::Start, "A-001");
    world.at(MINAMI, sato(), move |tx| commands::execute(tx, &start)).unwrap();
    let new = NewBox { serial: "STB-1".to_owned(), ..NewBox::default() };
    world.at(MINAMI, sato(), move |tx| commands::add_box(tx, "A-001", &new)).unwrap();
    let theirs = world.at(MINAMI, sato(), |tx| boxes::list_boxes(tx, "A-001")).unwrap();
    assert_eq!(theirs[0].1.name, "");
    assert_eq!(boxes_of(&world, "A-001")[0].name, "髙橋家の居間");
}

#[test]
fn boxes_move_with_a_replaced_contract_and_go_with_an_erased_one() {
    let world = World::new();
    world.given_contract("A-001");
    let handle = given_box(&world, "A-001", "STB-1");
    // On a shared database the operator's facts are read again each second: the least of some moves counts.
    let moves = ["A-001", "A-003", "A-004", "A-005", "A-002"];
    let spent = moves.windows(2).map(|numbers| {
        let moved = Command {
            new_number: Some(numbers[1].to_owned()),
            ..Command::new(&world.request_id(), Op::Replace, numbers[0])
        };
        let before = world.db.statements();
        assert_eq!(world.send(moved).code, None);
        world.db.statements() - before
    });
    let least = spent.min().unwrap();
    assert!(least <= 10, "{least}: one more than without boxes, which nobody has to read");
    assert_eq!(boxes_of(&world, "A-001"), []);
    assert_eq!(boxes_of(&world, "A-002")[0].box_id, handle);

    assert!(world.household("A-002").contract.has_boxes);
    assert!(!world.household("A-001").contract.has_boxes);
    world.sms(Op::Stop, "A-002");
    assert_eq!(serials(&world, "A-002"), ["STB-1"], "the stop may be taken back");
    world.pass_days(5000);
    world.act(sato(), |tx| commands::purge_due(tx, 100)).unwrap();
    assert_eq!(boxes_of(&world, "A-002"), []);
}

/// A file of one swap.
fn swap_line(request: &str, number: &str, (old, new): (&str, &str)) -> Record {
    Record { note: old.into(), new_contract_number: new.into(), ..line(request, "501", number) }
}

#[test]
fn a_file_of_swaps_is_taken_back_unless_a_box_stands_elsewhere_meanwhile() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    for (number, serial) in [("A-001", "STB-1"), ("A-002", "STB-2"), ("A-003", "STB-3")] {
        world.given_contract(number);
        given_box(&world, number, serial);
    }
    // Two boxes change places, by way of a third; and one goes to the store.
    let lines = [
        swap_line("s-1", "A-001", ("STB-1", "STB-9")),
        swap_line("s-2", "A-002", ("STB-2", "STB-1")),
        swap_line("s-3", "A-001", ("STB-9", "STB-2")),
        swap_line("s-4", "A-003", ("STB-3", "STB-4")),
    ];
    let (name, bytes) = csv(1, &lines);
    let answers = desk.send(&name, &bytes);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    assert_eq!((serials(&world, "A-002"), serials(&world, "A-001")), one_each());
    world.given_contract("A-004");
    given_box(&world, "A-004", "STB-3");

    let done = undo(&world.db, &world.scope(KITA, sato()), &name, Undoing::Do).unwrap();

    assert_eq!((serials(&world, "A-001"), serials(&world, "A-002")), one_each());
    assert_eq!(serials(&world, "A-003"), ["STB-4"], "STB-3 stands with A-004");
    assert_eq!((done.conflicts.len(), done.file.state), (1, FileState::PartlyUndone));
}

#[test]
fn a_replacement_by_file_is_taken_back_with_its_boxes() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    let (first, bytes) = csv(1, &starts("A", 1));
    desk.send(&first, &bytes);
    given_box(&world, "A00001", "STB-1");
    let stood = boxes_of(&world, "A00001");
    let (name, bytes) = csv(
        2,
        &[
            Record { new_contract_number: "N00001".into(), ..line("s-1", "105", "A00001") },
            swap_line("s-2", "N00001", ("STB-1", "STB-2")),
        ],
    );
    let answers = desk.send(&name, &bytes);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    assert_eq!(
        (serials(&world, "A00001"), serials(&world, "N00001")),
        (vec![], vec!["STB-2".into()])
    );

    let done = undo(&world.db, &world.scope(KITA, sato()), &name, Undoing::Do).unwrap();

    assert_eq!((done.restored, done.conflicts.len()), (2, 0));
    assert_eq!((boxes_of(&world, "A00001"), boxes_of(&world, "N00001")), (stood, vec![]));
    assert!(world.household("A00001").contract.has_boxes);
    assert!(!world.household("N00001").contract.has_boxes);
}
