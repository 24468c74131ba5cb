//! The admin API: what a program of the station does to clients, members and keys, as the document says.

use axum::body::Body;
use domain::clients::{ClientKind, Grant};
use domain::commands::Op;
use http::Request;
use serde_json::{Value as Json, json};

use crate::admin_changes::patch_as_seen;
use crate::admin_tokens::{admin_token, given_admin};
use crate::house::source::read;
use crate::manuals::blocks;
use crate::openapi;
use crate::viewers::{Answer, CALLBACK, House, PASSWORD, SECRET, Viewer, authorize};
use crate::world::KITA;

/// A program with a token, at the northern operator.
pub struct Desk {
    pub house: House,
    pub token: String,
}

impl Desk {
    pub fn new() -> Self {
        let house = House::new();
        given_admin(&house, KITA, "ops");
        let mut desk = Self { house, token: String::new() };
        desk.renew_token();
        desk
    }

    pub fn renew_token(&mut self) {
        let told = admin_token(&self.house, KITA, "ops", "").json();
        self.token = told["access_token"].as_str().unwrap().to_owned();
    }

    /// A call; its answer is held against the document.
    fn call(&self, method: &str, path: &str, key: &str, body: &Json) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/o/KITA01/admin/v1{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("idempotency-key", key)
            .header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.house.call(request.body(Body::from(body)).unwrap());
        openapi::hold(
            (answer.status.as_u16(), &answer.json()),
            (method, &format!("/admin/v1{path}")),
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        answer
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "", &Json::Null)
    }

    pub fn post(&self, path: &str) -> Answer {
        self.call("POST", path, "k", &Json::Null)
    }

    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.call("PUT", path, "", body)
    }

    /// The last line of the audit: who did what to whom.
    pub fn last(&self) -> (String, String, String) {
        let lines = self.house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
        let last = lines.into_iter().next_back().unwrap();
        (last.actor, last.act, last.subject)
    }
}

pub fn line(act: &str, subject: &str) -> (String, String, String) {
    ("admin:ops".to_owned(), act.to_owned(), subject.to_owned())
}

pub fn told(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let text = match (body["code"].as_str(), body["result"].as_str()) {
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => body["changed"].to_string(),
    };
    (answer.status.as_u16(), text)
}

pub fn shop() -> Json {
    json!({
        "name_ja": "髙橋ｽﾄｱ㈱", "name_en": "Takahashi Store", "redirect_uris": [CALLBACK],
        "grants": ["authorization_code", "client_credentials"], "scopes": ["openid", "decisions"],
    })
}

pub fn itself(desk: &Desk, id: &str, secret: &str) -> u16 {
    let form = [("grant_type", "client_credentials")];
    desk.house.token_at("/o/KITA01", (id, secret), &form).status.as_u16()
}

#[test]
fn a_service_is_made_once_its_secret_is_shown_once_and_it_is_switched_off_and_on() {
    let desk = Desk::new();
    let made = desk.put("/clients/shop", &shop());
    assert_eq!(told(&made), (201, "true".to_owned()));
    assert_eq!(desk.last(), line("client.created", "shop"));
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(itself(&desk, "shop", &secret), 200);
    let again = desk.put("/clients/shop", &shop());
    assert_eq!(told(&again), (200, "false".to_owned()));
    assert_eq!(again.json()["secret"], Json::Null);
    let mut other = shop();
    other["name_en"] = json!("Another");
    assert_eq!(told(&desk.put("/clients/shop", &other)), (409, "client.exists".to_owned()));
    assert_eq!(itself(&desk, "shop", &secret), 200, "it stayed as it was");

    assert_eq!(told(&desk.post("/clients/shop/disable")), (200, "true".to_owned()));
    assert_eq!(desk.last(), line("client.disabled", "shop"));
    assert_eq!(told(&desk.post("/clients/shop/disable")), (200, "false".to_owned()));
    assert_eq!(itself(&desk, "shop", &secret), 401);
    assert_eq!(desk.get("/clients/shop").json()["enabled"], false);
    assert_eq!(told(&desk.put("/clients/shop", &shop())), (200, "false".to_owned()));
    assert_eq!(told(&desk.post("/clients/shop/enable")), (200, "true".to_owned()));
    assert_eq!(itself(&desk, "shop", &secret), 200);
    let body = desk.get("/clients/shop").body;
    assert!(!body.contains(&secret) && !body.contains("secret_hash"), "{body}");
    assert_eq!(told(&desk.get("/clients/nobody")), (404, "client.unknown".to_owned()));
    assert_eq!(told(&desk.post("/clients/nobody/disable")), (404, "client.unknown".to_owned()));
}

#[test]
fn what_is_wrong_with_a_new_client_is_said_and_nothing_is_made() {
    let desk = Desk::new();
    let refused = |change: &dyn Fn(&mut Json)| {
        let mut body = shop();
        change(&mut body);
        let answer = desk.put("/clients/shop", &body);
        assert_eq!(desk.get("/clients/shop").status, 404);
        answer.json()["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&|body| body["secret"] = json!("x")), "json.unknown_field");
    assert_eq!(refused(&|body| body["name_ja"] = json!(" ")), "client.name_missing");
    assert_eq!(refused(&|body| body["name_ja"] = json!(5)), "json.malformed");
    assert_eq!(
        refused(&|body| drop(body.as_object_mut().unwrap().remove("grants"))),
        "json.missing"
    );
    assert_eq!(refused(&|body| body["scopes"] = json!(["sms"])), "client.scope_not_allowed");
    assert_eq!(refused(&|body| body["scopes"] = json!(["admin.keys"])), "client.scope_not_allowed");
    let address = json!(["http://vod.example.jp/cb"]);
    let code = refused(&move |body| body["redirect_uris"].clone_from(&address));
    assert_eq!(code, "client.redirect_uri_malformed");
    assert_eq!(refused(&|body| body["method"] = json!("private_key_jwt")), "client.proof_differs");
    assert_eq!(refused(&|body| body["kind"] = json!("sms")), "client.not_for_admins");
    assert_eq!(refused(&|body| body["kind"] = json!("admin")), "client.not_for_admins");
    assert_eq!(refused(&|body| body["jwks"] = json!({"keys": []})), "client.proof_differs");
    assert_eq!(told(&desk.put("/clients/a.b", &shop())), (400, "client.id_malformed".to_owned()));
    desk.house.given_client(base::kernel::Scope::PLATFORM, "everywhere", |_| {});
    assert_eq!(
        told(&desk.put("/clients/everywhere", &shop())),
        (409, "client.id_taken".to_owned())
    );
}

#[test]
fn clients_are_listed_page_by_page() {
    let desk = Desk::new();
    for id in ["a-1", "b-2", "c-3"] {
        assert_eq!(desk.put(&format!("/clients/{id}"), &shop()).status, 201);
    }
    let mut found = Vec::new();
    let mut path = "/clients?limit=2".to_owned();
    for _ in 0..4 {
        let page = desk.get(&path).json();
        let ids = page["clients"].as_array().unwrap().iter();
        found.extend(ids.map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/clients?limit=2&after={next}");
    }
    assert_eq!(found, ["a-1", "b-2", "c-3", "ops", "vod"]);
    for wrong in ["limit=0", "limit=201", "limit=x", "page=1"] {
        let answer = desk.get(&format!("/clients?{wrong}"));
        assert_eq!(told(&answer), (400, "field.malformed".to_owned()), "{wrong}");
    }
}

#[test]
fn with_one_key_a_secret_is_renewed_once_however_often_it_is_asked_for() {
    let desk = Desk::new();
    let renew =
        |id: &str, key: &str| desk.call("POST", &format!("/clients/{id}/secret"), key, &Json::Null);
    let first = renew("vod", "2026-11-29/1");
    let secret = first.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!((first.status.as_u16(), secret.len()), (200, 43));
    assert_eq!(desk.last(), line("client.secret_renewed", "vod"));
    assert_eq!((itself(&desk, "vod", SECRET), itself(&desk, "vod", &secret)), (401, 200));
    assert_eq!(renew("vod", "2026-11-29/1").json(), first.json());
    assert_eq!(desk.house.audited("client.secret_renewed"), 1);
    let next = renew("vod", "2026-11-29/2").json()["secret"].as_str().unwrap().to_owned();
    assert_eq!((itself(&desk, "vod", &secret), itself(&desk, "vod", &next)), (401, 200));
    // An answer that is asked for again brings no old secret back.
    assert_eq!(renew("vod", "2026-11-29/1").json()["secret"], secret);
    assert_eq!((itself(&desk, "vod", &secret), itself(&desk, "vod", &next)), (401, 200));
    assert_eq!(desk.put("/clients/shop", &shop()).status, 201);
    assert_eq!(told(&renew("shop", "2026-11-29/1")), (409, "request.reused".to_owned()));
    assert_eq!(told(&renew("shop", " ")), (400, "field.required".to_owned()));
    assert_eq!(told(&renew("shop", &"k".repeat(65))), (400, "field.too_long".to_owned()));
    assert_eq!(told(&renew("nobody", "k")), (404, "client.unknown".to_owned()));
    let kept = desk.house.world.look(|tx| {
        tx.rows("SELECT answer FROM inbox WHERE operator_id = 'KITA01'", &[], |row| row.text())
    });
    assert!(
        kept.unwrap().iter().all(|answer| *answer != secret && *answer != next),
        "kept nowhere"
    );
}

#[test]
fn of_many_that_renew_a_secret_at_once_with_one_key_all_get_the_same() {
    let desk = Desk::new();
    let secrets: Vec<String> = std::thread::scope(|scope| {
        let renew = || desk.call("POST", "/clients/vod/secret", "once", &Json::Null).body;
        let all: Vec<_> = (0..8).map(|_| scope.spawn(renew)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(secrets.iter().all(|one| *one == secrets[0]), "{secrets:?}");
    assert_eq!(desk.house.audited("client.secret_renewed"), 1);
}

#[test]
fn a_program_gives_no_other_power_out_than_it_was_given() {
    let desk = Desk::new();
    given_admin(&desk.house, KITA, "night-shift");
    desk.house.given_client(KITA, "kita-sms", |terms| {
        terms.kind = ClientKind::Sms;
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["sms".to_owned()];
        terms.redirect_uris = Vec::new();
    });
    let refused = (403, "client.not_for_admins".to_owned());
    assert_eq!(told(&desk.post("/clients/kita-sms/secret")), refused);
    assert_eq!(told(&desk.post("/clients/night-shift/secret")), refused);
    assert_eq!(told(&desk.post("/clients/night-shift/disable")), refused);
    assert_eq!(told(&desk.post("/clients/night-shift/enable")), refused);
    assert_eq!(told(&desk.post("/clients/kita-sms/disable")), (200, "true".to_owned()));
    assert_eq!(told(&desk.post("/clients/kita-sms/enable")), (200, "true".to_owned()));
    let own = desk.post("/clients/ops/secret").json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(own, SECRET);
    let denied = admin_token(&desk.house, KITA, "ops", "");
    assert_eq!(denied.status, 401, "the old one is worthless");
    assert_eq!(told(&desk.post("/clients/ops/disable")), (200, "true".to_owned()));
    assert_eq!(told(&desk.get("/clients")), (401, "token.invalid".to_owned()));
}

const MEMBER: &str = "/contracts/A-001/persons/1";

#[test]
fn a_member_is_shown_without_what_only_they_should_know() {
    let desk = Desk::new();
    let mut viewer = desk.house.given_viewer("A-001", "takahashi");
    assert!(viewer.get(&authorize(&[])).led_with("code").is_some());
    let shown = desk.get(MEMBER);
    assert_eq!(
        shown.json(),
        json!({
            "contract": { "number": "A-001", "gen": 0 }, "person_no": 1, "role": "OWNER",
            "effective": "ACTIVE", "reasons": [], "holds": [], "locked_until": null,
            "sessions": 1, "devices": 0,
        })
    );
    assert!(!shown.body.contains("takahashi"));
    let listed = desk.get(&format!("{MEMBER}/sessions")).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    for (path, code) in [
        ("/contracts/A-009/persons/1", "contract.unknown"),
        ("/contracts/A-001/persons/2", "person.unknown"),
    ] {
        assert_eq!(told(&desk.get(path)), (404, code.to_owned()));
        for verb in ["end-sessions", "disable", "enable", "unlock"] {
            let answer = desk.post(&format!("{path}/{verb}"));
            assert_eq!(told(&answer), (404, code.to_owned()), "{verb}");
        }
        assert_eq!(told(&desk.get(&format!("{path}/sessions"))), (404, code.to_owned()));
    }
    let wrong = desk.get("/contracts/A-001/persons/one");
    assert_eq!(told(&wrong), (400, "field.malformed".to_owned()));
}

#[test]
fn a_member_who_is_disabled_gets_nothing_until_they_are_enabled_and_a_hold_of_the_sms_stays() {
    let desk = Desk::new();
    let mut viewer = desk.house.given_viewer("A-001", "takahashi");
    let disable = format!("{MEMBER}/disable");
    let done = desk.call("POST", &disable, "", &json!({"reason": "40"}));
    assert_eq!(told(&done), (200, "OK".to_owned()));
    assert_eq!(desk.last().0, "admin:ops");
    let shown = desk.get(MEMBER).json();
    assert_eq!(
        (&shown["effective"], &shown["reasons"]),
        (&json!("PERSON_SUSPENDED"), &json!(["40"]))
    );
    assert_eq!(shown["holds"][0]["source"], "CONSOLE");
    assert!(viewer.get(&authorize(&[("prompt", "none")])).led_with("code").is_none());
    let again = desk.call("POST", &disable, "", &json!({"reason": "40"}));
    assert_eq!(told(&again), (200, "WARNING".to_owned()));
    let wrong = desk.call("POST", &disable, "", &json!({"reason": "99"}));
    assert_eq!(told(&wrong), (400, "hold.reason_unknown".to_owned()));
    let mut by_sms = domain::commands::Command::new("sms-1", Op::PersonSuspend, "A-001");
    (by_sms.person_no, by_sms.reason) = (1, Some(domain::subscribers::Reason::Unpaid));
    desk.house.world.send(by_sms);
    let lifted = desk.post(&format!("{MEMBER}/enable")).json();
    assert_eq!(lifted, json!({"result": "WARNING", "note": "note.holds_remain"}));
    let shown = desk.get(MEMBER).json();
    assert_eq!((shown["holds"].as_array().unwrap().len(), &shown["reasons"]), (1, &json!(["10"])));
}

#[test]
fn an_engineer_hands_a_code_to_who_has_not_registered_and_the_counter_to_anybody_once() {
    let desk = Desk::new();
    desk.house.world.given_contract("A-001");
    let path = format!("{MEMBER}/registration-code");
    let hand = |at: &str| desk.call("POST", &path, "", &json!({"at": at}));
    let first = hand("installation").json();
    let handed = hand("installation").json();
    assert_eq!(desk.last().1, "letter.handed");
    assert_eq!(desk.house.audited("letter.handed"), 2);
    let link = |handed: &Json| {
        let link = handed["link"].as_str().unwrap();
        link.replace("https://id.example.jp", "")
    };
    let mut viewer = Viewer::new(&desk.house);
    assert_eq!(viewer.get(&link(&first)).refusal(), "registration.refused", "a new one kills it");
    let opened = viewer.get(&link(&handed));
    viewer.follow(&opened);
    let done = viewer.submit("account", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(Viewer::new(&desk.house).sign_in("takahashi", PASSWORD).led_with("code").is_some());

    assert_eq!(told(&hand("installation")), (409, "person.registered".to_owned()));
    let again = hand("counter").json();
    let code = again["registration_code"].as_str().unwrap();
    let mut viewer = Viewer::new(&desk.house);
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", code)]);
    let new = "あたらしいことばに変えました";
    let done = viewer.submit("account", &[("username", "takahashi"), ("password", new)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    let old = Viewer::new(&desk.house).sign_in("takahashi", PASSWORD);
    assert_eq!(old.refusal(), "signin.failed");
    assert_eq!(Viewer::new(&desk.house).get(&link(&again)).refusal(), "registration.refused");

    for (body, code) in [
        (json!({}), "json.missing"),
        (json!({"at": "home"}), "field.malformed"),
        (json!({"at": "counter", "by": "佐藤"}), "json.unknown_field"),
    ] {
        assert_eq!(told(&desk.call("POST", &path, "", &body)), (400, code.to_owned()));
    }
    for (place, code) in [
        ("/contracts/A-009/persons/1", "contract.unknown"),
        ("/contracts/A-001/persons/2", "person.unknown"),
    ] {
        let answer =
            desk.call("POST", &format!("{place}/registration-code"), "", &json!({"at": "counter"}));
        assert_eq!(told(&answer), (404, code.to_owned()));
    }
    desk.house.world.sms(Op::Stop, "A-001");
    assert_eq!(told(&hand("counter")), (409, "contract.stopped".to_owned()));
}

#[test]
fn a_code_that_was_handed_over_is_good_for_an_hour() {
    let desk = Desk::new();
    desk.house.world.given_contract("A-001");
    let path = format!("{MEMBER}/registration-code");
    let handed = desk.call("POST", &path, "", &json!({"at": "installation"})).json();
    let link = handed["link"].as_str().unwrap().replace("https://id.example.jp", "");
    assert_eq!(Viewer::new(&desk.house).get(&link).status, 303);
    let scope = base::kernel::Scope::new(KITA, crate::world::sato(), base::kernel::clock::now());
    let age = |tx: &mut base::store::Tx<'_>| {
        let sql = "UPDATE registration_codes SET expires_ms = expires_ms - 3600000
                    WHERE operator_id = ?1";
        tx.exec(sql, &[KITA.into()])
    };
    assert_eq!(desk.house.world.db.housekeep(&scope, "test", age).unwrap(), 1);
    assert_eq!(Viewer::new(&desk.house).get(&link).refusal(), "registration.refused");
}

#[test]
fn a_lock_out_is_ended_once() {
    let desk = Desk::new();
    desk.house.given_viewer("A-001", "takahashi");
    for _ in 0..10 {
        Viewer::new(&desk.house).sign_in("takahashi", "wrong-password-7");
    }
    let shown = desk.get(MEMBER).json();
    assert_eq!(shown["effective"], "LOCKED");
    assert!(shown["locked_until"].is_string());
    assert_eq!(told(&desk.post(&format!("{MEMBER}/unlock"))), (200, "true".to_owned()));
    let (actor, act, _) = desk.last();
    assert_eq!((actor.as_str(), act.as_str()), ("admin:ops", "person.unlocked"));
    assert_eq!(told(&desk.post(&format!("{MEMBER}/unlock"))), (200, "false".to_owned()));
    let mut viewer = Viewer::new(&desk.house);
    assert!(viewer.sign_in("takahashi", PASSWORD).led_with("code").is_some());
}

#[test]
fn one_session_is_ended_or_all_and_what_was_given_in_them_too() {
    let desk = Desk::new();
    let mut phone = desk.house.given_viewer("A-001", "takahashi");
    let code = phone.get(&authorize(&[])).led_with("code").unwrap();
    let refresh = desk.house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned();
    let mut pc = Viewer::new(&desk.house);
    assert!(pc.sign_in("takahashi", PASSWORD).led_with("code").is_some());
    let listed = desk.get(&format!("{MEMBER}/sessions")).json();
    let ids: Vec<_> = listed["sessions"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids.len(), 2);
    let end = |body: &Json| desk.call("POST", &format!("{MEMBER}/end-sessions"), "", body);
    let one = end(&json!({"session": ids[0]}));
    assert_eq!(one.json()["sessions"], 1);
    assert_eq!(desk.last().0, "admin:ops");
    assert_eq!(desk.house.refresh(&refresh).status, 400);
    assert_eq!(desk.get(MEMBER).json()["sessions"], 1);
    assert_eq!(
        end(&json!({"session": ids[0]})).json(),
        json!({"sessions": 0, "authorizations": 0})
    );
    assert_eq!(told(&end(&json!({"session": "ses_nobody"}))), (404, "session.unknown".to_owned()));
    assert_eq!(told(&end(&json!({"sessions": 1}))), (400, "json.unknown_field".to_owned()));
    assert_eq!(end(&Json::Null).json()["sessions"], 1);
    assert_eq!(desk.get(MEMBER).json()["sessions"], 0);
    assert_eq!(end(&Json::Null).json(), json!({"sessions": 0, "authorizations": 0}));
}

#[test]
fn keys_are_announced_once_and_withdrawn_once() {
    let mut desk = Desk::new();
    let listed = desk.get("/keys").json();
    let first = listed["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 1);
    assert_eq!(told(&desk.post("/keys/rotate")), (200, "true".to_owned()));
    let (actor, act, _) = desk.last();
    assert_eq!((actor.as_str(), act.as_str()), ("admin:ops", "signing_key.rotated"));
    assert_eq!(told(&desk.post("/keys/rotate")), (200, "false".to_owned()));
    assert_eq!(desk.get("/keys").json()["keys"].as_array().unwrap().len(), 2);
    let unknown = desk.post("/keys/nobodys/withdraw");
    assert_eq!(told(&unknown), (404, "signing_key.unknown".to_owned()));

    assert_eq!(told(&desk.post(&format!("/keys/{first}/withdraw"))), (200, "true".to_owned()));
    assert_eq!(desk.last().1, "signing_key.withdrawn");
    assert_eq!(told(&desk.get("/keys")), (401, "token.invalid".to_owned()), "signed with it");
    desk.renew_token();
    assert_eq!(told(&desk.post(&format!("/keys/{first}/withdraw"))), (200, "false".to_owned()));
    let left = desk.get("/keys").json();
    assert!(left["keys"].as_array().unwrap().iter().all(|key| key["kid"] != first.as_str()));
    assert_eq!(desk.house.audited("signing_key.withdrawn"), 1);
}

/// The calls a manual shows: method, path, key and body.
fn shown(page: &str) -> Vec<(String, String, String, Json)> {
    let shell = blocks(page, "sh").concat().replace("\\\n", " ");
    let between = |line: &str, from: &str, to: char| {
        line.split_once(from).and_then(|(_, rest)| rest.split(to).next()).map(str::to_owned)
    };
    let calls = shell.lines().filter_map(|line| Some((line, between(line, "\"$API", '"')?)));
    calls
        .map(|(line, path)| {
            let method = between(line, "-X ", ' ').unwrap_or_else(|| "GET".to_owned());
            let key = between(line, "Idempotency-Key: ", '\'').unwrap_or_default();
            let body = between(line, "-d '", '\'').map(|text| serde_json::from_str(&text).unwrap());
            (method, path, key, body.unwrap_or(Json::Null))
        })
        .collect()
}

#[test]
fn the_calls_of_the_manual_do_what_it_says() {
    let desk = Desk::new();
    desk.house.given_viewer("C0012345", "takahashi");
    let kid = desk.get("/keys").json()["keys"][0]["kid"].as_str().unwrap().to_owned();
    let page = read("docs/api/admin.md");
    let calls = shown(&page);
    for (method, path, key, body) in &calls {
        let answer = match method.as_str() {
            "PATCH" => patch_as_seen(&desk, path, body),
            _ => desk.call(method, &path.replace("$KID", &kid), key, body),
        };
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
    }
    assert_eq!(calls.len(), 18, "{calls:?}");
    let example = blocks(&page, "json").remove(0);
    let example = serde_json::from_str(&example).unwrap();
    openapi::hold((200, &example), ("GET", "/admin/v1/contracts/C0012345/persons/1"));
}
