//! Answers from memory: what is asked again costs no statement, and what changed counts at once.

use domain::clients::{self, RefreshPolicy};
use domain::commands::{Command, Op};
use domain::sessions::{self, Authorization, Reason};
use domain::subscribers::Reason as HoldReason;
use serde_json::Value as Json;

use crate::viewers::{House, SECRET, Viewer, authorize, claims};

/// The access token of a viewer, and the authorization it came from.
fn given(house: &House, viewer: &mut Viewer<'_>) -> (String, Authorization) {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let token = house.redeem(&code).json()["access_token"].as_str().unwrap().to_owned();
    let grant = claims(&token)["grant"].as_str().unwrap().to_owned();
    let found = house.world.look(|tx| sessions::find_authorization(tx, &grant)).unwrap().unwrap();
    (token, found)
}

fn inspect(house: &House, token: &str) -> Json {
    house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", token)]).json()
}

/// Whether the token is good for anything at the two places that say who it is about: both agree.
fn is_good(house: &House, token: &str) -> bool {
    let active = inspect(house, token)["active"].as_bool().unwrap();
    assert_eq!(house.userinfo(token).status == 200, active, "both places say the same");
    active
}

#[test]
fn what_is_asked_again_is_answered_without_the_database() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (token, _) = given(&house, &mut viewer);
    let ask = || {
        let own = house.token(&[("grant_type", "client_credentials")]);
        (own.status.as_u16(), is_good(&house, &token))
    };
    assert_eq!(ask(), (200, true));
    // The moments a fact is relied on may pass between two questions, not between a hundred times two.
    let statements = || house.world.db.statements();
    let free = (0..100).any(|_| {
        let before = statements();
        assert_eq!(ask(), (200, true));
        statements() == before
    });
    assert!(free, "no question was answered from memory");
}

#[test]
fn whatever_ends_a_session_ends_what_memory_knows_of_it() {
    type Ending = fn(&Authorization) -> Option<Reason<'_>>;
    let endings: [(&str, bool, Ending); 9] = [
        ("logout", false, |one| Some(Reason::Logout(&one.session_id))),
        // The browser is somebody else's now; what was given in it goes on.
        ("signed in again", true, |one| Some(Reason::SignedInAgain(&one.session_id))),
        ("chosen", false, |one| Some(Reason::Chosen(&one.session_id))),
        ("by staff", false, |one| Some(Reason::ByStaff(&one.person_id))),
        ("all devices", false, |one| Some(Reason::AllDevices(&one.person_id))),
        ("password", false, |one| Some(Reason::PasswordReplaced(&one.person_id))),
        ("all others", true, |one| Some(Reason::Others(&one.person_id, &one.session_id))),
        ("all but another", false, |one| Some(Reason::Others(&one.person_id, "ses_another"))),
        ("revoked", false, |_| None),
    ];
    for (name, goes_on, ending) in endings {
        let house = House::new();
        let mut viewer = house.given_viewer("A-001", "takahashi");
        let (token, found) = given(&house, &mut viewer);
        assert!(is_good(&house, &token) && is_good(&house, &token), "{name}");
        house
            .act(move |tx| match ending(&found) {
                Some(reason) => sessions::end_sessions(tx, reason).map(drop),
                None => sessions::revoke(tx, &found, "test"),
            })
            .unwrap();
        assert_eq!(is_good(&house, &token), goes_on, "{name}");
    }
}

#[test]
fn whatever_a_command_changes_of_a_person_is_told_at_once() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (token, _) = given(&house, &mut viewer);
    let rating = || house.userinfo(&token).json()["max_rating"].as_i64().unwrap();
    let first = rating();
    let mut change = Command::new(&house.world.request_id(), Op::Attr, "A-001");
    change.person_no = 1;
    change.attributes.max_rating_years = Some(first - 3);
    house.world.send(change);
    assert_eq!(rating(), first - 3);
    let mut suspend = Command::new(&house.world.request_id(), Op::Suspend, "A-001");
    suspend.reason = Some(HoldReason::Fraud);
    house.world.send(suspend);
    assert!(!is_good(&house, &token), "shut out");
    house.world.sms(Op::Resume, "A-001");
    assert!(is_good(&house, &token), "let in again");
    house.world.sms(Op::Stop, "A-001");
    assert!(!is_good(&house, &token), "over");
}

#[test]
fn a_client_that_is_switched_off_is_refused_at_once_on_its_node() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (token, _) = given(&house, &mut viewer);
    assert!(is_good(&house, &token));
    house
        .act(|tx| {
            let mut terms = clients::find(tx, "vod")?.terms;
            terms.enabled = false;
            clients::put(tx, "vod", &terms).map(drop)
        })
        .unwrap();
    assert_eq!(house.userinfo(&token).status, 401);
    assert_eq!(house.token(&[("grant_type", "client_credentials")]).status, 401);
}

#[test]
fn a_token_that_stays_is_answered_from_memory_and_one_that_turns_by_one_write() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let refreshed = |policy: RefreshPolicy, viewer: &mut Viewer<'_>| {
        house
            .act(move |tx| {
                let mut terms = clients::find(tx, "vod")?.terms;
                terms.profile.refresh = Some(policy);
                clients::put(tx, "vod", &terms).map(drop)
            })
            .unwrap();
        let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
        let first = house.redeem(&code).json();
        let mut token = first["refresh_token"].as_str().unwrap().to_owned();
        let mut cheapest = u64::MAX;
        for _ in 0..100 {
            let before = house.world.db.statements();
            let next = house.refresh(&token).json();
            cheapest = cheapest.min(house.world.db.statements() - before);
            next["refresh_token"].as_str().unwrap().clone_into(&mut token);
        }
        cheapest
    };
    assert_eq!(refreshed(RefreshPolicy::Stable, &mut viewer), 0);
    assert_eq!(refreshed(RefreshPolicy::Rotated, &mut viewer), 1);
}
