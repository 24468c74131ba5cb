//! Why somebody can not watch, where there is no number: by contract, member, title and time.

use base::kernel::{Instant, clock};
use base::store::Row;
use domain::commands::{Command, Op};
use domain::decisions::{self, WhyAsked};
use domain::operators::Role;
use domain::subscribers::Reason;

use crate::console::{CONSOLE, given_clerk};
use crate::decisions::about;
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, MINAMI, sato};

fn why(clerk: &mut Viewer<'_>, query: &str) -> Answer {
    clerk.get(&format!("{CONSOLE}/why?{query}"))
}

/// A moment as a browser sends it.
fn moment(at: Instant) -> String {
    at.rfc3339_jst().get(..16).unwrap().replace(':', "%3A")
}

/// Everything that an answer leaves behind, and what a first play does.
fn left_behind(house: &House) -> (i64, i64) {
    house.decisions.flush();
    let count =
        |sql| house.world.look(|tx| tx.row(sql, &[KITA.into()], Row::int)).unwrap().unwrap();
    (
        count("SELECT COUNT(*) FROM decision_log WHERE operator_id = ?1"),
        count("SELECT COUNT(first_play_ms) FROM grants WHERE operator_id = ?1"),
    )
}

#[test]
fn what_was_answered_about_that_time_is_found_by_member_and_title_and_nobody_elses_is() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-002");
    house.world.given_key("A-001", "BASIC");
    let fraud = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Admin), ..fraud });
    let now = clock::now();
    let hour_ago = now.plus_seconds(-3600);
    let asked = |number, person, resource, at| {
        house.decisions.answer(&about(number, person, resource), at).unwrap().trace
    };
    let trace = asked("A-001", 1, "channel:101", hour_ago);
    let nearer = asked("A-001", 1, "channel:102", hour_ago.plus_seconds(120));
    let of_others =
        [asked("A-001", 0, "channel:101", hour_ago), asked("A-002", 1, "channel:101", hour_ago)];
    let mut clerk = given_clerk(&house, Role::Viewer);

    let at = moment(hour_ago);
    let shown = why(&mut clerk, &format!("number=a-001&person=1&title=channel%3A101&at={at}")).body;
    let by_trace = why(&mut clerk, &format!("trace={trace}")).body;
    let told = |page: &str| page.split_once("id=\"verdict\"").unwrap().1.to_owned();
    assert_eq!(told(&shown), told(&by_trace), "as by its trace");

    let by_name = "%E3%83%99%E3%83%BC%E3%82%B7%E3%83%83%E3%82%AF";
    let shown = why(&mut clerk, &format!("number=A-001&person=1&title={by_name}&at={at}")).body;
    assert!(shown.contains("channel:101") && shown.contains(&format!("trace={nearer}")), "{shown}");
    for other in of_others {
        assert!(!shown.contains(&other), "{other}: {shown}");
    }
    let before = moment(hour_ago.plus_seconds(-7200));
    let nothing = why(&mut clerk, &format!("number=A-001&person=1&title=BASIC&at={before}")).body;
    assert!(nothing.contains("ごろ、") && nothing.contains("ためしに判断しました"), "{nothing}");
    assert!(nothing.contains("id=\"since\""), "what changed since then: {nothing}");
    let foreign = house.world.at(MINAMI, sato(), move |tx| {
        let what = "channel:101".to_owned();
        let number = "A-001".to_owned();
        decisions::why_about(tx, &WhyAsked { number, person_no: 1, what, at: Some(hour_ago) })
    });
    assert_eq!(foreign.unwrap_err().code(), "contract.unknown");
}

#[test]
fn a_rehearsal_says_what_would_be_answered_now_and_leaves_nothing_behind_but_who_looked() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "RENTAL1");
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let page = clerk.get(&format!("{CONSOLE}/contracts/A-001")).body;
    assert!(
        page.contains("/why?number=A-001&#38;person=1")
            || page.contains("/why?number=A-001&person=1")
    );
    let form = why(&mut clerk, "number=A-001&person=1").body;
    assert!(
        form.contains("<option value=\"RENTAL1\">") && !form.contains("id=\"verdict\""),
        "{form}"
    );
    let before = left_behind(&house);

    let statements = house.world.db.statements();
    let could = why(&mut clerk, "number=A-001&title=BASIC").body;
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12, "{statements}");
    assert!(could.contains("今は視聴できます") && could.contains("ためしに判断"), "{could}");
    let rental = why(&mut clerk, "number=A-001&person=1&title=title%3AR0001").body;
    assert!(rental.contains("id=\"verdict\""), "{rental}");
    let hold = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Admin), ..hold });
    let held = why(&mut clerk, "number=A-001&person=1&title=BASIC").body;
    assert!(held.contains("今は視聴できません") && held.contains("D04"), "{held}");
    assert!(!held.contains("(お問い合わせ番号 "), "there is none: {held}");
    assert!(held.contains("verb=resume"), "the button that helps: {held}");
    assert!(!held.contains("id=\"since\""), "of now nothing changed since: {held}");
    let unknown = why(&mut clerk, "number=A-001&title=T9999").body;
    assert!(unknown.contains("title:T9999") && unknown.contains("D09"), "{unknown}");

    assert_eq!(left_behind(&house), before, "no answer, no first play");
    assert_eq!(house.audited("console.explained"), 4);
    let listed = clerk.get(&format!("{CONSOLE}/logs?kind=staff")).body;
    assert!(listed.contains(">A-001 個人 001</a>"), "whom it was about: {listed}");
}

#[test]
fn what_can_not_be_looked_up_is_said_and_the_form_stays() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Viewer);
    let ahead = moment(clock::now().plus_days(1));
    for (query, code) in [
        ("number=Z-999&title=BASIC".to_owned(), "contract.unknown"),
        ("number=A-001&person=9&title=BASIC".to_owned(), "person.unknown"),
        ("number=A-001&person=x&title=BASIC".to_owned(), "person.number_invalid"),
        ("number=A-001&title=%E3%81%AA%E3%81%84".to_owned(), "why.title_unknown"),
        ("number=A-001&title=BASIC&at=yesterday".to_owned(), "time.malformed"),
        (format!("number=A-001&title=BASIC&at={ahead}"), "why.in_future"),
    ] {
        let told = why(&mut clerk, &query);
        assert_eq!(told.refusal(), code, "{query}: {}", told.body);
        assert!(told.body.contains("id=\"about\"") && !told.body.contains("id=\"verdict\""));
    }
    assert_eq!(house.audited("console.explained"), 0);
}
