//! What a service wants of who signs in, and how: told truthfully, asked for more, or turned away.

use serde_json::{Value as Json, json};

use crate::second_factor::{given_kit, told};
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::KITA;

const MFA: &str = "urn:aikagi:acr:mfa";
const ESSENTIAL: &str = r#"{"id_token":{"acr":{"essential":true,"value":"urn:aikagi:acr:mfa"}}}"#;
const UNMET: &str = "unmet_authentication_requirements";

fn error(answer: &Answer) -> String {
    answer.led_with("error").unwrap_or_else(|| panic!("{}", answer.body))
}

/// The tokens a signed-in viewer gets at once.
fn tokens(house: &House, viewer: &mut Viewer<'_>) -> Json {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    house.redeem(&code).json()
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap().to_owned()
}

fn sub(token: &str) -> String {
    text(&crate::viewers::claims(token), "sub")
}

#[test]
fn who_has_an_authenticator_is_asked_for_it_alone_when_a_service_wants_more_than_the_session_has() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    viewer.sign_in("takahashi", PASSWORD);
    let kit = given_kit(&house, "A-001");
    let wants = [("acr_values", MFA)];
    let silent = viewer.get(&authorize(&[wants[0], ("prompt", "none")]));
    assert_eq!(told(&house, &silent)["acr"], "urn:aikagi:acr:password", "a wish, left open");
    let page = viewer.open_page(&authorize(&wants));
    assert!(page.body.contains("one-time-code"), "{}", page.body);
    let done = viewer.submit("second", &[("code", &kit.paper[0])]);
    let said = told(&house, &done);
    assert_eq!(said["acr"], MFA);
    assert_eq!(said["amr"], json!(["pwd", "otp", "mfa"]));
    let again = viewer.get(&authorize(&wants));
    assert_eq!(told(&house, &again)["acr"], MFA, "once for the session");
}

#[test]
fn who_has_none_is_told_of_truthfully_or_turned_away_where_less_will_not_do() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let open = viewer.get(&authorize(&[("acr_values", MFA)]));
    assert_eq!(told(&house, &open)["acr"], "urn:aikagi:acr:password");
    let silent = viewer.get(&authorize(&[("claims", ESSENTIAL), ("prompt", "none")]));
    assert_eq!(error(&silent), "login_required");

    let signed_in = house.audited("person.signed_in");
    viewer.open_page(&authorize(&[("claims", ESSENTIAL)]));
    let form = [("username", "takahashi"), ("password", PASSWORD)];
    let away = viewer.submit("password", &form);
    assert_eq!((error(&away).as_str(), away.led_with("code")), (UNMET, None));
    assert_eq!(away.led_with("state").unwrap(), "s-髙");
    assert_eq!(house.audited("person.signed_in"), signed_in);
    assert_eq!(house.audited("person.turned_away"), 1);
    assert!(viewer.get(&authorize(&[])).led_with("code").is_some(), "still signed in");
    let foreign = r#"{"id_token":{"acr":{"essential":true,"value":"urn:other"}}}"#;
    assert_eq!(error(&viewer.get(&authorize(&[("claims", foreign)]))), UNMET, "nobody could");
}

#[test]
fn a_step_up_is_worth_nothing_when_the_session_behind_it_has_ended() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    viewer.sign_in("takahashi", PASSWORD);
    let kit = given_kit(&house, "A-001");
    viewer.open_page(&authorize(&[("acr_values", MFA)]));
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let end = move |tx: &mut base::store::Tx<'_>| {
        domain::sessions::end_sessions(tx, domain::sessions::Reason::ByStaff(&person))
    };
    house.act(end).unwrap();
    let refused = viewer.submit("second", &[("code", &kit.paper[0])]);
    assert_eq!(refused.refusal(), "signin.step_changed");
    assert_eq!(error(&viewer.get(&authorize(&[("prompt", "none")]))), "login_required");
}

#[test]
fn a_hint_means_one_person_and_nobody_else_will_do() {
    let house = House::new();
    let mut other = house.given_viewer("A-002", "tanaka");
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = text(&tokens(&house, &mut viewer), "id_token");
    let theirs = text(&tokens(&house, &mut other), "id_token");
    let asks = |hint: &str, prompt: &str| {
        let hint: &'static str = Box::leak(hint.to_owned().into_boxed_str());
        let prompt: &'static str = Box::leak(prompt.to_owned().into_boxed_str());
        authorize(&[("id_token_hint", hint), ("prompt", prompt)])
    };
    assert!(viewer.get(&asks(&mine, "none")).led_with("code").is_some());
    assert_eq!(error(&viewer.get(&asks(&theirs, "none"))), "login_required");
    viewer.open_page(&asks(&theirs, ""));
    let form = |name: &'static str| [("username", name), ("password", PASSWORD)];
    let away = viewer.submit("password", &form("takahashi"));
    assert_eq!(error(&away), "login_required", "somebody else signed in");
    assert!(viewer.get(&authorize(&[])).led_with("code").is_some(), "their own session goes on");
    viewer.open_page(&asks(&theirs, ""));
    let done = viewer.submit("password", &form("tanaka"));
    assert_eq!(told(&house, &done)["sub"], sub(&theirs));

    let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{}"}}}}}}"#, sub(&theirs));
    let claims: &'static str = Box::leak(claims.into_boxed_str());
    assert!(viewer.get(&authorize(&[("claims", claims)])).led_with("code").is_some());
    let both = [("claims", claims), ("id_token_hint", Box::leak(mine.clone().into_boxed_str()))];
    assert_eq!(error(&viewer.get(&authorize(&both))), "invalid_request");
}

#[test]
fn a_hint_that_is_not_of_this_service_and_issuer_is_refused() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "shop", |_| {});
    let had = tokens(&house, &mut viewer);
    let (mine, access) = (text(&had, "id_token"), text(&had, "access_token"));
    let mut broken = mine.clone();
    broken.truncate(mine.len() - 2);
    for (client, hint) in
        [("shop", mine.as_str()), ("vod", &access), ("vod", &broken), ("vod", "x")]
    {
        let path = authorize(&[("client_id", client), ("id_token_hint", hint)]);
        assert_eq!(error(&viewer.get(&path)), "invalid_request", "{client} {hint}");
    }
    for bad in ["{", "[]", r#"{"id_token":7}"#] {
        assert_eq!(error(&viewer.get(&authorize(&[("claims", bad)]))), "invalid_request");
    }
}
