//! A client asks what its tokens are good for, and gives them back.

use base::kernel::Scope;
use domain::clients::{AuthMethod, Proof};
use domain::commands::Op;
use formats::jose::JwkSet;
use serde_json::{Value as Json, json};

use crate::viewers::{House, SECRET, Viewer, authorize};
use crate::world::{KITA, MINAMI};

struct Tokens {
    access: String,
    refresh: String,
    id: String,
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

fn tokens(house: &House, viewer: &mut Viewer<'_>) -> Tokens {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let all = house.redeem(&code).json();
    let get = |name| text(&all, name);
    Tokens { access: get("access_token"), refresh: get("refresh_token"), id: get("id_token") }
}

fn inspect_as(house: &House, (issuer, client): (&str, &str), token: &str) -> Json {
    let form = [("token", token)];
    let answer = house.client_form(&format!("{issuer}/introspect"), (client, SECRET), &form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn inspect(house: &House, token: &str) -> Json {
    inspect_as(house, ("/o/KITA01", "vod"), token)
}

fn give_back_as(house: &House, (issuer, client): (&str, &str), token: &str) -> u16 {
    let form = [("token", token), ("token_type_hint", "nonsense")];
    house.client_form(&format!("{issuer}/revoke"), (client, SECRET), &form).status.as_u16()
}

const INACTIVE: &str = r#"{"active":false}"#;

#[test]
fn a_client_reads_what_its_own_tokens_are_good_for() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = tokens(&house, &mut viewer);
    let access = inspect(&house, &mine.access);
    assert_eq!(
        (&access["active"], &access["client_id"], &access["token_type"], &access["scope"]),
        (&json!(true), &json!("vod"), &json!("Bearer"), &json!("openid"))
    );
    let refresh = inspect(&house, &mine.refresh);
    assert_eq!((&refresh["active"], &refresh["sub"]), (&json!(true), &access["sub"]));
    assert!(refresh["exp"].as_i64() > access["exp"].as_i64(), "it lives longer");
    let own = house.token(&[("grant_type", "client_credentials")]).json();
    let own = inspect(&house, &text(&own, "access_token"));
    assert_eq!((&own["active"], &own["sub"]), (&json!(true), &json!("vod")));
    let used = house.refresh(&mine.refresh).json();
    assert_eq!(inspect(&house, &mine.refresh).to_string(), INACTIVE, "replaced");
    assert_eq!(inspect(&house, &text(&used, "refresh_token"))["active"], true);
    for nothing in [mine.id.as_str(), "nonsense", "a.b.c"] {
        assert_eq!(inspect(&house, nothing).to_string(), INACTIVE, "{nothing}");
    }
    let empty = house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", "")]);
    assert_eq!(empty.json()["error"], "invalid_request", "nothing was asked about");
}

#[test]
fn the_answer_comes_signed_to_who_asks_for_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = tokens(&house, &mut viewer);
    let answer = house.client_form_accepting(
        ("/o/KITA01/introspect", "application/token-introspection+jwt"),
        ("vod", SECRET),
        &[("token", &mine.access)],
    );
    assert_eq!(answer.headers["content-type"], "application/token-introspection+jwt");
    let unwanted = house.client_form_accepting(
        ("/o/KITA01/introspect", "application/token-introspection+jwt;q=0, application/json"),
        ("vod", SECRET),
        &[("token", &mine.access)],
    );
    assert_eq!(unwanted.headers["content-type"], "application/json", "a weight of nothing is a no");
    // It has no `exp` of its own (RFC 9701 §5), so it is read with another library than ours.
    let keys: JwkSet = serde_json::from_value(house.get("/o/KITA01/jwks").json()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    wanted.required_spec_claims.clear();
    wanted.set_audience(&["vod"]);
    wanted.set_issuer(&["https://id.example.jp/o/KITA01"]);
    let read = jsonwebtoken::decode::<Json>(&answer.body, &key, &wanted).unwrap();
    assert_eq!(read.header.typ.as_deref(), Some("token-introspection+jwt"));
    let said = read.claims;
    assert_eq!(said["token_introspection"]["active"], true);
}

#[test]
fn what_is_given_back_is_over_at_once_with_all_that_came_from_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (first, second) = (tokens(&house, &mut viewer), tokens(&house, &mut viewer));
    for (mine, given) in [(&first, &first.refresh), (&second, &second.access)] {
        assert_eq!(inspect(&house, &mine.access)["active"], true);
        assert_eq!(give_back_as(&house, ("/o/KITA01", "vod"), given), 200);
        assert_eq!(inspect(&house, &mine.access).to_string(), INACTIVE);
        assert_eq!(inspect(&house, &mine.refresh).to_string(), INACTIVE);
        assert_eq!(house.userinfo(&mine.access).status, 401);
        assert_eq!(house.refresh(&mine.refresh).json()["error"], "invalid_grant");
        assert_eq!(give_back_as(&house, ("/o/KITA01", "vod"), given), 200, "again");
    }
    assert_eq!(house.audited("authorization.revoked"), 2);
    let own = text(&house.token(&[("grant_type", "client_credentials")]).json(), "access_token");
    let refused = house.client_form("/o/KITA01/revoke", ("vod", SECRET), &[("token", &own)]).json();
    assert_eq!(refused["error"], "unsupported_token_type");
}

#[test]
fn nobody_asks_about_or_ends_what_another_was_given() {
    let house = House::new();
    house.given_client(KITA, "other", |_| {});
    house.given_client(Scope::PLATFORM, "everywhere", |_| {});
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = tokens(&house, &mut viewer);
    for who in [("/o/KITA01", "other"), ("/o/MINA01", "vod"), ("", "everywhere")] {
        for token in [&mine.access, &mine.refresh] {
            assert_eq!(inspect_as(&house, who, token).to_string(), INACTIVE, "{who:?}");
            assert_eq!(give_back_as(&house, who, token), 200, "{who:?}");
        }
    }
    assert_eq!(inspect(&house, &mine.access)["active"], true, "it goes on");
    assert_eq!(house.audited("authorization.revoked"), 0);
    let nobody = house.public_form("/o/KITA01/introspect", &[("token", &mine.access)]);
    assert_eq!(nobody.status, 401);
    house.given_client(MINAMI, "app", |terms| {
        terms.method = AuthMethod::None;
        terms.proof = Proof::None;
        terms.grants.retain(|grant| *grant != domain::clients::Grant::ClientCredentials);
    });
    let form = [("client_id", "app"), ("token", mine.access.as_str())];
    let public = house.public_form("/o/MINA01/introspect", &form).json();
    assert_eq!(public["error"], "unauthorized_client", "who proves nothing learns nothing");
}

#[test]
fn a_token_of_somebody_who_was_shut_out_is_good_for_nothing() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = tokens(&house, &mut viewer);
    house.world.sms(Op::Stop, "A-001");
    for token in [&mine.access, &mine.refresh] {
        assert_eq!(inspect(&house, token).to_string(), INACTIVE);
    }
}
