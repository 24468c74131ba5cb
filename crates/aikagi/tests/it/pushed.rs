//! A service hands in its request itself, and a browser brings it once.

use base::kernel::{Actor, Scope, clock};
use domain::sessions::{PUSHED_SECONDS, sweep_pushed};
use http::StatusCode;
use url::form_urlencoded::Serializer;

use crate::viewers::{Answer, CALLBACK, House, SECRET, authorize};
use crate::world::{KITA, MINAMI};

/// What `authorize` would put into the address, pushed by `vod` at an issuer.
fn push_at(house: &House, issuer: &str, changes: &[(&str, &str)]) -> Answer {
    let address = authorize(changes);
    let query = address.split_once('?').unwrap().1.as_bytes();
    let pairs: Vec<_> = url::form_urlencoded::parse(query).into_owned().collect();
    let form: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    house.client_form(&format!("{issuer}/par"), ("vod", SECRET), &form)
}

/// The name of a request that was taken.
fn pushed(house: &House, changes: &[(&str, &str)]) -> String {
    let answer = push_at(house, "/o/KITA01", changes);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.json()["expires_in"], PUSHED_SECONDS);
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

fn brought(issuer: &str, client: &str, name: &str) -> String {
    let pairs = [("client_id", client), ("request_uri", name)];
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{issuer}/authorize?{query}")
}

#[test]
fn a_pushed_request_leads_to_tokens_and_what_stands_beside_its_name_does_not_count() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let name = pushed(&house, &[("state", "髙-pushed")]);
    let beside = "&state=other&scope=decisions&redirect_uri=https%3A%2F%2Fevil.example%2F";
    let sent = viewer.get(&format!("{}{beside}", brought("/o/KITA01", "vod", &name)));
    assert!(sent.location().as_str().starts_with(CALLBACK));
    assert_eq!(sent.led_with("state").as_deref(), Some("髙-pushed"));
    assert_eq!(sent.led_with("iss").as_deref(), Some("https://id.example.jp/o/KITA01"));
    assert_eq!(house.redeem(&sent.led_with("code").unwrap()).status, 200);

    let metadata = house.get("/o/KITA01/.well-known/openid-configuration").json();
    assert_eq!(
        metadata["pushed_authorization_request_endpoint"],
        "https://id.example.jp/o/KITA01/par"
    );
}

#[test]
fn a_pushed_request_is_good_once_for_its_client_at_its_issuer() {
    let house = House::new();
    house.given_client(KITA, "shop", |_| {});
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let name = pushed(&house, &[]);
    let places = [(KITA, "shop"), (KITA, "nobody"), (MINAMI, "vod")];
    let platform = viewer.get(&brought("", "vod", &name));
    assert_eq!(platform.refusal(), "authorize.request_uri_over");
    for (operator, client) in places {
        let answer = viewer.get(&brought(&format!("/o/{operator}"), client, &name));
        assert_eq!((answer.status.as_u16(), answer.refusal()), (400, "authorize.request_uri_over"));
    }
    let mut forged = name.clone();
    forged.pop();
    for bad in [forged.as_str(), "urn:ietf:params:oauth:request_uri:"] {
        let answer = viewer.get(&brought("/o/KITA01", "vod", bad));
        assert_eq!(answer.refusal(), "authorize.request_uri_over", "{bad}");
    }
    assert!(viewer.get(&brought("/o/KITA01", "vod", &name)).led_with("code").is_some());
    let again = viewer.get(&brought("/o/KITA01", "vod", &name));
    assert_eq!((again.status.as_u16(), again.refusal()), (400, "authorize.request_uri_over"));
}

#[test]
fn of_many_browsers_with_one_name_one_is_let_in() {
    let house = House::new();
    let name = pushed(&house, &[]);
    let taken: Vec<bool> = std::thread::scope(|threads| {
        let take = || {
            let journeys = &house.provider.journeys;
            journeys.take_pushed((&name, "vod"), (KITA, clock::now())).unwrap().is_some()
        };
        let all: Vec<_> = (0..8).map(|_| threads.spawn(take)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(taken.iter().filter(|one| **one).count(), 1, "{taken:?}");
}

#[test]
fn a_pushed_request_is_over_after_a_minute_and_swept() {
    let house = House::new();
    let name = pushed(&house, &[]);
    pushed(&house, &[("login_hint", "ﾀｶﾊｼ")]);
    let take = |at| house.provider.journeys.take_pushed((&name, "vod"), (KITA, at)).unwrap();
    let sweep = |at| {
        let scope = Scope::new(KITA, Actor::System, at);
        house.world.db.housekeep(&scope, "test", |tx| sweep_pushed(tx, 10)).unwrap()
    };
    let late = clock::now().plus_seconds(PUSHED_SECONDS + 1);
    assert_eq!((take(late), sweep(clock::now())), (None, 0));
    assert_eq!((sweep(late), take(clock::now())), (2, None));
}

#[test]
fn what_would_be_refused_at_the_browser_is_refused_at_the_push_and_kept_nowhere() {
    let house = House::new();
    let long = "x".repeat(9000);
    for (changes, error) in [
        (&[("redirect_uri", "https://evil.example/cb")][..], "invalid_request"),
        (&[("client_id", "nobody")], "invalid_client"),
        (&[("client_id", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "request_uri_not_supported"),
        (&[("unknown", long.as_str())], "invalid_request"),
    ] {
        let answer = push_at(&house, "/o/KITA01", changes);
        assert_eq!(answer.json()["error"], error, "{changes:?}: {}", answer.body);
        assert!(answer.status.is_client_error());
    }
    let form = [("client_id", "vod"), ("response_type", "code")];
    let unproven = house.client_form("/o/KITA01/par", ("vod", "wrong"), &form);
    assert_eq!(
        (unproven.status.as_u16(), unproven.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
    let late = Scope::new(KITA, Actor::System, clock::now().plus_seconds(PUSHED_SECONDS + 1));
    let kept = house.world.db.housekeep(&late, "test", |tx| sweep_pushed(tx, 10)).unwrap();
    assert_eq!(kept, 0);
}

#[test]
fn a_client_that_has_to_push_can_not_ask_in_the_address_and_what_it_may_do_when_taken_decides() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (name, other) = (pushed(&house, &[]), pushed(&house, &[]));
    house.given_client(KITA, "vod", |terms| terms.profile.require_pushed = true);
    let refused = viewer.get(&authorize(&[]));
    assert_eq!(refused.led_with("error").as_deref(), Some("invalid_request"));
    assert!(viewer.get(&brought("/o/KITA01", "vod", &name)).led_with("code").is_some());

    house.given_client(KITA, "vod", |terms| {
        terms.redirect_uris = vec!["https://moved.example.jp/cb".to_owned()];
    });
    let moved = viewer.get(&brought("/o/KITA01", "vod", &other));
    assert_eq!(moved.refusal(), "authorize.redirect_uri_differs");
}
