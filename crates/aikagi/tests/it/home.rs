//! At home: a set-top box signs its household in, for as little as being at home is worth and no longer than all
//! it stands on.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::boxes::NewBox;
use domain::clients::Grant;
use domain::commands::{self, Command, Op};
use domain::operators::{self, OperatorDraft, Policies};
use domain::subscribers::{self, HomeSignIn};
use domain::tokens::AccessClaims;
use formats::jose::SigningKey;
use serde_json::{Value as Json, json};

use crate::exchange;
use crate::viewers::{Answer, BASE, House, SECRET, claims};
use crate::world::{KITA, MINAMI, World, sato};

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A box in a home, and the key it holds.
pub struct Box {
    pub handle: String,
    pub key: SigningKey,
}

fn new_key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap()
}

fn jwk(key: &SigningKey) -> String {
    serde_json::to_string(key.public_jwk()).unwrap()
}

/// Some public key.
pub fn public_key() -> String {
    jwk(&new_key())
}

/// What a token about a household at home would say.
pub fn claims_of(household: &str) -> AccessClaims {
    let said = json!({"iss": "", "sub": household, "aud": "", "client_id": "service", "scope": "openid",
        "iat": 0, "exp": i64::MAX, "jti": "t", "operator": MINAMI, "grant": "home", "acr": "home", "hba": true});
    serde_json::from_value(said).unwrap()
}

/// Puts a box with a key up in the household `number`.
pub fn given_box(world: &World, number: &str, serial: &str) -> Box {
    let key = new_key();
    let new = NewBox {
        serial: serial.to_owned(),
        model: "ﾃﾚﾋﾞﾎﾞｯｸｽ 4K".to_owned(),
        name: "髙橋家の居間".to_owned(),
        area: "栄町".to_owned(),
        public_key: Some(jwk(&key)),
    };
    let number = number.to_owned();
    let handle = world.act(sato(), move |tx| commands::add_box(tx, &number, &new)).unwrap();
    Box { handle, key }
}

/// Lets the boxes of a station sign in, or not.
pub fn switch_home(house: &House, operator: &str, on: bool) {
    let scope = Scope::new(operator, sato(), clock::now());
    let work = move |tx: &mut Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let policies = Policies { home_sign_in: on, ..known.policies.clone() };
        let (name_ja, name_en) = (known.name_ja.clone(), known.name_en.clone());
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.world.db.transact(&scope, work).unwrap();
}

impl Box {
    fn says(&self, jti: &str) -> Json {
        json!({"iss": self.handle, "sub": self.handle, "aud": format!("{BASE}/o/KITA01"), "jti": jti,
            "exp": clock::now().ms() / 1000 + 200})
    }

    /// What it signs to be let in.
    pub fn assertion(&self, jti: &str) -> String {
        self.key.sign("JWT", &self.says(jti)).unwrap()
    }

    fn with(&self, jti: &str, changes: &Json) -> String {
        let mut said = self.says(jti);
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Json::Null => drop(said.as_object_mut().unwrap().remove(name)),
                value => said[name] = value.clone(),
            }
        }
        self.key.sign("JWT", &said).unwrap()
    }
}

/// Shows what a box signed, at an issuer as a client.
pub fn enter(house: &House, (issuer, client): (&str, &str), assertion: &str) -> Answer {
    let form = [("grant_type", JWT_BEARER), ("assertion", assertion), ("scope", "openid")];
    house.token_at(issuer, (client, SECRET), &form)
}

const OWN: (&str, &str) = ("/o/KITA01", "vod");

/// A household with a key, a box that proves itself, and a service that takes its word.
fn given_home(house: &House) -> Box {
    switch_home(house, KITA, true);
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::JwtBearer));
    house.world.given_contract("A-001");
    house.world.given_key("A-001", "BASIC");
    given_box(&house.world, "A-001", "STB-1")
}

fn let_in(house: &House, one: &Box, jti: &str) -> String {
    let answer = enter(house, OWN, &one.assertion(jti));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn is_active(house: &House, token: &str) -> bool {
    let told = house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", token)]);
    told.json()["active"] == true
}

#[test]
fn a_box_signs_its_household_in_for_a_day_and_names_nobody() {
    let house = House::new();
    let one = given_home(&house);

    let told = enter(&house, OWN, &one.assertion("one")).json();

    assert_eq!((&told["expires_in"], &told["scope"]), (&json!(86_400), &json!("openid")), "{told}");
    assert!(told.get("refresh_token").is_none() && told.get("id_token").is_none());
    let token = told["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!((&said["acr"], &said["hba"]), (&json!("home"), &json!(true)));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 86_400);
    let about = house.userinfo(token).json();
    assert_eq!(
        about,
        json!({"sub": said["sub"], "household": said["sub"], "operator": "KITA01",
        "acr": "home", "hba": true})
    );
    let told = house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", token)]);
    assert_eq!((&told.json()["acr"], &told.json()["hba"]), (&json!("home"), &json!(true)));
    assert!(
        !format!("{said}{}", told.body).contains("box_"),
        "no service learns of the box from us"
    );
    // The same household a person of it has.
    let mut viewer = house.given_viewer("A-002", "takahashi");
    let person = crate::logout::tokens(&house, &mut viewer, ("vod", crate::viewers::CALLBACK));
    let person = house.userinfo(person["access_token"].as_str().unwrap()).json();
    let other = given_box(&house.world, "A-002", "STB-2");
    let theirs = claims(&let_in(&house, &other, "two"));
    assert_eq!((&theirs["sub"], theirs["sub"] != said["sub"]), (&person["household"], true));
    assert_eq!(house.audited("home.entered"), 2);
}

#[test]
fn whatever_it_stands_on_ends_it_at_once_and_a_stop_for_good() {
    type Ends = fn(&House, &Box);
    fn sms(house: &House, op: Op) {
        let mut command = Command::new(&house.world.request_id(), op, "A-001");
        command.reason = (op == Op::Suspend).then_some(domain::subscribers::Reason::Unpaid);
        assert_eq!(house.world.send(command).code, None);
    }
    fn act(house: &House, work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<()> + Send + 'static) {
        house.world.act(sato(), work).unwrap();
    }
    let ends: &[(&str, Ends)] = &[
        ("home.not_active", |house, _| sms(house, Op::Suspend)),
        ("contract.stopped", |house, _| sms(house, Op::Stop)),
        ("", |house, _| {
            sms(house, Op::Stop);
            sms(house, Op::StopCancel);
        }),
        ("home.assertion_invalid", |house, one| {
            let handle = one.handle.clone();
            act(house, move |tx| commands::remove_box(tx, "A-001", &handle));
        }),
        ("home.assertion_invalid", |house, _| {
            let swap = Command {
                reference: Some("STB-1".to_owned()),
                new_device: Some("STB-9".to_owned()),
                ..Command::new("swap", Op::DeviceReplace, "A-001")
            };
            assert_eq!(house.world.send(swap).code, None);
        }),
        ("home.assertion_invalid", |house, one| {
            let handle = one.handle.clone();
            act(house, move |tx| commands::set_box_key(tx, "A-001", (&handle, &public_key())));
        }),
        ("home.household_off", |house, _| {
            act(house, |tx| {
                subscribers::switch_home_sign_in(tx, "A-001", HomeSignIn::Off).map(|_| ())
            });
        }),
        ("home.off", |house, _| switch_home(house, KITA, false)),
    ];
    for (at, (code, end)) in ends.iter().enumerate() {
        let house = House::new();
        let one = given_home(&house);
        let token = let_in(&house, &one, "one");
        assert!(is_active(&house, &token), "{at} {code}");

        end(&house, &one);

        assert!(!is_active(&house, &token), "{at} {code}");
        assert_eq!(house.userinfo(&token).status, 401, "{at} {code}");
        let again = enter(&house, OWN, &one.assertion("two"));
        let expected = if code.is_empty() { 200 } else { 400 };
        assert_eq!(again.status, expected, "{at} {code}: {}", again.body);
        if !code.is_empty() {
            assert_eq!(again.json()["error_description"], json!(code), "{at}");
        }
    }
}

#[test]
fn what_is_not_this_boxs_word_for_this_issuer_and_now_lets_nobody_in() {
    let house = House::new();
    let one = given_home(&house);
    let now = clock::now().ms() / 1000;
    let other = given_box(&house.world, "A-001", "STB-2");
    let issuer = format!("{BASE}/o/KITA01");
    let wrong = [
        one.with("w1", &json!({"aud": format!("{issuer}/token")})),
        one.with("w2", &json!({"aud": format!("{issuer}/")})),
        one.with("w3", &json!({"aud": [issuer, "https://other.example"]})),
        one.with("w4", &json!({"aud": null})),
        one.with("w5", &json!({"iss": other.handle})),
        one.with("w6", &json!({"sub": other.handle})),
        one.with("w7", &json!({"iss": other.handle, "sub": other.handle})),
        one.with("w8", &json!({"iss": "box_nobody", "sub": "box_nobody"})),
        one.with("w9", &json!({"iss": "box_\u{0}", "sub": "box_\u{0}"})),
        one.with("w10", &json!({"exp": now + 330})),
        one.with("w11", &json!({"exp": now - 30})),
        one.with("w12", &json!({"exp": null})),
        one.with("w13", &json!({"nbf": now + 100})),
        one.with("w14", &json!({"jti": null})),
        one.with("w15", &json!({"jti": ""})),
        one.key.sign("at+jwt", &one.says("w16")).unwrap(),
        format!("{}x", one.assertion("w17")),
        "a.b.c".to_owned(),
    ];
    for (at, assertion) in wrong.iter().enumerate() {
        let answer = enter(&house, OWN, assertion);
        assert_eq!(answer.status, 400, "{at}: {}", answer.body);
        let said = answer.json();
        let expected = (json!("invalid_grant"), json!("home.assertion_invalid"));
        assert_eq!(
            (&said["error"], &said["error_description"]),
            (&expected.0, &expected.1),
            "{at}"
        );
    }
    let good = one.assertion("once");
    assert_eq!(enter(&house, OWN, &good).status, 200);
    assert_eq!(enter(&house, OWN, &good).json()["error_description"], "home.assertion_invalid");
    house.given_client(KITA, "shop", |_| {});
    let refused = enter(&house, ("/o/KITA01", "shop"), &one.assertion("shop")).json();
    assert_eq!(refused["error_description"], "client.grant_not_allowed");
    for issuer in ["/o/MINA01", ""] {
        house.given_client(MINAMI, "vod", |terms| terms.grants.push(Grant::JwtBearer));
        assert_ne!(enter(&house, (issuer, "vod"), &one.assertion("away")).status, 200, "{issuer}");
    }
    assert_eq!(house.audited("home.entered"), 1);
}

#[test]
fn discovery_names_the_grant_only_where_the_station_has_it() {
    let house = House::new();
    let named = || {
        let told = house.get("/o/KITA01/.well-known/openid-configuration").json();
        told["grant_types_supported"].as_array().unwrap().contains(&json!(JWT_BEARER))
    };
    assert!(!named(), "off by default");
    switch_home(&house, KITA, true);
    assert!(named());
    let platform = house.get("/.well-known/openid-configuration").json();
    assert!(!platform["grant_types_supported"].as_array().unwrap().contains(&json!(JWT_BEARER)));
}

#[test]
fn a_token_of_who_is_at_home_is_no_persons_and_no_clients() {
    let house = House::new();
    let one = given_home(&house);
    exchange::switch_exchange(&house, KITA, true);
    house.given_client(KITA, "vod", |terms| {
        terms.grants.extend([Grant::JwtBearer, Grant::TokenExchange]);
        terms.scopes = ["openid", "offline_access", "decisions"].map(str::to_owned).to_vec();
    });
    let token = let_in(&house, &one, "one");
    let mut viewer = house.given_viewer("A-002", "takahashi");
    let person = crate::logout::tokens(&house, &mut viewer, ("vod", crate::viewers::CALLBACK));
    let person = person["access_token"].as_str().unwrap();
    for both in [(token.as_str(), person), (person, token.as_str())] {
        let told = exchange::exchange_at(&house, OWN, both, &[]).json();
        assert_eq!(told["error_description"], "exchange.token_invalid", "{told}");
    }
    let wider = [
        ("grant_type", JWT_BEARER),
        ("assertion", &one.assertion("wide")),
        ("scope", "openid decisions"),
    ];
    let told = house.token(&wider);
    assert_ne!(told.status, 200, "{}", told.body);
    let back = house.client_form("/o/KITA01/revoke", ("vod", SECRET), &[("token", &token)]);
    assert_eq!((back.status.as_u16(), is_active(&house, &token)), (400, true));
    house.given_client(KITA, "shop", |terms| terms.grants.push(Grant::JwtBearer));
    let told = house.client_form("/o/KITA01/introspect", ("shop", SECRET), &[("token", &token)]);
    assert_eq!(told.json(), json!({"active": false}));
}

#[test]
fn a_key_with_its_private_part_or_of_another_kind_is_not_taken_down() {
    let world = World::new();
    world.given_contract("A-001");
    let one = given_box(&world, "A-001", "STB-1");
    let mut private: Json = serde_json::from_str(&public_key()).unwrap();
    private["d"] = json!("c2VjcmV0");
    let secret = json!({"kty": "oct", "k": "c2VjcmV0"});
    let half = json!({"kty": "EC", "crv": "P-256", "x": "AA"});
    for key in [private.to_string(), secret.to_string(), half.to_string(), "髙橋".to_owned()] {
        let handle = one.handle.clone();
        let set = move |tx: &mut Tx<'_>| commands::set_box_key(tx, "A-001", (&handle, &key));
        let error = world.act(sato(), set).unwrap_err();
        assert_eq!(error.code(), "device.key_malformed");
    }
}
