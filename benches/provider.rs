//! The identity provider over HTTP, server on one processor: client credentials, introspection, userinfo and
//! whole password sign-ins; and what a storm of sign-ins does to decisions.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::store::{Db, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::credentials::{self, Beside, Passwords};
use domain::signing::Handles;
use formats::jose::SigningKey;
use serde_json::Value as Json;

use crate::authzen::{call_once, master, start_bare};
use crate::browser::between;
use crate::common::{OPERATOR, databases, folder, given_operator, median, row, scope, seconds};
use crate::households::{CLIENT, given_client, given_contracts, given_subjects, owner};
use crate::process::{Server, configure_freely, serve};
use crate::refresh::given_token;
use crate::wire::{Answer, Wire, get, load, post};

const PERSONS: u64 = 64;
pub const PASSWORD: &str = "a long enough password";
const CONNECTIONS: u64 = 32;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 5;

/// A server on processor 0 whose 64 persons have a password; the load comes from processor 1.
pub struct House {
    pub server: Server,
    pub folder: PathBuf,
    pub settings: Settings,
    pub db: Db,
    basic: String,
    handles: Handles,
    subjects: Vec<String>,
}

pub fn prepare(name: &str, settings: &Settings) -> House {
    let own = std::process::id().to_string();
    Command::new("taskset").args(["-apc", "1", &own]).stdout(Stdio::null()).status().unwrap();
    let folder = folder(name);
    let (settings, url) = match settings {
        Settings::Sqlite { .. } => {
            let path = folder.join("aikagi.db");
            let url = format!("sqlite:{}", path.display());
            (Settings::Sqlite { path, relaxed: false }, url)
        }
        Settings::Postgres { url } => (Settings::Postgres { url: url.clone() }, url.clone()),
    };
    let db = given_operator(&settings);
    given_contracts(&db, 0, PERSONS);
    let secret = given_client(&db);
    let addresses = configure_freely(&folder, &url);
    let master = master(&folder);
    let subjects = given_subjects(&db, &master, PERSONS);
    let hash = Passwords::start(1).unwrap().hash(OPERATOR, PASSWORD, Beside::Nothing).unwrap();
    for n in 0..PERSONS {
        let ((_, person), hash) = (owner(&db, n), hash.clone());
        db.transact(&scope("bench"), move |tx| {
            credentials::replace_credentials(tx, &person, (&format!("person{n}"), &hash))
        })
        .unwrap();
    }
    let server = serve(&folder, addresses, Some("0"));
    let basic = STANDARD.encode(format!("{CLIENT}:{secret}"));
    let handles = Handles::new(&master);
    House { server, folder, settings, db, basic, handles, subjects }
}

impl House {
    fn form(&self, path: &str, body: &str) -> Vec<u8> {
        let headers = format!(
            "Authorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            self.basic
        );
        post(&self.server.address, &format!("/o/{OPERATOR}{path}"), &headers, body)
    }

    fn tokens(&self, body: &str) -> Json {
        let answer = call_once(&self.server.address, &self.form("/token", body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// An access token of each person.
    fn access_tokens(&self) -> Vec<String> {
        let all = (0..PERSONS).map(|n| {
            let refresh = given_token(&self.db, &self.handles, n);
            let json = self.tokens(&format!("grant_type=refresh_token&refresh_token={refresh}"));
            json["access_token"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
        });
        all.collect()
    }
}

/// Requests a second of `requests`, asked in turn, and of a bare server that returns the same bytes.
fn beside_bare(house: &House, requests: Vec<Vec<u8>>) -> (f64, f64) {
    let requests: &'static [Vec<u8>] = Vec::leak(requests);
    let sample = call_once(&house.server.address, &requests[0]);
    assert_eq!(sample.status, 200, "{}", String::from_utf8_lossy(&sample.body));
    let bare = start_bare(&sample.body);
    let asked = move |n: u64| requests[(n % requests.len() as u64) as usize].clone();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(load(&house.server.address, (CONNECTIONS, ROUND), asked).rate);
        theirs.push(load(&bare.address, (CONNECTIONS, ROUND), asked).rate);
    }
    (median(ours), median(theirs))
}

fn signature() -> f64 {
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let all = (0..ROUNDS).map(|_| {
        seconds(|| {
            for _ in 0..2000 {
                std::hint::black_box(key.sign("JWT", b"{\"sub\":\"bench\"}").unwrap());
            }
        }) / 2000.0
    });
    median(all.collect())
}

/// Client credentials, introspection, userinfo.
pub fn run() {
    for (name, settings) in databases(&folder("provider")) {
        let house = prepare("provider", &settings);
        let own = house.form("/token", "grant_type=client_credentials&scope=decisions");
        let (ours, hello) = beside_bare(&house, vec![own]);
        let bound = 1.0 / (1.0 / hello + signature());
        row(
            &format!("client credentials, ES256 JWT, {name}"),
            &format!("{ours:.0}/s"),
            &format!("{bound:.0}/s: hello ({hello:.0}/s) + one ES256 signature, summed"),
            &format!("{:.2} (≥ 0.6)", ours / bound),
        );
        let tokens = house.access_tokens();
        let looked =
            tokens.iter().map(|token| house.form("/introspect", &format!("token={token}")));
        let (ours, hello) = beside_bare(&house, looked.collect());
        row(
            &format!("introspection, {name}"),
            &format!("{ours:.0}/s"),
            &format!("hello {hello:.0}/s"),
            &format!("{:.2} (≥ 0.4)", ours / hello),
        );
        let asked = tokens.iter().map(|token| {
            let headers = format!("Authorization: Bearer {token}\r\n");
            get(&house.server.address, &format!("/o/{OPERATOR}/userinfo"), &headers)
        });
        let (ours, hello) = beside_bare(&house, asked.collect());
        row(
            &format!("userinfo, {name}"),
            &format!("{ours:.0}/s"),
            &format!("hello {hello:.0}/s"),
            &format!("{:.2} (≥ 0.4)", ours / hello),
        );
    }
}

const CALLBACK_ENCODED: &str = "https%3A%2F%2Fvod.bench.example%2Fcallback";

/// One person comes to the page as a browser does and sends the password: three requests.
async fn try_password(wire: &mut Wire, house: &House, n: u64) -> Answer {
    let address = &house.server.address;
    let path = format!(
        "/o/{OPERATOR}/authorize?response_type=code&client_id={CLIENT}&scope=openid&nonce=n\
         &redirect_uri={CALLBACK_ENCODED}"
    );
    let begun = wire.call(&get(address, &path, "")).await;
    let cookie = between(&begun.head, "set-cookie: ", ";").to_owned();
    let page = between(&begun.head, "location: ", "\r\n");
    let (_, path) = page.split_once(address.as_str()).unwrap();
    let cookies = format!("Cookie: {cookie}\r\n");
    let shown = wire.call(&get(address, path, &cookies)).await;
    let body = String::from_utf8(shown.body).unwrap();
    let proof = between(&body, "name=\"proof\" value=\"", "\"");
    let form = format!("proof={proof}&username=person{n}&password=a+long+enough+password");
    let headers = format!(
        "{cookies}Origin: http://{address}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let path = path.replace("/signin?", "/signin/password?");
    wire.call(&post(address, &path, &headers, &form)).await
}

/// As [`try_password`], and the service redeems the code.
async fn sign_in(wire: &mut Wire, house: &House, n: u64) {
    let done = try_password(wire, house, n).await;
    let code = between(&done.head, "code=", "&");
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK_ENCODED}");
    let redeemed = wire.call(&house.form("/token", &form)).await;
    assert_eq!(redeemed.status, 200, "{}", String::from_utf8_lossy(&redeemed.body));
}

/// Whole sign-ins a second by `callers` at once.
fn sign_ins(house: &Arc<House>, callers: u64, time: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let done: u64 = runtime.block_on(async {
        let local = tokio::task::LocalSet::new();
        let each = |caller: u64| {
            let house = Arc::clone(house);
            async move {
                let mut wire = Wire::open(&house.server.address).await;
                let mut done = 0;
                while begun.elapsed() < time {
                    sign_in(&mut wire, &house, caller).await;
                    done += 1;
                }
                done
            }
        };
        local
            .run_until(async move {
                let tasks: Vec<_> =
                    (0..callers).map(|caller| tokio::task::spawn_local(each(caller))).collect();
                let mut all = 0;
                for task in tasks {
                    all += task.await.unwrap();
                }
                all
            })
            .await
    });
    done as f64 / begun.elapsed().as_secs_f64()
}

/// Verifications a second of the bare function with our parameters and its memory kept, in this process:
/// [`run_sign_in`] starts it on processor 0.
pub fn bare_argon() {
    let params = Params::new(19_456, 2, 1, Some(32)).unwrap();
    let mut memory = vec![Block::default(); params.block_count()];
    let function = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; 32];
    let taken = seconds(|| {
        for _ in 0..150 {
            let password = std::hint::black_box(PASSWORD.as_bytes());
            function
                .hash_password_into_with_memory(
                    password,
                    b"sixteen bytes ok",
                    &mut out,
                    &mut memory,
                )
                .unwrap();
        }
    });
    print!("{}", 150.0 / taken);
}

fn bare_verifications() -> f64 {
    let done = Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe().unwrap())
        .arg("bare-argon")
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap().trim().parse().unwrap()
}

/// Password sign-ins, the whole flow without a browser.
pub fn run_sign_in() {
    for (name, settings) in databases(&folder("sign-in")) {
        let house = Arc::new(prepare("sign-in", &settings));
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(bare_verifications());
            ours.push(sign_ins(&house, 8, ROUND * 2));
        }
        let (ours, bare) = (median(ours), median(bare));
        row(
            &format!("password sign-in, whole flow, one core, {name}"),
            &format!("{ours:.1}/s"),
            &format!("{bare:.1} Argon2id verifications/s on the same core"),
            &format!("{:.2} (≥ 0.9)", ours / bare),
        );
    }
}

/// Decisions at a steady pace: the 99th percentile in µs.
fn decisions(house: &House, requests: &[Vec<u8>], time: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut taken: Vec<f64> = runtime.block_on(async {
        let mut wire = Wire::open(&house.server.address).await;
        let (begun, mut taken) = (Instant::now(), Vec::new());
        let mut pace = tokio::time::interval(Duration::from_millis(4));
        let mut next = requests.iter().cycle();
        while begun.elapsed() < time {
            pace.tick().await;
            let sent = Instant::now();
            let answer = wire.call(next.next().unwrap()).await;
            assert_eq!(answer.status, 200);
            taken.push(sent.elapsed().as_secs_f64() * 1e6);
        }
        taken
    });
    taken.sort_by(f64::total_cmp);
    taken[taken.len() * 99 / 100]
}

/// Sign-ins that are sent 200 times a second and wait for nothing.
fn storm(house: &Arc<House>, time: Duration) -> std::thread::JoinHandle<u64> {
    let house = Arc::clone(house);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let local = tokio::task::LocalSet::new();
            local
                .run_until(async move {
                    let (begun, mut sent) = (Instant::now(), 0);
                    let mut pace = tokio::time::interval(Duration::from_millis(5));
                    while begun.elapsed() < time {
                        pace.tick().await;
                        let house = Arc::clone(&house);
                        tokio::task::spawn_local(async move {
                            let mut wire = Wire::open(&house.server.address).await;
                            try_password(&mut wire, &house, sent % PERSONS).await;
                        });
                        sent += 1;
                    }
                    sent
                })
                .await
        })
    })
}

/// Decisions at rest and while 200 sign-ins a second queue.
pub fn run_storm() {
    let settings = databases(&folder("storm")).remove(0).1;
    let house = Arc::new(prepare("storm", &settings));
    let json = house.tokens("grant_type=client_credentials&scope=decisions");
    let bearer = json["access_token"].as_str().unwrap();
    let headers = format!("Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\n");
    let requests: Vec<Vec<u8>> = house
        .subjects
        .iter()
        .map(|subject| {
            let body = format!(
                "{{\"subject\":{{\"type\":\"person\",\"id\":\"{subject}\"}},\
                 \"action\":{{\"name\":\"view\"}},\
                 \"resource\":{{\"type\":\"channel\",\"id\":\"101\"}}}}"
            );
            let path = format!("/o/{OPERATOR}/access/v1/evaluation");
            post(&house.server.address, &path, &headers, &body)
        })
        .collect();
    let (mut rest, mut under) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rest.push(decisions(&house, &requests, ROUND));
        let sent = storm(&house, ROUND + Duration::from_secs(1));
        under.push(decisions(&house, &requests, ROUND));
        assert!(sent.join().unwrap() > 300, "no storm");
        // What is queued is worked off before the next round.
        std::thread::sleep(Duration::from_secs(4));
    }
    let (rest, under) = (median(rest), median(under));
    row(
        "decision p99 while 200 sign-ins/s queue, one core",
        &format!("{under:.0} µs"),
        &format!("{rest:.0} µs at rest"),
        &format!("× {:.2} (≤ 1.5)", under / rest),
    );
}
