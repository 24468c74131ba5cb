//! What we sign with, and that no key is taken for one of another algorithm.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOON: i64 = 1_790_000_000;
const ISSUER: &str = "https://id.example.jp/o/kita";
const EVERY: &[Algorithm] =
    &[Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256, Algorithm::Ps256, Algorithm::EdDsa];

fn made() -> Vec<SigningKey> {
    let key =
        |algorithm| SigningKey::from_pkcs8(&SigningKey::generate_for(algorithm).unwrap()).unwrap();
    SigningAlgorithm::ALL.into_iter().map(key).collect()
}

fn set<'k>(of: impl IntoIterator<Item = &'k SigningKey>) -> JwkSet {
    JwkSet { keys: of.into_iter().map(|key| key.public_jwk().clone()).collect() }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "vod", "exp": NOON + 60, "sub": "髙橋"})
}

fn read(
    token: &str,
    keys: &VerificationKeys,
    algorithms: &[Algorithm],
) -> Result<Value, &'static str> {
    let expected = Expected {
        issuer: ISSUER,
        audience: Audience::OneOf(&["vod"]),
        token_type: TokenType::Required("JWT"),
        algorithms,
        now: NOON,
        leeway: 0,
    };
    verify(token, keys, &expected).map_err(TokenError::code)
}

#[test]
fn each_algorithm_signs_what_is_verified_with_it_alone() {
    let all = made();
    let keys = VerificationKeys::of(&set(&all));
    for (key, algorithm) in all.iter().zip(SigningAlgorithm::ALL) {
        assert_eq!(key.algorithm(), algorithm);
        let token = key.sign("JWT", &claims()).unwrap();
        assert_eq!(unverified_header(&token).unwrap().alg, algorithm.name());
        assert_eq!(read(&token, &keys, &[algorithm.verified_as()]), Ok(claims()));
        let others: Vec<Algorithm> =
            EVERY.iter().copied().filter(|each| *each != algorithm.verified_as()).collect();
        assert_eq!(read(&token, &keys, &others), Err("jose.algorithm"), "{algorithm:?}");
    }
}

#[test]
fn no_key_is_taken_for_one_of_another_algorithm_whatever_the_header_says() {
    let all = made();
    let keys = VerificationKeys::of(&set(&all));
    for key in &all {
        let token = key.sign("JWT", &claims()).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let named = EVERY.iter().map(|each| each.name()).chain(["HS256", "none"]);
        for alg in named.filter(|alg| *alg != key.algorithm().name()) {
            for other in &all {
                let header = json!({"alg": alg, "typ": "JWT", "kid": other.kid()}).to_string();
                let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
                let refused = read(&forged, &keys, EVERY).unwrap_err();
                let known = ["jose.algorithm", "jose.key_unknown", "jose.signature"];
                assert!(known.contains(&refused), "{alg} with {}: {refused}", other.kid());
            }
        }
    }
}

#[test]
fn an_rsa_key_that_says_its_algorithm_is_used_with_no_other() {
    let der = SigningKey::generate_for(SigningAlgorithm::Rs256).unwrap();
    let key = SigningKey::from_pkcs8(&der).unwrap();
    let header = json!({"alg": "PS256", "typ": "JWT", "kid": key.kid()}).to_string();
    let parts = [header, claims().to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = parts.join(".");
    let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    let pss = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    let mut bare = set([&key]);
    assert_eq!(read(&pss, &VerificationKeys::of(&bare), EVERY), Err("jose.key_unknown"));
    bare.keys[0].common.key_algorithm = None;
    assert_eq!(
        read(&pss, &VerificationKeys::of(&bare), EVERY),
        Ok(claims()),
        "same key, unnarrowed"
    );
}

#[test]
fn the_ed25519_key_of_rfc_8037_has_its_public_half_and_thumbprint() {
    // Appendix A.1 to A.3, the private key in the wrapping of RFC 8410 §7.
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let der = [&hex::decode("302e020100300506032b657004220420").unwrap()[..], &seed].concat();
    let key = SigningKey::from_pkcs8(&der).unwrap();
    let public = serde_json::to_value(key.public_jwk()).unwrap();
    assert_eq!(public["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_published_key_of_each_algorithm_says_nothing_private() {
    let expected: [&[&str]; 3] = [
        &["alg", "crv", "kid", "kty", "use", "x", "y"],
        &["alg", "e", "kid", "kty", "n", "use"],
        &["alg", "crv", "kid", "kty", "use", "x"],
    ];
    for (key, names) in made().iter().zip(expected) {
        let json = serde_json::to_value(key.public_jwk()).unwrap();
        let mut found: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, names);
        assert_eq!(json["alg"], key.algorithm().name());
    }
}
