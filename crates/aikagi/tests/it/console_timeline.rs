//! What happened to a contract, as a clerk reads it.

use domain::administration::{self, Doer, Topic};
use domain::commands::{Command, Op};
use domain::operators::Role;
use domain::subscribers::Reason;

use crate::batch_desk::{Desk, csv, line};
use crate::console::{CONSOLE, given_clerk};
use crate::viewers::{House, Viewer};
use crate::world::{MINAMI, World, sato};

fn page(clerk: &mut Viewer<'_>, query: &str) -> String {
    clerk.get(&format!("{CONSOLE}/contracts/A-001/timeline{query}")).body
}

/// Acts of a page, newest first.
fn acts(world: &World, topic: Option<Topic>, after: &str) -> Vec<String> {
    let found = world.look(|tx| administration::timeline(tx, "A-001", (topic, after))).unwrap();
    found.lines.into_iter().map(|line| line.act).collect()
}

#[test]
fn a_clerk_reads_who_did_what_and_from_where_in_words() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-0010");
    let desk = Desk::new(&house.world);
    let (name, content) = csv(1, &[line("x-1", "103", "A-001")]);
    assert!(desk.send(&name, &content).iter().all(|one| one.result == "0"));
    house.world.given_key("A-001", "BASIC");
    let fraud = Command::new("r-1", Op::Suspend, "A-001");
    house.world.send_as(sato(), Command { reason: Some(Reason::Fraud), ..fraud });
    let mut clerk = given_clerk(&house, Role::Viewer);

    let shown = page(&mut clerk, "");

    for words in [
        "契約の一時停止 — 40 不正利用",
        "職員 sato",
        "鍵開け — ベーシック",
        "契約の一時停止 — 10 料金未納",
        &format!("ファイル {name}"),
        "SMS(加入者管理)",
        "ログイン",
        "契約開始",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains("個人 001"), "what a member did is theirs: {shown}");
    assert!(!shown.contains("per_"), "ids of persons are for machines: {shown}");
    let newest = clerk.get(&format!("{CONSOLE}/contracts/A-001")).body;
    assert_eq!(newest.split("<table id=\"lines\">").nth(1).unwrap().matches("aud_").count(), 5);
    assert!(newest.contains("contracts/A-001/timeline"), "{newest}");

    let keys = page(&mut clerk, "?topic=keys");
    assert!(keys.contains("鍵開け") && !keys.contains("契約の一時停止"), "{keys}");
    let elsewhere = house
        .world
        .at(MINAMI, sato(), |tx| administration::timeline(tx, "A-001", (None, "")).map(drop));
    assert_eq!(elsewhere.unwrap_err().code(), "contract.unknown");
}

#[test]
fn a_line_without_words_is_named_as_the_books_name_it() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let odd = |tx: &mut base::store::Tx<'_>| {
        base::records::record(tx, &base::records::Entry::new("contract.painted", "A-001/00"))
    };
    house.world.act(sato(), odd).unwrap();
    let mut clerk = given_clerk(&house, Role::Viewer);
    assert!(page(&mut clerk, "").contains("その他の記録(contract.painted)"));
}

#[test]
fn every_act_of_a_topic_has_words_in_both_languages() {
    for topic in Topic::ALL {
        assert_eq!(Topic::parse(topic.as_str()), Some(topic));
        for act in topic.acts() {
            for language in [web::Language::Japanese, web::Language::English] {
                let key = format!("console.act.{act}");
                assert!(web::words::page_if_any(language, &key).is_some(), "{key}");
            }
        }
    }
}

#[test]
fn a_long_past_is_read_page_by_page_newest_first_in_few_statements() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_contract("A-0010");
    for turn in 0..40 {
        world.pass(1);
        for number in ["A-001", "A-0010"] {
            let op = if turn % 2 == 0 { Op::Suspend } else { Op::Resume };
            let command = Command::new(&world.request_id(), op, number);
            world.send(Command { reason: Some(Reason::Unpaid), ..command });
        }
    }
    let before = world.db.statements();
    let first = world.look(|tx| administration::timeline(tx, "A-001", (None, ""))).unwrap();
    assert!(world.db.statements() - before <= 5, "{}", world.db.statements() - before);
    let next = first.next.expect("a second page");
    let rest = acts(&world, None, &next);
    assert_eq!((first.lines.len(), rest.len()), (30, 11), "40 changes and the start");
    assert_eq!(rest.last().map(String::as_str), Some("contract.opened"));
    assert!(first.lines.iter().is_sorted_by(|a, b| a.at >= b.at));
    assert!(first.lines.iter().all(|line| line.by == Doer::Other("sms:kita-sms".to_owned())));
    assert_eq!(acts(&world, Some(Topic::Contract), &next), rest);
    assert_eq!(acts(&world, Some(Topic::Keys), ""), [""; 0]);
}
