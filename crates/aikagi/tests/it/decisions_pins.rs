//! PINs, as decisions ask for them (D15): from which rating on, whose, and how a wrong one is counted.

use base::store::Tx;
use domain::credentials::{self, PinKind, Tried};
use domain::decisions::{
    Action, Answer, Ask, Decisions, Finding, PinFor, Question, Refused, Subject, Verdict,
};
use domain::operators::{self, OperatorDraft, Policies};
use domain::subscribers::Reason;

use crate::decisions::{about, codes, desk};
use crate::factors::Holder;
use crate::picture::picture;
use crate::world::{KITA, sato};

impl Holder {
    /// A household that may watch everything.
    fn watching() -> Self {
        let holder = Self::new();
        holder.world.given_key("A-001", "MIHODAI");
        holder
    }

    fn asks_everybody_from(&self, years: i64) {
        let change = move |tx: &mut Tx<'_>| {
            let known = operators::find_operator(tx)?;
            let policies = Policies { pin_rating_years: years, ..known.policies };
            let (name_ja, name_en) = (known.name_ja, known.name_en);
            operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
        };
        self.world.at(KITA, sato(), change).unwrap();
    }

    fn asks_from(&self, years: i64) {
        self.does(move |tx, _, who| credentials::ask_pin_from(tx, who, years)).unwrap();
    }

    fn typed(&self, decisions: &Decisions, ask: &Ask<'_>, pin: &str) -> Answer {
        decisions.answer_with_pin(ask, (&self.master, pin), self.world.now()).unwrap()
    }

    fn untyped(&self, decisions: &Decisions, ask: &Ask<'_>) -> Answer {
        decisions.answer(ask, self.world.now()).unwrap()
    }
}

/// A title of this rating, asked about by a member (0: the household).
fn rated(person_no: i64, years: i64) -> Ask<'static> {
    let ask = about("A-001", person_no, "title:T0001");
    Ask { question: Question { least_age: Some(years), ..ask.question }, ..ask }
}

const fn needed(set: bool, given: Refused, wait_s: i64) -> Finding {
    Finding::PinNeeded { pin: PinFor::Viewing, set, given, wait_s }
}

#[test]
fn a_title_above_the_operator_s_rating_asks_for_the_viewing_pin_and_opens_with_it() {
    let holder = Holder::watching();
    let decisions = desk(&holder.world);
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 18))), "P00", "nobody asks");
    holder.asks_everybody_from(15);
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 12))), "P00");
    let unset = holder.untyped(&decisions, &rated(1, 15));
    assert_eq!(unset.decision.findings, [needed(false, Refused::Missing, 0)]);
    assert!(unset.decision.ttl_s <= 30);

    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let missing = holder.untyped(&decisions, &rated(1, 15));
    assert_eq!(missing.decision.findings, [needed(true, Refused::Missing, 0)], "at once");
    let wrong = holder.typed(&decisions, &rated(1, 15), "2581");
    assert_eq!(wrong.decision.findings, [needed(true, Refused::Wrong, 0)]);
    assert_eq!(codes(&holder.typed(&decisions, &rated(1, 15), "２５８０")), "P00");
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 15))), "D15", "for each title anew");
    assert_eq!(holder.books("person.factor_proved", "viewing_pin"), 1);
    assert_eq!(holder.books("person.factor_refused", "viewing_pin"), 1);
}

#[test]
fn wrong_pins_count_with_those_of_every_other_door() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let decisions = desk(&holder.world);
    for _ in 0..3 {
        assert_eq!(codes(&holder.typed(&decisions, &rated(1, 18), "1111")), "D15");
    }
    assert_eq!(holder.pin(PinKind::Viewing, "1111").unwrap(), Tried::Wrong);
    let fifth = holder.typed(&decisions, &rated(1, 18), "1111");
    assert_eq!(fifth.decision.findings, [needed(true, Refused::Locked, 900)]);
    let right = holder.typed(&decisions, &rated(1, 18), "2580");
    assert_eq!(right.decision.findings, [needed(true, Refused::Locked, 900)], "right, and locked");
    assert_eq!(codes(&holder.typed(&decisions, &rated(1, 15), "2580")), "P00", "not asked for");
    holder.world.pass(901);
    assert_eq!(codes(&holder.typed(&decisions, &rated(1, 18), "2580")), "P00");
}

#[test]
fn a_person_is_asked_from_the_rating_they_chose_and_the_operator_only_asks_earlier() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let decisions = desk(&holder.world);
    let asked = |years| codes(&holder.untyped(&decisions, &rated(1, years))) == "D15";
    assert_eq!([12, 15, 18].map(asked), [false, false, true], "as it begins");
    holder.asks_from(12);
    assert_eq!([0, 12, 15].map(asked), [false, true, true]);
    holder.asks_everybody_from(15);
    assert_eq!([0, 12, 15].map(asked), [false, true, true], "the lower of both");
    holder.asks_from(18);
    assert_eq!([12, 15, 18].map(asked), [false, true, true]);
    holder.does(|tx, _, who| credentials::remove_pin(tx, who, PinKind::Viewing)).unwrap();
    assert_eq!([12, 15].map(asked), [false, true], "taken away, and the operator asks on");
}

#[test]
fn at_a_television_where_nobody_is_signed_in_the_owner_s_pin_counts() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    holder.asks_from(15);
    let decisions = desk(&holder.world);
    assert_eq!(codes(&holder.untyped(&decisions, &rated(0, 12))), "P00");
    assert_eq!(codes(&holder.untyped(&decisions, &rated(0, 15))), "D15");
    assert_eq!(codes(&holder.typed(&decisions, &rated(0, 15), "2580")), "P00");
    assert_eq!(codes(&holder.typed(&decisions, &rated(0, 18), "2580")), "D14 D15", "no age");
}

#[test]
fn who_has_a_purchase_pin_buys_with_it_and_with_no_other() {
    let holder = Holder::watching();
    let decisions = desk(&holder.world);
    let buy = || {
        let ask = about("A-001", 1, "product:RENTAL1");
        Ask { question: Question { action: Action::Purchase, ..ask.question }, ..ask }
    };
    let before = codes(&holder.untyped(&decisions, &buy()));
    assert_eq!(before, "P00");
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    holder.set_pin(PinKind::Purchase, "908172").unwrap();
    let missing = holder.untyped(&decisions, &buy());
    let Finding::PinNeeded { pin, set, .. } = missing.decision.findings[0] else {
        panic!("{missing:?}")
    };
    assert_eq!((pin, set, missing.decision.findings.len()), (PinFor::Purchase, true, 1));
    assert_eq!(codes(&holder.typed(&decisions, &buy(), "2580")), "D15", "the viewing PIN");
    assert_eq!(codes(&holder.typed(&decisions, &buy(), "908172")), "P00");
    assert_eq!(holder.books("person.factor_refused", "purchase_pin"), 1);
}

#[test]
fn a_pin_is_not_tried_where_something_else_stands_in_the_way() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let suspend = domain::commands::Command::new("s-1", domain::commands::Op::Suspend, "A-001");
    let reason = Some(Reason::Unpaid);
    holder.world.send(domain::commands::Command { reason, ..suspend });
    let decisions = desk(&holder.world);
    for pin in ["1111", "2580", "1111", "1111", "1111", "1111", "1111"] {
        let held = holder.typed(&decisions, &rated(1, 18), pin);
        assert_eq!(codes(&held), "D04 D15");
        assert_eq!(held.decision.findings[1], needed(true, Refused::Missing, 0), "{pin}");
    }
    assert_eq!(holder.books("person.factor_refused", "viewing_pin"), 0);
    assert_eq!(holder.books("person.factor_proved", "viewing_pin"), 0);
}

#[test]
fn a_warm_answer_asks_the_database_nothing_unless_a_pin_is_tried() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let decisions = desk(&holder.world);
    holder.untyped(&decisions, &rated(1, 15));
    let before = holder.world.db.statements();
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 15))), "P00");
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 18))), "D15");
    assert!(decisions.answer_from_memory(&rated(1, 18), holder.world.now()).is_some());
    assert_eq!(codes(&holder.typed(&decisions, &rated(1, 15), "2580")), "P00", "not asked for");
    // On a database of several nodes what is older than a moment is asked about again.
    let spent = holder.world.db.statements() - before;
    assert!(spent == 0 || holder.world.db.is_shared(), "{spent} statements");
    assert_eq!(codes(&holder.typed(&decisions, &rated(1, 18), "2580")), "P00");
    assert!(holder.world.db.statements() > before);
}

#[test]
fn no_pin_is_written_down_anywhere_and_a_replay_needs_none() {
    let holder = Holder::watching();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let decisions = desk(&holder.world);
    let wrong = holder.typed(&decisions, &rated(1, 18), "739146");
    let right = holder.typed(&decisions, &rated(1, 18), "2580");
    let scope = holder.world.scope(KITA, sato());
    let verdict = |answer: &Answer| decisions.explain(&scope, &answer.trace).unwrap().verdict;
    assert_eq!((verdict(&wrong), verdict(&right)), (Verdict::Refused, Verdict::Outside));
    let everything = format!("{:?}", picture(&holder.world.db, KITA, |_, _| false));
    assert!(everything.contains(&right.trace), "the log is part of the picture");
    assert!(!everything.contains("739146") && !format!("{wrong:?}").contains("739146"));
}

#[test]
fn a_search_lists_what_a_pin_would_open() {
    let holder = Holder::watching();
    holder.asks_everybody_from(0);
    let decisions = desk(&holder.world);
    let subject = Subject::Member { number: "A-001", person_no: 1 };
    let ask = Ask { subject, ..rated(1, 0) };
    let found = decisions.search(&ask, ("title", "", 10), holder.world.now()).unwrap();
    assert!(found.ids.contains(&"T0001".to_owned()), "{found:?}");
    assert_eq!(codes(&holder.untyped(&decisions, &rated(1, 0))), "D15");
}
