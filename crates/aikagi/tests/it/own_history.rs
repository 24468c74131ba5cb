//! A person sees what they watched or asked to watch, has it shown no more, and nothing else changes by that.

use domain::commands::{Command, Op};
use domain::decisions;
use domain::subscribers::{Attributes, Role};

use crate::contacts_page::pass_ten_minutes;
use crate::family::given_member;
use crate::my_page::asks_to_watch;
use crate::viewers::{House, Viewer};

const PAGE: &str = "/o/KITA01/me/history";

/// How many lines are shown.
fn lines(viewer: &mut Viewer<'_>, path: &str) -> usize {
    let page = viewer.look(path);
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
        .split_once("id=\"history\">")
        .map_or(0, |(_, rest)| rest.split("</ul>").next().unwrap().matches("<li>").count())
}

#[test]
fn a_child_sees_and_clears_their_own_history_and_the_owner_and_the_station_still_see_it() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let child = Attributes { role: Some(Role::Child), ..Attributes::default() };
    let add = Command::new(&house.world.request_id(), Op::PersonAdd, "A-001");
    house.world.send(Command { attributes: child, person_no: 2, ..add });
    let mut child = given_member(&house, &mut owner, "ichiro");
    house.world.given_key("A-001", "MIHODAI");
    asks_to_watch(&house, 2, "title:T0001");
    asks_to_watch(&house, 2, "title:UNKNOWN9");
    asks_to_watch(&house, 1, "title:T0002");

    assert!(child.look("/o/KITA01/me/watch").body.contains("/me/history"), "a way there");
    let page = child.look(PAGE);
    assert!(
        page.body.contains("見放題パック") && page.body.contains("作品名は不明"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("T0001") && !page.body.contains("UNKNOWN9"), "no internal codes");
    assert!(page.body.contains("視聴できませんでした") && page.body.contains("id=\"seen\""));
    assert_eq!((lines(&mut child, PAGE), lines(&mut owner, PAGE)), (2, 1), "each their own");

    child.look(PAGE);
    let hidden = child.send_form(PAGE, &[("do", "hide")]);
    assert!(hidden.body.contains("視聴の履歴を消しました"), "{}", hidden.body);
    assert_eq!((lines(&mut child, PAGE), lines(&mut owner, PAGE)), (0, 1), "nobody else's");
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let seen = house.world.look(|tx| decisions::watched_by_child(tx, (&person, 2))).unwrap();
    assert_eq!(seen.len(), 1, "the owner still sees what the child watched");
    assert_eq!(house.audited("person.history_hidden"), 1);
    asks_to_watch(&house, 2, "title:T0002");
    assert_eq!(lines(&mut child, PAGE), 1, "from then on");

    pass_ten_minutes(&house);
    owner.look(PAGE);
    let sent = owner.send_form(PAGE, &[("do", "hide")]);
    assert!(sent.location().path().ends_with("/signin"), "{}", sent.body);
    assert_eq!(lines(&mut owner, PAGE), 1);
}

#[test]
fn a_long_history_goes_on_where_it_stopped() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for _ in 0..53 {
        asks_to_watch(&house, 1, "title:T0001");
    }
    assert_eq!(lines(&mut viewer, PAGE), 50);
    let page = viewer.look(PAGE);
    let (_, rest) = page.body.split_once("?before=").expect("more");
    let path = format!("{PAGE}?before={}", rest.split('"').next().unwrap());
    assert_eq!(lines(&mut viewer, &path), 3);
    assert!(!viewer.look(&path).body.contains("?before="));
}
