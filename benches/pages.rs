//! What each page costs the server, on one processor, beside a bare server that returns the same bytes; and what it costs when there are
//! ten thousand other stations beside this one.

use std::path::PathBuf;
use std::time::Duration;

use base::kernel::{Actor, Scope, clock};
use base::store::{Db, Settings};
use domain::files::{self, Arrival, Found};
use domain::operators::{self, Role, StaffDraft};
use domain::staff;
use totp_rs::{Builder, Secret};

use crate::authzen::{call_once, start_bare};
use crate::browser::{Browser, between};
use crate::common::{OPERATOR, databases, median, row, scope};
use crate::process::serve;
use crate::provider::{House, PASSWORD, prepare};
use crate::wire::{get, load};
use crate::written::{Dialect, columns, write};

/// How long each page is asked for at a time, over how many connections, and how often.
const ROUND: Duration = Duration::from_secs(1);
const CONNECTIONS: u64 = 8;
const ROUNDS: usize = 5;
/// Lines of each log this station has of today.
const LINES: u64 = 2_000;
/// Rows each other station has in each table: as many as this one, at most so many.
const ROWS: u64 = 20;
/// What other stations have rows in, the stations themselves first.
const TABLES: [&str; 15] = [
    "operators",
    "staff",
    "products",
    "clients",
    "contracts",
    "persons",
    "holds",
    "grants",
    "logins",
    "audit",
    "audit_seals",
    "access_log",
    "linkage_log",
    "decision_log",
    "files",
];
/// A member of the staff who may see everything.
const STAFF: &str = "suzuki";

/// The pages of the console, below it.
const CONSOLE: [(&str, &str); 14] = [
    ("search", ""),
    ("a search by name", "/contracts?q=C000000"),
    ("a contract", "/contracts/C00000001"),
    ("its timeline", "/contracts/C00000001/timeline"),
    ("why", "/why"),
    ("today", "/today"),
    ("files", "/files"),
    ("bulk", "/bulk"),
    ("access log", "/logs?book=access"),
    ("linkage log", "/logs?book=linkage"),
    ("audit", "/logs?book=audit"),
    ("decisions", "/logs?book=decisions"),
    ("masters", "/masters"),
    ("staff", "/staff"),
];
/// The pages of a person, below the station.
const MINE: [(&str, &str); 5] = [
    ("home", "/me"),
    ("what may I watch", "/me/watch"),
    ("household", "/family"),
    ("sign-ins and devices", "/sessions"),
    ("security", "/security"),
];

/// A page to ask for.
struct Page {
    name: String,
    request: Vec<u8>,
}

async fn clerk(address: &str, invitation: &str) -> Browser {
    let mut clerk = Browser::new(address).await;
    let join = format!("/console/{OPERATOR}/join");
    let invited = format!("staff={STAFF}&invitation={invitation}");
    let welcome = clerk.send(&join, &invited).await;
    let secret = between(&welcome, "id=\"secret\">", "</").replace(' ', "");
    let totp =
        Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build().unwrap();
    let code = totp.generate(u64::try_from(clock::now().ms() / 1000).unwrap());
    clerk.send(&join, &format!("do=join&{invited}&password=the+bench+knows+it&code={code}")).await;
    clerk
}

async fn person(address: &str) -> Browser {
    let mut person = Browser::new(address).await;
    let page = person.go(&format!("/o/{OPERATOR}/me")).await;
    let proof = between(&page, "name=\"proof\" value=\"", "\"");
    let password = PASSWORD.replace(' ', "+");
    let path = person.path.replace("/signin?", "/signin/password?");
    person.send(&path, &format!("proof={proof}&username=person1&password={password}")).await;
    person
}

/// All pages, each with who may see it.
fn pages(house: &House, invitation: &str) -> Vec<Page> {
    let address = &house.server.address;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (clerk, person) = (clerk(address, invitation).await, person(address).await);
        let page = |name: &str, path: &str, cookie: &str| Page {
            name: name.to_owned(),
            request: get(address, path, cookie),
        };
        let console = CONSOLE.iter().map(|(name, path)| {
            let path = format!("/console/{OPERATOR}{path}");
            page(&format!("console: {name}"), &path, &clerk.cookie())
        });
        let mine = MINE.iter().map(|(name, path)| {
            page(&format!("My Page: {name}"), &format!("/o/{OPERATOR}{path}"), &person.cookie())
        });
        let doors = [
            page("the console's sign-in", "/console", ""),
            page("/docs/console", "/docs/console", ""),
        ];
        console.chain(mine).chain(doors).collect()
    })
}

/// Microseconds of the processor a page takes.
fn takes(address: &str, request: &'static [u8]) -> f64 {
    1e6 / load(address, (CONNECTIONS, ROUND), |_| request.to_vec()).rate
}

/// Who works at the station, and a day's lines in its books. Answers the invitation.
fn given_day(db: &Db, settings: &Settings) -> String {
    let draft =
        StaffDraft { name: "鈴木".to_owned(), roles: vec![Role::StationManager], enabled: true };
    let system = Scope::new(OPERATOR, Actor::System, clock::now());
    let invitation = db.transact(&system, move |tx| {
        operators::put_staff(tx, STAFF, &draft)?;
        staff::invite(tx, STAFF)
    });
    for sequence in 1..=60 {
        db.transact(&scope("bench"), move |tx| {
            let file = files::arrive(tx, &arrival(sequence))?;
            files::accept(tx, &file, &Found { lines: 600, mass: 0, data_offset: 40 })
        })
        .unwrap();
    }
    let lines = Dialect::of(settings).series(1, LINES);
    let (now, ago) = (clock::now().ms(), "n * 1000");
    let id = |kind: &str| format!("'{kind}_' || substr(CAST(1000000000 - n AS TEXT), 2)");
    let texts = [
        format!(
            "INSERT INTO access_log (operator_id, access_id, at_ms, actor, route, status, code, micros, request_id)
             SELECT '{OPERATOR}', {}, {now} - {ago}, 'client:vod', 'POST /o/{{operator}}/token', 200, '', 900, ''
               FROM {lines} AS s", id("acc")
        ),
        format!(
            "INSERT INTO linkage_log (operator_id, linkage_id, at_ms, direction, peer, kind, reference, digest, result, detail)
             SELECT '{OPERATOR}', {}, {now} - {ago}, 'IN', 'sms', 'line', 'bench:' || CAST(n AS TEXT), '', 'OK', ''
               FROM {lines} AS s", id("lnk")
        ),
        format!(
            "INSERT INTO decision_log (operator_id, trace, at_ms, client_id, number, gen, person_no, action,
                 resource, adult, permit, codes, version)
             SELECT '{OPERATOR}', {}, {now} - {ago}, 'vod', 'C' || substr(CAST(100000000 + n % 64 AS TEXT), 2),
                    0, 1, 'view', 'title:T0001', 0, n % 5 / 4, CASE WHEN n % 5 = 4 THEN 'P00' ELSE 'D09' END, 1
               FROM {lines} AS s", id("t")
        ),
    ];
    write(settings, texts);
    invitation.unwrap()
}

fn arrival(sequence: i64) -> Arrival {
    Arrival {
        name: format!("{OPERATOR}_CT01_20261120_{sequence:08}_D.csv"),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence,
        business_on: clock::now().day_jst().iso(),
        digest: format!("digest {sequence}"),
        test: false,
        by_hand: false,
    }
}

/// Other stations, each with rows like those of this one.
fn given_others(settings: &Settings, count: u64) {
    let series = Dialect::of(settings).series(1, count);
    let texts = TABLES.iter().map(|table| {
        let all = columns(settings, table);
        let others: Vec<_> = all.iter().filter(|name| *name != "operator_id").collect();
        let names = others.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let theirs = others.iter().map(|name| format!("o.{name}")).collect::<Vec<_>>().join(", ");
        format!(
            "INSERT INTO {table} (operator_id, {names})
             SELECT 'Z' || substr(CAST(100000 + s.n AS TEXT), 2), {theirs}
               FROM {series} AS s, (SELECT * FROM {table} WHERE operator_id = '{OPERATOR}' LIMIT {ROWS}) AS o
              WHERE true ON CONFLICT DO NOTHING"
        )
    });
    write(settings, texts.collect::<Vec<_>>());
}

/// The processor's share the server took in the last second, in clock ticks.
fn busy(process: u32) -> u64 {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let after = stat.rsplit(')').next().unwrap().to_owned();
        let numbers: Vec<u64> =
            after.split_whitespace().filter_map(|one| one.parse().ok()).collect();
        // After the name and the letter of the state: the 11th and 12th number are the ticks.
        numbers[10] + numbers[11]
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(1));
    ticks() - before
}

/// Waits until the server has done what it finds to do at its start, five minutes at most.
fn settle(house: &House) {
    let quiet = (0..300).any(|_| busy(house.server.child.id()) < 5);
    assert!(quiet, "the server did not come to rest");
}

/// What each page takes: microseconds and bytes.
fn measure(house: &House, pages: &[Page]) -> Vec<(f64, Vec<u8>)> {
    settle(house);
    let address = &house.server.address;
    let each = pages.iter().map(|page| {
        let request: &'static [u8] = Vec::leak(page.request.clone());
        let sample = call_once(address, request);
        assert_eq!(sample.status, 200, "{}: {}", page.name, String::from_utf8_lossy(&sample.body));
        let all = (0..ROUNDS).map(|_| takes(address, request));
        (median(all.collect()), sample.body)
    });
    each.collect()
}

pub fn run(arguments: &[String]) {
    let others: u64 = arguments.first().map_or(9_999, |text| text.parse().unwrap());
    let only = arguments.get(1);
    let all = databases(&PathBuf::new()).into_iter();
    for (name, settings) in all.filter(|(name, _)| only.is_none_or(|only| only == name)) {
        let mut house = prepare("pages", &settings);
        let settings = house.settings.clone();
        let invitation = given_day(&house.db, &settings);
        let pages = pages(&house, &invitation);
        let alone = measure(&house, &pages);
        given_others(&settings, others);
        let addresses = (house.server.address.clone(), house.server.ops.clone());
        house.server.child.kill().unwrap();
        house.server.child.wait().unwrap();
        house.server = serve(&house.folder, addresses, Some("0"));
        let among = measure(&house, &pages);
        for ((page, (one, body)), (many, _)) in pages.iter().zip(alone).zip(among) {
            let bare = start_bare(&body);
            let request: &'static [u8] = Vec::leak(page.request.clone());
            let hello = median((0..ROUNDS).map(|_| takes(&bare.address, request)).collect());
            row(
                &format!("{}, {name}", page.name),
                &format!(
                    "{one:.0} µs, {:.1} KB; {many:.0} µs beside {others} stations",
                    body.len() as f64 / 1024.0
                ),
                &format!("hello {hello:.0} µs"),
                &format!("× {:.1} of hello; × {:.2} (≤ 1.2)", one / hello, many / one),
            );
        }
    }
}
