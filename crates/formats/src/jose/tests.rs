//! Vectors of the RFCs, and every way a token can be wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOON: i64 = 1_790_000_000;
const ISSUER: &str = "https://id.example.jp/o/kita";

fn key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap()
}

fn keys(of: &[&SigningKey]) -> VerificationKeys {
    VerificationKeys::of(&JwkSet { keys: of.iter().map(|key| key.public_jwk().clone()).collect() })
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": ["vod"], "exp": NOON + 60, "nbf": NOON, "iat": NOON, "sub": "髙"})
}

const EXPECTED: Expected<'static> = Expected {
    issuer: ISSUER,
    audience: Audience::OneOf(&["vod"]),
    token_type: TokenType::Required("at+jwt"),
    algorithms: &[Algorithm::Es256],
    now: NOON,
    leeway: 0,
};

fn refused(token: &str, keys: &VerificationKeys, expected: &Expected<'_>) -> &'static str {
    verify::<Value>(token, keys, expected).unwrap_err().code()
}

#[test]
fn what_we_sign_is_verified_here_and_by_the_library() {
    let key = key();
    let token = key.sign("at+jwt", &claims()).unwrap();
    let read: Value = verify(&token, &keys(&[&key]), &EXPECTED).unwrap();
    assert_eq!(read, claims());

    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&["vod"]);
    let public = jsonwebtoken::DecodingKey::from_jwk(key.public_jwk()).unwrap();
    let read = jsonwebtoken::decode::<Value>(&token, &public, &validation).unwrap();
    assert_eq!(read.header.kid.as_deref(), Some(key.kid()));
}

#[test]
fn the_es256_example_of_rfc_7515_a3_is_verified() {
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                 cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS\
                 lSApmWQxfKTUJqPP3-Kg6NU1Q";
    let set: JwkSet = serde_json::from_value(json!({"keys": [{
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    }]}))
    .unwrap();
    let expected = Expected {
        issuer: "joe",
        audience: Audience::Unchecked,
        token_type: TokenType::Optional("JWT"),
        now: 1_300_819_379,
        ..EXPECTED
    };
    let read: Value = verify(token, &VerificationKeys::of(&set), &expected).unwrap();
    assert_eq!(read["http://example.com/is_root"], true);
    let later = Expected { now: 1_300_819_380, ..expected };
    assert_eq!(refused(token, &VerificationKeys::of(&set), &later), "jose.expired");
}

#[test]
fn the_thumbprint_of_rfc_7638_is_found() {
    let key: Jwk = serde_json::from_value(json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
    }))
    .unwrap();
    assert_eq!(thumbprint(&key).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn a_published_key_says_nothing_private() {
    let key = key();
    let json = serde_json::to_value(key.public_jwk()).unwrap();
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!(json["kid"], thumbprint(key.public_jwk()).unwrap());
    assert!(SigningKey::from_pkcs8(b"not a key").is_err());
}

#[test]
fn every_wrong_claim_is_refused_by_its_name() {
    let (key, other) = (key(), key());
    let set = keys(&[&key, &other]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        refused(&key.sign("at+jwt", &claims).unwrap(), &set, &EXPECTED)
    };
    assert_eq!(with("iss", json!("https://id.example.jp/o/minami")), "jose.issuer");
    assert_eq!(with("iss", json!([ISSUER])), "jose.claims");
    assert_eq!(with("aud", json!("other")), "jose.audience");
    assert_eq!(with("aud", json!([])), "jose.audience");
    assert_eq!(with("aud", Value::Null), "jose.claims");
    assert_eq!(with("exp", json!(NOON)), "jose.expired");
    assert_eq!(with("exp", json!("tomorrow")), "jose.claims");
    assert_eq!(with("exp", json!(1e300)), "jose.claims");
    assert_eq!(with("nbf", json!(NOON + 1)), "jose.not_yet");
    assert_eq!(with("iat", json!(NOON as f64 + 30.5)), "jose.not_yet");
    let twice = format!(r#"{{"iss":"{ISSUER}","iss":"{ISSUER}","aud":"vod","exp":{}}}"#, NOON + 9);
    let twice: Box<serde_json::value::RawValue> = serde_json::from_str(&twice).unwrap();
    assert_eq!(refused(&key.sign("at+jwt", &twice).unwrap(), &set, &EXPECTED), "jose.claims");
}

#[test]
fn every_wrong_header_is_refused_by_its_name() {
    let key = key();
    let set = keys(&[&key]);
    let token = key.sign("at+jwt", &claims()).unwrap();
    let (_, rest) = token.split_once('.').unwrap();
    let with = |header: Value| {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        refused(&format!("{header}.{rest}"), &set, &EXPECTED)
    };
    let kid = key.kid();
    assert_eq!(with(json!({"alg": "none", "typ": "at+jwt"})), "jose.algorithm");
    assert_eq!(with(json!({"alg": "HS256", "typ": "at+jwt", "kid": kid})), "jose.algorithm");
    assert_eq!(with(json!({"alg": "RS256", "typ": "at+jwt", "kid": kid})), "jose.algorithm");
    assert_eq!(with(json!({"alg": "ES256", "typ": "JWT", "kid": kid})), "jose.type");
    assert_eq!(with(json!({"alg": "ES256", "kid": kid})), "jose.type");
    assert_eq!(with(json!({"alg": "ES256", "typ": "at+jwt", "kid": "x"})), "jose.key_unknown");
    let critical = json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "crit": ["b64"]});
    assert_eq!(with(critical), "jose.critical");
    let full_type = json!({"alg": "ES256", "typ": "Application/AT+JWT", "kid": kid});
    assert_eq!(with(full_type), "jose.signature", "accepted, but we signed another header");
}

#[test]
fn a_public_key_is_never_a_secret() {
    let key = key();
    let mut set = JwkSet { keys: vec![key.public_jwk().clone()] };
    let secret = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"});
    set.keys.push(serde_json::from_value(secret).unwrap());
    let sealed = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "e", "use": "enc"});
    set.keys.push(serde_json::from_value(sealed).unwrap());
    let keys = VerificationKeys::of(&set);
    assert!(keys.has(key.kid()) && !keys.has("s") && !keys.has("e"));
}

#[test]
fn a_changed_token_is_refused() {
    let key = key();
    let set = keys(&[&key]);
    let token = key.sign("at+jwt", &claims()).unwrap();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verify::<Value>(&changed, &set, &EXPECTED).is_err(), "byte {at}");
    }
    for wrong in [
        format!("{token}="),
        format!("{token}."),
        format!(" {token}"),
        token.replacen('.', "", 1),
        String::new(),
        "..".into(),
        "a".repeat(LONGEST_TOKEN + 1),
    ] {
        assert!(verify::<Value>(&wrong, &set, &EXPECTED).is_err(), "{wrong}");
    }
    assert_eq!(refused(&token, &keys(&[&self::key()]), &EXPECTED), "jose.key_unknown");
}

#[test]
fn a_token_without_kid_needs_the_only_key() {
    let (one, two) = (key(), key());
    let token = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AA";
    assert_eq!(refused(token, &keys(&[&one, &two]), &EXPECTED), "jose.key_unknown");
    assert_ne!(refused(token, &keys(&[&one]), &EXPECTED), "jose.key_unknown");
}
