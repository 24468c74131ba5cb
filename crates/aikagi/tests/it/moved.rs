//! A household that gets another number: services go on knowing it.

use base::kernel::clock;
use domain::commands::{Command, Op};
use domain::decisions::{Action, Ask, Capacity, Decisions, PinGiven, Question, Subject};

use crate::viewers::{House, authorize, claims};
use crate::world::KITA;

/// What is answered about a household by the name a service has for it.
fn codes(house: &House, household: &str) -> Vec<&'static str> {
    let decisions = Decisions::open(&house.world.db, Capacity::default()).unwrap();
    let question = Question {
        action: Action::View,
        resource: "channel:101",
        least_age: None,
        adult: false,
        pin: PinGiven::Missing,
    };
    let subject = Subject::Household { id: household, sector: "vod.example.jp" };
    let ask = Ask { operator: KITA, client: "vod", subject, question };
    decisions.answer(&ask, clock::now()).unwrap().decision.codes().collect()
}

#[test]
fn a_household_with_a_new_number_is_known_by_the_name_the_next_refresh_tells_and_by_the_old_one() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let tokens = house.redeem(&code).json();
    let told = |tokens: &serde_json::Value| {
        let said = claims(tokens["id_token"].as_str().unwrap());
        let name = |claim: &str| said[claim].as_str().unwrap().to_owned();
        (name("sub"), name("household"))
    };
    let (person, before) = told(&tokens);
    assert_eq!(codes(&house, &before), ["P00"]);

    // The world stands still; doors read the real clock.
    house.world.pass(house.world.now().seconds_until(clock::now()).max(0) + 1);
    let mut replace = Command::new(&house.world.request_id(), Op::Replace, "A-001");
    replace.new_number = Some("A-777".to_owned());
    house.world.send(replace);
    let refreshed = house.refresh(tokens["refresh_token"].as_str().unwrap()).json();
    let (same, after) = told(&refreshed);
    assert_eq!(same, person, "a person keeps their name");
    assert_ne!(after, before, "a number has another household name");
    assert_eq!(codes(&house, &after), ["P00"]);
    assert_eq!(codes(&house, &before), ["P00"], "a service may still ask by the old one");
}
