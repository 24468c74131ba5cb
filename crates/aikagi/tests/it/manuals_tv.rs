//! The manual of the television is true: who sends what it shows is let in.

use std::collections::BTreeSet;

use domain::clients::{AuthMethod, Grant, Proof};
use serde_json::Value as Json;

use crate::house::source::read;
use crate::manuals::blocks;
use crate::viewers::{Answer, House, claims};
use crate::world::KITA;

const PAGE: &str = "docs/api/tv.md";
/// The issuer of the manual, and the one of the test.
const SHOWN: &str = "https://id.example.jp/o/OP0012";
const OURS: &str = "https://id.example.jp/o/KITA01";

/// A request of the manual: its path, and what it sends.
fn request(shell: &str) -> (String, Vec<(String, String)>) {
    let line = shell.replace("\\\n", " ");
    let (to, sent) = line.split_once(" -d ").unwrap();
    let path = to.trim().strip_prefix("curl ").unwrap().replace(SHOWN, "/o/KITA01");
    let pair = |part: &str| {
        let (name, value) = part.trim().split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('\'').to_owned())
    };
    (path.trim().to_owned(), sent.split(" -d ").map(pair).collect())
}

fn send(house: &House, (path, form): &(String, Vec<(String, String)>)) -> Answer {
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    house.public_form(path, &form)
}

fn keys(json: &Json) -> BTreeSet<&String> {
    json.as_object().unwrap().keys().collect()
}

/// A house with the client the manual registers.
fn house() -> House {
    let house = House::new();
    house.given_client(KITA, "milplus-tv", |terms| {
        terms.method = AuthMethod::None;
        terms.proof = Proof::None;
        terms.redirect_uris = Vec::new();
        terms.grants = vec![Grant::DeviceCode, Grant::RefreshToken, Grant::JwtBearer];
        terms.scopes = vec!["openid".to_owned(), "offline_access".to_owned()];
        terms.sector = "vod.example.jp".to_owned();
    });
    house
}

#[test]
fn a_television_that_does_what_its_manual_shows_is_let_in_and_answered_as_it_shows() {
    let house = house();
    let page = read(PAGE);
    let requests: Vec<_> = blocks(&page, "sh").iter().map(|shell| request(shell)).collect();
    let [ask, poll, boxes @ ..] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(boxes.len(), 3, "{requests:?}");
    let shown: Json = serde_json::from_str(&blocks(&page, "json")[0]).unwrap();

    let asked = send(&house, ask).json();
    assert_eq!(keys(&asked), keys(&shown));
    for same in ["expires_in", "interval", "verification_uri"] {
        let said = asked[same].to_string().replace(OURS, SHOWN);
        assert_eq!(said, shown[same].to_string(), "{same}");
    }
    let text = |name: &str| asked[name].as_str().unwrap().to_owned();
    for long in ["user_code", "confirmation_number"] {
        assert_eq!(text(long).len(), shown[long].as_str().unwrap().len(), "{long}");
    }

    let (path, mut form) = poll.clone();
    let code = form.iter_mut().find(|(name, _)| name == "device_code").unwrap();
    code.1 = text("device_code");
    let poll = (path, form);
    assert_eq!(send(&house, &poll).json()["error"], "authorization_pending");
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let whole = text("verification_uri_complete").replace(OURS, "/o/KITA01");
    let page = viewer.look(&whole).body;
    assert!(page.contains("STB-9000"), "the viewer is told the model: {page}");
    let (user_code, number) = (text("user_code"), text("confirmation_number"));
    let form = [
        ("user_code", user_code.replace('-', "")),
        ("decision", "allow".to_owned()),
        ("number", number),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = viewer.send_form("/o/KITA01/device", &form);
    assert_eq!(done.status, 200, "{}", done.body);

    // What the box signs is only hinted at; everything else is right, and the station has not switched it on.
    for signed in boxes {
        assert_eq!(send(&house, signed).json()["error_description"], "home.off");
    }
    let tokens = send(&house, &poll).json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["aud"], "milplus-tv");
    assert!(tokens["refresh_token"].is_string(), "it stays signed in: {tokens}");
}

#[test]
fn the_manual_says_what_to_do_at_each_answer_to_a_television_that_asks() {
    let page = read(PAGE);
    let (_, rest) = page.split_once("## Asking for the tokens\n").unwrap();
    let table = rest.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let named: BTreeSet<&str> = rows.filter(|row| *row != "error").collect();
    let source = read("crates/federation/src/oidc/token/device.rs");
    let answers = source.split("=> (\"").skip(1).filter_map(|rest| rest.split('"').next());
    let known: BTreeSet<&str> = answers.chain(["invalid_grant"]).collect();
    assert_eq!(named, known);
}
