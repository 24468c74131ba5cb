//! A member of a household at the console: where they are signed in, and ending it.

use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk};
use crate::console_desk::{contract, opens};
use crate::devices;

const MEMBER: &str = "/contracts/A-001/persons/1";

#[test]
fn who_calls_about_a_lost_telephone_is_told_where_they_are_signed_in_and_signed_out_everywhere() {
    let house = devices::house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = devices::ask_as(&house, "living-room");
    assert_eq!(devices::allow(&mut viewer, &asked).status, 200);
    assert_eq!(devices::poll(&house, &asked).status, 200);
    let mut clerk = given_clerk(&house, Role::Desk);

    let sheet = clerk.look(&contract("A-001"));
    assert!(sheet.body.contains("contracts/A-001/persons/1\""), "{}", sheet.body);
    let page = opens(&mut clerk, &format!("{CONSOLE}{MEMBER}"));
    assert_eq!(page.status, 200, "{}", page.body);
    let table = page.body.split("id=\"signed-in\"").nth(1).expect("a table").to_owned();
    assert_eq!(table.matches("<tr>").count(), 3, "a browser and a television: {table}");
    assert!(table.contains("STB &#60;b&#62;髙橋"), "{table}");
    assert!(!page.body.contains("per_") && !page.body.contains("takahashi"), "{}", page.body);

    let ended = clerk.send_form(&contract("A-001"), &[("do", "end_sessions"), ("person", "1")]);
    assert!(ended.body.contains("ログアウトしました"), "{}", ended.body);
    let page = clerk.get(&format!("{CONSOLE}{MEMBER}"));
    assert!(page.body.contains("id=\"nothing\""), "{}", page.body);
    assert!(!page.body.contains("end_sessions"), "nothing to end: {}", page.body);
    for (path, code) in [
        ("/contracts/A-001/persons/9", "person.unknown"),
        ("/contracts/A-001/persons/x", "person.unknown"),
        ("/contracts/B-999/persons/1", "contract.unknown"),
    ] {
        assert_eq!(clerk.get(&format!("{CONSOLE}{path}")).refusal(), code, "{path}");
    }
}

#[test]
fn who_only_looks_sees_where_a_member_is_signed_in_and_no_button() {
    let house = devices::house();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let page = clerk.get(&format!("{CONSOLE}{MEMBER}"));
    assert!(page.body.contains("id=\"signed-in\""), "{}", page.body);
    assert!(!page.body.contains("end_sessions"), "{}", page.body);
}
