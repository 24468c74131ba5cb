//! A service of all stations asks at the platform's address: what it asked stands in the books of the station it asked about,
//! and of no other.

use base::kernel::{Actor, clock};
use domain::decisions::{Ask, Capacity, Decisions, count_answers};
use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk};
use crate::console_today::figure;
use crate::decisions::about;
use crate::doors::Asked;
use crate::doors_world::Two;
use crate::viewers::House;
use crate::world::{KITA, MINAMI};

#[test]
fn many_questions_and_searches_stand_in_the_access_log_of_the_station_they_were_about() {
    let two = Two::new();
    for pattern in ["/access/v1/evaluations", "/access/v1/search/resource"] {
        let asked = Asked {
            method: "POST",
            pattern,
            at: MINAMI,
            names: &two.theirs,
            authorization: format!("Bearer {}", two.token("*", "everywhere")),
            ticket: "",
        };
        let told = two.tell(two.request(&asked), asked.names);
        assert_eq!(told.status, 200, "{pattern}: {}", told.text);
    }
    two.parts.books.flush();
    let sql = "SELECT operator_id, route FROM access_log WHERE actor = 'client:everywhere' ORDER BY route";
    let lines = two.world.look(|tx| tx.rows(sql, &[], |row| Ok((row.text()?, row.text()?))));
    let wanted = ["POST /access/v1/evaluations", "POST /access/v1/search/resource"];
    assert_eq!(lines.unwrap(), wanted.map(|route| (MINAMI.to_owned(), route.to_owned())));
}

#[test]
fn how_long_answers_took_is_told_to_the_station_whoever_asked_and_to_no_other() {
    let house = House::new();
    house.world.given_contract("A-001");
    let desk = Decisions::open(&house.world.db, Capacity::default()).unwrap();
    let ask = Ask { client: "demo-vod", ..about("A-001", 0, "channel:101") };
    for _ in 0..3 {
        desk.answer(&ask, clock::now()).unwrap();
    }
    desk.answer_from_memory(&ask, clock::now()).expect("it is in memory");
    desk.flush();
    let since = clock::now().plus_seconds(-60);
    let took = |operator| {
        let answered =
            house.world.at(operator, Actor::System, move |tx| count_answers(tx, (since, 10)));
        answered.unwrap().took
    };
    assert!(took(KITA).is_some_and(|(half, most)| half <= most));
    assert_eq!(took(MINAMI), None);

    let mut clerk = given_clerk(&house, Role::Viewer);
    let page = clerk.look(&format!("{CONSOLE}/today")).body;
    assert!(figure(&page, "decided").ends_with(" ms"), "{page}");
    let list = page.split_once("<li id=\"decided\"").unwrap().1.split("</li>").next().unwrap();
    assert!(list.contains("book=decisions"), "{list}");
}
