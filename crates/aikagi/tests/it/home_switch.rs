//! The owner of a household switches the sign-in by its boxes off and on; nobody else does, and the station's word goes
//! before theirs.

use base::kernel::Change;
use domain::clients::Grant;
use domain::credentials::PinKind;
use domain::subscribers::{self, HomeSignIn};

use crate::contacts_page::pass_ten_minutes;
use crate::family::{PAGE, given_family, given_member, shown};
use crate::home::{Box, enter, given_box, switch_home};
use crate::tv_codes::{at_television, code_of, given_pin};
use crate::viewers::{Answer, House, SECRET, Viewer};
use crate::world::{KITA, MINAMI};

const OWN: (&str, &str) = ("/o/KITA01", "vod");

/// 髙橋's household with a box, and its owner signed in.
fn given(house: &House) -> (Viewer<'_>, Box) {
    switch_home(house, KITA, true);
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::JwtBearer));
    let owner = given_family(house);
    (owner, given_box(&house.world, "A-001", "STB-1"))
}

fn does(viewer: &mut Viewer<'_>, what: &str) -> Answer {
    viewer.look(PAGE);
    viewer.send_form(PAGE, &[("do", what)])
}

fn station(house: &House, wanted: HomeSignIn) -> Change {
    house.act(move |tx| subscribers::switch_home_sign_in(tx, "A-001", wanted)).unwrap()
}

/// What the box is told that wants its household in.
fn lets_in(house: &House, one: &Box, jti: &str) -> String {
    let answer = enter(house, OWN, &one.assertion(jti)).json();
    let refusal = answer["error_description"].as_str();
    refusal.map_or_else(|| answer["access_token"].as_str().unwrap().to_owned(), str::to_owned)
}

fn is_active(house: &House, token: &str) -> bool {
    let told = house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", token)]);
    told.json()["active"] == true
}

/// The lines about the switch: act, whose word, and who did it.
fn lines(house: &House) -> Vec<String> {
    let all = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let switch = |act: &str| ["home.switched_off", "home.allowed"].contains(&act);
    let of = |line: &base::records::AuditLine| {
        let detail: serde_json::Value = serde_json::from_str(&line.detail).unwrap();
        let (kind, _) = line.actor.split_once(':').unwrap_or((&line.actor, ""));
        format!("{} {} {kind} {}", line.act, line.subject, detail["by"].as_str().unwrap())
    };
    all.iter().filter(|line| switch(&line.act)).map(of).collect()
}

#[test]
fn an_owner_switches_it_off_and_everything_it_stood_for_is_over_until_it_is_on_again() {
    let house = House::new();
    let (mut owner, one) = given(&house);
    given_pin(&house, "A-001", PinKind::Viewing, "2580");
    let token = lets_in(&house, &one, "one");
    let code = code_of(&house, &one.assertion("code"));
    assert_eq!(shown(&owner.look(PAGE), "home"), "現在：使う");

    let page = does(&mut owner, "home_off");

    assert!(page.body.contains("自動ログインを止めました"), "{}", page.body);
    assert_eq!(shown(&page, "home"), "現在：使わない（ご契約者の設定）");
    assert!(!is_active(&house, &token));
    assert_eq!(lets_in(&house, &one, "two"), "home.household_off");
    let mut lost = at_television(&house, "takahashi");
    let refused = lost.submit("television", &[("code", &code), ("pin", "2580")]);
    assert_eq!(refused.refusal(), "signin.code_wrong", "the code on the box is over too");
    let again = does(&mut owner, "home_off");
    assert_eq!((again.status.as_u16(), again.refusal()), (200, ""), "so already, so answered");

    let page = does(&mut owner, "home_on");
    assert_eq!(shown(&page, "home"), "現在：使う");
    assert!(is_active(&house, &lets_in(&house, &one, "three")));
    assert_eq!(
        lines(&house),
        ["home.switched_off A-001/00 person OWNER", "home.allowed A-001/00 person OWNER"]
    );
}

#[test]
fn what_the_station_has_off_its_owner_can_not_allow_and_what_the_owner_has_off_the_station_does_not_either()
 {
    let house = House::new();
    let (mut owner, one) = given(&house);
    assert_eq!(station(&house, HomeSignIn::Off), Change::Made);
    let page = owner.look(PAGE);
    assert!(shown(&page, "home").contains("ケーブルテレビ局の設定"), "{}", page.body);
    assert!(!page.body.contains("value=\"home_"), "nothing to press: {}", page.body);
    let refused = does(&mut owner, "home_on");
    assert_eq!(refused.refusal(), "home.station_off", "{}", refused.body);
    assert!(refused.body.contains("局にお問い合わせください"));
    // What the owner wants is kept all the same.
    assert_eq!(does(&mut owner, "home_off").refusal(), "");

    assert_eq!(station(&house, HomeSignIn::Allowed), Change::Made);
    assert_eq!(lets_in(&house, &one, "one"), "home.household_off", "the owner's word stays");
    assert_eq!(shown(&owner.look(PAGE), "home"), "現在：使わない（ご契約者の設定）");
    assert_eq!(station(&house, HomeSignIn::Allowed), Change::Already);
    does(&mut owner, "home_on");
    assert!(is_active(&house, &lets_in(&house, &one, "two")));
    let by: Vec<_> =
        lines(&house).iter().map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(by, ["CONSOLE", "OWNER", "CONSOLE", "OWNER"]);
}

#[test]
fn nobody_but_the_owner_of_this_household_who_has_just_signed_in_changes_it() {
    let house = House::new();
    let (mut owner, one) = given(&house);
    let mut member = given_member(&house, &mut owner, "hanako");
    assert_eq!(member.look(PAGE).refusal(), "family.owner_only");
    member.proof.clone_from(&owner.proof);
    assert_eq!(member.send_form(PAGE, &[("do", "home_off")]).refusal(), "form.foreign");

    let mut other = house.given_viewer("A-002", "saito");
    let page = does(&mut other, "home_off");
    assert!(!page.body.contains("id=\"home\""), "no box stands there: {}", page.body);
    assert_eq!(house.world.household("A-001").contract.home_off_by(), None);

    pass_ten_minutes(&house);
    let page = owner.look(PAGE);
    assert!(page.body.contains("id=\"home\"") && !page.body.contains("value=\"home_off\""));
    let sent = owner.send_form(PAGE, &[("do", "home_off")]);
    assert!(sent.location().path().ends_with("/signin"), "{}", sent.body);
    assert!(is_active(&house, &lets_in(&house, &one, "still")));

    house.given_client(MINAMI, "vod", |_| {});
    let there = house.world.at(MINAMI, crate::world::sato(), |tx| {
        subscribers::switch_home_sign_in(tx, "A-001", HomeSignIn::Off)
    });
    assert_eq!(there.unwrap_err().code(), "contract.unknown");
}

#[test]
fn it_is_on_the_page_only_where_the_station_has_it_and_a_box_stands() {
    let house = House::new();
    let mut owner = given_family(&house);
    let is_shown = |owner: &mut Viewer<'_>| owner.look(PAGE).body.contains("id=\"home\"");
    assert!(!is_shown(&mut owner));
    let one = given_box(&house.world, "A-001", "STB-1");
    assert!(!is_shown(&mut owner), "the station does not have it");
    assert_eq!(does(&mut owner, "home_off").refusal(), "home.off");
    switch_home(&house, KITA, true);
    assert!(is_shown(&mut owner));
    house.act(move |tx| domain::commands::remove_box(tx, "A-001", &one.handle)).unwrap();
    assert!(!is_shown(&mut owner));
}
