//! Proofs of a key that have to answer a word of ours.

use base::kernel::clock;
use domain::clients::ClientTerms;
use serde_json::{Value as Json, json};

use crate::dpop::{Holder, error, hash, redeem, send, show, text};
use crate::viewers::{Answer, CALLBACK, House, Viewer, authorize};
use crate::world::{KITA, MINAMI};

const TOKEN: &str = "/o/KITA01/token";
const USERINFO: &str = "/o/KITA01/userinfo";

fn answering() -> House {
    let house = House::new();
    for operator in [KITA, MINAMI] {
        house.given_client(operator, "vod", |terms: &mut ClientTerms| {
            terms.profile.dpop_nonces = true;
        });
    }
    house
}

fn own_at(house: &House, path: &str, proof: &str) -> Answer {
    send(house, (path, Some("vod")), (&[("grant_type", "client_credentials")], &[proof]))
}

fn told(answer: &Answer) -> String {
    answer.headers["dpop-nonce"].to_str().unwrap().to_owned()
}

fn nonce(house: &House, path: &str) -> String {
    told(&own_at(house, path, &Holder::new().proof(("POST", path))))
}

fn code(viewer: &mut Viewer<'_>) -> String {
    viewer.get(&authorize(&[])).led_with("code").unwrap()
}

#[test]
fn a_proof_without_our_word_is_told_it_and_neither_code_nor_proof_is_spent() {
    let house = answering();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (holder, code) = (Holder::new(), code(&mut viewer));
    let at = ("POST", TOKEN);
    let bare = holder.proof(at);
    for _ in 0..2 {
        let refused = redeem(&house, Some("vod"), &code, &[&bare]);
        assert_eq!(error(&refused), (400, "use_dpop_nonce".to_owned()));
        assert_eq!(refused.json()["error_description"], "dpop.nonce_needed");
    }
    let nonce = nonce(&house, TOKEN);
    let answer = holder.proof_saying(at, &[("nonce", json!(nonce))]);
    let tokens = redeem(&house, Some("vod"), &code, &[&answer]);
    assert_eq!(tokens.json()["token_type"], "DPoP", "{}", tokens.body);
    assert!(!tokens.headers.contains_key("dpop-nonce"), "the word is good for five minutes");
    let again = own_at(&house, TOKEN, &answer);
    assert_eq!(error(&again), (400, "invalid_dpop_proof".to_owned()), "a proof is good once");

    let token = text(&tokens, "access_token");
    let at = ("GET", USERINFO);
    let refused = show(&house, USERINFO, "DPoP", &token, &[&holder.proof_with(at, &token)]);
    assert_eq!((refused.status.as_u16(), refused.refusal()), (401, "dpop.nonce_needed"));
    let challenge = refused.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
    let said = [("ath", json!(hash(&token))), ("nonce", json!(told(&refused)))];
    let good = holder.proof_saying(at, &said);
    assert_eq!(show(&house, USERINFO, "DPoP", &token, &[&good]).status, 200);
    let said = [("ath", json!(hash(&token))), ("nonce", json!(nonce))];
    let earlier = holder.proof_saying(at, &said);
    assert_eq!(
        show(&house, USERINFO, "DPoP", &token, &[&earlier]).status,
        200,
        "of the token endpoint"
    );
}

#[test]
fn only_a_word_this_issuer_gave_is_an_answer_and_what_is_wrong_otherwise_is_said_first() {
    let house = answering();
    let holder = Holder::new();
    let at = ("POST", TOKEN);
    let good = nonce(&house, TOKEN);
    let (given, proof) = good.split_once('.').unwrap();
    let later = given.parse::<i64>().unwrap() + 1;
    for bad in [
        json!(nonce(&house, "/o/MINA01/token")),
        json!(format!("{later}.{proof}")),
        json!(format!("{given}.{}", "A".repeat(43))),
        json!(given),
        json!(""),
        json!("髙橋"),
        Json::Null,
    ] {
        let answer = own_at(&house, TOKEN, &holder.proof_saying(at, &[("nonce", bad.clone())]));
        assert_eq!(error(&answer), (400, "use_dpop_nonce".to_owned()), "{bad}");
        assert!(answer.headers.contains_key("dpop-nonce"));
    }
    for (name, wrong) in [
        ("htm", json!("GET")),
        ("htu", json!("https://id.example.jp/o/MINA01/token")),
        ("jti", json!("")),
        ("nonce", json!(5)),
    ] {
        let answer = own_at(&house, TOKEN, &holder.proof_saying(at, &[(name, wrong)]));
        assert_eq!(error(&answer), (400, "invalid_dpop_proof".to_owned()), "{name}");
        assert!(!answer.headers.contains_key("dpop-nonce"), "{name}");
    }
    let answer = own_at(&house, TOKEN, &holder.proof_saying(at, &[("nonce", json!(good))]));
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn with_our_word_the_clock_of_a_device_does_not_matter() {
    let house = answering();
    house.given_client(KITA, "shop", |_| {});
    let holder = Holder::new();
    let at = ("POST", TOKEN);
    let now = clock::now().ms() / 1000;
    for iat in [0, now - 86_400, now + 86_400 * 365] {
        let said = [("iat", json!(iat)), ("nonce", json!(nonce(&house, TOKEN)))];
        let proof = holder.proof_saying(at, &said);
        assert_eq!(own_at(&house, TOKEN, &proof).status, 200, "{iat}");
        let twice = own_at(&house, TOKEN, &proof);
        assert_eq!(error(&twice), (400, "invalid_dpop_proof".to_owned()), "{iat}");
        // Who need not answer is held to the clock, whatever they say.
        let form = [("grant_type", "client_credentials")];
        let other = holder.proof_saying(at, &said);
        let refused = send(&house, (TOKEN, Some("shop")), (&form, &[&other]));
        assert_eq!(error(&refused), (400, "invalid_dpop_proof".to_owned()), "{iat}");
    }
    let form = [("grant_type", "client_credentials")];
    let plain = send(&house, (TOKEN, Some("shop")), (&form, &[&holder.proof(at)]));
    assert_eq!(plain.status, 200, "as before");
}

#[test]
fn a_pushed_request_answers_too() {
    let house = answering();
    let par = "/o/KITA01/par";
    let challenge = formats::jose::pkce_s256_challenge(crate::viewers::VERIFIER);
    let form = [
        ("client_id", "vod"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let holder = Holder::new();
    let push = |changes: &[(&str, Json)]| {
        let proof = holder.proof_saying(("POST", par), changes);
        send(&house, (par, Some("vod")), (&form, &[&proof]))
    };
    let refused = push(&[]);
    assert_eq!(error(&refused), (400, "use_dpop_nonce".to_owned()));
    assert_eq!(push(&[("nonce", json!(told(&refused)))]).status, 201);
}
