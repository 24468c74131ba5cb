//! AuthZEN evaluation over HTTP, server on one processor, against a bare axum server that returns the
//! same bytes on the same processor.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base::store::Settings;
use base64::Engine as _;
use domain::signing::MasterKey;

use crate::common::{OPERATOR, folder, given_operator, median, row};
use crate::households::{CLIENT, given_client, given_contracts, given_subjects};
use crate::process::{Server, configure, free_port, serve};
use crate::wire::{Answer, Load, Wire, load, post};

/// Subjects asked about.
const WORKING_SET: u64 = 100_000;
const CONNECTIONS: u64 = 32;
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;

/// A loaded product behind one processor, ready to be asked.
struct Prepared {
    server: Server,
    requests: &'static [Vec<u8>],
}

/// Opens the master key of a configuration written by [`configure`].
pub fn master(folder: &Path) -> MasterKey {
    let text = std::fs::read_to_string(folder.join("master.key")).unwrap();
    let bytes: [u8; 32] = hex::decode(text.trim()).unwrap().try_into().unwrap();
    MasterKey::new(bytes)
}

pub fn call_once(address: &str, request: &[u8]) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Wire::open(address).await.call(request).await })
}

/// An access token of the bench client for decisions.
fn token(address: &str, secret: &str) -> String {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{secret}"));
    let headers = format!(
        "Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let body = "grant_type=client_credentials&scope=decisions";
    let answer =
        call_once(address, &post(address, &format!("/o/{OPERATOR}/token"), &headers, body));
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    json["access_token"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

fn prepare(name: &str, contracts: u64) -> Prepared {
    let folder = folder(name);
    let path = folder.join("aikagi.db");
    let db = given_operator(&Settings::Sqlite { path: path.clone(), relaxed: true });
    given_contracts(&db, 0, contracts);
    let secret = given_client(&db);
    let addresses = configure(&folder, &format!("sqlite:{}", path.display()));
    let subjects = given_subjects(&db, &master(&folder), WORKING_SET.min(contracts));
    drop(db);
    let server = serve(&folder, addresses, Some("0"));
    let bearer = token(&server.address, &secret);
    let headers = format!("Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\n");
    let requests: Vec<Vec<u8>> = subjects
        .iter()
        .map(|subject| {
            let body = format!(
                "{{\"subject\":{{\"type\":\"person\",\"id\":\"{subject}\"}},\
                 \"action\":{{\"name\":\"view\"}},\
                 \"resource\":{{\"type\":\"channel\",\"id\":\"101\"}}}}"
            );
            post(&server.address, &format!("/o/{OPERATOR}/access/v1/evaluation"), &headers, &body)
        })
        .collect();
    let requests: &'static [Vec<u8>] = Vec::leak(requests);
    // Everything is asked about once: the working set is warm.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut wire = Wire::open(&server.address).await;
        for request in requests {
            assert_eq!(wire.call(request).await.status, 200);
        }
    });
    Prepared { server, requests }
}

fn measure(prepared: &Prepared) -> Load {
    let requests = prepared.requests;
    load(&prepared.server.address, (CONNECTIONS, ROUND), move |n| {
        // Steps by a prime walk the whole set in another order than it was loaded.
        requests[(n.wrapping_mul(7919) % requests.len() as u64) as usize].clone()
    })
}

/// A bare axum server in a process of its own on the same processor.
pub fn start_bare(body: &[u8]) -> Server {
    let address = format!("127.0.0.1:{}", free_port());
    let child = Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe().unwrap())
        .args(["bare-server", &address, &String::from_utf8_lossy(body)])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while std::net::TcpStream::connect(&address).is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Server { child, ops: address.clone(), address }
}

/// The bare server's process.
pub fn bare_server(arguments: &[String]) {
    let [address, body] = arguments else { panic!("bare-server ADDRESS BODY") };
    let body = body.clone().into_bytes();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = axum::routing::any(move |_: axum::body::Bytes| {
            let body = body.clone();
            async move { ([(http::header::CONTENT_TYPE, "application/json")], body) }
        });
        let router = axum::Router::new().fallback_service(answer);
        let socket = tokio::net::TcpListener::bind(address).await.unwrap();
        axum::serve(socket, router).await.unwrap();
    });
}

pub fn run(arguments: &[String]) {
    let contracts = arguments.first().map_or(1_000_000, |text| text.parse().unwrap());
    // The load comes from the other processor.
    let own = std::process::id().to_string();
    Command::new("taskset").args(["-apc", "1", &own]).stdout(Stdio::null()).status().unwrap();
    let small = prepare("authzen-small", 10_000);
    let large = prepare("authzen-large", contracts);
    let sample = call_once(&large.server.address, &large.requests[0]);
    let answer = String::from_utf8_lossy(&sample.body);
    assert!(answer.contains("\"decision\":true"), "{answer}");
    let bare = start_bare(&sample.body);
    let bare = Prepared { server: bare, requests: large.requests };
    let (mut ours, mut theirs, mut fewer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(measure(&large));
        theirs.push(measure(&bare));
        fewer.push(measure(&small));
    }
    let rate = |loads: &[Load]| median(loads.iter().map(|one| one.rate).collect());
    let p99 = |loads: &[Load]| median(loads.iter().map(|one| one.p99).collect());
    row(
        &format!("AuthZEN evaluation, {contracts} contracts, {WORKING_SET} warm"),
        &format!("{:.0}/s, p99 {:.0} µs", rate(&ours), p99(&ours)),
        &format!("bare axum {:.0}/s, p99 {:.0} µs", rate(&theirs), p99(&theirs)),
        &format!(
            "{:.2} of its rate (≥ 0.5), {:.2} × its p99 (≤ 3)",
            rate(&ours) / rate(&theirs),
            p99(&ours) / p99(&theirs)
        ),
    );
    row(
        "the same with 10 000 contracts",
        &format!("{:.0}/s", rate(&fewer)),
        &format!("{:.0}/s with {contracts}", rate(&ours)),
        &format!("× {:.2} (≤ 1.2)", rate(&fewer) / rate(&ours)),
    );
}
