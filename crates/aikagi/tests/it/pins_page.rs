//! A person sets, changes and takes away their PINs on the page for it.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::credentials::{Alert, ContactKind, PinKind, Says};
use domain::signin;

use crate::contacts_page::{given_contact, pass_ten_minutes, waiting};
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, sato};

const PAGE: &str = "/o/KITA01/pins";

fn does(viewer: &mut Viewer<'_>, what: &str, fields: &[(&str, &str)]) -> Answer {
    viewer.look(PAGE);
    viewer.send_form(PAGE, &[&[("do", what)], fields].concat())
}

fn set(viewer: &mut Viewer<'_>, kind: &str, pin: &str) -> Answer {
    does(viewer, "set", &[("kind", kind), ("pin", pin)])
}

fn is_right(house: &House, kind: PinKind, pin: &'static str) -> bool {
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let master = house.provider.signing.master().clone();
    let scope = Scope::new(KITA, sato(), clock::now());
    let try_it = move |tx: &mut Tx<'_>| signin::try_pin(tx, &master, &person, (kind, pin));
    let tried = house.world.db.housekeep(&scope, "test", try_it).unwrap();
    tried == domain::credentials::Tried::Good
}

#[test]
fn a_pin_is_set_changed_and_taken_away_and_its_person_is_told() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_contact((&house, &mut viewer), ContactKind::Mail, "hanako@example.jp");
    let page = viewer.look(PAGE);
    assert_eq!(page.body.matches("まだ設定していません").count(), 2, "{}", page.body);
    assert!(!page.body.contains("name=\"from\""), "nothing to choose yet");

    let done = set(&mut viewer, "viewing", "２５８０");
    assert!(done.body.contains("暗証番号を設定しました") && done.body.contains("日に設定"));
    assert!(!done.body.contains("2580") && !done.body.contains("２５８０"), "never shown again");
    assert!(is_right(&house, PinKind::Viewing, "2580"));
    for (kind, pin, refusal) in [
        ("purchase", "2580", "pin.same_as_other"),
        ("purchase", "1234", "pin.too_simple"),
        ("purchase", "25<b>", "pin.malformed"),
        ("owner", "908172", "pin.kind_unknown"),
        ("", "908172", "pin.kind_unknown"),
    ] {
        let refused = set(&mut viewer, kind, pin);
        assert_eq!(refused.refusal(), refusal);
        assert!(!refused.body.contains("<b>") && !refused.body.contains("value=\"25"));
    }
    set(&mut viewer, "purchase", "908172");
    assert!(is_right(&house, PinKind::Purchase, "908172"));

    let asked = does(&mut viewer, "ask", &[("from", "12")]);
    assert!(asked.body.contains("<option value=\"12\" selected>PG12"), "{}", asked.body);
    assert_eq!(does(&mut viewer, "ask", &[("from", "13")]).refusal(), "pin.rating_unknown");
    assert_eq!(does(&mut viewer, "ask", &[("from", "")]).refusal(), "pin.rating_unknown");
    let removed = does(&mut viewer, "remove", &[("kind", "viewing")]);
    assert!(removed.body.contains("暗証番号を削除しました"));
    assert!(!is_right(&house, PinKind::Viewing, "2580"));
    assert_eq!(does(&mut viewer, "ask", &[("from", "12")]).refusal(), "pin.unknown");
    let told = waiting(&house).into_iter().filter(|one| one.says == Says::Alert(Alert::PinChanged));
    assert_eq!(told.count(), 3, "set, set, and taken away");
}

#[test]
fn a_pin_is_changed_only_by_its_person_who_has_just_proved_to_be_themselves() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    set(&mut owner, "viewing", "2580");
    let mut other = house.given_viewer("A-002", "tanaka");
    does(&mut other, "remove", &[("kind", "viewing")]);
    other.proof.clone_from(&owner.proof);
    let foreign = other.send_form(PAGE, &[("do", "remove"), ("kind", "viewing")]);
    assert_eq!(foreign.refusal(), "form.foreign");
    assert!(is_right(&house, PinKind::Viewing, "2580"));

    pass_ten_minutes(&house);
    let page = owner.look(PAGE);
    assert!(page.body.contains("5分以内") && !page.body.contains("name=\"pin\""));
    for what in ["set", "ask", "remove", "again"] {
        let fields = [("do", what), ("kind", "viewing"), ("pin", "1470"), ("from", "0")];
        let sent = owner.send_form(PAGE, &fields);
        assert!(sent.location().path().ends_with("/signin"), "{what}: {}", sent.body);
        let back = owner.follow(&sent);
        assert!(back.body.contains("暗証番号を変えるために"), "{}", back.body);
        owner.look(PAGE);
    }
    assert!(is_right(&house, PinKind::Viewing, "2580"));
    assert_eq!(house.audited("person.pin_removed"), 0);
}
