//! Refresh-token rotation, durable, 64 callers over HTTP, against the sum of its parts: an answer of a
//! bare server, two ES256 signatures (access and ID token), one committed update.

use std::time::Duration;

use base::store::Settings;
use base64::Engine as _;
use domain::sessions::{self, Draft, Holder, Lasting, Proven, Redemption};
use domain::signing::{HandleKind, Handles};
use domain::subscribers::By;
use formats::jose::SigningKey;

use crate::authzen::{call_once, master};
use crate::common::{OPERATOR, databases, folder, given_operator, median, row, scope, seconds};
use crate::households::{CALLBACK, CLIENT, given_client, given_contracts, owner};
use crate::online::bare_postgres;
use crate::process::{configure_freely, serve};
use crate::wire::{Wire, post};

const CALLERS: u64 = 64;
const EACH: u64 = 60;
const ROUNDS: usize = 5;

/// A redeemed authorization for the owner of contract `n`; answers its first refresh token.
pub fn given_token(db: &base::store::Db, handles: &Handles, n: u64) -> String {
    let (_, person) = owner(db, n);
    let id = db
        .transact(&scope("bench"), move |tx| {
            let policies = domain::operators::Policies::default();
            let session = sessions::open_session(tx, &person, &Proven::password(), &policies)?;
            let draft = Draft {
                client_id: CLIENT,
                sector: "",
                issuer: OPERATOR,
                whose: domain::sessions::Whose::Person(&person),
                session_id: &session,
                seconds: sessions::CODE_SECONDS,
                scope: "openid offline_access",
                acr: Proven::password().acr(),
                amr: &Proven::password().amr(),
                auth: tx.now(),
                redirect_uri: CALLBACK,
                challenge: None,
                nonce: Some("n"),
                jkt: None,
            };
            let id = sessions::grant(tx, &draft)?;
            let with = Redemption {
                client_id: CLIENT,
                issuer: OPERATOR,
                redirect_uri: CALLBACK,
                verifier: None,
                holder: Holder { lasting: Lasting::Refreshed, jkt: None, binds: false },
            };
            sessions::redeem(tx, &id, &with)?;
            Ok(id)
        })
        .unwrap();
    handles.write(HandleKind::Refresh, OPERATOR, (&id, 1))
}

/// Everybody in the household can sign in: owners are registered.
fn register_all(db: &base::store::Db) {
    for n in 0..CALLERS {
        db.transact(&scope("bench"), move |tx| {
            let numbers = vec![crate::households::number(n)];
            let before =
                domain::subscribers::load(tx, numbers, domain::subscribers::Load::ForChange)?;
            let mut after = before.clone();
            let source = domain::subscribers::Source::System;
            let by = By { source, at: tx.now(), now: tx.now(), cause: "bench" };
            after[0].register(1, &by)?;
            after[0].contract.version += 1;
            domain::subscribers::save(tx, &before, &after)?;
            base::records::record(tx, &base::records::Entry::new("person.registered", "bench"))
        })
        .unwrap();
    }
}

async fn caller(address: String, basic: String, mut token: String) -> String {
    let mut wire = Wire::open(&address).await;
    let headers = format!(
        "Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    for _ in 0..EACH {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        let request = post(&address, &format!("/o/{OPERATOR}/token"), &headers, &body);
        let answer = wire.call(&request).await;
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        json["refresh_token"].as_str().unwrap_or_else(|| panic!("{json}")).clone_into(&mut token);
    }
    token
}

/// Seconds of one committed update when 64 share a commit.
fn committed_update(path: &std::path::Path) -> f64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    let sql = "UPDATE contracts SET note = ?1 WHERE operator_id = ?2 AND number = ?3";
    let taken = seconds(|| {
        for n in 0..EACH {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut update = connection.prepare_cached(sql).unwrap();
            for caller in 0..CALLERS {
                let number = crate::households::number(caller);
                update.execute((n.to_string(), OPERATOR, number)).unwrap();
            }
            connection.execute_batch("COMMIT").unwrap();
        }
    });
    taken / (EACH * CALLERS) as f64
}

/// Seconds of one committed update on the database at `settings`.
fn committed(settings: &Settings) -> f64 {
    match settings {
        Settings::Sqlite { path, .. } => committed_update(path),
        Settings::Postgres { url } => 1.0 / bare_postgres(url, crate::households::number),
    }
}

pub fn run() {
    let folder = folder("refresh");
    for (name, settings) in databases(&folder) {
        measure(&folder, (name, &settings));
    }
}

fn measure(folder: &std::path::Path, (name, settings): (&str, &Settings)) {
    let db = given_operator(settings);
    given_contracts(&db, 0, CALLERS);
    register_all(&db);
    let secret = given_client(&db);
    let url = match settings {
        Settings::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
        Settings::Postgres { url } => url.clone(),
    };
    let addresses = configure_freely(folder, &url);
    let handles = Handles::new(&master(folder));
    let mut tokens: Vec<String> = (0..CALLERS).map(|n| given_token(&db, &handles, n)).collect();
    drop(db);
    let server = serve(folder, addresses, None);
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{secret}"));
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut ours, mut bound) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut next = Vec::new();
        let taken = seconds(|| {
            let tasks: Vec<_> = tokens
                .drain(..)
                .map(|token| runtime.spawn(caller(server.address.clone(), basic.clone(), token)))
                .collect();
            next = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
        });
        tokens = next;
        ours.push((CALLERS * EACH) as f64 / taken);
        let signed = seconds(|| {
            for _ in 0..2000 {
                std::hint::black_box(key.sign("JWT", b"{\"sub\":\"bench\"}").unwrap());
            }
        }) / 2000.0;
        let hello = hello(&runtime, &server.ops);
        bound.push(1.0 / (hello + 2.0 * signed + committed(settings)));
    }
    let _same_server_to_the_end = call_once(&server.ops, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    let (ours, bound) = (median(ours), median(bound));
    row(
        &format!("refresh-token rotation, durable, 64 callers, {name}"),
        &format!("{ours:.0}/s"),
        &format!("{bound:.0}/s: hello + 2 ES256 + committed update, summed"),
        &format!("{:.2} (≥ 0.5)", ours / bound),
    );
}

/// Seconds of a bare answer of the operations listener.
fn hello(runtime: &tokio::runtime::Runtime, ops: &str) -> f64 {
    let request = format!("GET /livez HTTP/1.1\r\nHost: {ops}\r\n\r\n");
    seconds(|| {
        runtime.block_on(async {
            let mut wire = Wire::open(ops).await;
            for _ in 0..2000 {
                wire.call(request.as_bytes()).await;
            }
        });
    }) / 2000.0
}
