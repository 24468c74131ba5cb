//! The admin API changes the terms of services that somebody saw, goes at a pace, and ends with its station.

use axum::body::Body;
use base::kernel::Change;
use domain::clients;
use domain::operators::{self, OperatorDraft, Pace, Policies};
use http::Request;
use serde_json::{Value as Json, json};

use crate::admin::{Desk, itself, line, shop, told};
use crate::admin_tokens::{admin_token, given_admin};
use crate::openapi;
use crate::viewers::{Answer, CALLBACK, House};
use crate::world::KITA;

/// Asks for these changes of a client whose version was seen; `None`: without saying so.
fn patch(desk: &Desk, id: &str, (seen, body): (Option<&str>, &Json)) -> Answer {
    let path = format!("/admin/v1/clients/{id}");
    let mut request = Request::patch(format!("/o/KITA01{path}"))
        .header("authorization", format!("Bearer {}", desk.token))
        .header("content-type", "application/json");
    if let Some(seen) = seen {
        request = request.header("if-match", seen);
    }
    let answer = desk.house.call(request.body(Body::from(body.to_string())).unwrap());
    openapi::hold((answer.status.as_u16(), &answer.json()), ("PATCH", &path));
    answer
}

/// Looks at a client, and asks for these changes of what it saw.
pub fn patch_as_seen(desk: &Desk, path: &str, body: &Json) -> Answer {
    let seen = tag(&desk.get(path));
    patch(desk, path.rsplit('/').next().unwrap(), (Some(&seen), body))
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

fn given_shop() -> Desk {
    let desk = Desk::new();
    assert_eq!(desk.put("/clients/shop", &shop()).status, 201);
    desk
}

/// The detail of the last line of this act.
fn detail(house: &House, act: &str) -> Json {
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let line = lines.iter().rfind(|line| line.act == act).unwrap();
    serde_json::from_str(&line.detail).unwrap()
}

#[test]
fn who_saw_the_terms_changes_some_of_them_and_the_audit_says_what_they_were() {
    let desk = given_shop();
    let seen = desk.get("/clients/shop");
    assert_eq!(tag(&seen), format!("\"{}\"", seen.json()["version"].as_str().unwrap()));
    let more = json!([CALLBACK, "https://shop.example.jp/戻る"]);
    let wrong = patch(&desk, "shop", (Some(&tag(&seen)), &json!({ "redirect_uris": more })));
    assert_eq!(told(&wrong), (400, "client.redirect_uri_malformed".to_owned()));
    let edit = json!({
        "name_ja": "髙橋ｽﾄｱ㈱（仮）", "redirect_uris": [CALLBACK, "https://vod.example.jp/back"],
        "profile": { "backchannel_logout_uri": "https://vod.example.jp/logout" },
    });

    let changed = patch(&desk, "shop", (Some(&tag(&seen)), &edit));

    assert_eq!(told(&changed), (200, "true".to_owned()), "{}", changed.body);
    assert_eq!(desk.last(), line("client.changed", "shop"));
    let now = desk.get("/clients/shop");
    assert_eq!((tag(&now), tag(&changed) == tag(&seen)), (tag(&changed), false));
    let mut expected = seen.json();
    expected["name_ja"] = json!("髙橋ｽﾄｱ㈱（仮）");
    expected["redirect_uris"] = edit["redirect_uris"].clone();
    expected["profile"]["backchannel_logout_uri"] = json!("https://vod.example.jp/logout");
    expected["version"] = now.json()["version"].clone();
    assert_eq!(now.json(), expected, "and nothing else");
    let was = detail(&desk.house, "client.changed")["was"].clone();
    assert_eq!(was["name_ja"], "髙橋ｽﾄｱ㈱");
    assert_eq!(was["redirect_uris"], json!([CALLBACK]));
    let mut members: Vec<_> = was.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["name_ja", "profile", "redirect_uris"]);

    // The answer got lost: what is so already is answered so.
    let again = patch(&desk, "shop", (Some(&tag(&seen)), &edit));
    assert_eq!(told(&again), (200, "false".to_owned()));
    let plain = json!({ "profile": { "backchannel_logout_uri": null } });
    assert_eq!(told(&patch(&desk, "shop", (Some(&tag(&now)), &plain))), (200, "true".to_owned()));
    assert_eq!(desk.get("/clients/shop").json()["profile"], seen.json()["profile"]);
    assert_eq!(desk.house.audited("client.changed"), 2);
}

#[test]
fn who_saw_other_terms_or_none_changes_nothing() {
    let desk = given_shop();
    let seen = tag(&desk.get("/clients/shop"));
    let name = |name: &str| json!({ "name_en": name });
    assert_eq!(patch(&desk, "shop", (Some(&seen), &name("First"))).status, 200);
    let bare = seen.trim_matches('"').to_owned();
    let now = tag(&desk.get("/clients/shop"));
    let weak = format!("W/{now}");
    for late in [&seen, &bare, &weak, "*", "\"\"", ""] {
        let answer = patch(&desk, "shop", (Some(late), &name("Second")));
        assert_eq!(told(&answer), (412, "client.changed_meanwhile".to_owned()), "{late}");
    }
    let answer = patch(&desk, "shop", (None, &name("Second")));
    assert_eq!(told(&answer), (400, "field.required".to_owned()));
    assert_eq!(desk.get("/clients/shop").json()["name_en"], "First");
    // Switched off meanwhile, by somebody who knows why.
    assert_eq!(desk.post("/clients/shop/disable").status, 200);
    let answer = patch(&desk, "shop", (Some(&now), &name("Second")));
    assert_eq!(told(&answer), (412, "client.changed_meanwhile".to_owned()));
    // Another secret is none of its terms.
    let now = tag(&desk.get("/clients/shop"));
    assert_eq!(desk.post("/clients/shop/secret").status, 200);
    assert_eq!(tag(&desk.get("/clients/shop")), now);
}

#[test]
fn of_two_who_saw_the_same_one_is_heard() {
    let desk = given_shop();
    let seen = tag(&desk.get("/clients/shop"));
    let desk = &desk;
    let answers: Vec<u16> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..6)
            .map(|at| {
                let edit = json!({ "name_en": format!("Name {at}") });
                let seen = seen.clone();
                threads.spawn(move || patch(desk, "shop", (Some(&seen), &edit)).status.as_u16())
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|one| **one == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|one| [200, 412].contains(one)), "{answers:?}");
    assert_eq!(desk.house.audited("client.changed"), 1);
}

#[test]
fn a_program_changes_no_power_of_its_own_kind_nor_how_a_client_proves_itself() {
    let desk = given_shop();
    let refused = |id: &str, edit: Json| {
        let seen = tag(&desk.get(&format!("/clients/{id}")));
        let answer = patch(&desk, id, (Some(&seen), &edit));
        assert_eq!(tag(&desk.get(&format!("/clients/{id}"))), seen, "{edit}");
        told(&answer).1
    };
    assert_eq!(refused("ops", json!({"scopes": ["admin.keys"]})), "client.not_for_admins");
    assert_eq!(refused("shop", json!({"scopes": ["admin.keys"]})), "client.scope_not_allowed");
    for (member, value) in [
        ("kind", json!("admin")),
        ("method", json!("none")),
        ("enabled", json!(false)),
        ("secret", json!("x")),
        ("id", json!("other")),
    ] {
        assert_eq!(refused("shop", json!({ member: value })), "json.unknown_field", "{member}");
    }
    assert_eq!(refused("shop", json!({"jwks": {"keys": []}})), "client.proof_differs");
    assert_eq!(refused("shop", json!({"profile": {"nothing": 1}})), "json.malformed");
    assert_eq!(refused("shop", json!({"profile": {"fapi": true}})), "client.fapi_not_met");
    let nobody = patch(&desk, "nobody", (Some("\"x\""), &json!({})));
    assert_eq!(told(&nobody), (404, "client.unknown".to_owned()));
}

/// Changes what the northern operator decides for itself.
fn decide(house: &House, change: impl Fn(&mut Policies) + Send + 'static) {
    let put = move |tx: &mut base::store::Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let mut policies = known.policies.clone();
        change(&mut policies);
        let (name_ja, name_en) = (known.name_ja.clone(), known.name_en.clone());
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.act(put).unwrap();
}

#[test]
fn a_program_that_calls_too_fast_waits_and_others_do_not() {
    let mut desk = Desk::new();
    given_admin(&desk.house, KITA, "other");
    decide(&desk.house, |policies| policies.admin_pace = Pace { per_second: 1, burst: 3 });
    let told_of = |desk: &Desk| told(&desk.get("/clients/vod")).0;
    let answers: Vec<u16> = (0..8).map(|_| told_of(&desk)).collect();
    assert_eq!(answers[..3], [200; 3]);
    let slow = (0..8).map(|_| desk.get("/keys")).find(|answer| answer.status == 429);
    let slow = slow.expect("too fast");
    assert_eq!(
        (slow.refusal(), slow.headers["retry-after"].to_str().unwrap()),
        ("request.too_many", "1")
    );
    let other = admin_token(&desk.house, KITA, "other", "").json();
    desk.token = other["access_token"].as_str().unwrap().to_owned();
    assert_eq!(told_of(&desk), 200, "the other one has a pace of its own");
}

#[test]
fn while_its_station_is_out_of_service_a_program_is_given_no_token_and_does_nothing() {
    let desk = given_shop();
    let seen = tag(&desk.get("/clients/shop"));
    given_admin(&desk.house, "*", "platform");
    assert_eq!(desk.house.act(operators::disable), Ok(Change::Made));
    let before = desk.house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let off = (409, "operator.disabled".to_owned());

    for path in ["/clients", "/clients/shop", "/keys", "/contracts/A-001/persons/1"] {
        assert_eq!(told(&desk.get(path)), off, "{path}");
    }
    for path in ["/clients/shop/disable", "/clients/shop/secret", "/keys/rotate"] {
        assert_eq!(told(&desk.post(path)), off, "{path}");
    }
    assert_eq!(told(&desk.put("/clients/another", &shop())), off);
    let edit = json!({"name_en": "Another"});
    assert_eq!(told(&patch(&desk, "shop", (Some(&seen), &edit))), off);
    let token = admin_token(&desk.house, KITA, "ops", "");
    assert_eq!((token.status.as_u16(), token.refusal()), (400, "operator.disabled"));
    let after = desk.house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    assert_eq!(before.len(), after.len(), "nothing was done");
    let platform = admin_token(&desk.house, "*", "platform", "");
    assert_eq!(platform.status, 200, "the platform goes on: {}", platform.body);

    desk.house.act(operators::enable).unwrap();
    assert_eq!(desk.get("/clients/shop").status, 200, "everything is as it was");
    assert_eq!(admin_token(&desk.house, KITA, "ops", "").status, 200);
}

#[test]
fn nothing_is_done_in_a_transaction_of_a_station_that_went_out_of_service_meanwhile() {
    let desk = given_shop();
    desk.house.act(operators::disable).unwrap();
    let refused = desk.house.act(domain::administration::check_in_service).unwrap_err();
    assert_eq!(refused.code(), "operator.disabled");
    let secret = desk.house.act(|tx| clients::renew_secret(tx, "shop")).unwrap();
    assert_eq!(itself(&desk, "shop", &secret), 200, "services are not administered, and go on");
}
