//! What an access token is asked for: our own interfaces, and nobody else's.

use crate::viewers::{BASE, CALLBACK, House, SECRET, VERIFIER, authorize, authorize_at, claims};

const OWN: &str = "https://id.example.jp/o/KITA01";
/// What is not the northern operator's issuer, however near it comes.
const FOREIGN: &[&str] = &[
    "https://id.example.jp/o/MINA01",
    "https://id.example.jp",
    "https://id.example.jp/o/KITA01/",
    "https://id.example.jp/o/KITA01/userinfo",
    "https://id.example.jp/o/kita01",
    "http://id.example.jp/o/KITA01",
    "https://id.example.jp:8443/o/KITA01",
    "https://id.example.jp/o/KITA01?x",
    "https://id.example.jp/o/KITA01#x",
    "https://me@id.example.jp/o/KITA01",
    "https://id.example.jp.evil.example/o/KITA01",
    "/o/KITA01",
    "KITA01",
    "髙橋",
];

fn redeem(house: &House, code: &str, resource: &str) -> crate::viewers::Answer {
    house.token(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("resource", resource),
    ])
}

#[test]
fn a_service_that_names_the_issuer_gets_a_token_for_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let sent = viewer.get(&authorize(&[("resource", OWN)]));
    let tokens = redeem(&house, &sent.led_with("code").unwrap(), OWN).json();
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["aud"], OWN);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("resource", OWN)];
    assert_eq!(house.token(&form).status, 200);
    let own = house.token(&[("grant_type", "client_credentials"), ("resource", OWN)]).json();
    assert_eq!(claims(own["access_token"].as_str().unwrap())["aud"], OWN);
}

#[test]
fn another_resource_is_refused_at_the_authorization_and_nothing_begins() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let before = house.audited("authorization.granted");
    for foreign in FOREIGN {
        let sent = viewer.get(&authorize(&[("resource", foreign)]));
        assert_eq!(sent.led_with("error").as_deref(), Some("invalid_target"), "{foreign}");
        assert_eq!(sent.led_with("code"), None);
        let challenge = formats::jose::pkce_s256_challenge(VERIFIER);
        let pushed = house.client_form(
            "/o/KITA01/par",
            ("vod", SECRET),
            &[
                ("client_id", "vod"),
                ("response_type", "code"),
                ("redirect_uri", CALLBACK),
                ("scope", "openid"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("resource", foreign),
            ],
        );
        assert_eq!(pushed.status, 400, "{foreign}");
        assert_eq!(pushed.json()["error"], "invalid_target");
    }
    assert_eq!(house.audited("authorization.granted"), before);
    let twice = format!("{}&resource={OWN}", authorize(&[("resource", OWN)]));
    assert_eq!(viewer.get(&twice).status, 400, "one token is for one");
}

#[test]
fn another_resource_is_refused_at_the_token_endpoint_and_spends_nothing() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    for foreign in FOREIGN {
        let refused = redeem(&house, &code, foreign);
        assert_eq!(refused.status, 400, "{foreign}");
        assert_eq!(refused.json()["error"], "invalid_target");
        assert_eq!(refused.json()["error_description"], "request.resource_unknown");
    }
    let refresh = redeem(&house, &code, OWN).json()["refresh_token"].as_str().unwrap().to_owned();
    for foreign in FOREIGN {
        let grant = ("grant_type", "refresh_token");
        let form = [grant, ("refresh_token", refresh.as_str()), ("resource", foreign)];
        assert_eq!(house.token(&form).json()["error"], "invalid_target", "{foreign}");
        let form = [("grant_type", "client_credentials"), ("resource", foreign)];
        assert_eq!(house.token(&form).json()["error"], "invalid_target", "{foreign}");
    }
    assert_eq!(house.refresh(&refresh).status, 200, "it was not used");
}

#[test]
fn at_the_platform_its_own_issuer_is_the_resource() {
    let house = House::new();
    house.given_client(base::kernel::Scope::PLATFORM, "everywhere", |_| {});
    let asked = |resource: &str| {
        let changes = [("client_id", "everywhere"), ("resource", resource)];
        house.get(&authorize_at("", &changes)).led_with("error")
    };
    assert_eq!(asked(OWN).as_deref(), Some("invalid_target"));
    for own in [BASE.to_owned(), format!("{BASE}/")] {
        assert_eq!(asked(&own), None, "{own}");
    }
}
