//! A television that proves to be a box of the station is named by the station's words where a person lets it in.

use domain::clients::Grant;
use serde_json::Value as Json;

use crate::devices::text;
use crate::home::{Box, given_box};
use crate::viewers::{House, SECRET, Viewer};
use crate::world::KITA;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn ask(house: &House, more: &[(&str, &str)]) -> Json {
    let form = [("device_model", "<b>拾った箱</b>"), ("scope", "openid")];
    let path = "/o/KITA01/device_authorization";
    let answer = house.client_form(path, ("vod", SECRET), &[&form[..], more].concat());
    answer.json()
}

/// A service on televisions, a person who is signed in, a box in their home and one in another.
fn given(house: &House) -> (Viewer<'_>, Box, Box) {
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::DeviceCode));
    let viewer = house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-002");
    let own = given_box(&house.world, "A-001", "STB-1");
    (viewer, own, given_box(&house.world, "A-002", "STB-2"))
}

fn page(viewer: &mut Viewer<'_>, asked: &Json) -> String {
    let code = text(asked, "user_code");
    viewer.look(&format!("/o/KITA01/device?user_code={code}")).body
}

#[test]
fn a_box_of_ones_own_home_is_named_with_its_area_and_needs_no_warning() {
    let house = House::new();
    let (mut viewer, own, _) = given(&house);
    let asked = ask(&house, &[("box_assertion", &own.assertion("one"))]);
    let shown = page(&mut viewer, &asked);
    for told in ["ﾃﾚﾋﾞﾎﾞｯｸｽ 4K", "栄町", "ケーブルテレビ局が設置した端末"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let untold = ["拾った箱", "STB-1", "id=\"warning\"", "別のご契約"];
    assert_eq!(untold.map(|one| shown.contains(one)), [false; 4], "{shown}");
    let (code, number) = (text(&asked, "user_code"), text(&asked, "confirmation_number"));
    let plain = code.replace('-', "");
    let form = [("user_code", plain.as_str()), ("number", &number), ("decision", "allow")];
    assert_eq!(viewer.send_form("/o/KITA01/device", &form).status, 200);
    let poll = [("grant_type", DEVICE_GRANT), ("device_code", &text(&asked, "device_code"))];
    assert_eq!(house.token(&poll).status, 200);
    let devices = viewer.look("/o/KITA01/sessions").body;
    assert!(devices.contains("ﾃﾚﾋﾞﾎﾞｯｸｽ 4K"), "{devices}");
}

#[test]
fn a_box_of_another_home_is_warned_of_and_what_proves_nothing_is_not_named() {
    let house = House::new();
    let (mut viewer, own, other) = given(&house);
    let asked = ask(&house, &[("box_assertion", &other.assertion("one"))]);
    let shown = page(&mut viewer, &asked);
    assert!(shown.contains("id=\"warning\"") && shown.contains("別のご契約のご家庭"), "{shown}");

    let shown = page(&mut viewer, &ask(&house, &[]));
    assert!(shown.contains("拾った箱") && !shown.contains("<b>拾"), "as it says itself");
    assert!(!shown.contains("栄町") && !shown.contains("設置"), "{shown}");

    let spent = own.assertion("two");
    assert!(ask(&house, &[("box_assertion", &spent)]).get("user_code").is_some());
    for assertion in [spent.as_str(), "a.b.c"] {
        let refused = ask(&house, &[("box_assertion", assertion)]);
        assert_eq!(refused["error_description"], "home.assertion_invalid", "{assertion}");
    }
}

#[test]
fn a_box_that_was_taken_away_meanwhile_is_not_named_any_more() {
    let house = House::new();
    let (mut viewer, own, _) = given(&house);
    let asked = ask(&house, &[("box_assertion", &own.assertion("one"))]);
    let handle = own.handle.clone();
    let away =
        move |tx: &mut base::store::Tx<'_>| domain::commands::remove_box(tx, "A-001", &handle);
    house.world.act(crate::world::sato(), away).unwrap();
    let shown = page(&mut viewer, &asked);
    assert!(!shown.contains("栄町") && !shown.contains("ご家庭"), "{shown}");
}
