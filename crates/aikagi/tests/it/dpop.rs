//! Tokens bound to a key: worth something only beside a proof of that key, made for this very call.

use std::sync::Arc;

use axum::body::Body;
use base::kernel::{Actor, Scope, clock};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clients::{AuthMethod, ClientKind, ClientTerms, Grant, Proof};
use domain::tokens::{AccessTokens, Asked, Confirmation, KeyProof};
use formats::jose::{SigningAlgorithm, SigningKey};
use http::Request;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::Serializer;

use crate::calls::Doors;
use crate::doors_world::basic;
use crate::viewers::{Answer, BASE, CALLBACK, House, SECRET, VERIFIER, Viewer, authorize, claims};
use crate::world::KITA;

const TOKEN: &str = "/o/KITA01/token";
const USERINFO: &str = "/o/KITA01/userinfo";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A key of somebody, and proofs of it.
pub struct Holder {
    key: SigningKey,
}

impl Holder {
    pub fn new() -> Self {
        Self::of(SigningAlgorithm::Es256)
    }

    pub fn of(algorithm: SigningAlgorithm) -> Self {
        let der = SigningKey::generate_for(algorithm).unwrap();
        Self { key: SigningKey::from_pkcs8(&der).unwrap() }
    }

    fn jkt(&self) -> &str {
        self.key.kid()
    }

    /// A proof for `method` at `path`, with claims replaced, added, or (null) left out.
    pub fn proof_saying(&self, (method, path): (&str, &str), changes: &[(&str, Json)]) -> String {
        let mut said = json!({"jti": base::kernel::ids::new_id("prf", clock::now()),
            "htm": method, "htu": format!("{BASE}{path}"), "iat": clock::now().ms() / 1000});
        for (name, value) in changes {
            said[*name] = value.clone();
        }
        said.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let header = json!({"typ": "dpop+jwt", "alg": self.key.algorithm().name(),
            "jwk": self.key.public_jwk()});
        self.key.sign_with_header(&header, &said).unwrap()
    }

    pub fn proof(&self, call: (&str, &str)) -> String {
        self.proof_saying(call, &[])
    }

    pub fn proof_with(&self, call: (&str, &str), token: &str) -> String {
        self.proof_saying(call, &[("ath", json!(hash(token)))])
    }
}

pub fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// A form with proofs; `client`: one with a secret, else it says itself who it is.
pub fn send(
    house: &House,
    (path, client): (&str, Option<&str>),
    (form, proofs): (&[(&str, &str)], &[&str]),
) -> Answer {
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    let mut request =
        Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    if let Some(id) = client {
        request = request.header("authorization", basic(id));
    }
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    house.call(request.body(Body::from(body)).unwrap())
}

pub fn redeem(house: &House, client: Option<&str>, code: &str, proofs: &[&str]) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.unwrap_or("app")),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    send(house, (TOKEN, client), (&form, proofs))
}

fn refresh(house: &House, client: Option<&str>, token: &str, proofs: &[&str]) -> Answer {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client.unwrap_or("app")),
        ("refresh_token", token),
    ];
    send(house, (TOKEN, client), (&form, proofs))
}

fn own_token(house: &House, proofs: &[&str]) -> Answer {
    send(house, (TOKEN, Some("vod")), (&[("grant_type", "client_credentials")], proofs))
}

pub fn show(house: &House, path: &str, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
    let mut request = Request::get(path).header("authorization", format!("{scheme} {token}"));
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    house.call(request.body(Body::empty()).unwrap())
}

pub fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{name}: {}", answer.body)).to_owned()
}

pub fn error(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), text(answer, "error"))
}

fn given_app(house: &House) {
    house.given_client(KITA, "app", |terms: &mut ClientTerms| {
        (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
        terms.grants = vec![Grant::AuthorizationCode, Grant::RefreshToken, Grant::DeviceCode];
        terms.scopes = vec!["openid".to_owned()];
        terms.profile.refresh = None;
    });
}

fn code(viewer: &mut Viewer<'_>, changes: &[(&str, &str)]) -> String {
    let sent = viewer.get(&authorize(changes));
    sent.led_with("code").unwrap_or_else(|| panic!("{}", sent.location()))
}

#[test]
fn a_bound_token_is_worth_something_only_beside_a_proof_for_this_very_call() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for algorithm in SigningAlgorithm::ALL {
        let holder = Holder::of(algorithm);
        let code = code(&mut viewer, &[]);
        let tokens = redeem(&house, Some("vod"), &code, &[&holder.proof(("POST", TOKEN))]);
        assert_eq!(tokens.json()["token_type"], "DPoP", "{}", tokens.body);
        let token = text(&tokens, "access_token");
        assert_eq!(claims(&token)["cnf"], json!({"jkt": holder.jkt()}));
        assert!(claims(&text(&tokens, "id_token")).get("cnf").is_none());

        let good = holder.proof_with(("GET", USERINFO), &token);
        assert_eq!(show(&house, USERINFO, "DPoP", &token, &[&good]).status, 200);
        let twice = show(&house, USERINFO, "DPoP", &token, &[&good]);
        assert_eq!((twice.status.as_u16(), twice.refusal()), (401, "dpop.proof_invalid"));

        let bearer = house.userinfo(&token);
        assert_eq!((bearer.status.as_u16(), bearer.refusal()), (401, "token.bound"));
        let challenge = bearer.headers["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.starts_with("DPoP ") && challenge.contains("invalid_token"));

        let asked =
            house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", &token)]);
        assert_eq!(asked.json()["token_type"], "DPoP");
        assert_eq!(asked.json()["cnf"]["jkt"], holder.jkt());
    }
    let metadata = house.get("/o/KITA01/.well-known/openid-configuration").json();
    let named = ["ES256", "ES384", "PS256", "RS256", "EdDSA"];
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(named));
}

#[test]
fn a_proof_of_something_else_opens_nothing_at_a_resource() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (holder, thief) = (Holder::new(), Holder::new());
    let given = |viewer: &mut Viewer<'_>| {
        let code = code(viewer, &[]);
        let tokens = redeem(&house, Some("vod"), &code, &[&holder.proof(("POST", TOKEN))]);
        text(&tokens, "access_token")
    };
    let (token, other) = (given(&mut viewer), given(&mut viewer));
    let at = ("GET", USERINFO);
    let ath = || ("ath", json!(hash(&token)));
    let now = clock::now().ms() / 1000;
    let bad = [
        thief.proof_with(at, &token),
        holder.proof(at),
        holder.proof_with(at, &other),
        holder.proof_with(("POST", USERINFO), &token),
        holder.proof_with(("get", USERINFO), &token),
        holder.proof_with(("GET", TOKEN), &token),
        holder.proof_with(("GET", "/o/MINA01/userinfo"), &token),
        holder.proof_with(("GET", "/userinfo"), &token),
        holder.proof_saying(at, &[ath(), ("htu", json!("https://evil.example/o/KITA01/userinfo"))]),
        holder.proof_saying(at, &[ath(), ("iat", json!(now - 75))]),
        holder.proof_saying(at, &[ath(), ("iat", json!(now + 30))]),
        holder.proof_saying(at, &[ath(), ("iat", json!(i64::MAX))]),
        holder.proof_saying(at, &[ath(), ("jti", Json::Null)]),
        holder.key.sign("dpop+jwt", &json!({"jti": "x"})).unwrap(),
        token.clone(),
        String::new(),
        "髙橋".to_owned(),
    ];
    for proof in &bad {
        let shown = show(&house, USERINFO, "DPoP", &token, &[proof]);
        assert_eq!(
            (shown.status.as_u16(), shown.refusal()),
            (401, "dpop.proof_invalid"),
            "{proof}"
        );
        let challenge = shown.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("invalid_dpop_proof"), "{challenge}");
    }
    let two = [holder.proof_with(at, &token), holder.proof_with(at, &token)];
    let both = show(&house, USERINFO, "DPoP", &token, &[&two[0], &two[1]]);
    assert_eq!(both.refusal(), "dpop.proof_invalid", "one header, or none");
    assert_eq!(show(&house, USERINFO, "DPoP", &token, &[]).refusal(), "dpop.proof_invalid");
    let late = holder.proof_saying(at, &[ath(), ("iat", json!(now - 50))]);
    let spelt =
        holder.proof_saying(at, &[ath(), ("htu", json!(format!("{BASE}{USERINFO}?a=b#c")))]);
    for good in [late, spelt, two[0].clone()] {
        assert_eq!(show(&house, USERINFO, "DPoP", &token, &[&good]).status, 200, "{good}");
    }
    let plain = house.redeem(&code(&mut viewer, &[]));
    let unbound = text(&plain, "access_token");
    let proof = holder.proof_with(at, &unbound);
    assert_eq!(show(&house, USERINFO, "DPoP", &unbound, &[&proof]).refusal(), "token.invalid");
    assert_eq!(show(&house, USERINFO, "Bearer", &unbound, &["nonsense"]).status, 200);
}

#[test]
fn a_bad_proof_at_the_token_endpoint_spends_neither_code_nor_refresh_token() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_app(&house);
    let holder = Holder::new();
    let code = code(&mut viewer, &[("client_id", "app")]);
    let at = ("POST", TOKEN);
    let used = holder.proof(at);
    assert_eq!(own_token(&house, &[&used]).status, 200);
    let bad = [
        used,
        holder.proof(("GET", TOKEN)),
        holder.proof(("POST", "/o/MINA01/token")),
        holder.proof(("POST", "/o/KITA01/par")),
        holder.proof_saying(at, &[("iat", json!(clock::now().ms() / 1000 - 80))]),
        "e30.e30.".to_owned(),
    ];
    let invalid = (400, "invalid_dpop_proof".to_owned());
    for proof in &bad {
        assert_eq!(error(&redeem(&house, None, &code, &[proof])), invalid, "{proof}");
    }
    let tokens = redeem(&house, None, &code, &[&holder.proof(at)]);
    let token = text(&tokens, "refresh_token");
    for proof in &bad {
        assert_eq!(error(&refresh(&house, None, &token, &[proof])), invalid);
    }
    let turned = refresh(&house, None, &token, &[&holder.proof(at)]);
    assert_eq!((turned.status.as_u16(), &turned.json()["token_type"]), (200, &json!("DPoP")));
}

#[test]
fn refresh_tokens_of_who_proves_nothing_else_stay_with_their_key_and_others_may_change_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_app(&house);
    let (holder, other) = (Holder::new(), Holder::new());
    let at = ("POST", TOKEN);
    let code_of_app = code(&mut viewer, &[("client_id", "app")]);
    let tokens = redeem(&house, None, &code_of_app, &[&holder.proof(at)]);
    let first = text(&tokens, "refresh_token");
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(error(&refresh(&house, None, &first, &[])), refused);
    assert_eq!(error(&refresh(&house, None, &first, &[&other.proof(at)])), refused);
    let turned = refresh(&house, None, &first, &[&holder.proof(at)]);
    let second = text(&turned, "refresh_token");
    assert_ne!(first, second);
    assert_eq!(claims(&text(&turned, "access_token"))["cnf"]["jkt"], holder.jkt());
    let lost = refresh(&house, None, &first, &[&holder.proof(at)]);
    assert_eq!(text(&lost, "refresh_token"), second, "an answer was lost");
    assert_eq!(error(&refresh(&house, None, &first, &[&other.proof(at)])), refused);
    assert_eq!(refresh(&house, None, &second, &[&holder.proof(at)]).status, 200, "nobody ended it");

    let tokens = redeem(&house, Some("vod"), &code(&mut viewer, &[]), &[&holder.proof(at)]);
    let turned = refresh(&house, Some("vod"), &text(&tokens, "refresh_token"), &[&other.proof(at)]);
    assert_eq!(claims(&text(&turned, "access_token"))["cnf"]["jkt"], other.jkt());
}

#[test]
fn a_code_asked_for_with_a_key_is_redeemed_with_that_key_alone() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (holder, thief) = (Holder::new(), Holder::new());
    let at = ("POST", TOKEN);
    let named = code(&mut viewer, &[("dpop_jkt", holder.jkt())]);
    let push = |changes: &[(&str, &str)], proofs: &[&str]| {
        let challenge = formats::jose::pkce_s256_challenge(VERIFIER);
        let form = [
            ("client_id", "vod"),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        send(&house, ("/o/KITA01/par", Some("vod")), (&[&form, changes].concat(), proofs))
    };
    let par = ("POST", "/o/KITA01/par");
    let both = push(&[("dpop_jkt", holder.jkt())], &[&holder.proof(par)]);
    let shown = push(&[], &[&holder.proof(par)]);
    let mut pushed = |answer: &Answer| {
        let uri = text(answer, "request_uri");
        let query = Serializer::new(String::new())
            .extend_pairs([("client_id", "vod"), ("request_uri", uri.as_str())])
            .finish();
        viewer.get(&format!("/o/KITA01/authorize?{query}")).led_with("code").unwrap()
    };
    for code in [named, pushed(&both), pushed(&shown)] {
        let refused = (400, "invalid_grant".to_owned());
        assert_eq!(error(&redeem(&house, Some("vod"), &code, &[])), refused);
        assert_eq!(error(&redeem(&house, Some("vod"), &code, &[&thief.proof(at)])), refused);
        assert_eq!(redeem(&house, Some("vod"), &code, &[&holder.proof(at)]).status, 200);
    }
    let differs = push(&[("dpop_jkt", thief.jkt())], &[&holder.proof(par)]);
    assert_eq!(error(&differs), (400, "invalid_dpop_proof".to_owned()));
    let elsewhere = push(&[], &[&holder.proof(at)]);
    assert_eq!(error(&elsewhere), (400, "invalid_dpop_proof".to_owned()));
    let malformed = viewer.get(&authorize(&[("dpop_jkt", "short")]));
    assert_eq!(malformed.led_with("error").as_deref(), Some("invalid_request"));
}

#[test]
fn a_client_that_is_to_have_bound_tokens_only_gets_no_other_by_any_grant() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", |terms| {
        terms.profile.dpop_bound_access_tokens = true;
        terms.grants.push(Grant::DeviceCode);
    });
    let holder = Holder::new();
    let missing = |answer: &Answer| {
        let told = text(answer, "error_description");
        (error(answer), told)
            == ((400, "invalid_dpop_proof".to_owned()), "dpop.proof_missing".into())
    };
    let code = code(&mut viewer, &[]);
    assert!(missing(&own_token(&house, &[])) && missing(&redeem(&house, Some("vod"), &code, &[])));
    let device = [("grant_type", DEVICE_GRANT), ("device_code", "x")];
    assert!(missing(&send(&house, (TOKEN, Some("vod")), (&device, &[]))));
    let tokens = redeem(&house, Some("vod"), &code, &[&holder.proof(("POST", TOKEN))]);
    let token = text(&tokens, "refresh_token");
    assert!(missing(&refresh(&house, Some("vod"), &token, &[])));
    assert_eq!(own_token(&house, &[&holder.proof(("POST", TOKEN))]).json()["token_type"], "DPoP");
    let tokens = &house.provider.tokens;
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let issuer = domain::signing::Issuer::of_operator(BASE, KITA);
    let ring = house.provider.signing.ring(KITA).unwrap();
    let asked = Asked::own("decisions");
    let minted = tokens.mint((&issuer, &ring), &client, &asked, clock::now());
    assert_eq!(minted.unwrap_err().code(), "dpop.proof_missing", "whichever door asks");
}

#[test]
fn a_television_gets_tokens_bound_to_its_key() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_app(&house);
    let (holder, other) = (Holder::new(), Holder::new());
    let form = [("client_id", "app"), ("scope", "openid")];
    let asked = house.public_form("/o/KITA01/device_authorization", &form).json();
    let poll = |proofs: &[&str]| {
        let device_code = asked["device_code"].as_str().unwrap();
        let form =
            [("grant_type", DEVICE_GRANT), ("client_id", "app"), ("device_code", device_code)];
        send(&house, (TOKEN, None), (&form, proofs))
    };
    let user_code = asked["user_code"].as_str().unwrap().replace('-', "");
    viewer.look(&format!("/o/KITA01/device?user_code={user_code}"));
    let typed = user_code.clone();
    let found = house.act(move |tx| domain::sessions::find_user_code(tx, &typed)).unwrap();
    let number = found.unwrap().number;
    let decided = [("user_code", user_code.as_str()), ("number", &number), ("decision", "allow")];
    assert_eq!(viewer.send_form("/o/KITA01/device", &decided).status, 200);

    let at = ("POST", TOKEN);
    let tokens = poll(&[&holder.proof(at)]);
    assert_eq!(tokens.json()["token_type"], "DPoP", "{}", tokens.body);
    assert_eq!(poll(&[&holder.proof(at)]).status, 200, "an answer was lost");
    for proofs in [&[][..], &[other.proof(at).as_str()]] {
        assert_eq!(error(&poll(proofs)), (400, "invalid_grant".to_owned()));
    }
    let token = text(&tokens, "refresh_token");
    assert_eq!(error(&refresh(&house, None, &token, &[])).1, "invalid_grant");
    assert_eq!(refresh(&house, None, &token, &[&holder.proof(at)]).status, 200);
}

#[test]
fn one_proof_is_good_once_however_many_come_at_once_and_after_a_restart() {
    let house = House::new();
    let holder = Holder::new();
    let proof = holder.proof(("POST", TOKEN));
    let good = std::thread::scope(|scope| {
        let ask = || own_token(&house, &[&proof]).status == 200;
        let all: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|one| *one).count()
    });
    assert_eq!(good, 1);
    let again = AccessTokens::new(
        Arc::clone(&house.provider.signing),
        domain::clients::Clients::new(&house.world.db),
    );
    let came = KeyProof { text: Some(proof), method: "POST".into(), path: TOKEN.into() };
    let issuer = domain::signing::Issuer::of_operator(BASE, KITA);
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let refused = again.proven_key((&issuer, &client), &came, None);
    assert_eq!(refused.unwrap_err().code(), "dpop.proof_invalid");
    let sweep = |at| {
        let scope = Scope::new(KITA, Actor::System, at);
        house.world.db.housekeep(&scope, "test", |tx| domain::tokens::sweep(tx, 10)).unwrap()
    };
    assert_eq!((sweep(clock::now()), sweep(clock::now().plus_seconds(90))), (0, 1));
}

#[test]
fn who_shows_no_key_pays_nothing_for_those_who_do() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let token = text(&house.redeem(&code(&mut viewer, &[])), "access_token");
    let asked = || {
        let before = house.world.db.statements();
        assert_eq!(house.userinfo(&token).status, 200);
        house.world.db.statements() - before
    };
    assert_eq!((0..5).map(|_| asked()).min(), Some(0), "from memory");
}

#[test]
fn the_doors_of_programs_hold_a_token_to_its_key_too() {
    let doors = Doors::new();
    doors.given_client(KITA, "vod", ClientKind::Service);
    let holder = Holder::new();
    let issuer = domain::signing::Issuer::of_operator(crate::calls::BASE, KITA);
    let client = doors.clients.find(KITA, "vod").unwrap().unwrap().client;
    let cnf = Confirmation::Key(holder.jkt().to_owned());
    let asked = Asked { cnf: Some(&cnf), ..Asked::own("decisions") };
    let ring = doors.signing.ring(KITA).unwrap();
    let token = doors.tokens.mint((&issuer, &ring), &client, &asked, clock::now()).unwrap();
    let path = "/o/KITA01/access/v1/evaluation";
    let call = |scheme: &str, proof: Option<&str>| {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("{scheme} {token}"));
        let request = match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        };
        let said = doors.call(request.body(Body::from("{}")).unwrap());
        (said.status.as_u16(), said.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let htu = json!(format!("{}{path}", crate::calls::BASE));
    let proof = || {
        let changes = [("ath", json!(hash(&token))), ("htu", htu.clone())];
        holder.proof_saying(("POST", path), &changes)
    };
    let (first, mut told) = (proof(), Vec::new());
    for (scheme, proof) in [
        ("DPoP", Some(first.as_str())),
        ("DPoP", Some(first.as_str())),
        ("DPoP", None),
        ("Bearer", None),
        ("Bearer", Some(proof().as_str())),
        ("DPoP", Some(proof().as_str())),
    ] {
        told.push(call(scheme, proof));
    }
    let invalid = (401, "dpop.proof_invalid".to_owned());
    let bound = (401, "token.bound".to_owned());
    assert_eq!(told[1..5], [invalid.clone(), invalid, bound.clone(), bound]);
    assert!(told[0].0 == 400 && told[5].0 == 400, "known, and asked nothing: {told:?}");
}
