//! Who works for the platform enters the console of a station: with a reason, for an hour, and never to touch a household.

use base::kernel::{Actor, Scope, clock};
use base::store::{Tx, Value};
use domain::operators::{self, Role, StaffDraft};
use domain::{administration, staff};

use crate::console::{CONSOLE, given_clerk, joins};
use crate::console_desk::{contract, opens};
use crate::console_platform::{PLATFORM, given_platform};
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, MINAMI};

const REASON: &str = "夜間ファイルが届かない件の確認 ㈱北浜";
const STAFF: &str = "/console/KITA01/staff";

fn way_in(station: &str) -> String {
    format!("{PLATFORM}/stations/{station}")
}

fn enters(boss: &mut Viewer<'_>, station: &str, (reason, path): (&str, &str)) -> Answer {
    opens(boss, &way_in(station));
    boss.send_form(&way_in(station), &[("reason", reason), ("path", path)])
}

/// Whether the browser is at the northern console, and not asked who is there.
fn is_inside(boss: &mut Viewer<'_>) -> bool {
    let shown = boss.get(CONSOLE);
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.body.contains("id=\"visit\"")
}

/// The proof a page of the northern console would have carried.
fn proof(house: &House, boss: &Viewer<'_>, path: &str) -> String {
    let cookie = &boss.cookies["__Host-aikagi-console"];
    house.provider.signing.handles().form_proof(cookie, &format!("console:{path}"))
}

/// The lines of an act in the book of an operator: who did it, and the detail.
fn lines(house: &House, operator: &str, act: &str) -> Vec<(String, String)> {
    let keys: [Value; 2] = [operator.into(), act.into()];
    let sql =
        "SELECT actor, detail FROM audit WHERE operator_id = ?1 AND act = ?2 ORDER BY audit_id";
    let read = |tx: &mut Tx<'_>| tx.rows(sql, &keys, |row| Ok((row.text()?, row.text()?)));
    house.world.look(read).unwrap()
}

fn at<T: Send + 'static>(
    house: &House,
    operator: &str,
    work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<T> + Send + 'static,
) -> T {
    let scope = Scope::new(operator, Actor::System, clock::now());
    house.world.db.transact(&scope, work).unwrap()
}

#[test]
fn who_enters_a_station_with_a_reason_is_seen_there_and_sent_out_by_its_manager() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let mut manager = given_clerk(&house, Role::StationManager);
    assert!(!manager.look(STAFF).body.contains("id=\"visits\""));
    let led = enters(&mut boss, KITA, (REASON, "/today"));
    assert_eq!(led.location().path(), "/console/KITA01/today", "{}", led.body);
    for page in ["/today", "", "/files", "/logs", "/masters", "/masters/policies"] {
        let shown = boss.get(&format!("{CONSOLE}{page}"));
        assert_eq!(shown.status, 200, "{page}: {}", shown.body);
        assert!(shown.body.contains("運営会社として"), "{page}: {}", shown.body);
        assert!(shown.body.contains("value=\"") && !shown.body.contains("/security\""), "{page}");
    }
    for (book, act) in
        [(KITA, "staff.platform_entered"), (Scope::PLATFORM, "staff.station_entered")]
    {
        let told = lines(&house, book, act);
        let who = if book == KITA { "staff:platform:kanri" } else { "staff:kanri" };
        assert_eq!(told.len(), 1, "{book}");
        assert!(told[0].0 == who && told[0].1.contains(REASON), "{told:?}");
    }
    let lasts = "SELECT expires_ms - auth_ms FROM staff_sessions
          WHERE operator_id = ?1 AND staff_id = 'platform:kanri'";
    let read = |tx: &mut Tx<'_>| tx.row(lasts, &[KITA.into()], |row| row.int());
    assert_eq!(house.world.look(read).unwrap(), Some(3_600_000));

    let shown = opens(&mut manager, STAFF);
    let (_, visits) = shown.body.split_once("<table id=\"visits\">").expect("the visits");
    assert!(visits.contains(REASON) && visits.contains("(kanri)"), "{visits}");
    assert!(visits.contains("いま入っています"));
    let (_, id) = visits.split_once("name=\"visit\" value=\"").unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let before = house.world.db.statements();
    manager.look(STAFF);
    assert!(house.world.db.statements() - before <= 12);
    manager.proof = proof(&house, &manager, "/staff");
    let sent = manager.send_form(STAFF, &[("visit", &id)]);
    assert!(sent.body.contains("退室させました"), "{}", sent.body);
    assert!(sent.body.contains("id=\"visits\"") && !sent.body.contains("いま入っています"));
    assert!(!is_inside(&mut boss), "the next page asks who is there");
    assert_eq!(boss.get(PLATFORM).status, 200);
    let again = manager.send_form(STAFF, &[("visit", &id)]);
    assert_eq!(again.refusal(), "staff.visit_over");
    assert_eq!(house.audited("staff.platform_sent_out"), 1);

    enters(&mut boss, KITA, (REASON, ""));
    boss.proof = boss.get(CONSOLE).proof();
    let left = boss.send_form(&format!("{CONSOLE}/sign-out"), &[]);
    assert_eq!(left.location().path(), PLATFORM, "who leaves goes home");
    assert!(!is_inside(&mut boss));
    assert_eq!((house.audited("staff.platform_left"), house.audited("staff.signed_out")), (1, 0));
}

#[test]
fn who_visits_sets_the_station_up_and_does_nothing_for_households_whatever_is_sent() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    at(&house, MINAMI, administration::begin_trial);
    let mut boss = given_platform(&house);
    enters(&mut boss, MINAMI, (REASON, ""));
    let launch = "/console/MINA01/launch";
    opens(&mut boss, launch);
    boss.proof = proof(&house, &boss, "/launch");
    let vouched = boss.send_form(launch, &[("do", "vouch"), ("item", "agreement"), ("so", "1")]);
    assert_eq!(vouched.status, 200, "{}", vouched.body);
    assert_eq!(lines(&house, MINAMI, "launch.vouched")[0].0, "staff:platform:kanri");

    enters(&mut boss, KITA, (REASON, ""));
    let before = house.world.household("A-001");
    let path = contract("A-001");
    let shown = boss.look(&path);
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(!shown.body.contains("name=\"verb\"") && !shown.body.contains("value=\"unlock\""));
    for act in ["preview", "give", "unlock", "end_sessions", "letter", "reset_pins"] {
        boss.proof = proof(&house, &boss, "/contracts/A-001");
        let fields = [
            ("do", act),
            ("verb", "person_suspend"),
            ("reason", "40"),
            ("person", "1"),
            ("request", "r-1"),
            ("version", "1"),
        ];
        assert_eq!(boss.send_form(&path, &fields).refusal(), "staff.not_allowed", "{act}");
    }
    for page in ["bulk", "bulk/new", "staff", "staff/sato", "security"] {
        let shown = boss.get(&format!("{CONSOLE}/{page}"));
        assert_eq!(shown.refusal(), "staff.not_allowed", "{page}: {}", shown.body);
    }
    let forms = [
        ("staff", vec![("staff", "kato"), ("name", "加藤"), ("station_manager", "1")]),
        ("staff", vec![("visit", "sts_1")]),
        ("logs", vec![("book", "audit")]),
        ("today", vec![("receiver", "vod")]),
        ("security", vec![("do", "rename"), ("passkey", "x"), ("name", "x")]),
    ];
    for (page, fields) in forms {
        boss.proof = proof(&house, &boss, &format!("/{page}"));
        let told = boss.send_form(&format!("{CONSOLE}/{page}"), &fields);
        assert_eq!(told.refusal(), "staff.not_allowed", "{page} {fields:?}");
    }
    assert_eq!(house.world.household("A-001"), before);
}

#[test]
fn nobody_enters_without_a_reason_nor_where_nobody_works() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let long = "あ".repeat(201);
    for (reason, code) in
        [("", "field.required"), ("　 ", "field.required"), (long.as_str(), "field.too_long")]
    {
        let told = enters(&mut boss, KITA, (reason, "/files"));
        assert_eq!(told.refusal(), code);
        assert!(told.body.contains("value=\"/files\""), "where it leads is kept");
    }
    assert!(
        !is_inside(&mut boss) && lines(&house, Scope::PLATFORM, "staff.station_entered").is_empty()
    );
    let outside = enters(&mut boss, KITA, (REASON, "//evil.example"));
    assert_eq!(outside.location().path(), CONSOLE, "nobody is led out of the console");
    boss.proof = "x".to_owned();
    let foreign = boss.send_form(&way_in(KITA), &[("reason", REASON)]);
    assert_eq!(foreign.refusal(), "form.foreign");
    opens(&mut boss, &way_in(MINAMI));
    let other = boss.send_form(&way_in(KITA), &[("reason", REASON)]);
    assert_eq!(other.refusal(), "form.foreign", "a form is about its own station");
    assert_eq!(boss.get(&way_in("NOBODY")).status, 404);

    at(&house, KITA, operators::disable);
    assert!(boss.look(&way_in(KITA)).body.contains("id=\"off\""));
    boss.proof = house
        .provider
        .signing
        .handles()
        .form_proof(&boss.cookies["__Host-aikagi-platform"], "console:/stations/KITA01");
    let off = boss.send_form(&way_in(KITA), &[("reason", REASON)]);
    assert_eq!(off.refusal(), "operator.disabled");
    assert!(!is_inside(&mut boss), "and who was there is out");
}

#[test]
fn a_visit_opens_one_station_and_ends_with_what_it_came_from() {
    let house = House::new();
    let mut boss = given_platform(&house);
    enters(&mut boss, KITA, (REASON, ""));
    assert!(is_inside(&mut boss));
    let asked = |who: &mut Viewer<'_>, path: &str| who.get(path).body.contains("id=\"staff\"");
    assert!(asked(&mut boss, "/console/MINA01"), "not the other station");
    let mut thief = Viewer::new(&house);
    let visit = boss.cookies["__Host-aikagi-console"].clone();
    thief.cookies.insert("__Host-aikagi-platform".to_owned(), visit);
    assert!(asked(&mut thief, PLATFORM), "nor the platform's console");

    let put = |enabled| {
        let draft = StaffDraft { name: "髙木".to_owned(), roles: vec![Role::Platform], enabled };
        at(&house, Scope::PLATFORM, move |tx| operators::put_staff(tx, "kanri", &draft));
    };
    put(false);
    assert!(!is_inside(&mut boss), "switched off at the platform");
    put(true);
    assert!(is_inside(&mut boss));
    let ended = at(&house, Scope::PLATFORM, |tx| staff::end_sessions(tx, "kanri"));
    assert_eq!(ended, 1);
    assert!(!is_inside(&mut boss), "signed out at the platform");
    let seen = house.world.db.read(&Scope::new(KITA, Actor::System, clock::now()), staff::visits);
    let seen = seen.unwrap();
    assert!(seen.len() == 1 && !seen[0].inside, "{seen:?}");
}

#[test]
fn no_member_of_a_station_is_called_like_somebody_of_the_platform_or_enters_another() {
    let house = House::new();
    let mut manager = given_clerk(&house, Role::StationManager);
    opens(&mut manager, STAFF);
    let fields = [("staff", "platform:kanri"), ("name", "髙木"), ("station_manager", "1")];
    assert_eq!(manager.send_form(STAFF, &fields).refusal(), "staff.id_malformed");
    let mut boss = given_platform(&house);
    enters(&mut boss, KITA, (REASON, ""));
    let typed = [("staff", "platform:kanri"), ("password", "x7Gp2vQm"), ("code", "000000")];
    let tried = Viewer::new(&house).send_form(&format!("{CONSOLE}/sign-in"), &typed);
    assert_eq!(tried.refusal(), "staff.signin_failed");
    let told = manager.send_form(&way_in(MINAMI), &[("reason", REASON)]);
    assert_eq!(told.refusal(), "staff.signed_out", "it is another console");
    let shown = manager.get(&format!("{STAFF}/platform:kanri"));
    assert_eq!(shown.status, 404, "and nobody of theirs");
    let mut second = Viewer::new(&house);
    let invitation = crate::console::invited(&house, Scope::PLATFORM, ("ops", Role::Platform));
    joins(&mut second, "platform", ("ops", &invitation));
    enters(&mut second, KITA, (REASON, ""));
    assert!(is_inside(&mut boss) && is_inside(&mut second), "two may be there at a time");
    enters(&mut second, KITA, (REASON, ""));
    let seen = house.world.db.read(&Scope::new(KITA, Actor::System, clock::now()), staff::visits);
    let inside: Vec<_> = seen.unwrap().into_iter().map(|one| (one.staff_id, one.inside)).collect();
    let wanted = [("ops", true), ("kanri", true), ("ops", false)];
    assert_eq!(inside, wanted.map(|(id, inside)| (id.to_owned(), inside)), "each once");
}
