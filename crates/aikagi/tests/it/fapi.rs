//! Clients that are held to the rules of the FAPI 2.0 Security Profile: what they may not be registered with,
//! and what they may not do.

use base::kernel::clock;
use domain::clients::{AuthMethod, ClientTerms, Grant, Pkce, Proof, RefreshPolicy};
use formats::jose::{JwkSet, SigningAlgorithm, SigningKey, pkce_s256_challenge};
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::dpop::{Holder, send};
use crate::viewers::{Answer, BASE, CALLBACK, House, VERIFIER, authorize, service};
use crate::world::KITA;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const PAR: &str = "/o/KITA01/par";
const TOKEN: &str = "/o/KITA01/token";

fn new_key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate_for(algorithm).unwrap()).unwrap()
}

fn held(terms: &mut ClientTerms, key: &SigningKey) {
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    (terms.method, terms.proof) = (AuthMethod::PrivateKeyJwt, Proof::Keys(set));
    terms.profile.refresh = None;
    terms.profile.dpop_bound_access_tokens = true;
    terms.profile.fapi = true;
}

/// The bank of the station: a client that is held to the rules, and its key.
fn given_bank(house: &House, algorithm: SigningAlgorithm) -> SigningKey {
    let key = new_key(algorithm);
    house.given_client(KITA, "bank", |terms| held(terms, &key));
    key
}

fn assertion(key: &SigningKey, aud: &str) -> String {
    let now = clock::now().ms() / 1000;
    let claims = json!({"iss": "bank", "sub": "bank", "aud": aud, "exp": now + 60, "iat": now,
        "jti": base::kernel::ids::new_id("jti", clock::now())});
    key.sign("JWT", &claims).unwrap()
}

fn proven(
    house: &House,
    path: &str,
    (assertion, form): (&str, &[(&str, &str)]),
    proofs: &[&str],
) -> Answer {
    let with = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    send(house, (path, None), (&[&with[..], form].concat(), proofs))
}

fn issuer() -> String {
    format!("{BASE}/o/KITA01")
}

fn request(challenge: &str) -> [(&str, &str); 7] {
    [
        ("client_id", "bank"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "s-髙"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

fn error(answer: &Answer) -> String {
    answer.json()["error"].as_str().unwrap_or_default().to_owned()
}

/// What is wrong with a registration, and the field that is named for it.
type Broken<'b> = (&'b str, &'b dyn Fn(&mut ClientTerms));

#[test]
fn a_client_that_is_to_keep_the_rules_can_not_be_registered_without_them() {
    let house = House::new();
    let key = new_key(SigningAlgorithm::Es256);
    let put = |change: &dyn Fn(&mut ClientTerms)| {
        let mut terms = service();
        held(&mut terms, &key);
        change(&mut terms);
        let put = house.act(move |tx| domain::clients::put(tx, "bank", &terms));
        put.map(drop).map_err(|error| format!("{error:?}"))
    };
    assert_eq!(put(&|_| {}), Ok(()));
    let by_certificate = |terms: &mut ClientTerms| {
        (terms.method, terms.proof) = (AuthMethod::TlsClientAuth, Proof::None);
        terms.profile.certificate.tls_client_auth_san_dns = Some("bank.example.jp".to_owned());
    };
    assert_eq!(put(&by_certificate), Ok(()));
    let secret = |terms: &mut ClientTerms| {
        terms.method = AuthMethod::ClientSecretBasic;
        terms.proof = service().proof;
    };
    let public = |terms: &mut ClientTerms| {
        (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
        terms.grants.retain(|grant| *grant != Grant::ClientCredentials);
    };
    let broken: [Broken<'_>; 10] = [
        ("method", &secret),
        ("method", &public),
        ("dpop_bound_access_tokens", &|terms| terms.profile.dpop_bound_access_tokens = false),
        ("redirect_uris", &|terms| terms.redirect_uris.push("http://127.0.0.1/cb".to_owned())),
        ("redirect_uris", &|terms| terms.redirect_uris = vec!["jp.example.bank:/cb".to_owned()]),
        ("pkce", &|terms| terms.pkce = Pkce::ExemptWithNonce),
        ("refresh", &|terms| terms.profile.refresh = Some(RefreshPolicy::Rotated)),
        ("grants", &|terms| terms.grants.push(Grant::DeviceCode)),
        ("id_token_signed_response_alg", &|terms| {
            terms.profile.id_token_signed_response_alg = SigningAlgorithm::Rs256;
        }),
        ("userinfo_signed_response_alg", &|terms| {
            terms.profile.userinfo_signed_response_alg = Some(SigningAlgorithm::Rs256);
        }),
    ];
    for (field, change) in broken {
        let change = |terms: &mut ClientTerms| {
            terms.sector = "bank.example.jp".to_owned();
            change(terms);
        };
        let refused = put(&change).unwrap_err();
        let named = refused.contains("client.fapi_not_met") && refused.contains(field);
        assert!(named, "{field}: {refused}");
    }
}

#[test]
fn it_signs_people_in_with_a_pushed_request_its_key_and_tokens_bound_to_another() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let holder = Holder::new();
    let challenge = pkce_s256_challenge(VERIFIER);
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let key = given_bank(&house, algorithm);
        let proof = assertion(&key, &issuer());
        let pushed = proven(&house, PAR, (&proof, &request(&challenge)), &[]);
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let query = Serializer::new(String::new())
            .extend_pairs([("client_id", "bank"), ("request_uri", uri.as_str())])
            .finish();
        let sent = viewer.get(&format!("/o/KITA01/authorize?{query}"));
        assert_eq!(sent.led_with("iss"), Some(issuer()));
        let code = sent.led_with("code").unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let redeem =
            |proofs: &[&str]| proven(&house, TOKEN, (&assertion(&key, &issuer()), &form), proofs);
        assert_eq!(error(&redeem(&[])), "invalid_dpop_proof");
        let tokens = redeem(&[&holder.proof(("POST", TOKEN))]);
        assert_eq!(tokens.json()["token_type"], "DPoP", "{}", tokens.body);
        let first = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
        let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
        let proof = holder.proof(("POST", TOKEN));
        let turned = proven(&house, TOKEN, (&assertion(&key, &issuer()), &form), &[&proof]);
        assert_eq!(turned.json()["refresh_token"], first, "it stays");
    }
}

#[test]
fn it_can_do_nothing_in_a_way_the_rules_do_not_have() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let key = given_bank(&house, SigningAlgorithm::Es256);
    let in_address = viewer.get(&authorize(&[("client_id", "bank")]));
    assert_eq!(in_address.led_with("error").as_deref(), Some("invalid_request"));
    let signed = |key: &SigningKey| {
        let mut claims =
            json!({"iss": "bank", "aud": issuer(), "exp": clock::now().ms() / 1000 + 60});
        let challenge = pkce_s256_challenge(VERIFIER);
        for (name, value) in request(&challenge) {
            claims[name] = Json::from(value);
        }
        key.sign("oauth-authz-req+jwt", &claims).unwrap()
    };
    let query = Serializer::new(String::new())
        .extend_pairs([("client_id", "bank"), ("request", signed(&key).as_str())])
        .finish();
    let signed_in_address = viewer.get(&format!("/o/KITA01/authorize?{query}"));
    assert_eq!(signed_in_address.led_with("error").as_deref(), Some("invalid_request"));

    let own = [("grant_type", "client_credentials"), ("scope", "decisions")];
    let holder = Holder::new();
    let asked = |key: &SigningKey, aud: &str, proof: String| {
        proven(&house, TOKEN, (&assertion(key, aud), &own), &[&proof])
    };
    let fresh = || holder.proof(("POST", TOKEN));
    let (here, endpoint) = (issuer(), format!("{}/token", issuer()));
    assert_eq!(error(&asked(&key, &endpoint, fresh())), "invalid_client");
    assert_eq!(asked(&key, &here, fresh()).status, 200);
    let weak = Holder::of(SigningAlgorithm::Rs256).proof(("POST", TOKEN));
    assert_eq!(error(&asked(&key, &here, weak)), "invalid_dpop_proof");

    let rsa = given_bank(&house, SigningAlgorithm::Rs256);
    assert_eq!(error(&asked(&rsa, &here, fresh())), "invalid_client");
    let client = house.provider.clients.find(KITA, "bank").unwrap().unwrap().client;
    let opened = client.open_request(&signed(&rsa), (&here, clock::now()));
    assert_eq!(opened.unwrap_err().code(), "authorize.request_object_invalid");

    house.given_client(KITA, "bank", |terms| {
        held(terms, &rsa);
        terms.profile.fapi = false;
    });
    assert_eq!(asked(&rsa, &endpoint, fresh()).status, 200, "without the rules it may");
}
