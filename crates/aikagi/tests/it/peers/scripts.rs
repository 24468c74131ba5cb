//! Every client and every grant, driven by the libraries themselves.
//!
//! A program of `tests/peers` is told `ISSUER`, `SITE` and its proofs in the environment. When a person
//! is to do something it prints a line and reads the address where the browser is afterwards:
//! `browse ADDRESS` until the browser comes back to `{SITE}`, where nobody listens; `confirm` or `refuse
//! ADDRESS NUMBER` on the page of a television's code. It prints `done` at its end, or says what is wrong.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use formats::jose::{JwkSet, SigningKey};
use url::Url;

use super::programs::{node, ours, packages, python, told};
use super::{Browser, Issuer};
use crate::world::Running;

const SITE: &str = "http://127.0.0.1:9999";

/// An issuer with a client for each way to prove who it is, and the key of `signer`.
fn issuer() -> (Issuer, String) {
    issuer_with("")
}

/// The same, with `policies` of the station.
fn issuer_with(policies: &str) -> (Issuer, String) {
    let pkcs8 = SigningKey::generate().unwrap();
    let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    let client = |id: &str, more: &str| {
        let place = if id == "everywhere" { "clients" } else { "operators.clients" };
        format!(
            "[[{place}]]\nid = \"{id}\"\nname_ja = \"みるぷらす㈱ {id}\"\n\
             name_en = \"Miruplus {id}\"\nredirect_uris = [\"{SITE}/callback\"]\n\
             profile.refresh = \"rotated\"\n{more}\n"
        )
    };
    let secret = "secret_file = \"client.secret\"\n";
    let clients = [
        client("basic", secret),
        client("post", &format!("{secret}method = \"client_secret_post\"")),
        client("signer", "method = \"private_key_jwt\"\njwks_file = \"signer.jwks\""),
        client("app", "method = \"none\"\ngrants = [\"authorization_code\", \"refresh_token\"]"),
        client(
            "bound",
            &format!("{secret}profile.dpop_bound_access_tokens = true\nprofile.dpop_nonces = true"),
        ),
        client("everywhere", secret),
        client("tv", "method = \"none\"\ngrants = [\"device_code\", \"refresh_token\"]"),
    ];
    let station = format!("{policies}{}", clients.concat());
    let issuer = Issuer::new(&station, &[("signer.jwks", &set)], "127.0.0.1:9999");
    (issuer, STANDARD.encode(pkcs8))
}

/// Does what a program wants of the person; the address where the browser is afterwards.
fn act(browser: &mut Browser<'_>, line: &str) -> Option<Url> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["browse", url] => {
            let comes_back = |url: &Url| url.as_str().starts_with(SITE);
            let page = browser.open_up_to(url, &comes_back);
            Some(browser.sign_in(page, &comes_back).url)
        }
        ["confirm", url, number] => Some(browser.decide(url, number, "allow").url),
        ["refuse", url, number] => Some(browser.decide(url, number, "refuse").url),
        _ => None,
    }
}

/// Runs a program to its end, with a person who opens what it says.
fn run(make: impl FnOnce(&Path) -> Command) {
    run_at(issuer(), make);
}

fn run_at((issuer, key): (Issuer, String), make: impl FnOnce(&Path) -> Command) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = make(folder.path());
    told(&mut command, &issuer, "basic").env("SITE", SITE).env("CLIENT_KEY", key);
    let said = folder.path().join("said.txt");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(std::fs::File::create(&said).unwrap());
    let mut process = Running(command.spawn().unwrap());
    let mut answer = process.0.stdin.take().unwrap();
    let lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
    let mut browser = Browser::new(&issuer);
    let mut last = String::new();
    for line in lines.map_while(Result::ok) {
        if let Some(after) = act(&mut browser, &line) {
            writeln!(answer, "{after}").unwrap();
        }
        last = line;
    }
    let status = process.0.wait().unwrap();
    let said = std::fs::read_to_string(said).unwrap();
    assert!(status.success() && last == "done", "{status}, at last: {last}\n{said}");
    assert_eq!(issuer.audited("person.registered"), 1);
}

#[test]
#[ignore = "needs Node and its packages: ./check runs it with TEST_PEERS"]
fn peer_openid_client_uses_every_client_and_grant() {
    run(|folder| node("whole.mjs", folder));
}

#[test]
#[ignore = "needs Node and its packages: ./check runs it with TEST_PEERS"]
fn peer_openid_client_binds_tokens_to_a_key_and_answers_our_word() {
    run(|folder| node("dpop.mjs", folder));
}

#[test]
#[ignore = "needs Node and its packages: ./check runs it with TEST_PEERS"]
fn peer_openid_client_registers_itself() {
    let (issuer, key) = issuer_with("policies.registration = { enabled = true }\n");
    let make = ["client", "registration-token", "--operator", super::issuer::STATION];
    let said = issuer.folder.run(&make).well();
    let token = said.trim().rsplit(' ').next().unwrap().to_owned();
    run_at((issuer, key), |folder| {
        let mut command = node("register.mjs", folder);
        command.env("INITIAL_TOKEN", token);
        command
    });
}

#[test]
#[ignore = "needs Python and its packages: ./check runs it with TEST_PEERS"]
fn peer_authlib_uses_every_client_and_grant() {
    run(|folder| python("whole.py", folder));
}

#[test]
#[ignore = "needs Node and its packages: ./check runs it with TEST_PEERS"]
fn peer_openid_client_signs_in_on_a_television() {
    run(|folder| node("tv.mjs", folder));
}

#[test]
#[ignore = "needs Python and its packages: ./check runs it with TEST_PEERS"]
fn peer_authlib_signs_in_on_a_television() {
    run(|folder| python("tv.py", folder));
}

#[test]
#[ignore = "needs a program that ./check builds: it runs it with TEST_PEERS"]
fn peer_openidconnect_signs_in_refreshes_and_acts_for_itself() {
    run(|_| ours(&packages().join("rust/debug/aikagi-peer"), &[]));
}

#[test]
#[ignore = "needs what ./check sets up: it runs it with TEST_PEERS"]
fn peer_libraries_do_not_speak_to_a_server_whose_authority_they_do_not_know() {
    let ((issuer, key), (other, _)) = (issuer(), issuer());
    let folder = tempfile::tempdir().unwrap();
    let programs = [
        node("whole.mjs", folder.path()),
        python("whole.py", folder.path()),
        ours(&packages().join("rust/debug/aikagi-peer"), &[]),
    ];
    for mut program in programs {
        told(&mut program, &issuer, "basic").env("SITE", SITE).env("CLIENT_KEY", &key);
        for name in ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CA_FILE"] {
            program.env(name, other.folder.path("ca.pem"));
        }
        let ended = program.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).to_lowercase();
        assert!(!ended.status.success() && said.contains("certificate"), "{program:?}: {said}");
    }
}
