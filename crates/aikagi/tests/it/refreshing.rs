//! What becomes of a refresh token that was used: it stays with who proves itself, and is replaced elsewhere.

use base::kernel::{Instant, clock};
use domain::clients::{AuthMethod, ClientTerms, Grant, Proof, RefreshPolicy};
use domain::signin::Refreshing;

use crate::viewers::{CALLBACK, House, VERIFIER, Viewer, authorize};
use crate::world::KITA;

const DAY: i64 = 86_400;

fn stays(terms: &mut ClientTerms) {
    terms.profile.refresh = None;
}

fn public(terms: &mut ClientTerms) {
    (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
    terms.grants = vec![Grant::AuthorizationCode, Grant::RefreshToken];
    terms.scopes = vec!["openid".to_owned()];
    terms.profile.refresh = None;
}

/// The first refresh token of a viewer at `vod`.
fn given_token(house: &House, viewer: &mut Viewer<'_>) -> String {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned()
}

/// Refreshes at an instant, below the doors; answers the refresh token that is good from then on.
fn refreshed(house: &House, token: &str, at: Instant) -> Result<String, &'static str> {
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let given = house.provider.journeys.refresh(
        (&client, KITA),
        &Refreshing { token, wanted: None, jkt: None },
        at,
    );
    given.map(|given| given.refresh.unwrap()).map_err(|error| error.code())
}

#[test]
fn a_service_that_proves_itself_keeps_its_refresh_token() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stays);
    house.given_client(KITA, "shop", stays);
    let token = given_token(&house, &mut viewer);
    let parallel: Vec<_> = std::thread::scope(|scope| {
        let ask = || house.refresh(&token).json()["refresh_token"].as_str().map(str::to_owned);
        let all: Vec<_> = (0..20).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(parallel.iter().all(|one| one.as_deref() == Some(token.as_str())), "{parallel:?}");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let other = house.token_at("/o/KITA01", ("shop", crate::viewers::SECRET), &form);
    assert_eq!(other.json()["error"], "invalid_grant", "bound to who it was given to");
    assert_eq!(house.token_at("/o/KITA01", ("vod", "guessed"), &form).status, 401);
    assert_eq!(house.refresh(&token).status, 200, "nobody's trying ends it");

    let given_back = house.client_form(
        "/o/KITA01/revoke",
        ("vod", crate::viewers::SECRET),
        &[("token", token.as_str())],
    );
    assert_eq!(given_back.status, 200);
    assert_eq!(house.refresh(&token).json()["error"], "invalid_grant");
}

#[test]
fn one_that_stays_lives_ninety_days_from_its_last_use_and_no_family_longer_than_four_hundred() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stays);
    let (token, unused) = (given_token(&house, &mut viewer), given_token(&house, &mut viewer));
    let now = clock::now();
    let days = |days: i64| now.plus_seconds(days * DAY);
    for day in [60, 120, 180, 240, 300, 380] {
        assert_eq!(refreshed(&house, &token, days(day)), Ok(token.clone()), "{day}");
    }
    assert_eq!(refreshed(&house, &unused, days(91)), Err("grant.invalid"));
    assert_eq!(refreshed(&house, &token, days(401)), Err("grant.invalid"));
}

#[test]
fn a_service_without_a_proof_gets_another_one_each_time_and_can_not_be_registered_otherwise() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", public);
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "vod"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = house.public_token(&form).json();
    let first = tokens["refresh_token"].as_str().unwrap();
    let now = clock::now();
    let second = refreshed(&house, first, now).unwrap();
    assert_ne!(second, first);
    assert_eq!(refreshed(&house, first, now), Ok(second.clone()), "an answer was lost");
    assert_eq!(refreshed(&house, first, now.plus_seconds(60)), Err("grant.replayed"));
    assert_eq!(refreshed(&house, &second, now.plus_seconds(60)), Err("grant.invalid"));

    let mut terms = crate::viewers::service();
    public(&mut terms);
    terms.profile.refresh = Some(RefreshPolicy::Stable);
    let put = house.act(move |tx| domain::clients::put(tx, "vod", &terms));
    assert_eq!(put.unwrap_err().code(), "client.refresh_unbound");
}

#[test]
fn a_service_may_change_how_it_refreshes_without_signing_anybody_out() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let first = given_token(&house, &mut viewer);
    let now = clock::now();
    let second = refreshed(&house, &first, now).unwrap();
    house.given_client(KITA, "vod", stays);
    assert_eq!(refreshed(&house, &second, now), Ok(second.clone()), "the newest stays");
    house.given_client(KITA, "vod", |_| {});
    let third = refreshed(&house, &second, now.plus_seconds(60)).unwrap();
    assert_ne!(third, second);
    house.given_client(KITA, "vod", stays);
    let late = now.plus_seconds(120);
    assert_eq!(refreshed(&house, &second, late), Err("grant.replayed"), "one of before came back");
    assert_eq!(refreshed(&house, &third, late), Err("grant.invalid"));
}
