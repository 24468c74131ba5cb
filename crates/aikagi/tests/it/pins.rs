//! PINs: five tries, one for each purpose, reset by the station without being seen.

use base::kernel::Change;
use domain::credentials::{self, PinKind, Tried};

use crate::factors::Holder;
use crate::world::sato;

impl Holder {
    pub fn set_pin(&self, kind: PinKind, pin: &'static str) -> base::kernel::Result<()> {
        self.does(move |tx, master, who| credentials::set_pin(tx, master, who, (kind, pin)))
    }
}

fn is_locked(tried: Tried) -> bool {
    matches!(tried, Tried::Locked(wait) if wait.as_secs() == 900)
}

#[test]
fn five_wrong_pins_lock_that_pin_for_a_quarter_of_an_hour_however_many_come_at_once() {
    let holder = Holder::new();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    holder.set_pin(PinKind::Purchase, "908172").unwrap();

    let all = holder.all_at_once(20, || holder.pin(PinKind::Viewing, "1111"));

    let wrong = all.iter().filter(|one| **one == Tried::Wrong).count();
    assert_eq!((wrong, all.iter().filter(|one| is_locked(**one)).count()), (4, 16), "{all:?}");
    assert_eq!(holder.books("person.factor_refused", "viewing_pin"), 5);
    assert_eq!(holder.books("person.locked_out", "viewing_pin"), 1);
    assert!(is_locked(holder.pin(PinKind::Viewing, "2580").unwrap()), "right, and locked");
    assert_eq!(holder.pin(PinKind::Purchase, "908172").unwrap(), Tried::Good, "counts alone");
    let person = holder.person.clone();
    let locked = holder.world.look(|tx| credentials::locked_out(tx, vec![person.clone()])).unwrap();
    assert!(locked.is_empty(), "nobody is locked out of their account by a PIN");

    holder.world.pass(901);
    assert_eq!(holder.pin(PinKind::Viewing, "2580").unwrap(), Tried::Good);
    for _ in 0..4 {
        assert_eq!(holder.pin(PinKind::Viewing, "1111").unwrap(), Tried::Wrong);
    }
    assert_eq!(holder.pin(PinKind::Viewing, "２５８０").unwrap(), Tried::Good, "forgets the four");
    assert_eq!(holder.pin(PinKind::Viewing, "1111").unwrap(), Tried::Wrong);
}

#[test]
fn a_pin_nobody_set_is_wrong_and_locks_like_any_other() {
    let holder = Holder::new();
    let answers: Vec<Tried> = (0..5).map(|_| holder.pin(PinKind::Owner, "2580").unwrap()).collect();
    assert_eq!(answers[..4], [Tried::Wrong; 4]);
    assert!(is_locked(answers[4]));
    assert_eq!(holder.books("person.factor_refused", "none"), 5, "the books know");
}

#[test]
fn the_station_resets_a_pin_without_seeing_it() {
    let holder = Holder::new();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    for _ in 0..5 {
        holder.pin(PinKind::Viewing, "1111").unwrap();
    }
    let reset = || {
        let person = holder.person.clone();
        let reset = move |tx: &mut base::store::Tx<'_>| {
            credentials::reset_pin(tx, &person, PinKind::Viewing)
        };
        holder.world.act(sato(), reset).unwrap()
    };
    assert_eq!((reset(), reset()), (Change::Made, Change::Already));
    assert_eq!(holder.pin(PinKind::Viewing, "2580").unwrap(), Tried::Wrong, "gone, not locked");
    holder.set_pin(PinKind::Viewing, "1470").unwrap();
    assert_eq!(holder.pin(PinKind::Viewing, "1470").unwrap(), Tried::Good);
    assert_eq!(holder.books("person.pin_reset", "VIEWING"), 1, "once, by whom");
    assert_eq!(holder.books("person.pin_set", "VIEWING"), 2);
}

#[test]
fn one_pin_is_not_taken_for_two_purposes_nor_a_simple_one_for_any() {
    let holder = Holder::new();
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    let refused = |kind, pin| holder.set_pin(kind, pin).unwrap_err().code();
    assert_eq!(refused(PinKind::Purchase, "2580"), "pin.same_as_other");
    assert_eq!(refused(PinKind::Purchase, "1234"), "pin.too_simple");
    assert_eq!(refused(PinKind::Purchase, "25"), "pin.malformed");
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    assert_eq!(holder.pin(PinKind::Purchase, "2580").unwrap(), Tried::Wrong);
    let person = holder.person.clone();
    let pins = holder.world.look(|tx| credentials::pins_of(tx, &person)).unwrap();
    assert_eq!(pins.iter().map(|pin| pin.kind).collect::<Vec<_>>(), [PinKind::Viewing]);
}

#[test]
fn a_person_chooses_from_which_rating_on_they_are_asked_and_takes_their_pin_away() {
    let holder = Holder::new();
    let from = |years| holder.does(move |tx, _, who| credentials::ask_pin_from(tx, who, years));
    assert_eq!(from(15).unwrap_err().code(), "pin.unknown");
    holder.set_pin(PinKind::Viewing, "2580").unwrap();
    assert_eq!(from(13).unwrap_err().code(), "pin.rating_unknown");
    assert_eq!((from(15).unwrap(), from(15).unwrap()), (Change::Made, Change::Already));
    holder.set_pin(PinKind::Viewing, "1470").unwrap();
    let person = holder.person.clone();
    let pins = || holder.world.look(|tx| credentials::pins_of(tx, &person)).unwrap();
    assert_eq!(pins()[0].asks_years, 15, "another PIN, the same choice");
    assert_eq!(holder.books("person.pin_asks_changed", "VIEWING"), 1);

    let remove = || holder.does(|tx, _, who| credentials::remove_pin(tx, who, PinKind::Viewing));
    assert_eq!((remove().unwrap(), remove().unwrap()), (Change::Made, Change::Already));
    assert_eq!((pins(), holder.books("person.pin_removed", "VIEWING")), (vec![], 1));
    let old = |tx: &mut base::store::Tx<'_>, who: &credentials::Fresh<'_>| {
        credentials::ask_pin_from(tx, who, 12)
            .and_then(|_| credentials::remove_pin(tx, who, PinKind::Viewing))
    };
    let late = holder.does_after(301, move |tx, _, who| old(tx, who));
    assert_eq!(late.unwrap_err().code(), "proof.too_old");
    let late =
        holder.does_after(301, |tx, _, who| credentials::remove_pin(tx, who, PinKind::Viewing));
    assert_eq!(late.unwrap_err().code(), "proof.too_old");
}
