//! The station's day at a glance, at the console.

use base::kernel::{Actor, Scope, clock, ids};
use base::store::Value;
use domain::commands::{Command, Op};
use domain::files::{self, Arrival, Found};
use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk};
use crate::console_undo::{given_service, given_up};
use crate::viewers::{House, Viewer};
use crate::world::{KITA, MINAMI, sms};

/// The number of a figure on the page.
pub fn figure(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("<li id=\"{id}\"")).expect("the figure");
    let (_, rest) = rest.split_once("<strong>").unwrap();
    rest.split("</").next().unwrap().to_owned()
}

/// A line of the access log and one of the decision log of `operator`, `ago` seconds old.
fn given_lines(house: &House, operator: &'static str, (code, codes): (&str, &str), ago: i64) {
    let at = clock::now().plus_seconds(-ago);
    let access: Vec<Value> =
        vec![operator.into(), ids::new_id("acc", at).into(), at.into(), code.into()];
    let permit = i64::from(codes == "P00");
    let decision: Vec<Value> =
        vec![operator.into(), at.into(), ids::new_id("t", at).into(), permit.into(), codes.into()];
    let scope = Scope::new(operator, Actor::System, clock::now());
    let write = move |tx: &mut base::store::Tx<'_>| {
        tx.exec(
            "INSERT INTO access_log (operator_id, access_id, at_ms, actor, route, status, code, micros, request_id)
             VALUES (?1, ?2, ?3, '', 'POST /', 422, ?4, 2000, '')",
            &access,
        )?;
        tx.exec(
            "INSERT INTO decision_log (operator_id, at_ms, trace, permit, codes, client_id, number, gen, person_no,
                 action, resource, least_age, adult, version)
             VALUES (?1, ?2, ?3, ?4, ?5, 'vod', 'A-001', 0, 1, 'view', 'x', NULL, 0, 1)",
            &decision,
        )
        .map(drop)
    };
    house.world.db.housekeep(&scope, "test", write).unwrap();
}

#[test]
fn what_happened_since_midnight_is_counted_of_this_station_only() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    Viewer::new(&house).sign_in("takahashi", "kita no hama no toudai");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let before = clerk.look(&format!("{CONSOLE}/today")).body;
    assert!(before.contains("id=\"no-denials\"") && before.contains("id=\"no-deliveries\""));
    given_lines(&house, KITA, ("signin.failed", "P00"), 0);
    given_lines(&house, KITA, ("signin.failed", "D04 D09"), 0);
    given_lines(&house, KITA, ("", "D04"), 0);
    given_lines(&house, KITA, ("signin.failed", "D09"), 25 * 3600);
    given_lines(&house, MINAMI, ("signin.failed", "D13"), 0);

    let path = format!("{CONSOLE}/today");
    let statements = house.world.db.statements();
    let shown = clerk.get(&path);
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12 && shown.body.len() <= 30 * 1024, "{statements}");
    let page = shown.body;
    let told = ["signed-in", "wrong", "permits", "refused", "files", "unregistered"];
    assert_eq!(told.map(|id| figure(&page, id)), ["1", "2", "1", "2", "0", "0"], "{page}");
    assert_eq!(
        figure(&page, "decided"),
        "記録がありません",
        "written before it was kept how long one takes"
    );
    let (_, denials) = page.split_once("<table id=\"denials\">").expect("why not");
    let rows = denials.split("</table>").next().unwrap();
    assert!(rows.contains("契約が一時停止中</a></td><td>2</td>"), "{rows}");
    assert!(!rows.contains("成人") && !rows.contains("契約に含まれない"), "{rows}");
    assert_eq!(page.matches("<rect class=\"second\"").count(), 1, "one hour had wrong passwords");
    assert!(page.contains("時 ログイン1 パスワード違い2\""), "the picture in words: {page}");
}

#[test]
fn a_nightly_file_that_did_not_come_is_told_and_leads_to_the_files() {
    let house = House::new();
    let come = Arrival {
        name: "KITA01_CT01_20250101_00000001_D.csv".to_owned(),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence: 1,
        business_on: "2025-01-01".to_owned(),
        digest: "digest".to_owned(),
        test: false,
        by_hand: false,
    };
    let mut clerk = given_clerk(&house, Role::Viewer);
    let path = format!("{CONSOLE}/today");
    assert_eq!(figure(&clerk.look(&path).body, "late"), "0", "none was ever expected");
    let file = house.world.act(sms(), move |tx| files::arrive(tx, &come)).unwrap();
    let found = Found { lines: 1, mass: 0, data_offset: 40 };
    house.world.act(sms(), move |tx| files::accept(tx, &file, &found)).unwrap();
    let shown = clerk.look(&path).body;
    assert_eq!(figure(&shown, "late"), "1", "{shown}");
    assert!(
        shown.contains("<li id=\"late\" class=\"alarm\">") && shown.contains("/files\">届いて")
    );
}

/// Every member on the pages of a list, from the first to the last.
fn listed(clerk: &mut Viewer<'_>) -> Vec<String> {
    let (mut path, mut all) = (format!("{CONSOLE}/unregistered"), Vec::new());
    loop {
        let page = clerk.look(&path).body;
        let (_, rows) = page.split_once("<tbody>").unwrap_or_default();
        let rows = rows.split("</tbody>").next().unwrap();
        all.extend(
            rows.split("\">").skip(1).map(|row| row.split("</a>").next().unwrap().to_owned()),
        );
        let Some((before, _)) = page.split_once("\" id=\"next\"") else { return all };
        path = before.rsplit("href=\"").next().unwrap().replace("https://id.example.jp", "");
    }
}

#[test]
fn who_has_not_registered_is_counted_and_listed_once_of_this_stations_open_contracts() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    for n in 1..=101 {
        house.world.given_contract(&format!("B-{n:03}"));
    }
    house.world.send(Command::new("stop", Op::Stop, "B-050"));
    let mut clerk = given_clerk(&house, Role::Viewer);
    assert_eq!(figure(&clerk.look(&format!("{CONSOLE}/today")).body, "unregistered"), "100");
    let wanted: Vec<_> = (1..=101).filter(|n| *n != 50).map(|n| format!("B-{n:03}-1")).collect();
    assert_eq!(listed(&mut clerk), wanted);
    let first = clerk.look(&format!("{CONSOLE}/unregistered")).body;
    assert!(first.contains("/contracts/B-001\">B-001-1</a>"), "{first}");
}

#[test]
fn where_everybody_has_registered_the_list_says_so() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Viewer);
    assert!(clerk.look(&format!("{CONSOLE}/unregistered")).body.contains("id=\"nothing\""));
}

#[test]
fn what_services_were_not_told_leads_from_each_number_to_its_list() {
    let house = House::new();
    given_service(&house);
    house.world.given_contract("A-001");
    given_up(&house);
    house.world.given_contract("A-002");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let page = clerk.look(&format!("{CONSOLE}/today")).body;
    let (_, deliveries) = page.split_once("<table id=\"deliveries\">").expect("deliveries");
    let links = crate::markup::links(deliveries, "/");
    let mut list = |outcome: &str| {
        let link = links.iter().find(|link| link.contains(outcome)).expect("a link");
        let page = clerk.look(link).body;
        page.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned()
    };

    let lists = [list("outcome=waiting"), list("outcome=refused")];

    let told = |list: &str| ["A-001", "A-002"].map(|number| list.contains(number));
    assert_eq!(told(&lists[0]), [false, true], "what waits: {}", lists[0]);
    assert_eq!(told(&lists[1]), [true, false], "what was given up: {}", lists[1]);
}
