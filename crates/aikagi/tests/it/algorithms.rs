//! What a client's tokens are signed with: as it is registered, by keys made when the first one asks.

use base::kernel::{Scope, clock};
use domain::signing::{Rotation, rotate};
use formats::jose::{
    Algorithm, Audience, Expected, JwkSet, SigningAlgorithm, TokenType, VerificationKeys,
    unverified_header, verify,
};
use serde_json::Value as Json;

use crate::viewers::{BASE, House, Viewer, authorize};
use crate::world::{KITA, sato};

fn keys(house: &House, issuer: &str) -> JwkSet {
    serde_json::from_str(&house.get(&format!("{issuer}/jwks")).body).unwrap()
}

fn algorithms(house: &House, issuer: &str) -> Vec<String> {
    let keys = serde_json::to_value(keys(house, issuer)).unwrap();
    let all = keys["keys"].as_array().unwrap();
    let mut names: Vec<String> =
        all.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names
}

fn signed_with(house: &House, algorithm: SigningAlgorithm) {
    house.given_client(KITA, "vod", |terms| {
        terms.profile.id_token_signed_response_alg = algorithm;
    });
}

fn tokens(house: &House, viewer: &mut Viewer<'_>) -> Json {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    house.redeem(&code).json()
}

fn text<'t>(tokens: &'t Json, name: &str) -> &'t str {
    tokens[name].as_str().unwrap()
}

/// What a service reads that knows the published keys and its own algorithm.
fn read(house: &House, token: &str, (typ, algorithm): (&str, Algorithm)) -> Json {
    let issuer = format!("{BASE}/o/KITA01");
    let expected = Expected {
        issuer: &issuer,
        audience: Audience::OneOf(&["vod"]),
        token_type: TokenType::Required(typ),
        algorithms: &[algorithm],
        now: clock::now().ms() / 1000,
        leeway: 0,
    };
    verify(token, &VerificationKeys::of(&keys(house, "/o/KITA01")), &expected).unwrap()
}

fn turn(house: &House, rotation: Rotation) {
    let master = house.provider.signing.master().clone();
    let scope = Scope::new(KITA, sato(), clock::now());
    house.world.db.transact(&scope, move |tx| rotate(tx, &master, rotation)).unwrap();
}

#[test]
fn an_id_token_is_signed_with_what_the_service_is_registered_with_and_an_access_token_is_not() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for (algorithm, hash) in [
        (SigningAlgorithm::Es256, 22),
        (SigningAlgorithm::Rs256, 22),
        (SigningAlgorithm::EdDsa, 43),
    ] {
        signed_with(&house, algorithm);
        let tokens = tokens(&house, &mut viewer);
        let said = read(&house, text(&tokens, "id_token"), ("JWT", algorithm.verified_as()));
        assert_eq!(text(&said, "at_hash").len(), hash, "{algorithm:?}");
        let access = text(&tokens, "access_token");
        assert_eq!(unverified_header(access).unwrap().alg, "ES256");
        assert_eq!(house.userinfo(access).json()["sub"], said["sub"]);
        let again = house.refresh(text(&tokens, "refresh_token")).json();
        read(&house, text(&again, "id_token"), ("JWT", algorithm.verified_as()));
        let hint = text(&tokens, "id_token");
        let hinted = viewer.get(&authorize(&[("prompt", "none"), ("id_token_hint", hint)]));
        assert!(hinted.led_with("code").is_some(), "{algorithm:?}: {}", hinted.body);
    }
    assert_eq!(house.audited("signing_key.created"), 3);
}

#[test]
fn a_key_is_made_when_a_service_first_needs_it_at_its_own_issuer_only() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    signed_with(&house, SigningAlgorithm::Rs256);
    assert_eq!(algorithms(&house, "/o/KITA01"), ["ES256"], "nobody asked yet");
    let first = tokens(&house, &mut viewer);
    assert_eq!(algorithms(&house, "/o/KITA01"), ["ES256", "RS256"]);
    assert_eq!(algorithms(&house, "/o/MINA01"), ["ES256"]);
    let second = tokens(&house, &mut viewer);
    let kid = |tokens: &Json| unverified_header(text(tokens, "id_token")).unwrap().kid.unwrap();
    assert_eq!(kid(&first), kid(&second));
    for listed in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"]
    {
        let discovery = house.get("/o/KITA01/.well-known/openid-configuration").json();
        assert_eq!(discovery[listed], serde_json::json!(["ES256", "RS256", "EdDSA"]));
    }
}

#[test]
fn many_that_need_the_first_key_at_once_get_the_same_one() {
    let house = House::new();
    let signing = &house.provider.signing;
    let kid = || {
        let ring = signing.ring_with(KITA, SigningAlgorithm::Rs256).unwrap();
        let signer = ring.signer_with(SigningAlgorithm::Rs256, clock::now()).unwrap();
        signer.kid().to_owned()
    };
    let found: Vec<String> = std::thread::scope(|all| {
        let asked: Vec<_> = (0..4).map(|_| all.spawn(kid)).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    assert_eq!(algorithms(&house, "/o/KITA01"), ["ES256", "RS256"]);
}

#[test]
fn the_keys_of_all_algorithms_are_replaced_together_and_overlap() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    signed_with(&house, SigningAlgorithm::EdDsa);
    let before = tokens(&house, &mut viewer);
    turn(&house, Rotation::Planned);
    assert_eq!(algorithms(&house, "/o/KITA01"), ["ES256", "ES256", "EdDSA", "EdDSA"]);
    let waiting = tokens(&house, &mut viewer);
    let kid = |tokens: &Json| unverified_header(text(tokens, "id_token")).unwrap().kid.unwrap();
    assert_eq!(kid(&before), kid(&waiting), "the next key waits for its day");
    read(&house, text(&before, "id_token"), ("JWT", Algorithm::EdDsa));
    let ring = house.provider.signing.ring(KITA).unwrap();
    let later = ring.signer_with(SigningAlgorithm::EdDsa, clock::now().plus_days(2)).unwrap();
    assert_ne!(later.kid(), kid(&before));

    turn(&house, Rotation::AtOnce);
    assert_eq!(algorithms(&house, "/o/KITA01"), ["ES256", "EdDSA"]);
    let hint = text(&before, "id_token");
    let hinted = viewer.get(&authorize(&[("prompt", "none"), ("id_token_hint", hint)]));
    assert!(hinted.led_with("code").is_none(), "its key is withdrawn");
    let after = tokens(&house, &mut viewer);
    read(&house, text(&after, "id_token"), ("JWT", Algorithm::EdDsa));
    assert_eq!(house.audited("signing_key.withdrawn"), 2);
}

#[test]
fn keys_that_have_signed_long_enough_are_replaced_each_by_its_own_age() {
    let house = House::new();
    let signing = &house.provider.signing;
    signing.ring(KITA).unwrap();
    signing.ring_with(KITA, SigningAlgorithm::Rs256).unwrap();
    let half = clock::now().plus_days(46);
    assert_eq!(signing.rotate_due(half).unwrap(), 0);
    let due = clock::now().plus_days(91);
    assert_eq!(signing.rotate_due(due).unwrap(), 1, "one issuer");
    assert_eq!(signing.rotate_due(due).unwrap(), 0, "and only once");
    assert_eq!(house.audited("signing_key.rotated"), 2);
}

#[test]
fn userinfo_is_signed_for_a_service_that_asked_for_it_and_worth_nothing_elsewhere() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let plain = tokens(&house, &mut viewer);
    let as_json = house.userinfo(text(&plain, "access_token"));
    assert_eq!(as_json.headers["content-type"], "application/json");
    for algorithm in SigningAlgorithm::ALL {
        house.given_client(KITA, "vod", |terms| {
            terms.profile.userinfo_signed_response_alg = Some(algorithm);
        });
        let answer = house.userinfo(text(&plain, "access_token"));
        assert_eq!(answer.headers["content-type"], "application/jwt");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let token = answer.body.as_str();
        assert_eq!(unverified_header(token).unwrap().alg, algorithm.name());
        let mut said = crate::viewers::claims(token);
        assert_eq!(
            (&said["iss"], &said["aud"]),
            (&format!("{BASE}/o/KITA01").into(), &"vod".into())
        );
        let said = said.as_object_mut().unwrap();
        said.remove("iss");
        said.remove("aud");
        assert_eq!(Json::Object(said.clone()), as_json.json(), "the same facts");
        assert_eq!(house.userinfo(token).status, 401, "it is no access token");
        let hinted = viewer.get(&authorize(&[("prompt", "none"), ("id_token_hint", token)]));
        assert!(hinted.led_with("code").is_none(), "nor a hint");
    }
}

#[test]
fn an_algorithm_we_do_not_sign_with_can_not_be_registered() {
    for word in ["none", "HS256", "PS256", "es256", ""] {
        let profile = serde_json::json!({"id_token_signed_response_alg": word});
        let read = serde_json::from_value::<domain::clients::Profile>(profile);
        assert!(read.is_err(), "{word}");
    }
    let read: domain::clients::Profile = serde_json::from_str("{}").unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::json!({}), "as before it existed");
}
