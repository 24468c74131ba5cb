//! Everything somebody can write is markup: on every page of the console, of My Page and of the sign-in it is text.
//!
//! Pages are found as people find them, by links, and every route of `doors_table.rs` that shows one has to be among
//! them. What a door would refuse stands here all the same: a page does not rest on it.

use std::collections::BTreeSet;

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::credentials::ContactKind;
use domain::operators::{self, Hearing, OperatorDraft, Role};
use http::header::CONTENT_TYPE;

use crate::boxes::given_box;
use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{puts, puts_in};
use crate::console_desk::{does, opens};
use crate::console_platform::{PLATFORM, given_platform};
use crate::contacts_page::given_contact;
use crate::devices;
use crate::doors_table::{At, Guard, ROUTES, Route};
use crate::isolation_files::given_answered;
use crate::markup::{faults, links};
use crate::passkeys::given_passkey;
use crate::signin_pages::{at_step, beside, steps};
use crate::viewers::{Answer, House, Viewer, authorize};
use crate::world::{KITA, sato};

/// Breaks out of text, of an attribute, of a script and of a template, and turns the line around.
const EVIL: &str = "xss\"'><script>alert(1)</script><img src=x onerror=alert(1)></title>\
    </textarea>-->{{7*7}}${7*7}<svg/onload=alert(1)>javascript:alert(1)\u{202e}\u{2066}";

/// Where text stands that a person, a household, a station, a file or a program wrote.
const WRITTEN: &[(&str, &[&str])] = &[
    ("contracts", &["kana", "telephone", "postal_code", "note", "cause"]),
    ("persons", &["kana", "cause"]),
    ("holds", &["reference", "cause"]),
    ("grants", &["cause"]),
    ("products", &["name_ja", "name_en"]),
    ("clients", &["name_ja", "name_en"]),
    ("staff", &["name"]),
    ("boxes", &["machine_no", "model", "name", "area"]),
    ("devices", &["model", "name"]),
    ("device_codes", &["model"]),
    ("passkeys", &["name"]),
    ("contacts", &["address"]),
    ("logins", &["login_name"]),
    ("files", &["name", "detail"]),
    ("refused_lines", &["op", "code", "cause"]),
    ("bulks", &["title"]),
    ("audit", &["cause"]),
    ("linkage_log", &["peer", "reference", "detail"]),
    ("decision_log", &["resource", "client_id"]),
];

/// A station with a household that has one of everything, and a clerk who may do everything.
pub fn given(house: &House) -> (Viewer<'_>, Viewer<'_>) {
    given_trial(house);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    given_box(&house.world, "A-001", "STB-1");
    given_passkey(&mut viewer, "x");
    given_contact((house, &mut viewer), ContactKind::Mail, "hanako@example.jp");
    let asked = devices::ask_as(house, "living-room");
    assert_eq!(devices::allow(&mut viewer, &asked).status, 200);
    house.world.given_contract("A-002");
    let mut hold = domain::commands::Command::new("h1", domain::commands::Op::Suspend, "A-001");
    hold.reason = Some(domain::subscribers::Reason::Unpaid);
    house.world.send(hold);
    let mut clerk = given_clerk(house, Role::StationManager);
    puts(&mut clerk, &[("title", "x"), ("verb", "stop"), ("numbers", "A-002")]);
    given_answered(&house.world, &house.world.dir.path().join("sms"), "A-001");
    // Offered to be taken back from here on.
    let (_, opened) = does(&mut clerk, "A-001", &[("verb", "key_open"), ("product", "MIHODAI")]);
    assert!(opened.body.contains("id=\"undo\""), "{}", opened.body);
    (viewer, clerk)
}

/// The station is on trial, and says about itself what it should not.
fn given_trial(house: &House) {
    let told = |tx: &mut Tx<'_>| {
        domain::administration::begin_trial(tx)?;
        let hearing = Hearing { note: EVIL.to_owned(), ..Hearing::default() };
        operators::answer_hearing(tx, (&hearing, 1))
    };
    house.world.act(sato(), told).unwrap();
}

/// Writes [`EVIL`] everywhere.
fn spoil(house: &House) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let spoil = |tx: &mut Tx<'_>| {
        let operator = operators::find_operator(tx)?;
        let [name_ja, name_en] = [EVIL, EVIL].map(str::to_owned);
        let draft = OperatorDraft { name_ja, name_en, policies: operator.policies };
        operators::put_operator(tx, &draft)?;
        for (table, columns) in WRITTEN {
            for column in *columns {
                let text = format!("UPDATE {table} SET {column} = ?2 WHERE operator_id = ?1");
                tx.exec(text.leak(), &[KITA.into(), EVIL.into()])?;
            }
        }
        Ok(())
    };
    house.world.db.transact(&scope, spoil).unwrap();
    house.given_client(KITA, "vod", |terms| {
        terms.profile.first_party = false;
        [terms.name_ja, terms.name_en] = [EVIL.to_owned(), EVIL.to_owned()];
    });
}

/// Whether an address, without its query, is one of a route.
fn is_of(path: &str, pattern: &str) -> bool {
    let path: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    let pattern: Vec<&str> = pattern.split('/').collect();
    let same = |(one, other): (&&str, &&str)| other.starts_with('{') || one == other;
    path.len() == pattern.len() && path.iter().zip(&pattern).all(same)
}

/// The routes that show a page to whom a viewer and a clerk of ours are.
fn wanted() -> Vec<String> {
    let shown = |route: &&Route| {
        let page = matches!(route.3, Guard::Staff | Guard::Browser);
        route.0 == "GET" && page && !route.2.ends_with("/result")
    };
    let place = |route: &Route| match route.1 {
        At::Both => format!("/o/{{operator}}{}", route.2),
        At::Operator | At::Platform => route.2.to_owned(),
    };
    ROUTES.iter().filter(shown).map(place).collect()
}

/// Follows the links from `begin` on; answers every page there is.
pub fn walk(viewer: &mut Viewer<'_>, begin: Vec<String>) -> Vec<(String, Answer)> {
    walk_as(viewer, begin, |viewer, path| viewer.get(path))
}

/// As [`walk`], where `look` opens a page.
pub fn walk_as<'h>(
    viewer: &mut Viewer<'h>,
    begin: Vec<String>,
    mut look: impl FnMut(&mut Viewer<'h>, &str) -> Answer,
) -> Vec<(String, Answer)> {
    let (mut next, mut seen, mut pages) = (begin, BTreeSet::new(), Vec::new());
    while let Some(path) = next.pop() {
        let elsewhere = path.starts_with("/docs") || path.contains("/logout");
        if elsewhere || !seen.insert(path.clone()) || seen.len() > 400 {
            continue;
        }
        let shown = look(viewer, &path);
        let kind = shown.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
        if !kind.starts_with("text/html") {
            continue;
        }
        next.extend(links(&shown.body, &path));
        pages.push((path, shown));
    }
    pages
}

/// Nothing of [`EVIL`] got out on any of these pages; answers on how many of them it stands.
fn hold(pages: &[(String, Answer)]) -> usize {
    for (path, shown) in pages {
        let found = faults(&shown.body);
        assert!(found.is_empty(), "{path}: {found:?}\n{}", shown.body);
        let policy = shown.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    pages.iter().filter(|(_, shown)| shown.body.contains("xss&#34;")).count()
}

/// Where a walk through My Page begins.
pub fn own_pages() -> Vec<String> {
    let own = ["me", "me/watch", "family", "family/1", "family/1/watched", "household", "device"];
    own.map(|path| format!("/o/KITA01/{path}")).to_vec()
}

/// Where a walk through the console begins.
pub fn desk_pages() -> Vec<String> {
    let desk =
        ["", "/contracts?q=A-001", "/contracts/A-001", "/contracts/A-001?verb=suspend", "/why"];
    desk.map(|path| format!("{CONSOLE}{path}")).to_vec()
}

#[test]
fn markup_in_every_field_is_text_on_every_page_of_the_console_and_of_my_page() {
    let house = devices::house();
    let (mut viewer, mut clerk) = given(&house);
    spoil(&house);
    let mut pages = walk(&mut viewer, own_pages());
    let mine = hold(&pages);
    let query = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let mut desk = desk_pages();
    desk.push(format!("{CONSOLE}/contracts?q={query}"));
    desk.push(format!("{CONSOLE}/why?trace={query}"));
    let desk = walk(&mut clerk, desk);
    let theirs = hold(&desk);
    pages.extend(desk);
    let stations = walk(&mut given_platform(&house), vec![PLATFORM.to_owned()]);
    assert!(hold(&stations) >= 1, "the list names the station");
    pages.extend(stations);
    let reached = |pattern: &String| {
        pages.iter().any(|(path, shown)| shown.status == 200 && is_of(path, pattern))
    };
    let missing: Vec<String> = wanted().into_iter().filter(|one| !reached(one)).collect();
    let told: Vec<_> = pages.iter().map(|(path, shown)| (path, shown.status.as_u16())).collect();
    assert!(missing.is_empty(), "no link leads to a page of {missing:?}: {told:?}");
    // What is looked at is what was written: the pages show it.
    assert!(mine >= 8 && theirs >= 8, "{mine} and {theirs} of {}", pages.len());
}

#[test]
fn markup_in_every_field_is_text_on_every_page_of_the_sign_in() {
    let house = devices::house();
    let (mut viewer, _) = given(&house);
    let person = house.world.household("A-001").persons[0].person_id.clone();
    spoil(&house);
    let hint = authorize(&[("login_hint", EVIL)]);
    let looked = |step| {
        let (path, shown, _) = at_step(&house, &hint, &step);
        (path, shown)
    };
    let mut pages: Vec<(String, Answer)> =
        steps(&person, EVIL).into_iter().map(|(_, step)| looked(step)).collect();
    assert_eq!(hold(&pages), pages.len(), "each names the station");
    pages.clear();
    pages.extend(beside(&house, &mut viewer).into_iter().map(|(path, shown, _)| (path, shown)));
    let mut typed = Viewer::new(&house);
    typed.open_page(&authorize(&[]));
    let form = [("username", EVIL), ("password", "wrong-password")];
    pages.push(("typed".to_owned(), typed.submit("password", &form)));
    typed.open_page(&authorize(&[]));
    typed.submit("go", &[("step", "letter")]);
    let form = [("contract_number", EVIL), ("registration_code", EVIL)];
    pages.push(("letter".to_owned(), typed.submit("letter", &form)));
    let strange = format!("/o/KITA01/authorize?client_id={}", "%3Cscript%3Ealert(1)%3C/script%3E");
    pages.push(("client".to_owned(), typed.get(&strange)));
    assert!(hold(&pages) >= 4, "what was typed is shown again");
}

/// What is written at a door that takes no markup, and how it says so.
type Refused = fn(&House, &mut Viewer<'_>, &mut Viewer<'_>) -> Option<String>;

const REFUSED: &[(&str, Refused)] = &[
    ("login id", |_, _, _| {
        domain::credentials::login_name(EVIL).err().map(|error| error.code().to_owned())
    }),
    ("contract number", |house, _, _| {
        let start = domain::commands::Command::new("m1", domain::commands::Op::Start, EVIL);
        house.world.send(start).code
    }),
    ("product", |house, _, _| house.world.given_key("A-001", EVIL).code),
    ("mail", |_, viewer, _| {
        let form = [("do", "add"), ("kind", "MAIL"), ("address", EVIL)];
        own(viewer, "contacts", &form)
    }),
    ("passkey", |_, viewer, _| {
        own(viewer, "passkeys", &[("do", "add"), ("credential", EVIL), ("name", "x")])
    }),
    ("cells of a list", |_, _, clerk| listed(clerk, ("stop", EVIL), None)),
    ("a list as a file", |_, _, clerk| listed(clerk, ("stop", ""), Some(EVIL.as_bytes()))),
    ("a file of the SMS", |_, _, clerk| listed(clerk, ("file", ""), Some(EVIL.as_bytes()))),
];

/// How a form is refused: in words that keep what they quote to themselves.
fn refusal(answer: &Answer) -> Option<String> {
    let found = faults(&answer.body);
    assert!(found.is_empty(), "{found:?}: {}", answer.body);
    answer.status.is_client_error().then(|| answer.refusal().to_owned())
}

/// Sends a form of My Page.
fn own(viewer: &mut Viewer<'_>, page: &str, form: &[(&str, &str)]) -> Option<String> {
    let path = format!("/o/KITA01/{page}");
    viewer.look(&path);
    refusal(&viewer.send_form(&path, form))
}

/// Puts work on many contracts in, typed or as a file whose name is markup too.
fn listed(
    clerk: &mut Viewer<'_>,
    (verb, numbers): (&str, &str),
    file: Option<&[u8]>,
) -> Option<String> {
    opens(clerk, &format!("{CONSOLE}/bulk/new"));
    let fields = [("title", EVIL), ("verb", verb), ("numbers", numbers)];
    refusal(&puts_in(clerk, &fields, file.map(|content| ("<img src=x onerror=x>.csv", content))))
}

#[test]
fn what_names_something_takes_no_markup_at_all() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, Role::Admin);
    for (what, write) in REFUSED {
        let refused = write(&house, &mut viewer, &mut clerk);
        assert!(refused.is_some_and(|code| !code.is_empty()), "{what} was taken");
    }
    assert_eq!(house.world.household("A-001").persons.len(), 1);
    let bulks = house.world.look(|tx| domain::files::list_bulks(tx, 10)).unwrap();
    assert!(bulks.is_empty(), "nothing of it is kept");
}
