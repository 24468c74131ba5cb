//! Requests a service signs: what it signed is asked for, and nothing that stands beside it.

use base::kernel::clock;
use domain::clients::{AuthMethod, Proof};
use formats::jose::{JwkSet, SigningAlgorithm, SigningKey, pkce_s256_challenge};
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::viewers::{Answer, BASE, CALLBACK, House, SECRET, VERIFIER, authorize, service};
use crate::world::KITA;

const TYPE: &str = "oauth-authz-req+jwt";
const INVALID: &str = "authorize.request_object_invalid";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn new_key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate_for(algorithm).unwrap()).unwrap()
}

/// A service that signs with the key of `algorithm`; `required`: always.
fn given_signer(house: &House, algorithm: SigningAlgorithm, required: bool) -> SigningKey {
    let key = new_key(algorithm);
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    house.given_client(KITA, "signer", move |terms| {
        terms.method = AuthMethod::PrivateKeyJwt;
        terms.proof = Proof::Keys(set);
        terms.profile.require_signed_request = required;
    });
    key
}

fn now() -> i64 {
    clock::now().ms() / 1000
}

/// A good request, with claims replaced, added, or (null) left out.
fn request(changes: &[(&str, Json)]) -> Json {
    let mut said = json!({
        "iss": "signer", "aud": format!("{BASE}/o/KITA01"), "exp": now() + 300, "iat": now(),
        "client_id": "signer", "response_type": "code", "redirect_uri": CALLBACK,
        "scope": "openid", "state": "s-髙", "nonce": "n-1",
        "code_challenge": pkce_s256_challenge(VERIFIER), "code_challenge_method": "S256",
    });
    for (name, value) in changes {
        said[*name] = value.clone();
    }
    said.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    said
}

fn signed(key: &SigningKey, changes: &[(&str, Json)]) -> String {
    key.sign(TYPE, &request(changes)).unwrap()
}

fn address(token: &str, beside: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs([("client_id", "signer"), ("request", token)]).extend_pairs(beside);
    format!("/o/KITA01/authorize?{}", query.finish())
}

fn assertion(key: &SigningKey, id: &str) -> String {
    let claims = json!({"iss": "signer", "sub": "signer", "aud": format!("{BASE}/o/KITA01"),
        "jti": id, "exp": now() + 200});
    key.sign("JWT", &claims).unwrap()
}

fn push(house: &House, key: &SigningKey, (id, form): (&str, &[(&str, &str)])) -> Answer {
    let proof = assertion(key, id);
    let proven = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", proof.as_str())];
    house.public_form("/o/KITA01/par", &[&proven[..], form].concat())
}

#[test]
fn what_was_signed_is_asked_for_with_each_algorithm_and_nothing_beside_it_counts() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for algorithm in SigningAlgorithm::ALL {
        let key = given_signer(&house, algorithm, true);
        let beside = [
            ("state", "other"),
            ("redirect_uri", "https://evil.example/"),
            ("prompt", "none login"),
            ("code_challenge", "x"),
        ];
        let sent = viewer.get(&address(&signed(&key, &[]), &beside));
        assert!(sent.location().as_str().starts_with(CALLBACK), "{algorithm:?}: {}", sent.body);
        assert_eq!(sent.led_with("state").as_deref(), Some("s-髙"));
        let (code, proof) = (sent.led_with("code").unwrap(), assertion(&key, algorithm.name()));
        let tokens = house.public_token(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &proof),
        ]);
        assert_eq!(tokens.status, 200, "{}", tokens.body);
    }
    let metadata = house.get("/o/KITA01/.well-known/openid-configuration").json();
    assert_eq!(metadata["request_parameter_supported"], true);
}

#[test]
fn claims_that_are_no_texts_mean_what_they_mean_in_an_address() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let key = given_signer(&house, SigningAlgorithm::Es256, false);
    let never = ("prompt", json!("none"));
    let asked = |viewer: &mut crate::viewers::Viewer<'_>, change: (&str, Json)| {
        let token = signed(&key, &[never.clone(), change]);
        viewer.get(&address(&token, &[])).led_with("error")
    };
    assert_eq!(asked(&mut viewer, ("max_age", json!(600))), None);
    assert_eq!(asked(&mut viewer, ("max_age", json!(-1))).as_deref(), Some("invalid_request"));
    let strong = json!({"id_token": {"acr": {"essential": true, "value": "urn:aikagi:acr:mfa"}}});
    assert!(asked(&mut viewer, ("claims", strong)).is_some(), "no such proof");
    assert_eq!(
        asked(&mut viewer, ("resource", json!("https://a.jp"))).as_deref(),
        Some("invalid_target")
    );
}

#[test]
fn one_that_is_not_good_is_shown_to_the_viewer_and_leads_nowhere() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let key = given_signer(&house, SigningAlgorithm::Es256, false);
    let other = new_key(SigningAlgorithm::Es256);
    let good = signed(&key, &[]);
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let before = house.audited("authorization.granted");
    for (name, token) in [
        ("no token", "himitsu".to_owned()),
        ("unsigned", format!("{unsigned}.")),
        ("no algorithm", "eyJhbGciOiJub25lIn0.e30.".to_owned()),
        ("another's key", signed(&other, &[])),
        ("an assertion", assertion(&key, "as a request")),
        ("another type", key.sign("JWT", &request(&[])).unwrap()),
        ("another's", signed(&key, &[("iss", json!("vod"))])),
        ("for another client", signed(&key, &[("client_id", json!("vod"))])),
        ("for no client", signed(&key, &[("client_id", Json::Null)])),
        ("for another issuer", signed(&key, &[("aud", json!(format!("{BASE}/o/MINA01")))])),
        ("for nobody", signed(&key, &[("aud", Json::Null)])),
        ("over", signed(&key, &[("exp", json!(now() - 60))])),
        ("without an end", signed(&key, &[("exp", Json::Null)])),
        ("for two hours", signed(&key, &[("exp", json!(now() + 7200))])),
        ("of tomorrow", signed(&key, &[("iat", json!(now() + 86_400))])),
        ("a request inside", signed(&key, &[("request", json!(good))])),
        ("an address inside", signed(&key, &[("request_uri", json!("https://a.jp/r"))])),
    ] {
        let page = viewer.get(&address(&token, &[]));
        assert_eq!((page.status.as_u16(), page.refusal()), (400, INVALID), "{name}");
        let form = [("client_id", "signer"), ("request", token.as_str())];
        let pushed = push(&house, &key, (name, &form));
        assert_eq!(pushed.json()["error"], "invalid_request_object", "{name}: {}", pushed.body);
    }
    assert_eq!(house.audited("authorization.granted"), before);
    assert!(viewer.get(&address(&good, &[])).led_with("code").is_some());
}

#[test]
fn a_signed_request_may_be_pushed_and_is_kept_without_what_stood_beside_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let key = given_signer(&house, SigningAlgorithm::EdDsa, true);
    let token = signed(&key, &[]);
    let form = [("client_id", "signer"), ("request", token.as_str()), ("state", "other")];
    let pushed = push(&house, &key, ("one", &form));
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let name = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let pairs = [("client_id", "signer"), ("request_uri", name.as_str())];
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let sent = viewer.get(&format!("/o/KITA01/authorize?{query}"));
    assert_eq!(sent.led_with("state").as_deref(), Some("s-髙"));
    assert!(sent.led_with("code").is_some());
}

#[test]
fn who_has_to_sign_is_taken_at_the_word_it_signed_only() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let key = given_signer(&house, SigningAlgorithm::Es256, true);
    let sent = viewer.get(&authorize(&[("client_id", "signer")]));
    assert_eq!(sent.led_with("error").as_deref(), Some("invalid_request"));
    let challenge = pkce_s256_challenge(VERIFIER);
    let form = [
        ("client_id", "signer"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let pushed = push(&house, &key, ("unsigned", &form));
    assert_eq!((pushed.status.as_u16(), &pushed.json()["error"]), (400, &json!("invalid_request")));

    let mut terms = service();
    terms.profile.require_signed_request = true;
    let put = house.act(move |tx| domain::clients::put(tx, "vod", &terms));
    assert_eq!(put.unwrap_err().code(), "client.request_keys_missing");
    let told = house.client_form(
        "/o/KITA01/par",
        ("vod", SECRET),
        &[("client_id", "vod"), ("redirect_uri", CALLBACK), ("request", "e30.e30.")],
    );
    assert_eq!(told.json()["error"], "request_not_supported", "it has no keys");
}
