//! Who leads the station's people, at the console: adds, invites, changes, signs out.

use domain::operators::{self, Role};

use crate::console::{CONSOLE, given_clerk, joins};
use crate::console_desk::opens;
use crate::viewers::{House, Viewer};
use crate::world::KITA;

const LIST: &str = "/console/KITA01/staff";

fn member(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// The invitation on a page, as it is read out.
fn invitation(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"invitation\">").expect("an invitation");
    rest.split("</").next().unwrap().to_owned()
}

#[test]
fn a_manager_adds_a_clerk_who_joins_by_the_invitation_and_may_what_the_roles_say() {
    let house = House::new();
    let mut manager = given_clerk(&house, Role::StationManager);
    opens(&mut manager, LIST);
    let added = manager.send_form(
        LIST,
        &[("staff", " Takahashi.K "), ("name", "髙橋　花子"), ("desk", "1"), ("viewer", "1")],
    );
    assert_eq!(added.location().path(), member("takahashi.k"), "{}", added.body);
    let shown = opens(&mut manager, &member("takahashi.k"));
    assert!(shown.body.contains("未招待"), "{}", shown.body);
    let made = manager.send_form(&member("takahashi.k"), &[("do", "invite")]);
    let code = invitation(&made.body);
    assert!(manager.look(LIST).body.contains("招待中"));

    let mut clerk = Viewer::new(&house);
    joins(&mut clerk, KITA, ("takahashi.k", &code));
    assert!(!clerk.look(CONSOLE).body.contains("/staff\""), "what may not be done is not shown");
    let listed = manager.look(LIST);
    assert!(listed.body.contains("受付") && listed.body.contains("まで操作"), "{}", listed.body);

    opens(&mut manager, &member("takahashi.k"));
    let off = [("do", "save"), ("name", "髙橋　花子"), ("viewer", "1")];
    let saved = manager.send_form(&member("takahashi.k"), &off);
    assert!(saved.body.contains("保存しました") && saved.body.contains("利用停止"));
    assert!(clerk.look(CONSOLE).body.contains("id=\"staff\""), "and is out at once");
    assert_eq!((house.audited("staff.changed"), house.audited("staff.invited")), (3, 2));
}

#[test]
fn a_lost_phone_is_helped_by_a_new_invitation_which_ends_what_was_there() {
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    let mut manager = given_clerk(&house, Role::StationManager);
    opens(&mut manager, &member("sato"));
    let made = manager.send_form(&member("sato"), &[("do", "invite")]);
    assert!(clerk.look(CONSOLE).body.contains("id=\"staff\""), "signed out");
    joins(&mut clerk, KITA, ("sato", &invitation(&made.body)));
    opens(&mut manager, &member("sato"));
    let ended = manager.send_form(&member("sato"), &[("do", "end_sessions")]);
    assert!(ended.body.contains("ログアウトさせました"), "{}", ended.body);
    assert!(clerk.look(CONSOLE).body.contains("id=\"staff\""));
}

#[test]
fn nobody_changes_or_invites_themselves_and_what_is_wrong_is_said_on_the_page() {
    let house = House::new();
    let mut manager = given_clerk(&house, Role::StationManager);
    let own = member("suzuki");
    assert!(opens(&mut manager, &own).body.contains("id=\"oneself\""));
    for act in ["save", "invite"] {
        opens(&mut manager, &own);
        let fields = [("do", act), ("name", "鈴木"), ("admin", "1"), ("enabled", "1")];
        let refused = manager.send_form(&own, &fields);
        assert_eq!(refused.refusal(), "staff.not_oneself", "{act}");
    }
    for (staff, name, code) in [
        ("suzuki", "鈴木", "staff.exists"),
        ("鈴木", "鈴木", "staff.id_malformed"),
        ("kato", "　", "staff.name_missing"),
    ] {
        opens(&mut manager, LIST);
        let refused = manager.send_form(LIST, &[("staff", staff), ("name", name), ("desk", "1")]);
        assert_eq!(refused.refusal(), code);
        assert!(refused.body.contains(&format!("value=\"{staff}\"")), "what was typed stays");
    }
    assert_eq!(manager.look(&member("daremo")).refusal(), "staff.unknown");
    assert_eq!(house.audited("staff.changed"), 1);
}

#[test]
fn who_does_not_lead_the_people_neither_sees_nor_changes_them_by_address_or_form() {
    for role in [Role::Viewer, Role::Desk, Role::Admin, Role::Accounting] {
        let house = House::new();
        given_clerk(&house, Role::StationManager);
        let mut clerk = Viewer::new(&house);
        let invitation = crate::console::invited(&house, KITA, ("kato", role));
        joins(&mut clerk, KITA, ("kato", &invitation));
        for path in [LIST.to_owned(), member("suzuki")] {
            assert_eq!(clerk.look(&path).refusal(), "staff.not_allowed", "{role:?} {path}");
        }
        let cookie = clerk.cookies["__Host-aikagi-console"].clone();
        let handles = house.provider.signing.handles();
        let forms: [(&str, &[(&str, &str)]); 4] = [
            ("/staff", &[("staff", "x"), ("name", "x"), ("station_manager", "1")]),
            ("/staff/suzuki", &[("do", "save"), ("name", "x")]),
            ("/staff/suzuki", &[("do", "invite")]),
            ("/staff/suzuki", &[("do", "end_sessions")]),
        ];
        for (path, fields) in forms {
            clerk.proof = handles.form_proof(&cookie, &format!("console:{path}"));
            let refused = clerk.send_form(&format!("{CONSOLE}{path}"), fields);
            assert_eq!(refused.refusal(), "staff.not_allowed", "{role:?} {path}");
        }
        let listed = house.act(operators::list_staff).unwrap();
        assert!(listed.iter().all(|one| one.draft.enabled && one.id != "x"), "{role:?}");
    }
}
