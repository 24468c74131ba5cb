//! Every page of the sign-in, opened where a person would be: each is small and asks the database little. For
//! `doors_markup.rs` too.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::sessions::Proven;
use domain::signin::{RecoveredBy, Step};

use crate::devices;
use crate::viewers::{Answer, House, Viewer, authorize, authorize_at};
use crate::world::{KITA, sato};

/// More statements than a page may need, and more bytes.
const MOST: (u64, usize) = (12, 30 * 1024);

/// Every step a sign-in can be at, with the word its page goes by; `said`: what a person or a household wrote.
pub fn steps(person: &str, said: &str) -> Vec<(&'static str, Step)> {
    let (person_id, checked) = (person.to_owned(), clock::now());
    let invited_by = Some(person_id.clone());
    let account = |invited_by| Step::Account {
        person_id: person.to_owned(),
        checked,
        at_box: None,
        invited_by,
    };
    let number = said.to_owned();
    vec![
        ("password", Step::Password),
        ("letter", Step::Letter),
        ("box", Step::BoxCode { scanned: said.to_owned() }),
        ("account", account(None)),
        ("phone", account(invited_by)),
        ("recover", Step::Recover),
        ("recovery", Step::RecoveryCode { counted_as: person_id.clone() }),
        ("approval", Step::Approval { number }),
        (
            "television",
            Step::Television { counted_as: said.to_owned(), person_id: person_id.clone() },
        ),
        (
            "renewal",
            Step::NewPassword {
                person_id: person_id.clone(),
                by: RecoveredBy::Contact,
                checked,
                second: true,
            },
        ),
        (
            "second",
            Step::SecondFactor {
                person_id: person_id.clone(),
                proven: Proven::password(),
                proved: checked,
                session: None,
            },
        ),
        ("choice", Step::Choice { person_id: person_id.clone(), name: said.to_owned() }),
        ("consent", Step::Consent { person_id, proof: None }),
    ]
}

/// Statements sent so far for what was asked: what memory keeps is read again as time goes by where nodes share a database, by
/// whichever page comes then.
pub fn sent(house: &House) -> u64 {
    house.world.db.statements() - house.world.db.statements_to_remember()
}

/// Looks at the page of a sign-in that has come as far as `step`; `path`: where it began.
pub fn at_step(house: &House, path: &str, step: &Step) -> (String, Answer, u64) {
    let mut viewer = Viewer::new(house);
    viewer.open_page(path);
    let (page, step) = (viewer.page.clone(), serde_json::to_string(step).unwrap());
    let scope = Scope::new(KITA, sato(), clock::now());
    let set = move |tx: &mut Tx<'_>| {
        let keys = [KITA.into(), step.as_str().into()];
        tx.exec("UPDATE sign_ins SET step = ?2 WHERE operator_id = ?1", &keys).map(drop)
    };
    house.world.db.housekeep(&scope, "test", set).unwrap();
    let before = sent(house);
    let shown = viewer.get(&page);
    let statements = sent(house) - before;
    (page, shown, statements)
}

/// The pages where a television is let in: what is asked, what wants in, and what became of it; and the way out.
pub fn beside(house: &House, viewer: &mut Viewer<'_>) -> Vec<(String, Answer, u64)> {
    let asked = devices::ask_as(house, "living-room");
    let code = devices::text(&asked, "user_code");
    let paths = ["device".to_owned(), format!("device?user_code={code}"), "logout".to_owned()];
    let mut all = Vec::new();
    for path in paths.map(|path| format!("/o/KITA01/{path}")) {
        let before = sent(house);
        let shown = viewer.look(&path);
        all.push((path, shown, sent(house) - before));
    }
    // What it costs is what is done, not the page that says so.
    all.push(("/o/KITA01/device, done".to_owned(), devices::allow(viewer, &asked), 0));
    all
}

/// Where a viewer of a service of all stations names theirs.
fn operator(house: &House) -> (String, Answer, u64) {
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize_at("", &[("client_id", "everywhere")]));
    let page = viewer.page.clone();
    let before = sent(house);
    let shown = viewer.get(&page);
    ("operator".to_owned(), shown, sent(house) - before)
}

#[test]
fn each_page_of_the_sign_in_is_small_and_asks_the_database_little() {
    let house = devices::house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", |terms| terms.profile.first_party = false);
    house.given_client(Scope::PLATFORM, "everywhere", |_| {});
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let mut pages = Vec::new();
    for (word, step) in steps(&person, "") {
        let (_, shown, statements) = at_step(&house, &authorize(&[]), &step);
        pages.push((word.to_owned(), shown, statements));
    }
    pages.push(operator(&house));
    pages.extend(beside(&house, &mut viewer));
    for (page, shown, statements) in pages {
        assert_eq!(shown.status, 200, "{page}: {}", shown.body);
        assert!(shown.body.contains("<h1>"), "{page}: {}", shown.body);
        assert!(statements <= MOST.0, "{page}: {statements} statements");
        assert!(shown.body.len() <= MOST.1, "{page}: {} bytes", shown.body.len());
    }
}

#[test]
fn no_step_of_the_sign_in_has_a_page_that_is_not_looked_at() {
    let source = include_str!("../../../federation/src/oidc/pages.rs");
    let words = source.split("=> (\"").skip(1).filter_map(|rest| {
        let (word, rest) = rest.split_once("\", \"")?;
        (rest.starts_with("signin.") || word == "consent").then_some(word)
    });
    let known: Vec<&str> = steps("", "").into_iter().map(|(word, _)| word).collect();
    let mut count = 0;
    for word in words {
        assert!(known.contains(&word) || word == "operator", "{word} is in no list");
        count += 1;
    }
    assert_eq!(count, known.len() + 1, "every one of the list has a page");
}
