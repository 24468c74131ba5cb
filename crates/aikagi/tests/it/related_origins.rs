//! Passkeys for a domain of the operator's own, used at the places it names and nowhere else.

use axum::body::Body;
use base::kernel::{Change, Result, Scope, clock};
use domain::operators::{self, OperatorDraft, PasskeySite};
use http::Request;
use serde_json::json;

use crate::authenticator::Authenticator;
use crate::passkeys::{add, asked_to_make, given_passkey, reasons, sign_in};
use crate::viewers::{Answer, BASE, House, Viewer, authorize_at};
use crate::world::{KITA, MINAMI, sato};

const DOMAIN: &str = "kitahama.example";
const OWN: &str = "https://my.kitahama.example";

fn set(house: &House, operator: &str, rp_id: &str, origins: &[&str]) -> Result<Change> {
    let site = PasskeySite {
        rp_id: rp_id.to_owned(),
        origins: origins.iter().map(|one| (*one).to_owned()).collect(),
    };
    let scope = Scope::new(operator, sato(), clock::now());
    house.world.db.transact(&scope, move |tx| {
        let known = operators::find_operator(tx)?;
        let mut policies = known.policies;
        policies.passkeys = site.clone();
        let (name_ja, name_en) = (known.name_ja, known.name_en);
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    })
}

fn kitahama() -> House {
    let house = House::new();
    assert_eq!(set(&house, KITA, DOMAIN, &[OWN]), Ok(Change::Made));
    house
}

/// The file, asked for at a host.
fn listed(house: &House, path: &str, host: Option<&str>) -> Answer {
    let mut request = Request::get(format!("{path}/.well-known/webauthn"));
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let request = request.header("x-forwarded-host", "minamino.example");
    house.call(request.body(Body::empty()).unwrap())
}

fn given_phone(viewer: &mut Viewer<'_>) -> Authenticator {
    let mut phone = Authenticator::new();
    DOMAIN.clone_into(&mut phone.rp_id);
    let asked = asked_to_make(viewer);
    assert_eq!(asked["rp"]["id"], DOMAIN);
    let added = add(viewer, &phone.create(&asked), "スマホ");
    assert_eq!(added.status, 200, "{}", added.body);
    phone
}

#[test]
fn a_passkey_made_at_one_origin_of_an_operator_works_at_its_others_and_nowhere_else() {
    let house = kitahama();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_phone(&mut owner);
    let mut viewer = Viewer::new(&house);
    for origin in [BASE, OWN] {
        origin.clone_into(&mut phone.origin);
        let done = sign_in(&mut viewer, &mut phone);
        assert!(done.led_with("code").is_some(), "{origin}: {}", done.body);
    }
    for elsewhere in [
        "https://kitahama.example",
        "https://www.kitahama.example",
        "https://my.kitahama.example:8443",
        "http://my.kitahama.example",
        "https://my.kitahama.example.evil.example",
        "https://minamino.example",
    ] {
        elsewhere.clone_into(&mut phone.origin);
        let refused = sign_in(&mut viewer, &mut phone);
        assert_eq!(refused.refusal(), "passkey.refused", "{elsewhere}");
        assert_eq!(reasons(&house).last().unwrap(), "origin", "{elsewhere}");
        OWN.clone_into(&mut phone.origin);
        phone.counter += 1;
    }
    for other in ["id.example.jp", "my.kitahama.example", "example"] {
        other.clone_into(&mut phone.rp_id);
        assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused", "{other}");
        assert_eq!(reasons(&house).last().unwrap(), "rp_id", "{other}");
    }
    DOMAIN.clone_into(&mut phone.rp_id);
    assert!(sign_in(&mut viewer, &mut phone).led_with("code").is_some(), "no harm was done");
    let mut made_there = Authenticator::new();
    (made_there.rp_id, made_there.origin) = (DOMAIN.to_owned(), OWN.to_owned());
    let mut signed_in = house.given_viewer("A-002", "suzuki");
    let asked = asked_to_make(&mut signed_in);
    assert_eq!(add(&mut signed_in, &made_there.create(&asked), "あちら").status, 200);
    BASE.clone_into(&mut made_there.origin);
    assert!(sign_in(&mut viewer, &mut made_there).led_with("code").is_some());
}

#[test]
fn what_one_operator_names_is_worth_nothing_at_another() {
    let house = kitahama();
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize_at("/o/MINA01", &[]));
    let asked = viewer.submit("passkey/ask", &[]).json();
    assert_eq!(
        asked["publicKey"]["rpId"].as_str().or(asked["rpId"].as_str()),
        Some("id.example.jp")
    );
    let before = set(&house, MINAMI, DOMAIN, &[]).unwrap_err();
    assert_eq!(before.code(), "operator.rp_id_taken");
    let base = listed(&house, "/o/MINA01", Some(DOMAIN));
    assert_eq!(base.json(), json!({"origins": [BASE]}), "its own, whatever host is said");
}

#[test]
fn the_file_of_a_domain_names_the_origins_answers_are_taken_from() {
    let house = kitahama();
    assert_eq!(set(&house, MINAMI, "minamino.example", &[]), Ok(Change::Made));
    let own = json!({"origins": [BASE, OWN]});
    for (path, host) in [
        ("", Some(DOMAIN)),
        ("", Some("kitahama.example:443")),
        ("", Some("KITAHAMA.example")),
        ("/o/KITA01", None),
        ("/o/KITA01", Some("id.example.jp")),
        ("/o/KITA01", Some("evil.example")),
    ] {
        let told = listed(&house, path, host);
        assert_eq!((told.status.as_u16(), told.json()), (200, own.clone()), "{path} {host:?}");
        assert_eq!(told.headers["content-type"], "application/json");
    }
    let ours = json!({"origins": [BASE]});
    assert_eq!(listed(&house, "", None).json(), ours);
    assert_eq!(listed(&house, "", Some("id.example.jp")).json(), ours);
    assert_eq!(listed(&house, "", Some("minamino.example")).json(), ours);
    for nobody in ["evil.example", "my.kitahama.example", "kitahama.example.", "192.0.2.1", "%00"] {
        assert_eq!(listed(&house, "", Some(nobody)).status, 404, "{nobody}");
    }
    assert_eq!(listed(&house, "/o/NOBODY", Some(DOMAIN)).status, 404);
}

#[test]
fn what_is_unsafe_is_refused_and_nothing_changes() {
    let house = kitahama();
    for (rp_id, origins) in [
        ("ne.jp", vec![]),
        ("", vec![OWN]),
        (DOMAIN, vec!["http://my.kitahama.example"]),
        (DOMAIN, vec!["https://*.kitahama.example"]),
    ] {
        let refused = set(&house, KITA, rp_id, &origins).unwrap_err();
        assert_eq!(refused.code(), "operator.passkeys_malformed", "{rp_id} {origins:?}");
    }
    assert_eq!(listed(&house, "", Some(DOMAIN)).json(), json!({"origins": [BASE, OWN]}));
    // Our own domain is everybody's: none has origins of its own there.
    assert_eq!(set(&house, KITA, "id.example.jp", &[OWN]), Ok(Change::Made));
    let ours = json!({"origins": [BASE]});
    assert_eq!(listed(&house, "", Some("id.example.jp")).json(), ours);
    assert_eq!(listed(&house, "/o/KITA01", None).json(), ours);
    assert_eq!(listed(&house, "", Some(DOMAIN)).status, 404, "it was given back");
    assert_eq!(set(&house, MINAMI, DOMAIN, &[]), Ok(Change::Made));
}

#[test]
fn passkeys_of_another_domain_rest_while_the_operator_has_one_of_its_own() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut phone = given_passkey(&mut owner, "スマホ");
    let mut viewer = Viewer::new(&house);
    set(&house, KITA, DOMAIN, &[]).unwrap();
    assert_eq!(sign_in(&mut viewer, &mut phone).refusal(), "passkey.refused");
    assert_eq!(reasons(&house), ["rp_id"]);
    set(&house, KITA, "", &[]).unwrap();
    assert!(sign_in(&mut viewer, &mut phone).led_with("code").is_some());
}
