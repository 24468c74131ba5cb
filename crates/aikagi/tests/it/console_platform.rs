//! The platform's own people at their console: who gets in, what they see of all stations.

use base::kernel::{Actor, Scope, clock, ids};
use base::store::{Tx, Value};
use domain::administration::{self, Sought};
use domain::files;
use domain::operators::{self, OperatorDraft, Role, StaffDraft};

use crate::console::{given_clerk, invited, joins};
use crate::console_desk::opens;
use crate::isolation_files::given_file;
use crate::viewers::{House, Viewer};
use crate::world::{KITA, MINAMI};

pub const PLATFORM: &str = "/console/platform";

/// Somebody who works for the platform, signed in at its console.
pub fn given_platform(house: &House) -> Viewer<'_> {
    let invitation = invited(house, Scope::PLATFORM, ("kanri", Role::Platform));
    let mut boss = Viewer::new(house);
    joins(&mut boss, "platform", ("kanri", &invitation));
    boss
}

fn at_platform<T: Send + 'static>(
    house: &House,
    work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<T> + Send + 'static,
) -> T {
    let scope = Scope::new(Scope::PLATFORM, Actor::System, clock::now());
    house.world.db.transact(&scope, work).unwrap()
}

fn of_platform(house: &House, act: &str) -> i64 {
    let keys: [Value; 2] = [Scope::PLATFORM.into(), act.into()];
    let sql = "SELECT COUNT(*) FROM audit WHERE operator_id = ?1 AND act = ?2";
    house.world.look(|tx| tx.row(sql, &keys, |row| row.int())).unwrap().unwrap()
}

/// Writes an event of `operator` that was given up `ago` seconds before.
fn given_up(house: &House, operator: &'static str, ago: i64) {
    let at = clock::now().plus_seconds(-ago);
    let row: Vec<Value> = vec![operator.into(), ids::new_id("evt", at).into(), at.into()];
    let scope = Scope::new(operator, Actor::System, clock::now());
    let write = move |tx: &mut Tx<'_>| {
        tx.exec(
            "INSERT INTO outbox (operator_id, outbox_id, receiver_id, stream, version, event, payload, state,
                 attempts, next_ms, fence, created_ms)
             VALUES (?1, ?2, 'vod', 'A-001', 1, 'x', '{}', 'DEAD', 9, 0, 0, ?3)",
            &row,
        )
        .map(drop)
    };
    house.world.db.housekeep(&scope, "test", write).unwrap();
}

/// `count` stations from `ST0000` on.
fn given_stations(house: &House, count: usize) {
    for no in 0..count {
        let code = format!("ST{no:04}");
        let scope = Scope::new(&code, Actor::System, clock::now());
        let put = move |tx: &mut Tx<'_>| {
            let draft = OperatorDraft {
                name_ja: format!("髙田ケーブル{no}局"),
                name_en: format!("Takada Cable {no}"),
                policies: operators::Policies::default(),
            };
            operators::put_operator(tx, &draft)
        };
        house.world.db.transact(&scope, put).unwrap();
    }
}

/// A part of the page: the table with this id.
fn table<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("<table id=\"{id}\">")).unwrap_or_default();
    rest.split("</table>").next().unwrap_or_default()
}

/// The codes of the stations in a table.
fn codes(table: &str) -> Vec<String> {
    let rows = table.split("<tr><td><a href=\"").skip(1);
    rows.map(|row| row.split(['>', '<']).nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn who_works_for_the_platform_joins_at_its_console_and_sees_all_stations() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let shown = boss.look(PLATFORM);
    assert_eq!(shown.status, 200);
    assert_eq!(codes(table(&shown.body, "stations")), [KITA, MINAMI], "{}", shown.body);
    assert!(shown.body.contains("運営会社") && shown.body.contains("id=\"no-needing\""));
    assert!(!shown.body.contains("/console/platform/contracts"), "nothing of a station's console");
    assert_eq!((of_platform(&house, "staff.joined"), house.audited("staff.joined")), (1, 0));

    opens(&mut boss, &format!("{PLATFORM}/security"));
    let left = boss.send_form(&format!("{PLATFORM}/sign-out"), &[]);
    assert_eq!(left.refusal(), "form.foreign", "a form is about its own page");
    boss.proof = boss.get(PLATFORM).proof();
    let left = boss.send_form(&format!("{PLATFORM}/sign-out"), &[]);
    assert_eq!(left.location().path(), PLATFORM);
    assert!(boss.look(PLATFORM).body.contains("id=\"staff\""), "signed out");
}

#[test]
fn nobody_of_a_station_gets_into_the_platforms_console_nor_the_other_way_round() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let mut manager = given_clerk(&house, Role::StationManager);
    let is_asked = |who: &mut Viewer<'_>, path: &str| {
        let shown = who.look(path);
        assert_eq!(shown.status, 200, "{path}: {}", shown.body);
        shown.body.contains("id=\"staff\"") && !shown.body.contains("id=\"stations\"")
    };
    assert!(is_asked(&mut manager, PLATFORM) && is_asked(&mut boss, "/console/KITA01"));
    // Each one's cookie under the other's name: it names its own console, and opens that only.
    let [of_station, of_platform] = ["console", "platform"].map(|at| format!("__Host-aikagi-{at}"));
    let theirs = manager.cookies[&of_station].clone();
    let ours = boss.cookies[&of_platform].clone();
    manager.cookies.insert(of_platform, theirs);
    boss.cookies.insert(of_station, ours);
    assert!(is_asked(&mut manager, PLATFORM) && is_asked(&mut boss, "/console/KITA01"));

    for path in ["contracts", "contracts/A-001", "today", "staff", "masters", "logs", "launch"] {
        let shown = boss.look(&format!("{PLATFORM}/{path}"));
        assert_eq!(shown.status, 404, "{path}: {}", shown.body);
    }
    assert_eq!(boss.look("/console/*/today").status, 404);
    let scope = Scope::new(KITA, Actor::System, clock::now());
    let refused = house.world.db.read(&scope, |tx| {
        administration::stations(tx, &Sought::default()).map(|found| found.listed)
    });
    assert_eq!(refused.unwrap_err().code(), "operator.platform_only");
}

#[test]
fn who_is_of_the_platform_without_its_role_sees_nothing_and_who_is_switched_off_is_out_at_once() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let put = |roles: Vec<Role>, enabled| {
        let draft = StaffDraft { name: "髙木".to_owned(), roles, enabled };
        at_platform(&house, move |tx| operators::put_staff(tx, "kanri", &draft))
    };
    put(Vec::new(), true);
    let shown = boss.look(PLATFORM);
    assert_eq!((shown.status.as_u16(), shown.refusal()), (403, "staff.not_allowed"));
    put(vec![Role::Platform], false);
    assert!(boss.look(PLATFORM).body.contains("id=\"staff\""));
    put(vec![Role::Platform], true);
    assert_eq!(boss.look(PLATFORM).status, 200);
}

#[test]
fn a_list_of_many_stations_shows_each_once_and_costs_what_a_list_of_two_costs() {
    let house = House::new();
    let mut boss = given_platform(&house);
    let mut cost = || {
        boss.get(PLATFORM);
        let before = house.world.db.statements();
        let shown = boss.get(PLATFORM);
        (house.world.db.statements() - before, shown.body.len())
    };
    let few = cost();
    given_stations(&house, 300);
    let many = cost();
    assert!(few.0 == many.0 && many.0 <= 12, "{few:?} {many:?}");
    assert!(many.1 <= 30 * 1024, "{} bytes", many.1);

    let (mut next, mut seen) = (PLATFORM.to_owned(), Vec::new());
    for _ in 0..7 {
        let shown = boss.get(&next);
        let listed = codes(table(&shown.body, "stations"));
        assert!(listed.len() <= 50);
        seen.extend(listed);
        let Some((_, rest)) = shown.body.split_once("rel=\"next\" id=\"next-stations\"") else {
            next.clear();
            break;
        };
        assert!(!rest.is_empty());
        next = format!("{PLATFORM}?after={}", seen.last().unwrap());
        assert!(shown.body.contains(&format!("href=\"{}{next}\"", crate::viewers::BASE)));
    }
    let mut wanted: Vec<String> = (0..300).map(|no| format!("ST{no:04}")).collect();
    wanted.extend([KITA, MINAMI].map(str::to_owned));
    wanted.sort();
    assert_eq!((next.as_str(), seen), ("", wanted), "each once, in order, and then no more");

    let mut found = |typed: &str| {
        let shown = boss.get(&format!("{PLATFORM}?q={typed}"));
        codes(table(&shown.body, if typed == "%20" { "stations" } else { "found" }))
    };
    let ten: Vec<String> = (120..130).map(|no| format!("ST{no:04}")).collect();
    assert_eq!(found("st012"), ten, "by code, in small letters too");
    assert_eq!(found("%EF%BC%B3%EF%BC%B4012"), ten, "and in wide ones");
    assert_eq!(found("%E9%AB%99%E7%94%B0%E3%82%B1%E3%83%BC%E3%83%96%E3%83%AB299"), ["ST0299"]);
    assert_eq!(found("takada%20cable%20299"), ["ST0299"]);
    assert!(found("%25").is_empty() && found("_").is_empty() && found("able").is_empty());
    assert_eq!(found("%20").len(), 50, "nothing typed: all");
}

#[test]
fn what_waits_anywhere_stands_before_the_list_with_since_when() {
    let house = House::new();
    given_stations(&house, 30);
    given_up(&house, MINAMI, 7200);
    given_up(&house, MINAMI, 3600);
    let began = |code: &str| {
        let scope = Scope::new(code, Actor::System, clock::now());
        house.world.db.transact(&scope, administration::begin_trial).unwrap();
    };
    began("ST0003");
    let mut boss = given_platform(&house);
    let mut needing = |query: &str| boss.get(&format!("{PLATFORM}{query}"));
    let shown = needing("");
    assert_eq!(codes(table(&shown.body, "needing")), [MINAMI, "ST0003"], "{}", shown.body);
    let text = table(&shown.body, "needing");
    assert!(text.contains("届けられなかった通知：2件") && text.contains("開局の準備中"), "{text}");
    for leads in ["MINA01?path=/today", "ST0003?path=/launch"] {
        assert!(text.contains(&format!("/stations/{leads}\"")), "{leads}: {text}");
    }

    // A file waits for an earlier one; then it is given up.
    given_file(&house.world);
    let wait = |state: &'static str| {
        let scope = Scope::new(KITA, Actor::System, clock::now());
        let keys: [Value; 2] = [KITA.into(), state.into()];
        let write = move |tx: &mut Tx<'_>| {
            tx.exec("UPDATE files SET state = ?2, by_hand = 0 WHERE operator_id = ?1", &keys)
        };
        house.world.db.housekeep(&scope, "test", write).unwrap();
    };
    for (state, text) in [("HELD", "前の番号を待つファイル：1件"), ("GUARDED", "二人の承認")]
    {
        wait(state);
        let shown = needing("");
        assert_eq!(codes(table(&shown.body, "needing")), [KITA, MINAMI, "ST0003"]);
        assert!(table(&shown.body, "needing").contains(text), "{}", shown.body);
    }
    wait("REJECTED");
    assert_eq!(codes(table(&needing("").body, "needing")), [MINAMI, "ST0003"]);
    assert!(!needing("?q=ST").body.contains("id=\"needing\""), "who looks for one sees that");

    // More than are shown at once: each is shown once.
    for no in 5..29 {
        began(&format!("ST{no:04}"));
    }
    let first = codes(table(&needing("").body, "needing"));
    assert_eq!((first.len(), first.last().unwrap().as_str()), (20, "ST0022"));
    let rest = codes(table(&needing("?needing=ST0022").body, "needing"));
    assert_eq!((rest.len(), rest[0].as_str()), (6, "ST0023"));
}

#[test]
fn a_missed_nightly_file_is_written_down_until_it_comes() {
    let house = House::new();
    let file = given_file(&house.world);
    let scope = |days: i64| Scope::new(KITA, Actor::System, file.arrived.plus_days(days));
    let update = |days: i64| {
        house.world.db.housekeep(&scope(days), "test", files::note_late).unwrap();
        house.world.db.read(&scope(days), files::noted_late).unwrap()
    };
    let state = |state: &'static str| {
        let keys: [Value; 2] = [KITA.into(), state.into()];
        let write = move |tx: &mut Tx<'_>| {
            tx.exec("UPDATE files SET state = ?2, test = 0 WHERE operator_id = ?1", &keys)
        };
        house.world.db.housekeep(&scope(0), "test", write).unwrap();
    };
    state("RESULT_SENT");
    assert_eq!(update(-400), None, "nothing is missed before it is due");
    let first = update(400);
    assert!(first.is_some(), "a year later one is");
    let second = update(401);
    assert!(second > first);
    let mut boss = given_platform(&house);
    let shown = boss.get(PLATFORM);
    let text = format!("{}分の夜間ファイル", second.unwrap());
    assert!(table(&shown.body, "needing").contains(&text), "{}", shown.body);
    state("REJECTED");
    assert_eq!(update(402), None);
    assert!(boss.get(PLATFORM).body.contains("id=\"no-needing\""));
}
