//! What an SMS gets to hear online: commands one by one and many at once, reads, and how often.

use axum::body::Body;
use base::kernel::Actor;
use domain::clients::ClientKind;
use domain::commands::Op;
use domain::operators::{self, OperatorDraft, Pace, Policies};
use domain::subscribers::Standing;
use serde_json::{Value as Json, json};

use crate::calls::{Doors, Said, request};
use crate::decisions::given_registered;
use crate::world::{KITA, MINAMI};

const BATCH: &str = "/o/KITA01/sms/v1/commands:batch";

/// The northern operator's SMS, and its token.
fn given_sms() -> (Doors, String) {
    let doors = Doors::new();
    doors.given_client(KITA, "kita-sms", ClientKind::Sms);
    let token = doors.token(KITA, "kita-sms");
    (doors, token)
}

fn commands_of(number: &str) -> String {
    format!("/o/KITA01/sms/v1/contracts/{number}/commands")
}

fn send(doors: &Doors, token: &str, (key, number): (&str, &str), body: &Json) -> Said {
    let asked = request("POST", &commands_of(number), token).header("idempotency-key", key);
    doors.call(asked.body(body.to_string().into()).unwrap())
}

/// `201 E301 contract.unknown`: status, code of the SMS, dotted code of a problem.
fn refused(said: &Said) -> String {
    let text = |name: &str| said.body[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", said.status.as_u16(), text("sms_code"), text("code"))
}

#[test]
fn a_household_is_started_suspended_and_resumed_call_by_call() {
    let (doors, token) = given_sms();
    let say = |key: &str, body: Json| send(&doors, &token, (key, "A-001"), &body);
    let start = say("k-1", json!({"op": "START", "attributes": {"kana": "ﾀｶﾊｼ ﾊﾅｺ"}}));
    assert_eq!((start.status.as_u16(), &start.body["result"]), (200, &json!("OK")));
    assert_eq!(
        start.body["contract"],
        json!({"number": "A-001", "gen": 0, "state": "ACTIVE", "version": 1})
    );
    assert_eq!(start.headers["etag"], "\"v1\"");

    let hold = say("k-2", json!({"op": "SUSPEND", "reason": "10", "ref": "未納督促3回目"}));
    assert_eq!(hold.body["contract"]["state"], "SUSPENDED");
    assert_eq!(hold.body["message"], "一時停止しました");
    let again = say("k-3", json!({"op": "SUSPEND", "reason": "10"}));
    assert_eq!((&again.body["result"], &again.body["code"]), (&json!("WARNING"), &json!("W104")));
    assert_eq!(say("k-4", json!({"op": "RESUME"})).body["contract"]["state"], "ACTIVE");
    assert_eq!(doors.standing("A-001"), Standing::Active);
    let acts = doors.world.audited();
    let mine: Vec<&String> = acts.iter().filter(|act| act.starts_with("contract.")).collect();
    assert_eq!(mine, ["contract.opened", "contract.suspended", "contract.resumed"]);
}

#[test]
fn the_same_request_is_answered_the_same_and_another_body_is_refused() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    let suspend = json!({"op": "SUSPEND", "reason": "10"});
    let first = send(&doors, &token, ("k-1", "A-001"), &suspend);
    doors.world.sms(Op::Resume, "A-001");
    let again = send(&doors, &token, ("\"k-1\"", "A-001"), &suspend);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(doors.standing("A-001"), Standing::Active, "done once");
    let other = send(&doors, &token, ("k-1", "A-001"), &json!({"op": "SUSPEND", "reason": "20"}));
    assert_eq!(refused(&other), "409 E402 request.reused");
}

#[test]
fn twenty_callers_with_one_key_cause_one_effect() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    let suspend = json!({"op": "SUSPEND", "reason": "10"});
    let bodies: Vec<Json> = std::thread::scope(|threads| {
        let callers: Vec<_> = (0..20)
            .map(|_| threads.spawn(|| send(&doors, &token, ("k-1", "A-001"), &suspend).body))
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    assert_eq!(doors.world.household("A-001").contract.version, 2);
}

#[test]
fn a_command_for_a_version_that_is_gone_is_refused_but_its_repetition_is_not() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    let at = |key: &str, version: &str, body: Json| {
        let asked = request("POST", &commands_of("A-001"), &token);
        let asked = asked.header("idempotency-key", key).header("if-match", version);
        doors.call(asked.body(body.to_string().into()).unwrap())
    };
    let suspend = || json!({"op": "SUSPEND", "reason": "10"});
    let first = at("k-1", "\"v1\"", suspend());
    assert_eq!(first.body["contract"]["version"], 2);
    assert_eq!(
        refused(&at("k-2", "\"v1\"", json!({"op": "RESUME"}))),
        "412 E901 contract.version_differs"
    );
    assert_eq!(at("k-1", "\"v1\"", suspend()).body, first.body);
    assert_eq!(at("k-3", "\"v2\"", json!({"op": "RESUME"})).status, 200);
    assert_eq!(refused(&at("k-4", "17", suspend())), "400 E202 version.malformed");
}

#[test]
fn a_command_for_later_is_accepted_and_can_be_cancelled() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    let soon = doors.world.now().plus_seconds(3600).rfc3339_jst();
    let stop = json!({"op": "STOP", "effective_at": soon});
    let later = send(&doors, &token, ("k-1", "A-001"), &stop);
    assert_eq!((later.status.as_u16(), &later.body["result"]), (202, &json!("SCHEDULED")));
    assert_eq!(doors.standing("A-001"), Standing::Active);
    let cancel = json!({"op": "CANCEL_SCHEDULED", "cancels": "k-1"});
    assert_eq!(send(&doors, &token, ("k-2", "A-001"), &cancel).body["result"], "OK");
    let again = send(&doors, &token, ("k-3", "A-001"), &cancel);
    assert_eq!(refused(&again), "409 E404 job.nothing_to_cancel");
}

#[test]
fn refusals_name_both_codes_and_the_field() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    let say = |number: &str, body: Json| {
        let said = send(&doors, &token, (&doors.world.request_id(), number), &body);
        let field = said.body["field"].as_str().map_or(String::new(), |field| format!(" {field}"));
        refused(&said) + &field
    };
    assert_eq!(say("B-999", json!({"op": "STOP"})), "404 E301 contract.unknown");
    assert_eq!(
        say("A-001", json!({"op": "PERSON_STOP", "person_no": 9})),
        "404 E302 person.unknown"
    );
    assert_eq!(
        say("A-001", json!({"op": "KEY_OPEN", "product": "NONE"})),
        "404 E420 product.unknown"
    );
    assert_eq!(
        say("A-001", json!({"op": "KEY_OPEN", "product": "NIGHT"})),
        "409 E422 product.needs_adult_proof"
    );
    assert_eq!(say("A-001", json!({"op": "SUSPEND"})), "400 E201 field.required reason");
    assert_eq!(say("A-001", json!({"op": "STOPP"})), "400 E202 operation.unknown op");
    assert_eq!(
        say("A-001", json!({"op": "STOP", "reason": "10"})),
        "400 E202 field.not_for_operation reason"
    );
    assert_eq!(say("A-001", json!({"op": "STOP", "x": 1})), "400 E202 json.unknown_field x");
    assert_eq!(
        say("A-001", json!({"op": "STOP", "contract_no": "A-002"})),
        "400 E202 field.differs contract_no"
    );
    let deep = format!(r#"{{"op":{}"#, "[".repeat(100_000));
    let asked = request("POST", &commands_of("A-001"), &token).header("idempotency-key", "k");
    assert_eq!(refused(&doors.call(asked.body(deep.into()).unwrap())), "400 E202 json.too_deep");
    let keyless = doors.post(&commands_of("A-001"), &token, r#"{"op":"STOP"}"#);
    assert_eq!(refused(&keyless), "400 E201 field.required");
    assert_eq!(doors.standing("A-001"), Standing::Active);
}

#[test]
fn a_batch_is_done_in_order_and_one_bad_command_harms_no_other() {
    let (doors, token) = given_sms();
    let of = |id: &str, number: &str, op: &str| json!({"request_id": id, "contract_no": number, "op": op});
    let mut hold = of("b-3", "A-001", "SUSPEND");
    hold["reason"] = json!("10");
    let commands = json!({"commands": [
        of("b-1", "A-001", "START"),
        of("b-2", "B-002", "START"),
        hold,
        of("b-4", "Z-999", "STOP"),
        {"op": "STOP"},
        of("b-5", "A-001", "EXPLODE"),
        of("b-6", "A-001", "RESUME"),
        of("b-7", "A-001", "STOP"),
    ]});
    let said = doors.post(BATCH, &token, commands.to_string());
    assert_eq!((said.status.as_u16(), &said.body["errors"]), (200, &json!(3)));
    let results = said.body["results"].as_array().unwrap();
    let short = |one: &Json| {
        format!(
            "{} {} {}",
            one["status"],
            one["result"].as_str().unwrap(),
            one["contract"]["state"]
        )
    };
    assert_eq!(
        results.iter().map(short).collect::<Vec<_>>(),
        [
            "200 OK \"ACTIVE\"",
            "200 OK \"ACTIVE\"",
            "200 OK \"SUSPENDED\"",
            "404 ERROR null",
            "400 ERROR null",
            "400 ERROR null",
            "200 OK \"ACTIVE\"",
            "200 OK \"STOPPED\"",
        ]
    );
    assert_eq!((&results[4]["code"], &results[4]["field"]), (&json!("E201"), &json!("request_id")));
    assert_eq!(doors.standing("B-002"), Standing::Active);
    let again = doors.post(BATCH, &token, commands.to_string());
    assert_eq!(again.body["results"][7], results[7], "repeated, answered the same");

    let many: Vec<Json> = (0..1001).map(|n| of(&format!("m-{n}"), "A-001", "STOP")).collect();
    let said = doors.post(BATCH, &token, json!({"commands": many}).to_string());
    assert_eq!(refused(&said), "400 E202 batch.too_many");
    assert_eq!(doors.post(BATCH, &token, vec![b' '; 2 << 20]).problem(), "400 json.too_long body");
}

#[test]
fn a_thousand_commands_in_one_call_are_all_done() {
    let (doors, token) = given_sms();
    let commands: Vec<Json> = (0..1000)
        .map(|n| {
            let op = if n % 2 == 0 { "START" } else { "PERSON_ADD" };
            let number = format!("C{:04}", n / 2);
            let mut one = json!({"request_id": format!("t-{n}"), "contract_no": number, "op": op});
            if op == "PERSON_ADD" {
                one["person_no"] = json!(2);
            }
            one
        })
        .collect();
    let said = doors.post(BATCH, &token, json!({ "commands": commands }).to_string());
    assert_eq!(said.body["errors"], 0);
    assert_eq!(said.body["results"].as_array().unwrap().len(), 1000);
    assert_eq!(doors.world.household("C0499").persons.len(), 2);
}

#[test]
fn contract_persons_and_keys_are_read_as_they_stand() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    given_registered(&doors.world, "A-001", 1);
    doors.world.given_key("A-001", "BASIC");
    let suspend = json!({"op": "SUSPEND", "reason": "10", "ref": "3回目"});
    send(&doors, &token, ("k-1", "A-001"), &suspend);
    let read = |rest: &str| doors.get(&format!("/o/KITA01/sms/v1/contracts/A-001{rest}"), &token);
    let contract = read("");
    assert_eq!(contract.headers["etag"], "\"v4\"");
    assert_eq!(contract.body["state"], "SUSPENDED");
    let hold = &contract.body["holds"][0];
    assert_eq!((&hold["reason"], &hold["ref"]), (&json!("10"), &json!("3回目")));
    assert!(hold["cause"].as_str().unwrap().ends_with("#k-1"), "{hold}");
    let owner = &read("/persons").body["persons"][0];
    assert_eq!(
        (&owner["state"], &owner["effective"]),
        (&json!("ACTIVE"), &json!("CONTRACT_SUSPENDED"))
    );
    assert_eq!(owner["reasons"], json!(["10"]));
    assert_eq!(read("/keys").body["keys"][0]["state"], "HELD");
    assert_eq!(read("?gen=7").problem(), "404 contract.unknown");
    assert_eq!(read("?gen=x").problem(), "400 field.malformed gen");
}

#[test]
fn why_a_member_may_not_watch_is_told_with_facts_and_causes() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    given_registered(&doors.world, "A-001", 1);
    doors.world.given_key("A-001", "BASIC");
    send(&doors, &token, ("k-1", "A-001"), &json!({"op": "SUSPEND", "reason": "10"}));
    let why =
        |query: &str| doors.get(&format!("/o/KITA01/sms/v1/contracts/A-001/why?{query}"), &token);
    let said = why("person_no=1&resource=channel:101");
    assert_eq!((&said.body["decision"], &said.body["codes"]), (&json!(false), &json!(["D04"])));
    let explanation = &said.body["explanation"];
    assert_eq!(explanation["verdict"], "refused");
    let facts = explanation["facts"].as_array().unwrap();
    let hold = facts.iter().find(|fact| fact["kind"] == "hold").unwrap();
    assert!(hold["cause"].as_str().unwrap().ends_with("#k-1"), "{hold}");
    assert!(said.body["reason_admin"].as_str().unwrap().contains("料金未納"));
    assert_eq!(why("person_no=1").problem(), "400 field.required resource");
    assert_eq!(
        why("resource=channel:101&action=eat").problem(),
        "400 decision.action_unknown action.name"
    );
}

#[test]
fn another_operators_sms_and_services_get_nothing() {
    let (doors, token) = given_sms();
    doors
        .world
        .at(MINAMI, crate::world::sms(), |tx| {
            domain::commands::execute(
                tx,
                &domain::commands::Command::new("m-1", Op::Start, "M-001"),
            )
        })
        .unwrap();
    let unknown = doors.get("/o/KITA01/sms/v1/contracts/M-001", &token);
    assert_eq!(unknown.problem(), "404 contract.unknown");
    assert_eq!(
        doors.get("/o/MINA01/sms/v1/contracts/M-001", &token).problem(),
        "401 token.invalid"
    );
    doors.given_client(KITA, "milplus", ClientKind::Service);
    let service = doors.token(KITA, "milplus");
    let asked = request("POST", &commands_of("A-001"), &service).header("idempotency-key", "k");
    assert_eq!(doors.call(asked.body(Body::from("{}")).unwrap()).problem(), "401 token.invalid");
}

#[test]
fn a_client_that_calls_too_fast_is_told_how_long_to_wait() {
    let (doors, token) = given_sms();
    doors.world.given_contract("A-001");
    doors
        .world
        .at(KITA, Actor::System, |tx| {
            let sms_pace = Pace { per_second: 1, burst: 3 };
            let policies = Policies { adult_sold: true, sms_pace, ..Policies::default() };
            let draft =
                OperatorDraft { name_ja: "北".to_owned(), name_en: "North".to_owned(), policies };
            operators::put_operator(tx, &draft)
        })
        .unwrap();
    let read = || doors.get("/o/KITA01/sms/v1/contracts/A-001", &token);
    let all: Vec<Said> = (0..6).map(|_| read()).collect();
    let slow = all.iter().find(|said| said.status == 429).expect("too fast");
    assert_eq!(refused(slow), "429 E901 request.too_many");
    assert_eq!(slow.headers["retry-after"], "1");
    assert!(all.iter().filter(|said| said.status == 200).count() >= 3);
}

#[test]
fn every_message_stands_in_the_linkage_log() {
    let (doors, token) = given_sms();
    send(&doors, &token, ("k-1", "A-001"), &json!({"op": "START"}));
    send(&doors, &token, ("k-2", "B-999"), &json!({"op": "STOP"}));
    doors.linkage.flush();
    let lines = doors
        .world
        .look(|tx| {
            let keys = [tx.operator().into()];
            tx.rows(
                "SELECT peer, kind, reference, result FROM linkage_log
                  WHERE operator_id = ?1 ORDER BY reference",
                &keys,
                |row| Ok([row.text()?, row.text()?, row.text()?, row.text()?].join(" ")),
            )
        })
        .unwrap();
    assert_eq!(lines, ["kita-sms command k-1 OK", "kita-sms command k-2 E301"]);
}
