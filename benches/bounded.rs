//! A million codes, sessions, sign-ins, pushed requests and televisions' codes come and go: what is in the
//! tables afterwards. Time is compressed: the scope's clock moves, and the real sweeps run once a day of it.

use base::kernel::{Actor, Instant, Scope, clock};
use base::store::{Db, Settings};
use domain::sessions::{self, DeviceAsk, Draft, Holder, Lasting, Proven, Redemption};

use crate::common::{OPERATOR, databases, folder, given_operator, row, scope};
use crate::households::{CALLBACK, CLIENT, given_client, given_contracts, owner};

/// Tables that must not grow with what is over.
const TABLES: [(&str, &str); 5] = [
    ("browser_sessions", "SELECT COUNT(*) FROM browser_sessions"),
    ("authorizations", "SELECT COUNT(*) FROM authorizations"),
    ("pushed_requests", "SELECT COUNT(*) FROM pushed_requests"),
    ("device_codes", "SELECT COUNT(*) FROM device_codes"),
    ("devices", "SELECT COUNT(*) FROM devices"),
];
const BATCH: u64 = 500;
/// The days a million of each is spread over.
const DAYS: u64 = 400;

fn counts(db: &Db) -> Vec<i64> {
    db.read(&scope("bench"), |tx| {
        TABLES.iter().map(|(_, sql)| Ok(tx.row(sql, &[], |row| row.int())?.unwrap_or(0))).collect()
    })
    .unwrap()
}

fn at(begun: Instant, day: u64) -> Scope {
    Scope::new(OPERATOR, Actor::System, begun.plus_days(day as i64))
}

/// One of each kind for `person`; of two codes one is redeemed.
fn come(tx: &mut base::store::Tx<'_>, person: &str, n: u64) -> base::kernel::Result<()> {
    let policies = domain::operators::Policies::default();
    let session = sessions::open_session(tx, person, &Proven::password(), &policies)?;
    let draft = Draft {
        client_id: CLIENT,
        sector: "",
        issuer: OPERATOR,
        whose: domain::sessions::Whose::Person(person),
        session_id: &session,
        seconds: sessions::CODE_SECONDS,
        scope: "openid",
        acr: Proven::password().acr(),
        amr: &Proven::password().amr(),
        auth: tx.now(),
        redirect_uri: CALLBACK,
        challenge: None,
        nonce: Some("n"),
        jkt: None,
    };
    let grant = sessions::grant(tx, &draft)?;
    if n.is_multiple_of(2) {
        let with = Redemption {
            client_id: CLIENT,
            issuer: OPERATOR,
            redirect_uri: CALLBACK,
            verifier: None,
            holder: Holder { lasting: Lasting::Refreshed, jkt: None, binds: false },
        };
        sessions::redeem(tx, &grant, &with)?;
    }
    sessions::push_request(tx, CLIENT, "scope=openid")?;
    let ask = DeviceAsk {
        client_id: CLIENT,
        scope: "openid",
        device_ref: "",
        model: "",
        line: "",
        box_id: "",
    };
    sessions::ask_for_device(tx, &ask)?;
    let device = sessions::NewDevice {
        whose: domain::sessions::Whose::Person(person),
        grant_id: &grant,
        client_id: CLIENT,
        model: "STB",
    };
    sessions::bind_device(tx, &device).map(drop)
}

fn sweep(db: &Db, scope: &Scope) {
    loop {
        let swept = db.housekeep(scope, "bench", |tx| {
            Ok(sessions::sweep(tx, 2000)?
                + sessions::sweep_pushed(tx, 2000)?
                + sessions::sweep_device_codes(tx, 2000)?)
        });
        if swept.unwrap() == 0 {
            return;
        }
    }
}

fn measure(name: &str, settings: &Settings, total: u64) {
    let relaxed = match settings {
        Settings::Sqlite { path, .. } => Settings::Sqlite { path: path.clone(), relaxed: true },
        Settings::Postgres { url } => Settings::Postgres { url: url.clone() },
    };
    let db = given_operator(&relaxed);
    given_contracts(&db, 0, 1);
    given_client(&db);
    let (_, person) = owner(&db, 0);
    let before = counts(&db);
    let begun = clock::now();
    let (mut most, mut day) = (before.clone(), 0);
    for first in (0..total).step_by(BATCH as usize) {
        let today = first * DAYS / total;
        let person = person.clone();
        db.transact(&at(begun, today), move |tx| {
            (first..first + BATCH).try_for_each(|n| come(tx, &person, n))
        })
        .unwrap();
        if today > day {
            day = today;
            sweep(&db, &at(begun, day));
            most = counts(&db).into_iter().zip(most).map(|(now, most)| now.max(most)).collect();
        }
    }
    sweep(&db, &at(begun, DAYS + 500));
    let after = counts(&db);
    for (((table, _), most), (before, after)) in
        TABLES.iter().zip(most).zip(before.into_iter().zip(after))
    {
        row(
            &format!("rows of {table}, {total} came and went over {DAYS} days, {name}"),
            &format!("{before} before, {most} at most, {after} when all were over"),
            "—",
            if after <= before { "bounded" } else { "grows" },
        );
    }
}

pub fn run(arguments: &[String]) {
    let total = arguments.first().map_or(1_000_000, |text| text.parse().unwrap());
    for (name, settings) in databases(&folder("bounded")) {
        measure(name, &settings, total);
    }
}
