//! Contracts picked from what a search found, for work on many: by who may do that, and taken as if their numbers were typed.

use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{given_contracts, puts_in};
use crate::console_desk::opens;
use crate::viewers::{House, Viewer};

/// What stands in the field of contract numbers.
fn filled_in(page: &str) -> &str {
    let (_, field) = page.split_once("<textarea id=\"numbers\"").expect("the form");
    field.split_once('>').unwrap().1.split("</textarea>").next().unwrap()
}

#[test]
fn who_may_work_on_many_picks_contracts_from_a_list_by_a_plain_form() {
    let house = House::new();
    let numbers = given_contracts(&house, 25);
    let list = format!("{CONSOLE}/contracts?q=C000");
    let mut manager = given_clerk(&house, Role::Admin);
    let mut picking = || {
        let before = house.world.db.statements();
        let shown = manager.get(&list).body;
        (shown, house.world.db.statements() - before)
    };
    picking();
    let (shown, statements) = picking();
    assert!(statements <= 12, "{statements}");
    let to = format!("action=\"https://id.example.jp{CONSOLE}/bulk/new\" id=\"pick\"");
    assert!(shown.contains(&to), "{shown}");
    assert_eq!(shown.matches("type=\"checkbox\"").count(), 20, "one page of them: {shown}");
    assert!(shown.contains("value=\"C00003\"><span class=\"unseen\">C00003を選ぶ</span>"));
    let (_, all) = shown.split_once("name=\"numbers\" value=\"").expect("all of the page");
    assert_eq!(all.split('"').next().unwrap(), numbers[..20].join("\n"));

    let form = format!("{CONSOLE}/bulk/new");
    let some = opens(&mut manager, &format!("{form}?pick3=C00003&pick1=C00001"));
    assert_eq!(filled_in(&some.body), "C00003\nC00001");
    let sent = puts_in(
        &mut manager,
        &[("title", "11月の解約"), ("verb", "stop"), ("numbers", filled_in(&some.body))],
        None,
    );
    assert_eq!(sent.status, 303, "{}", sent.body);
    let bulks = house.world.look(|tx| domain::files::list_bulks(tx, 10)).unwrap();
    assert_eq!((bulks.len(), bulks[0].lines), (1, 2));
    let whole = manager.get(&format!("{form}?pick1=C00001&numbers=C00002%0D%0AC00003")).body;
    assert_eq!(filled_in(&whole), "C00002\r\nC00003", "all of the page, whatever was ticked");
    assert_eq!(filled_in(&manager.get(&format!("{form}?")).body), "", "nothing was ticked");
    assert_eq!(filled_in(&manager.get(&form).body), "");
}

#[test]
fn what_is_handed_to_the_form_is_checked_like_what_is_typed_and_is_for_nobody_else() {
    let house = House::new();
    given_contracts(&house, 3);
    let mut manager = given_clerk(&house, Role::StationManager);
    let form = format!("{CONSOLE}/bulk/new");
    let wrong = "pick1=C00+001+%E9%AB%99%E6%A9%8B&pick2=%3C/textarea%3E%3Cimg+src=x%3E";
    let shown = opens(&mut manager, &format!("{form}?{wrong}"));
    assert!(!shown.body.contains("<img"), "{}", shown.body);
    let typed = [("title", "x"), ("verb", "stop"), ("numbers", "C00 001 髙橋\n</textarea>")];
    let refused = puts_in(&mut manager, &typed, None);
    assert_eq!(refused.refusal(), "bulk.lines_wrong", "{}", refused.body);
    let twice = manager.get(&format!("{form}?pick1=C00001&pick1=C00002"));
    assert_eq!(twice.refusal(), "request.parameter_repeated");

    let asked = format!("{form}?pick1=C00001");
    let nobody = Viewer::new(&house).get(&asked).body;
    assert!(nobody.contains("/bulk/new?pick1=C00001"), "comes back to it: {nobody}");
    for role in [Role::Viewer, Role::Desk] {
        let mut clerk = given_clerk(&house, role);
        let list = clerk.get(&format!("{CONSOLE}/contracts?q=C000")).body;
        assert!(list.contains("C00003") && !list.contains("checkbox"), "{role:?}: {list}");
        assert_eq!(clerk.get(&asked).refusal(), "staff.not_allowed", "{role:?}");
    }
}
