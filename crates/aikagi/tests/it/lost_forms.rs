//! Who has to sign in again finds the small form they had filled in.

use domain::sessions::{Reason, end_sessions};

use crate::contacts_page::pass_ten_minutes;
use crate::viewers::{Answer, House, PASSWORD, Viewer};

const CONTACTS: &str = "/o/KITA01/contacts";
const FAMILY: &str = "/o/KITA01/family";

fn end_session(house: &House) {
    let person = house.world.household("A-001").persons[0].person_id.clone();
    house.act(move |tx| end_sessions(tx, Reason::ByStaff(&person))).unwrap();
}

#[test]
fn who_has_to_sign_in_again_finds_the_form_as_they_filled_it_in_and_nobody_else_does() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut other = house.given_viewer("A-002", "tanaka-1");
    let again = |viewer: &mut Viewer<'_>, sent: &Answer, name: &str| {
        viewer.follow(sent);
        viewer.submit("password", &[("username", name), ("password", PASSWORD)])
    };
    let child = [
        ("do", "add"),
        ("kana", "たかはし \"はな\""),
        ("role", "child"),
        ("birth_on", "2016-04-01"),
    ];

    owner.look(FAMILY);
    pass_ten_minutes(&house);
    let sent = owner.send_form(FAMILY, &child);
    let back = again(&mut owner, &sent, "takahashi");
    assert!(back.body.contains("まだ送られていません"), "{}", back.body);
    assert!(back.body.contains("value=\"たかはし &#34;はな&#34;\""), "{}", back.body);
    assert!(back.body.contains("<option value=\"child\" selected>"));
    assert!(back.body.contains("name=\"birth_on\" value=\"2016-04-01\""));
    assert!(!owner.look(FAMILY).body.contains("2016-04-01"), "shown once");
    let refused = owner.send_form(FAMILY, &[("do", "add"), ("kana", "Hana"), ("role", "adult")]);
    assert_eq!(refused.refusal(), "family.name_malformed");
    assert!(refused.body.contains("value=\"Hana\""), "as it was typed: {}", refused.body);

    // The session is over: who signs in then is somebody else.
    owner.look(CONTACTS);
    end_session(&house);
    let typed = [("do", "add"), ("kind", "MAIL"), ("address", "hanako@example.jp")];
    let sent = owner.send_form(CONTACTS, &typed);
    let carried = owner.cookies["__Host-aikagi-form"].clone();
    assert!(carried.len() < 4000 && !carried.contains("hanako"), "{carried}");
    other.cookies.insert("__Host-aikagi-form".to_owned(), carried);
    assert!(!other.look(CONTACTS).body.contains("hanako@example.jp"), "somebody else");
    let back = again(&mut owner, &sent, "takahashi");
    assert!(back.body.contains("value=\"hanako@example.jp\""), "{}", back.body);
    assert_eq!(house.audited("person.contact_added"), 0, "it was not sent");

    // What is secret is not kept.
    for (page, fields) in [
        ("/o/KITA01/security", [("action", "password"), ("current", PASSWORD), ("password", "x")]),
        ("/o/KITA01/pins", [("do", "set"), ("kind", "VIEWING"), ("pin", "2580")]),
    ] {
        let mut viewer = Viewer::new(&house);
        viewer.sign_in("takahashi", PASSWORD);
        viewer.look(page);
        end_session(&house);
        assert_eq!(viewer.send_form(page, &fields).status, 303);
        assert!(!viewer.cookies.contains_key("__Host-aikagi-form"), "{page}");
    }
}
