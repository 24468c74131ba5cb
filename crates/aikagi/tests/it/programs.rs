//! Programs that prove who they are: secrets, signed assertions, their own tokens.

use std::time::{Duration, Instant as Stopwatch};

use axum::body::Body;
use base::kernel::{Scope, clock};
use domain::clients::{AuthMethod, ClientKind, Grant, Proof};
use domain::signing::{Issuer, MasterKey, Signing};
use domain::tokens::{Scheme, Shown};
use formats::jose::{JwkSet, SigningKey};
use http::Request;
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::viewers::{Answer, BASE, House, SECRET};
use crate::world::{KITA, MINAMI};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn for_itself(house: &House, id: &str, secret: &str) -> Answer {
    house.token_at("/o/KITA01", (id, secret), &[("grant_type", "client_credentials")])
}

#[test]
fn a_wrong_proof_is_refused_alike_whoever_it_is() {
    let house = House::new();
    house.given_client(MINAMI, "only-minami", |_| {});
    let refused = |answer: Answer| {
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        (answer.status.as_u16(), answer.json())
    };
    let wrong = refused(for_itself(&house, "vod", "wrong"));
    assert_eq!(
        wrong.1,
        json!({"error": "invalid_client", "error_description": "client.not_authenticated"})
    );
    assert_eq!(wrong.0, 401);
    assert_eq!(refused(for_itself(&house, "nobody", SECRET)), wrong);
    assert_eq!(refused(for_itself(&house, "only-minami", SECRET)), wrong);
    let in_form = Request::post("/o/KITA01/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!(
            "grant_type=client_credentials&client_id=vod&client_secret={}",
            SECRET.replace(' ', "+")
        )));
    assert_eq!(refused(house.call(in_form.unwrap())), wrong, "by another method than registered");
}

#[test]
fn what_memory_does_not_know_is_read_without_a_word_in_the_log() {
    let house = House::new();
    let said = crate::batch_desk::logged(|| {
        assert_eq!(for_itself(&house, "vod", SECRET).status, 200);
        let form = [("token", "nobody's")];
        assert_eq!(house.client_form("/o/KITA01/introspect", ("vod", SECRET), &form).status, 200);
    });
    assert!(!said.contains("WARN") && !said.contains("unavailable"), "{said}");
}

#[test]
fn a_clients_token_is_good_for_its_scope_at_its_issuer_and_not_after_it_is_switched_off() {
    let house = House::new();
    let answer = for_itself(&house, "vod", SECRET).json();
    assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("decisions"), &json!(600)));
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let token = answer["access_token"].as_str().unwrap();
    let (kita, minami) = (Issuer::of_operator(BASE, KITA), Issuer::of_operator(BASE, MINAMI));
    let tokens = &house.provider.tokens;
    let shown = Shown { token, scheme: Scheme::Bearer, proof: None };
    let good = |issuer: &Issuer, kind, scope| {
        tokens.client_for(issuer, &shown, (kind, scope)).map(drop).map_err(|error| error.code())
    };
    assert_eq!(good(&kita, ClientKind::Service, "decisions"), Ok(()));
    assert_eq!(good(&kita, ClientKind::Service, "sms"), Err("token.scope_missing"));
    assert_eq!(good(&kita, ClientKind::Sms, "decisions"), Err("token.invalid"));
    assert_eq!(good(&minami, ClientKind::Service, "decisions"), Err("token.invalid"));
    assert_eq!(house.userinfo(token).status, 403, "it is about nobody");

    let statements = (0..5).map(|_| {
        let before = house.world.db.statements();
        assert_eq!(good(&kita, ClientKind::Service, "decisions"), Ok(()));
        house.world.db.statements() - before
    });
    assert_eq!(statements.min(), Some(0), "from memory, for a second");
    house.given_client(KITA, "vod", |terms| terms.enabled = false);
    assert_eq!(good(&kita, ClientKind::Service, "decisions"), Err("token.invalid"), "at once");
    assert_eq!(house.audited("client.disabled"), 1);
}

#[test]
fn a_client_switched_off_by_another_process_is_off_within_a_second_or_two() {
    let house = House::new();
    let token =
        for_itself(&house, "vod", SECRET).json()["access_token"].as_str().unwrap().to_owned();
    let issuer = Issuer::of_operator(BASE, KITA);
    house.provider.tokens.verify(&issuer, &token).unwrap();
    let elsewhere = house.world.second_node();
    let mut terms = crate::viewers::service();
    terms.enabled = false;
    let scope = Scope::new(KITA, crate::world::sato(), clock::now());
    elsewhere.transact(&scope, move |tx| domain::clients::put(tx, "vod", &terms)).unwrap();
    let started = Stopwatch::now();
    while house.provider.tokens.verify(&issuer, &token).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(2));
        crate::world::look_again();
    }
}

/// A client that signs assertions, and its key.
fn given_signer(house: &House) -> SigningKey {
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    house.given_client(KITA, "signer", move |terms| {
        terms.kind = ClientKind::Sms;
        terms.method = AuthMethod::PrivateKeyJwt;
        terms.proof = Proof::Keys(set);
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["sms".to_owned()];
        terms.redirect_uris.clear();
    });
    key
}

fn with_assertion(house: &House, assertion: &str) -> Answer {
    with_assertion_at(house, "/o/KITA01", assertion)
}

fn with_assertion_at(house: &House, issuer: &str, assertion: &str) -> Answer {
    let form = Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ])
        .finish();
    let request = Request::post(format!("{issuer}/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form));
    house.call(request.unwrap())
}

#[test]
fn an_assertion_of_a_client_of_all_operators_is_good_once_in_all() {
    let house = House::new();
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    house.given_client(Scope::PLATFORM, "everywhere", move |terms| {
        terms.method = AuthMethod::PrivateKeyJwt;
        terms.proof = Proof::Keys(set);
    });
    let issuers = ["", "/o/KITA01", "/o/MINA01"];
    let now = clock::now().ms() / 1000;
    for first in 0..issuers.len() {
        let all: Vec<String> = issuers.iter().map(|issuer| format!("{BASE}{issuer}")).collect();
        let claims = json!({"iss": "everywhere", "sub": "everywhere", "aud": all,
            "jti": format!("one-{first}"), "exp": now + 200});
        let assertion = key.sign("JWT", &claims).unwrap();
        let mut order = issuers;
        order.rotate_left(first);
        let told = order.map(|at| with_assertion_at(&house, at, &assertion).status.as_u16());
        assert_eq!(told, [200, 401, 401], "{order:?}");
    }
}

#[test]
fn an_assertion_is_good_once_for_five_minutes_and_for_us_alone() {
    let house = House::new();
    let key = given_signer(&house);
    let now = clock::now().ms() / 1000;
    let assertion = |change: &dyn Fn(&mut Json)| {
        let mut claims = json!({
            "iss": "signer", "sub": "signer", "aud": "https://id.example.jp/o/KITA01/token",
            "jti": "one", "exp": now + 200, "iat": now,
        });
        change(&mut claims);
        key.sign("JWT", &claims).unwrap()
    };
    let good = assertion(&|_| {});
    assert_eq!(with_assertion(&house, &good).json()["scope"], "sms");
    assert_eq!(with_assertion(&house, &good).status, 401, "a second time");
    let refused = |change: &dyn Fn(&mut Json)| {
        assert_eq!(with_assertion(&house, &assertion(change)).status, 401);
    };
    refused(&|claims| claims["aud"] = json!("https://id.example.jp/o/MINA01/token"));
    refused(&|claims| {
        claims["exp"] = json!(now + 400);
        claims.as_object_mut().unwrap().remove("iat");
    });
    refused(&|claims| {
        claims["exp"] = json!(now + 3600);
        claims["iat"] = json!(now - 320);
    });
    refused(&|claims| claims["exp"] = json!(now - 20));
    refused(&|claims| claims["sub"] = json!("vod"));
    refused(&|claims| claims["iss"] = json!("vod"));
    refused(&|claims| drop(claims.as_object_mut().unwrap().remove("jti")));
    let stranger = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let claims = json!({"iss": "signer", "sub": "signer", "aud": "https://id.example.jp/o/KITA01",
        "jti": "two", "exp": now + 200});
    assert_eq!(with_assertion(&house, &stranger.sign("JWT", &claims).unwrap()).status, 401);
    let at_issuer = assertion(&|claims| {
        claims["aud"] = json!("https://id.example.jp/o/KITA01");
        claims["jti"] = json!("three");
    });
    assert_eq!(with_assertion(&house, &at_issuer).status, 200);
}

#[test]
fn an_assertion_that_gives_itself_an_hour_is_good_once_and_for_five_minutes() {
    let house = House::new();
    let key = given_signer(&house);
    let now = clock::now().ms() / 1000;
    let made = |seconds_ago: i64, jti: &str| {
        let claims = json!({"iss": "signer", "sub": "signer", "aud": "https://id.example.jp/o/KITA01",
            "jti": jti, "exp": now + 3600, "iat": now - seconds_ago});
        key.sign("JWT", &claims).unwrap()
    };
    for (seconds_ago, status) in [(0, 200), (280, 200), (330, 401), (-60, 401), (i64::MIN / 2, 401)]
    {
        let assertion = made(seconds_ago, &format!("made-{seconds_ago}"));
        assert_eq!(with_assertion(&house, &assertion).status, status, "{seconds_ago}");
        assert_eq!(with_assertion(&house, &assertion).status, 401, "{seconds_ago}, again");
    }
    let kept = house.world.look(|tx| {
        tx.row(
            "SELECT MAX(expires_ms) FROM assertion_ids WHERE operator_id = ?1",
            &[KITA.into()],
            |row| row.int(),
        )
    });
    let longest = (now + 330) * 1000;
    assert!(kept.unwrap().unwrap() < longest, "what is spent is not remembered for an hour");
}

#[test]
fn a_token_request_that_is_not_well_formed_is_named() {
    let house = House::new();
    let error =
        |form: &[(&str, &str)]| house.token(form).json()["error"].as_str().unwrap().to_owned();
    assert_eq!(error(&[]), "invalid_request");
    assert_eq!(error(&[("grant_type", "password")]), "unsupported_grant_type");
    assert_eq!(error(&[("grant_type", "authorization_code")]), "invalid_request");
    assert_eq!(
        error(&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]),
        "invalid_grant"
    );
    assert_eq!(error(&[("grant_type", "client_credentials"), ("scope", "sms")]), "invalid_scope");
    assert_eq!(error(&[("grant_type", "a"), ("grant_type", "b")]), "invalid_request");
    assert_eq!(
        error(&[("grant_type", "client_credentials"), ("client_secret", SECRET)]),
        "invalid_request"
    );
}

#[test]
fn keys_sealed_with_another_master_key_are_told_at_once() {
    let house = House::new();
    house.provider.signing.ring(KITA).unwrap();
    let other = Signing::new(&house.world.db, MasterKey::random());
    let Err(error) = other.ring(KITA) else { panic!("opened with another key") };
    assert_eq!(error.code(), "master_key.differs");
}
