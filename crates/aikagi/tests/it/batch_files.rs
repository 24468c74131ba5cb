//! Files of the SMS from `in` to `out`: layouts, order, resend, gap, tests.

use std::fs;

use domain::files::FileState;
use domain::subscribers::Standing;
use formats::sms::{Charset, Form, Header, Record};

use crate::batch_desk::{CSV, Desk, csv, each, file, header, line, name, row, starts, state};
use crate::world::World;

#[test]
fn a_nightly_file_makes_households_and_suspends_one() {
    for form in [Form::FIXED, Form::csv(Charset::Cp932), CSV] {
        let world = World::new();
        let desk = Desk::new(&world);
        let mut lines = starts("C", 3);
        lines.push(line("x-1", "103", "C00002"));
        lines.push(line("x-2", "103", "C99999"));
        let sent = name(1, form);

        let answers = desk.send(&sent, &file(form, &header(1, form), &lines));

        let short: Vec<_> = answers.iter().map(|answer| answer.short()).collect();
        assert_eq!(short, [("0", ""), ("0", ""), ("0", ""), ("0", ""), ("9", "E301")], "{form:?}");
        assert_eq!((&*answers[3].state, &*answers[3].message), ("S", "一時停止しました"));
        assert_eq!(world.standing("C00002"), Standing::Suspended);
        assert_eq!(world.household("C00001").contract.kana.as_deref(), Some("ﾀｶﾊｼ ﾊﾅｺ"));
        let known = row(&world, &sent);
        assert_eq!((known.state, known.ok, known.errors), (FileState::ResultSent, 4, 1));
        assert_eq!(desk.lies_in("in/done"), [sent.clone(), format!("{sent}.end")]);
        assert_eq!(desk.lies_in("in"), [""; 0]);
        let books = world.audited();
        let told = |act: &str| books.iter().filter(|one| *one == act).count();
        assert_eq!((told("contract.opened"), told("contract.suspended")), (3, 1));
        assert_eq!(
            (told("file.arrived"), told("file.accepted"), told("file.applied"), told("file.sent")),
            (1, 1, 1, 1)
        );
    }
}
