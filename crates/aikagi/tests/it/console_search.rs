//! How a clerk finds a caller: by whatever they say about themselves, a page at a time, and by nothing that is over.

use base::kernel::{Actor, Scope, clock};
use base::store::{Row, Tx};
use domain::administration::{self, FoundBy, PAGE};
use domain::commands::{self, Command, Op};
use domain::credentials::ContactKind;
use domain::operators::Role;
use domain::subscribers::{Attributes, fold_name, fold_older, fold_telephone};

use crate::batch_desk::{Desk, csv, given_staff, line};
use crate::console::{CONSOLE, given_clerk};
use crate::contacts_page::given_contact;
use crate::viewers::{House, Viewer};
use crate::world::{KITA, MINAMI, World, sato};

fn called(kana: &str, telephone: &str) -> Attributes {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Attributes { kana: some(kana), telephone: some(telephone), ..Attributes::default() }
}

fn given(world: &World, (number, kana, telephone): (&str, &str, &str)) {
    let command = Command::new(&world.request_id(), Op::Start, number);
    world.send(Command { attributes: called(kana, telephone), ..command });
}

fn given_member(world: &World, number: &str, kana: &str) {
    let command = Command::new(&world.request_id(), Op::PersonAdd, number);
    world.send(Command { person_no: 2, attributes: called(kana, ""), ..command });
}

/// What a page of the search lists, as numbers and what they were found by.
fn found(world: &World, typed: &'static str) -> Vec<(String, FoundBy)> {
    let found = world.act(sato(), move |tx| administration::search(tx, typed, ""));
    let found = found.map(|found| found.contracts).unwrap_or_default();
    found.into_iter().map(|one| (one.number, one.by)).collect()
}

fn numbers(world: &World, typed: &'static str) -> Vec<String> {
    found(world, typed).into_iter().map(|(number, _)| number).collect()
}

/// A row as it is found: number and generation, name and telephone, each as written and as folded.
type Found = (String, Option<String>, Option<Vec<u8>>, Option<String>, Option<Vec<u8>>);

/// Whatever was done: beside every name and telephone stands how it is folded, and nothing stands beside none. The contract's own
/// name is left to the member who has it too.
fn is_folded(world: &World) {
    let read = |row: &mut Row| {
        let key = format!("{}/{}", row.text()?, row.int()?);
        let (kana, folded) = (row.text_if_any()?, row.bytes_if_any()?);
        Ok((key, kana, folded, row.text_if_any()?, row.bytes_if_any()?))
    };
    let contracts = "SELECT number, gen, kana, kana_folded, telephone, telephone_folded
                       FROM contracts WHERE operator_id = ?1";
    let persons = "SELECT number, gen, kana, kana_folded, NULL, NULL FROM persons
                    WHERE operator_id = ?1";
    let all = |sql| world.look(|tx| tx.rows(sql, &[KITA.into()], read)).unwrap();
    let (contracts, persons): (Vec<Found>, Vec<Found>) = (all(contracts), all(persons));
    let name = |kana: &Option<String>| kana.as_deref().map(|kana| fold_name(kana).into_bytes());
    for (key, kana, folded, telephone, digits) in &contracts {
        let is_a_members = persons.iter().any(|one| one.0 == *key && one.1 == *kana);
        let left = folded.as_deref() == Some(b"") && kana.is_some() && is_a_members;
        assert!(left || *folded == name(kana), "{key}: {kana:?} is {folded:?}");
        let expected = telephone.as_deref().map(|one| fold_telephone(one).into_bytes());
        assert_eq!(*digits, expected, "{telephone:?}");
    }
    for (key, kana, folded, ..) in &persons {
        assert_eq!(*folded, name(kana), "{key}: {kana:?}");
    }
}

/// How many contracts are found by a name of their own.
fn own_names(world: &World) -> usize {
    let sql = "SELECT kana_folded FROM contracts WHERE operator_id = ?1";
    let all = world.look(|tx| tx.rows(sql, &[KITA.into()], |row| row.bytes_if_any())).unwrap();
    all.iter().flatten().filter(|folded| !folded.is_empty()).count()
}

#[test]
fn a_contract_is_found_by_its_own_name_as_soon_as_no_member_has_it() {
    let world = World::new();
    given(&world, ("A-001", "ﾀｶﾊｼ ﾀﾛｳ", ""));
    assert_eq!((numbers(&world, "たかはし"), own_names(&world)), (vec!["A-001".to_owned()], 0));
    let renamed = Command::new("r-1", Op::Attr, "A-001");
    world.send(Command {
        person_no: 1, attributes: called("ｽｽﾞｷ ﾀﾛｳ", ""), ..renamed
    });
    assert_eq!((numbers(&world, "たかはし"), own_names(&world)), (vec!["A-001".to_owned()], 1));
    assert_eq!(numbers(&world, "すずき"), ["A-001"]);
    is_folded(&world);
    let back = Command::new("r-2", Op::Attr, "A-001");
    world.send(Command { person_no: 1, attributes: called("ﾀｶﾊｼ ﾀﾛｳ", ""), ..back });
    assert_eq!((numbers(&world, "たかはし"), own_names(&world)), (vec!["A-001".to_owned()], 0));
    world.sms(Op::Suspend, "A-001");
    assert_eq!(own_names(&world), 0, "what does not load members leaves it alone");
    is_folded(&world);
}

#[test]
fn a_name_is_found_however_it_is_said_and_written() {
    let world = World::new();
    given(&world, ("A-001", "ﾀｶﾊｼ ｼｮｳｺﾞ", ""));
    given_member(&world, "A-001", "ﾀｶﾊｼ ﾊﾅｺ");
    given(&world, ("A-002", "タカハタ　アイ", ""));
    given(&world, ("A-003", "ﾐｷ", ""));
    for typed in ["たかはししょうご", "ﾀｶﾊｼ ｼﾖｳｺﾞ", "タカハシ・ショー", "高橋タカハシ"]
    {
        let expected: &[&str] = if typed.starts_with('高') { &[] } else { &["A-001"] };
        assert_eq!(numbers(&world, typed), expected, "{typed}");
    }
    assert_eq!(found(&world, "たかはしは"), [("A-001".to_owned(), FoundBy::Name)], "of a member");
    assert_eq!(numbers(&world, "たかは"), ["A-001", "A-002"]);
    assert_eq!(numbers(&world, "みき"), ["A-003"], "a short name as a whole");
    for typed in ["たか", "み", "ハシ", "はしし"] {
        assert_eq!(numbers(&world, typed), [""; 0], "{typed}");
    }
    let short = world.act(sato(), |tx| administration::search(tx, "たか", "")).unwrap_err();
    assert_eq!(short.code(), "search.too_short");
    let elsewhere = world.at(MINAMI, sato(), |tx| administration::search(tx, "たかは", ""));
    assert_eq!(elsewhere.unwrap().contracts, []);
    is_folded(&world);
}

#[test]
fn a_telephone_is_found_as_the_contracts_or_as_one_a_member_verified() {
    let house = House::new();
    given(&house.world, ("A-001", "ﾀｶﾊｼ ﾀﾛｳ", "0991234567"));
    let mut viewer = house.given_viewer("A-002", "hanako");
    let mine = (&house, &mut viewer);
    let contact = given_contact(mine, ContactKind::Phone, "090-1234-5678");
    for typed in ["099-123-4567", "０９９（１２３）４５６７", "+81 99 123 4567"] {
        assert_eq!(
            found(&house.world, typed),
            [("A-001".to_owned(), FoundBy::Telephone)],
            "{typed}"
        );
    }
    assert_eq!(found(&house.world, "0991"), [("A-001".to_owned(), FoundBy::TelephoneBegins)]);
    assert_eq!(found(&house.world, "09012345678"), [("A-002".to_owned(), FoundBy::Telephone)]);
    assert_eq!(numbers(&house.world, "0901234"), [""; 0], "a member's own: only as a whole");

    let mut clerk = given_clerk(&house, Role::Viewer);
    let mut leads = |typed: &str| clerk.get(&format!("{CONSOLE}/contracts?q={typed}"));
    assert_eq!(leads("%2B81-99-123-4567").location().path(), format!("{CONSOLE}/contracts/A-001"));
    assert_eq!(leads("090-1234-5678").location().path(), format!("{CONSOLE}/contracts/A-002"));
    let begun = leads("0991");
    assert!(begun.body.contains("ﾀｶﾊｼ ﾀﾛｳ"), "its name is beside it: {}", begun.body);
    assert!(begun.body.contains("電話番号のはじめが一致"), "{}", begun.body);
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let typed = |detail: &str| detail.contains("0991") || detail.contains("9012345678");
    assert!(lines.iter().all(|line| !typed(&line.detail)), "a telephone is somebody's");

    viewer.look(crate::contacts_page::PAGE);
    let remove = [("do", "remove"), ("contact", contact.as_str())];
    viewer.send_form(crate::contacts_page::PAGE, &remove);
    assert_eq!(numbers(&house.world, "09012345678"), [""; 0], "theirs no more");
}

#[test]
fn who_has_another_name_now_left_or_was_erased_is_found_by_what_is_true() {
    let world = World::new();
    given(&world, ("A-001", "ﾀｶﾊｼ ﾀﾛｳ", "0991234567"));
    given_member(&world, "A-001", "ﾀｶﾊｼ ﾊﾅｺ");
    let renamed = Command::new("r-1", Op::Attr, "A-001");
    world.send(Command {
        person_no: 2, attributes: called("ｽｽﾞｷ ﾊﾅｺ", ""), ..renamed
    });
    assert_eq!(numbers(&world, "タカハシハ"), [""; 0]);
    assert_eq!(numbers(&world, "すずきはな"), ["A-001"]);
    is_folded(&world);

    let moved = Command::new("r-2", Op::Replace, "A-001");
    world.send(Command { new_number: Some("B-001".to_owned()), ..moved });
    let after = numbers(&world, "すずきはな");
    assert_eq!(after, ["B-001"], "members go with the contract");
    is_folded(&world);

    world.sms(Op::Stop, "B-001");
    assert_eq!(numbers(&world, "すずきはな"), ["B-001"], "a stopped contract may be asked about");
    world.pass_days(5000);
    while world.act(Actor::System, |tx| commands::purge_due(tx, 50)).unwrap() > 0 {}
    for typed in ["すずきはな", "たかはし", "0991234567"] {
        assert_eq!(numbers(&world, typed), [""; 0], "{typed}");
    }
    is_folded(&world);
    let left = world.look(|tx| {
        tx.rows(
            "SELECT number FROM contracts WHERE operator_id = ?1
                AND (kana_folded IS NOT NULL OR telephone_folded IS NOT NULL)
             UNION ALL
             SELECT number FROM persons WHERE operator_id = ?1 AND kana_folded IS NOT NULL",
            &[KITA.into()],
            Row::text,
        )
    });
    assert_eq!(left.unwrap(), [""; 0]);
}

#[test]
fn a_number_that_came_back_is_found_by_who_has_it_now() {
    let world = World::new();
    given(&world, ("A-001", "ﾀｶﾊｼ ﾀﾛｳ", "0991234567"));
    world.sms(Op::Stop, "A-001");
    let again = Command::new("r-1", Op::Start, "A-001");
    let attributes = called("ｽｽﾞｷ ﾊﾅｺ", "");
    world.send(Command { generation: Some(1), attributes, ..again });
    assert_eq!(world.household("A-001").contract.generation, 1);
    assert_eq!(numbers(&world, "すずき"), ["A-001"]);
    for typed in ["たかはし", "0991234567"] {
        assert_eq!(numbers(&world, typed), [""; 0], "{typed}");
    }
}

#[test]
fn names_a_file_wrote_are_found_until_it_is_taken_back() {
    let world = World::new();
    let desk = Desk::new(&world);
    given_staff(&world, "sato", Role::Admin);
    given(&world, ("A-001", "ﾀｶﾊｼ ﾀﾛｳ", ""));
    let renamed = formats::sms::Record {
        name_kana: "ｽｽﾞｷ ｲﾁﾛｳ".into(),
        ..line("x-1", "107", "A-001")
    };
    let mut fresh = line("x-2", "101", "C-001");
    fresh.name_kana = "ｽｽﾞｷ ｼﾞﾛｳ".into();
    let (name, content) = csv(1, &[renamed, fresh]);
    let answers = desk.send(&name, &content);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    assert_eq!(numbers(&world, "すずき"), ["A-001", "C-001"]);
    is_folded(&world);

    let scope = world.scope(KITA, sato());
    linkage::sms::batch::undo(&world.db, &scope, &name, linkage::sms::batch::Undoing::Do).unwrap();

    assert_eq!(numbers(&world, "すずき"), [""; 0]);
    assert_eq!(numbers(&world, "たかはし"), ["A-001"]);
    is_folded(&world);
}

#[test]
fn what_was_written_before_there_was_a_search_is_folded_little_by_little() {
    let world = World::new();
    for n in 1..=5 {
        given(&world, (&format!("A-00{n}"), "ﾀｶﾊｼ ﾀﾛｳ", "0991234567"));
    }
    let scope = || world.scope(KITA, Actor::System);
    let forget = |tx: &mut Tx<'_>| {
        let older = "UPDATE contracts SET kana_folded = NULL, telephone_folded = NULL
                      WHERE operator_id = ?1";
        tx.exec(older, &[KITA.into()])?;
        tx.exec("UPDATE persons SET kana_folded = NULL WHERE operator_id = ?1", &[KITA.into()])
    };
    world.db.housekeep(&scope(), "test", forget).unwrap();
    assert_eq!(numbers(&world, "たかはし"), [""; 0]);
    let renamed = Command::new("r-1", Op::Attr, "A-003");
    world.send(Command { attributes: called("ｽｽﾞｷ ﾀﾛｳ", ""), ..renamed });
    assert_eq!(numbers(&world, "すずき"), ["A-003"], "what is written now is found now");

    let some = || world.db.housekeep(&scope(), "test", |tx| fold_older(tx, 2)).unwrap();
    let done: Vec<u64> = std::iter::repeat_with(some).take_while(|done| *done > 0).collect();

    assert!(done.len() > 1 && done.iter().all(|done| *done <= 4), "{done:?}");
    assert_eq!(done.iter().sum::<u64>(), 9, "the owner who was renamed is folded already");
    assert_eq!(numbers(&world, "たかはし"), ["A-001", "A-002", "A-004", "A-005"]);
    is_folded(&world);
}

/// Follows the list from page to page; what it shows, page by page.
fn leafs(clerk: &mut Viewer<'_>, typed: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut path = format!("{CONSOLE}/contracts?q={typed}");
    loop {
        let shown = clerk.get(&path);
        let rows = shown.body.split("/contracts/").skip(1);
        let numbers = rows.filter_map(|row| row.split('"').next()).map(str::to_owned);
        pages.push(numbers.collect());
        let next = shown.body.split("<a href=\"").find(|part| part.contains("rel=\"next\""));
        let Some(next) = next.and_then(|part| part.split('"').next()) else { return pages };
        let (_, address) = next.split_once("/console/").expect("a page of the console");
        path = format!("/console/{address}").replace("&#38;", "&").replace("&amp;", "&");
        assert!(pages.len() < 10, "{path}");
    }
}

#[test]
fn a_long_list_is_read_to_its_end_page_by_page() {
    let house = House::new();
    // Names that are the same, and some that differ: pages break between either.
    for n in 1..=47 {
        let kana = if n <= 30 {
            "ﾀｶﾊｼ ﾀﾛｳ".to_owned()
        } else {
            format!("ﾀｶﾊｼ ﾀﾛｳ{n}")
        };
        given(&house.world, (&format!("T-{n:03}"), &kana, "0991234567"));
    }
    let mut clerk = given_clerk(&house, Role::Viewer);
    let all: Vec<String> = (1..=47).map(|n| format!("T-{n:03}")).collect();
    for typed in ["T-0", "%E3%81%9F%E3%81%8B%E3%81%AF%E3%81%97", "0991234567", "099"] {
        let pages = leafs(&mut clerk, typed);
        let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(sizes, [PAGE, PAGE, 7], "{typed}");
        assert_eq!(pages.concat(), all, "{typed}");
    }
    let lost = clerk.get(&format!("{CONSOLE}/contracts?q=T-0&after=1.zz.00"));
    assert_eq!(lost.refusal(), "search.malformed");
    let behind = clerk.get(&format!("{CONSOLE}/contracts?q=T-0&after=2..5a"));
    assert!(behind.body.contains("id=\"nothing\""), "{}", behind.body);
}

#[test]
fn a_search_takes_few_statements_however_many_are_found() {
    let world = World::new();
    for n in 1..=25 {
        given(&world, (&format!("T-{n:03}"), "ﾀｶﾊｼ ﾀﾛｳ", "0991234567"));
    }
    for typed in ["T-0", "たかはし", "0991234567", "T-001"] {
        let before = world.db.statements();
        world.act(sato(), move |tx| administration::search(tx, typed, "")).unwrap();
        let spent = world.db.statements() - before;
        assert!(spent <= 9, "{typed}: {spent}");
    }
}

#[test]
fn what_stands_on_the_callers_screen_leads_to_why() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let question = domain::decisions::Question {
        action: domain::decisions::Action::View,
        resource: "channel:101",
        least_age: None,
        adult: false,
        pin: domain::decisions::PinGiven::Missing,
    };
    let subject = domain::decisions::Subject::Member { number: "A-001", person_no: 1 };
    let ask = domain::decisions::Ask { operator: KITA, client: "vod", subject, question };
    let trace = house.decisions.answer(&ask, clock::now()).unwrap().trace;
    let mut clerk = given_clerk(&house, Role::Viewer);
    let (head, tail) = trace.split_at(4);
    let typed = format!("{}-{tail}", head.to_lowercase());

    let led = clerk.get(&format!("{CONSOLE}/contracts?q={typed}"));

    assert_eq!(led.location().path(), format!("{CONSOLE}/why"));
    assert!(led.location().query().unwrap().contains(&typed));
    let unknown = clerk.get(&format!("{CONSOLE}/contracts?q=BCDFGHJK"));
    assert!(unknown.body.contains("id=\"nothing\""), "{}", unknown.body);
    let scope = Scope::new(MINAMI, sato(), clock::now());
    let elsewhere = house.world.db.read(&scope, |tx| domain::decisions::is_known(tx, &trace));
    assert!(!elsewhere.unwrap());
}
