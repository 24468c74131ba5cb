//! The southern operator asks about a northern SMS file: see `isolation.rs`.

use std::path::Path;

use base::kernel::Actor;
use base::store::Tx;
use domain::files::{self, Advance, Arrival, Bulk, BulkWord, File, Found, NewBulk};
use domain::operators::{self, Logo, Role, StaffDraft};
use domain::subscribers::RefusedLine;
use domain::{catalogue, commands, subscribers};
use formats::sms::{Header, ResultRecord, ResultWriter};

use crate::batch_desk::CSV;
use crate::isolation::{NUMBER, Probe, said};
use crate::world::{KITA, World, staff};

/// A file of the northern operator.
pub fn given_file(world: &World) -> File {
    let arrival = Arrival {
        name: "KITA01_CT01_20261120_00000001_D.csv".to_owned(),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence: 1,
        business_on: "2026-11-20".to_owned(),
        digest: "秘密パック".to_owned(),
        test: false,
        by_hand: false,
    };
    world.act(crate::world::sms(), move |tx| files::arrive(tx, &arrival)).unwrap()
}

/// A file of the northern operator that was answered: its one line, about a contract, was refused. The copy of its result lies
/// below `all`.
pub fn given_answered(world: &World, all: &Path, number: &str) -> File {
    let refusal = ResultRecord {
        line: "00000001".to_owned(),
        operation: "103".to_owned(),
        contract_number: number.to_owned(),
        result: "9".to_owned(),
        code: "E411".to_owned(),
        message: "契約が停止しています".to_owned(),
        ..ResultRecord::default()
    };
    let file = given_file(world);
    let kept = all.join(KITA).join("out/.kept");
    std::fs::create_dir_all(&kept).unwrap();
    let header = Header { kind: "R".to_owned(), ..crate::batch_desk::header(1, CSV) };
    let mut writer = ResultWriter::begin(Vec::new(), CSV, &header).unwrap();
    writer.write(&refusal).unwrap();
    let name = file.name.replace("_D.", "_R.");
    std::fs::write(kept.join(name), writer.finish().unwrap()).unwrap();
    let line = refused_line(&file.id, number);
    let answer = move |tx: &mut Tx<'_>| {
        let found = Found { lines: 1, mass: 0, data_offset: 1 };
        let file = files::accept(tx, &file, &found)?;
        let by = Advance { lines: 1, errors: 1, result_offset: 1, ..Advance::default() };
        files::note_refused(tx, &file, vec![line.clone()]);
        let file = files::advance(tx, &file, &by)?;
        let file = files::applied(tx, &file)?;
        files::sent(tx, &file)
    };
    world.act(crate::world::sms(), answer).unwrap()
}

fn refused_line(file_id: &str, number: &str) -> RefusedLine {
    RefusedLine {
        file_id: file_id.to_owned(),
        line: 1,
        number: number.to_owned(),
        generation: None,
        person_no: 1,
        operation: "103".to_owned(),
        code: "E411".to_owned(),
    }
}

/// Work of the northern operator on many contracts.
pub fn given_bulk(world: &World) -> Bulk {
    let new = new_bulk("秘密パック");
    let draft = StaffDraft { name: "佐藤".to_owned(), roles: vec![Role::Admin], enabled: true };
    let put = move |tx: &mut Tx<'_>| {
        operators::put_staff(tx, "hanako", &draft)?;
        files::put_bulk(tx, &new)
    };
    world.act(staff("hanako"), put).unwrap().0
}

fn new_bulk(title: &str) -> NewBulk {
    NewBulk {
        name: "KITA01_CN01_20261120_12000000_D.csv".to_owned(),
        source: "秘密パック".to_owned(),
        digest: "秘密パック".to_owned(),
        title: title.to_owned(),
        lines: 600,
    }
}

/// A product of the northern operator alone; its code.
pub fn given_secret_pack(world: &World) -> String {
    world
        .act(Actor::System, |tx| {
            let secret = catalogue::Product {
                code: "SECRETPACK".to_owned(),
                name_ja: "秘密パック".to_owned(),
                ..crate::world::products().remove(1)
            };
            catalogue::put_product(tx, &secret)
        })
        .unwrap();
    "SECRETPACK".to_owned()
}

/// How the northern operator's pages look; the digest of its logo.
pub fn given_look(world: &World) -> String {
    let logo = Logo::read(&crate::looks::picture(12, 8)).unwrap();
    let look = operators::Look {
        logo: logo.digest().to_owned(),
        greeting_ja: "秘密パック".to_owned(),
        ..operators::Look::default()
    };
    let put = move |tx: &mut Tx<'_>| {
        operators::add_logo(tx, &logo)?;
        operators::put_look(tx, &look)?;
        Ok(look.logo.clone())
    };
    world.act(Actor::System, put).unwrap()
}

/// What of a file's answer is told onwards; the file itself is what the caller brought.
fn id(file: File) -> String {
    file.id
}

pub const PROBES: &[(&str, Probe)] = &[
    ("files::expected_next", |tx, _| said(files::expected_next(tx, "CT01"))),
    ("files::late", |tx, _| said(files::late(tx))),
    ("files::noted_late", |tx, _| said(files::noted_late(tx))),
    ("files::note_late", |tx, _| said(files::note_late(tx))),
    ("files::answered", |tx, known| said(files::answered(tx, vec![known.file.name.clone()]))),
    ("files::find", |tx, known| said(files::find(tx, &known.file.id).map(|one| one.digest))),
    ("files::open_by_name", |tx, known| said(files::open_by_name(tx, &known.file.name))),
    ("files::unfinished", |tx, _| said(files::unfinished(tx))),
    ("files::guard_limit", |tx, _| said(files::guard_limit(tx))),
    ("files::note_trial", |tx, known| said(files::note_trial(tx, (&known.file.name, "", 0)))),
    ("files::find_bulk", |tx, known| said(files::find_bulk(tx, &known.bulk.id))),
    ("files::bulks_named", |tx, known| said(files::bulks_named(tx, vec![known.bulk.name.clone()]))),
    ("files::count_asked", |tx, _| said(files::count_asked(tx))),
    ("files::list_bulks", |tx, _| said(files::list_bulks(tx, 100))),
    ("files::put_bulk", |tx, _| said(files::put_bulk(tx, &new_bulk("x")).map(|_| "put"))),
    ("files::decide_bulk", |tx, known| {
        said(files::decide_bulk(tx, &known.bulk.id, BulkWord::Withdraw))
    }),
    ("files::begin_bulk", |tx, known| {
        said(files::begin_bulk(tx, &known.bulk.id, &Arrival::default()).map(id))
    }),
    ("files::end_bulk", |tx, known| said(files::end_bulk(tx, &known.bulk.id, &known.file))),
    ("files::end_undo_of_bulk", |tx, known| {
        said(files::end_undo_of_bulk(tx, &known.bulk.id, (0, &[])))
    }),
    ("files::find_undo", |tx, known| said(files::find_undo(tx, &known.file.id))),
    ("files::resends_to_do", |tx, _| said(files::resends_to_do(tx))),
    ("files::find_resend", |tx, known| said(files::find_resend(tx, &known.file.id))),
    ("files::ask_resend", |tx, known| said(files::ask_resend(tx, &known.file.id))),
    ("files::end_resend", |tx, known| said(files::end_resend(tx, &known.file.id, true))),
    ("files::undos_to_do", |tx, _| said(files::undos_to_do(tx))),
    ("files::decide_undo", |tx, known| {
        said(files::decide_undo(tx, &known.file.id, (files::UndoWord::Ask, "")))
    }),
    ("files::note_checked", |tx, known| said(files::note_checked(tx, &known.file.id, (0, &[])))),
    ("files::fail_undo", |tx, known| said(files::fail_undo(tx, &known.file.id))),
    ("files::end_undo", |tx, known| said(files::end_undo(tx, &known.file.id, (0, &[])))),
    ("files::list", |tx, _| said(files::list(tx, 100))),
    ("files::list_before", |tx, _| said(files::list_before(tx, "fim", 100))),
    ("files::order", |tx, known| said(files::order(tx, &known.file).map(|_| "an order"))),
    ("files::hold_for_gap", |tx, known| said(files::hold_for_gap(tx, &known.file, 1).map(id))),
    ("files::accept", |tx, known| {
        let found = Found { lines: 1, mass: 0, data_offset: 0 };
        said(files::accept(tx, &known.file, &found).map(id))
    }),
    ("files::reject", |tx, known| said(files::reject(tx, &known.file, "F001", "x").map(id))),
    ("files::resent", |tx, known| said(files::resent(tx, &known.file, &known.file).map(id))),
    ("files::guard_errors", |tx, known| said(files::guard_errors(tx, &known.file, 1).map(id))),
    ("files::approve", |tx, known| said(files::approve(tx, &known.file.id).map(id))),
    ("files::release", |tx, known| said(files::release(tx, &known.file.id).map(id))),
    ("files::decide", |tx, known| {
        let stand = known.file.stand();
        said(files::decide(tx, &known.file.id, (files::Word::Discard, &stand)).map(id))
    }),
    ("files::discard", |tx, known| said(files::discard(tx, &known.file.id).map(id))),
    ("files::advance", |tx, known| {
        let by =
            Advance { lines: 1, ok: 1, warnings: 0, errors: 0, read_offset: 1, result_offset: 1 };
        said(files::advance(tx, &known.file, &by).map(id))
    }),
    ("files::has_newest_result", |tx, known| {
        said(files::has_newest_result(tx, &File { id: "fil_0".to_owned(), ..known.file.clone() }))
    }),
    ("files::note_refused", |tx, known| {
        files::note_refused(tx, &known.file, vec![refused_line(&known.file.id, NUMBER)]);
        String::new()
    }),
    ("subscribers::keep_refused", |tx, known| {
        subscribers::keep_refused(tx, vec![refused_line(&known.file.id, NUMBER)]);
        String::new()
    }),
    ("subscribers::list_refused", |tx, _| {
        said(subscribers::list_refused(tx, (NUMBER, 0), ("", 10)))
    }),
    ("subscribers::forget_refused", |tx, known| {
        said(subscribers::forget_refused(tx, &known.file.id))
    }),
    ("files::restart", |tx, known| said(files::restart(tx, &known.file, 0).map(id))),
    ("files::applied", |tx, known| said(files::applied(tx, &known.file).map(id))),
    ("files::sent", |tx, known| said(files::sent(tx, &known.file).map(id))),
    ("files::keep_images", |tx, known| said(files::keep_images(tx, (&known.file.id, 1), &[], &[]))),
    ("files::begin_undo", |tx, known| said(files::begin_undo(tx, &known.file.id))),
    ("files::undo_page", |tx, known| {
        said(files::undo_page(tx, &known.file, "", 10).map(|_| "a page"))
    }),
    ("files::forget_images", |tx, known| said(files::forget_images(tx, &known.file.id, &[]))),
    ("files::close_undo", |tx, known| said(files::close_undo(tx, &known.file, 0).map(id))),
    ("files::last_in_order", |tx, known| {
        let interface = &known.file.interface;
        said(files::last_in_order(tx, interface).map(|found| found.map(id)))
    }),
    ("subscribers::list_open", |tx, _| said(subscribers::list_open(tx, "", 100))),
    ("commands::forget_answers", |tx, _| {
        said(commands::forget_answers(tx, vec!["k1".to_owned(), "k2".to_owned()]))
    }),
    ("catalogue::publish_product", |tx, _| {
        let product = catalogue::find(tx, "SECRETPACK");
        let publishing = operators::Publishing { seen: String::new(), why: "x".to_owned() };
        said(product.and_then(|one| catalogue::publish_product(tx, &one, &publishing)))
    }),
    ("operators::find_logo", |tx, _| {
        let theirs = Logo::read(&crate::looks::picture(12, 8)).unwrap();
        said(operators::find_logo(tx, theirs.digest()).map(|_| "秘密パック"))
    }),
    ("operators::put_look", |tx, _| {
        let theirs = Logo::read(&crate::looks::picture(12, 8)).unwrap();
        let look = operators::Look { logo: theirs.digest().to_owned(), ..Default::default() };
        said(operators::put_look(tx, &look).map(|_| "秘密パック"))
    }),
    ("operators::publications", |tx, _| {
        said(operators::publications(tx, (&["product.changed"], "SECRETPACK")))
    }),
    ("entitlements::count_holders", |tx, _| {
        said(domain::entitlements::count_holders(tx, vec!["SECRETPACK".to_owned()]))
    }),
];
