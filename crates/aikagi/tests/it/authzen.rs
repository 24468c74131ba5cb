//! What a VOD platform gets to hear: AuthZEN over the operator's and the platform's address.

use std::sync::Arc;

use domain::clients::ClientKind;
use domain::commands::{Command, Op};
use domain::credentials::{self, Fresh, PinKind};
use domain::subscribers::Reason;
use serde_json::{Value as Json, json};

use crate::calls::{Doors, Said, request};
use crate::decisions::given_registered;
use crate::decisions_kept::given_subject;
use crate::world::{KITA, MINAMI, sms};

const ONE: &str = "/o/KITA01/access/v1/evaluation";
const MANY: &str = "/o/KITA01/access/v1/evaluations";
const SEARCH: &str = "/o/KITA01/access/v1/search/resource";

/// A platform at the northern operator, and a household with the channels.
fn given_platform() -> (Doors, String) {
    let doors = Doors::new();
    doors.world.given_contract("A-001");
    given_registered(&doors.world, "A-001", 1);
    doors.world.given_key("A-001", "BASIC");
    given_subject(&doors.world, KITA, ("p-sub", "A-001"));
    given_subject(&doors.world, KITA, ("h-sub", "A-001"));
    doors.given_client(KITA, "milplus", ClientKind::Service);
    let token = doors.token(KITA, "milplus");
    (doors, token)
}

fn question(subject: &str, resource: &str) -> Json {
    let kind = if subject.starts_with('p') { "person" } else { "household" };
    let (of, id) = resource.split_once(':').unwrap();
    json!({
        "subject": {"type": kind, "id": subject},
        "action": {"name": "view"},
        "resource": {"type": of, "id": id},
        "context": {"device_id": "tv-1"},
    })
}

fn ask(doors: &Doors, token: &str, question: &Json) -> Said {
    doors.post(ONE, token, question.to_string())
}

#[test]
fn a_permit_says_for_how_long_and_a_refusal_says_why_in_two_languages() {
    let (doors, token) = given_platform();
    let yes = ask(&doors, &token, &question("p-sub", "channel:101"));
    assert_eq!((yes.status.as_u16(), &yes.body["decision"]), (200, &json!(true)));
    let context = &yes.body["context"];
    assert_eq!(context["codes"], json!(["P00"]));
    assert!(context["ttl_s"].as_i64().unwrap() <= 3600 && context.get("reason_user").is_none());

    let no = ask(&doors, &token, &question("p-sub", "title:T0001"));
    assert_eq!((no.status.as_u16(), &no.body["decision"]), (200, &json!(false)));
    let context = &no.body["context"];
    assert_eq!(context["codes"], json!(["D09"]));
    let trace = context["trace"].as_str().unwrap();
    let user = context["reason_user"]["ja"].as_str().unwrap();
    assert!(user.contains("ご契約に含まれていません") && user.contains(trace), "{user}");
    assert!(!user.contains("D09"), "viewers see no internal codes");
    assert!(context["reason_admin"]["en"].as_str().unwrap().starts_with("D09 "));
    let offer = &context["obligations"][0];
    assert_eq!((&offer["type"], &offer["action"]), (&json!("custom"), &json!("offer")));
    assert_eq!(offer["products"][0]["name"]["ja"], "見放題パック");
    assert!(doors.world.db.statements() > 0);
}

#[test]
fn a_suspension_stops_the_next_answer_and_the_reason_is_the_station_s() {
    let (doors, token) = given_platform();
    let about = question("h-sub", "channel:101");
    assert_eq!(ask(&doors, &token, &about).body["decision"], true);
    let suspend = Command::new("s-1", Op::Suspend, "A-001");
    doors.world.send(Command { reason: Some(Reason::Unpaid), ..suspend });
    let no = ask(&doors, &token, &about);
    assert_eq!(no.body["context"]["codes"], json!(["D04"]));
    assert_eq!(no.body["context"]["findings"][0]["reasons"], json!(["unpaid"]));
    assert_eq!(no.body["context"]["ttl_s"], 30);
}

#[test]
fn subjects_nobody_knows_and_those_of_other_operators_are_answered_alike() {
    let (doors, token) = given_platform();
    doors
        .world
        .at(MINAMI, sms(), |tx| {
            domain::commands::execute(tx, &Command::new("m-1", Op::Start, "M-001"))
        })
        .unwrap();
    given_subject(&doors.world, MINAMI, ("h-south", "M-001"));
    let codes = |subject: &str| {
        let said = ask(&doors, &token, &question(subject, "channel:101"));
        let mut context = said.body["context"].clone();
        let trace = context["trace"].take();
        assert_eq!(trace.as_str().unwrap().len(), 8);
        context["reason_user"].take();
        context
    };
    assert_eq!(codes("h-south")["codes"], json!(["D02"]));
    assert_eq!(codes("h-south"), codes("h-nobody"));
}

#[test]
fn who_has_no_token_for_this_address_and_purpose_is_not_answered() {
    let (doors, token) = given_platform();
    doors.given_client(MINAMI, "minami-vod", ClientKind::Service);
    doors.given_client(KITA, "kita-sms", ClientKind::Sms);
    let said = |token: &str| ask(&doors, token, &question("p-sub", "channel:101")).problem();
    assert_eq!(said(""), "401 token.missing");
    assert_eq!(said("nonsense"), "401 token.invalid");
    assert_eq!(said(&doors.token(MINAMI, "minami-vod")), "401 token.invalid");
    assert_eq!(said(&doors.token(KITA, "kita-sms")), "401 token.invalid");
    let nowhere = doors.post("/o/NONE00/access/v1/evaluation", &token, "{}");
    assert_eq!(nowhere.problem(), "404 operator.unknown");
}

#[test]
fn a_wrong_question_names_its_field() {
    let (doors, token) = given_platform();
    let said = |change: fn(&mut Json)| {
        let mut body = question("p-sub", "channel:101");
        change(&mut body);
        ask(&doors, &token, &body).problem()
    };
    assert_eq!(said(|body| drop(body["subject"].take())), "400 json.malformed body");
    assert_eq!(said(|body| body["subject"]["id"] = json!("")), "400 authzen.empty subject.id");
    assert_eq!(
        said(|body| body["subject"]["type"] = json!("user")),
        "400 subject.type_unknown subject.type"
    );
    assert_eq!(
        said(|body| body["action"]["name"] = json!("eat")),
        "400 decision.action_unknown action.name"
    );
    assert_eq!(
        said(|body| body["resource"]["properties"] = json!({"rating": "R20"})),
        "400 rating.unknown resource.properties.rating"
    );
    let deep = format!("{}{}", r#"{"a":"#.repeat(50_000), "1");
    assert_eq!(doors.post(ONE, &token, deep.clone()).problem(), "400 json.too_long body");
    assert_eq!(doors.post(MANY, &token, deep).problem(), "400 json.too_deep body");
    assert_eq!(doors.post(MANY, &token, vec![b' '; 2 << 20]).problem(), "400 json.too_long body");
    assert_eq!(doors.post(ONE, &token, "").problem(), "400 json.malformed body");
}

#[test]
fn the_callers_request_id_comes_back() {
    let (doors, token) = given_platform();
    let body = question("p-sub", "channel:101").to_string();
    let asked = request("POST", ONE, &token).header("x-request-id", "bfe9eb29-ab87");
    let said = doors.call(asked.body(body.into()).unwrap());
    assert_eq!(said.headers["x-request-id"], "bfe9eb29-ab87");
    assert_eq!(said.headers["content-type"], "application/json");
}

#[test]
fn many_questions_are_answered_as_their_semantic_says() {
    let (doors, token) = given_platform();
    let decisions = |semantic: &str, resources: &[&str]| {
        let evaluations: Vec<Json> = resources
            .iter()
            .map(|one| {
                let (of, id) = one.split_once(':').unwrap();
                json!({"resource": {"type": of, "id": id}})
            })
            .collect();
        let mut body = question("p-sub", "channel:101");
        drop(body["resource"].take());
        body.as_object_mut().unwrap().remove("resource");
        body["evaluations"] = json!(evaluations);
        body["options"] = json!({"evaluations_semantic": semantic});
        let said = doors.post(MANY, &token, body.to_string());
        let answers = said.body["evaluations"].as_array().unwrap().clone();
        answers.iter().map(|one| one["decision"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    let three = ["channel:101", "title:T0001", "channel:102"];
    assert_eq!(decisions("execute_all", &three), [true, false, true]);
    assert_eq!(decisions("deny_on_first_deny", &three), [true, false]);
    assert_eq!(
        decisions("permit_on_first_permit", &["title:T0001", "channel:101", "channel:102"]),
        [false, true]
    );

    let mut broken = question("p-sub", "channel:101");
    broken["evaluations"] = json!([{"action": {"name": "eat"}}, {}]);
    let said = doors.post(MANY, &token, broken.to_string()).body;
    assert_eq!(said["evaluations"][0]["decision"], false);
    let error = &said["evaluations"][0]["context"]["error"];
    assert_eq!((&error["status"], &error["field"]), (&json!(400), &json!("action.name")));
    assert_eq!(said["evaluations"][1]["decision"], true);
    let single = doors.post(MANY, &token, question("p-sub", "channel:101").to_string());
    assert_eq!(single.body["decision"], true, "one question, one answer");
}

#[test]
fn a_search_lists_page_by_page_what_may_be_watched() {
    let (doors, token) = given_platform();
    let page = |kind: &str, page: Json| {
        let mut body = question("p-sub", "channel:101");
        body["resource"] = json!({"type": kind});
        body["page"] = page;
        doors.post(SEARCH, &token, body.to_string()).body
    };
    let first = page("channel", json!({"limit": 1}));
    assert_eq!(first["results"], json!([{"type": "channel", "id": "101"}]));
    let next = first["page"]["next_token"].as_str().unwrap();
    let second = page("channel", json!({"limit": 1, "token": next}));
    assert_eq!(second["results"], json!([{"type": "channel", "id": "102"}]));
    assert_eq!(second["page"]["next_token"], "");
    assert_eq!(page("title", json!({}))["results"], json!([]));
    assert_eq!(page("channel", json!({"token": "%%%"}))["code"], "page.token_malformed");
}

#[test]
fn metadata_is_published_for_each_operator_and_the_platform() {
    let (doors, _) = given_platform();
    let metadata = doors.get("/.well-known/authzen-configuration/o/KITA01", "").body;
    assert_eq!(metadata["policy_decision_point"], "https://id.example.jp/o/KITA01");
    assert_eq!(
        metadata["access_evaluation_endpoint"],
        "https://id.example.jp/o/KITA01/access/v1/evaluation"
    );
    let platform = doors.get("/.well-known/authzen-configuration", "").body;
    assert_eq!(
        platform["search_resource_endpoint"],
        "https://id.example.jp/access/v1/search/resource"
    );
    let nowhere = doors.get("/.well-known/authzen-configuration/o/NONE00", "");
    assert_eq!(nowhere.problem(), "404 operator.unknown");
}

#[test]
fn a_client_of_the_platform_names_the_operator_with_the_subject() {
    let (doors, _) = given_platform();
    doors.given_client("*", "milplus-all", ClientKind::Service);
    let token = doors.token("*", "milplus-all");
    let said = |properties: Json| {
        let mut body = question("p-sub", "channel:101");
        body["subject"]["properties"] = properties;
        doors.post("/access/v1/evaluation", &token, body.to_string())
    };
    assert_eq!(said(json!({"operator": KITA})).body["decision"], true);
    assert_eq!(said(json!({"operator": MINAMI})).body["context"]["codes"], json!(["D02"]));
    let missing = "400 field.required subject.properties.operator";
    assert_eq!(said(json!({})).problem(), missing);
    assert_eq!(said(json!({"operator": "NONE00"})).problem(), "404 operator.unknown");
}

#[test]
fn a_first_play_is_told_once_and_answered_alike_when_told_again() {
    let (doors, token) = given_platform();
    doors.world.given_key("A-001", "RENTAL1");
    let (subject, resource) =
        (json!({"type": "person", "id": "p-sub"}), json!({"type": "title", "id": "R0001"}));
    let play = json!({"subject": subject, "resource": resource}).to_string();
    let first = doors.post("/o/KITA01/vod/v1/plays", &token, play.clone()).body;
    let again = doors.post("/o/KITA01/vod/v1/plays", &token, play).body;
    assert_eq!((&first["recorded"], &again["recorded"]), (&json!(true), &json!(false)));
    assert_eq!(first["until"], again["until"]);
    assert!(first["until"].is_string());
    let other = json!({"subject": subject, "resource": {"type": "title", "id": "T0001"}});
    let refused = doors.post("/o/KITA01/vod/v1/plays", &token, other.to_string());
    assert_eq!(refused.problem(), "409 rental.unknown");
}

#[test]
fn a_pin_goes_with_the_question_and_opens_the_title_it_is_asked_for() {
    let (doors, token) = given_platform();
    doors.world.given_key("A-001", "MIHODAI");
    let person = doors.world.household("A-001").persons[0].person_id.clone();
    let signing = Arc::clone(&doors.signing);
    let set = move |tx: &mut base::store::Tx<'_>| {
        let fresh = Fresh { person_id: &person, proved: tx.now() };
        credentials::set_pin(tx, signing.master(), &fresh, (PinKind::Viewing, "2580"))
    };
    doors.world.act(sms(), set).unwrap();
    let with = |pin: &Json| {
        let mut about = question("p-sub", "title:T0001");
        about["resource"]["properties"] = json!({"rating": "R18+"});
        about["context"] = json!({"device_id": "tv-1", "pin": pin});
        about
    };
    let missing = ask(&doors, &token, &with(&Json::Null));
    let context = &missing.body["context"];
    assert_eq!((&missing.body["decision"], &context["codes"]), (&json!(false), &json!(["D15"])));
    let finding =
        json!({"code": "D15", "pin": "viewing", "set": true, "given": "missing", "wait_s": 0});
    assert_eq!(context["findings"], json!([finding]));
    assert_eq!(context["obligations"][0]["action"], "ask_pin");
    assert_eq!(context["obligations"][0]["pin"], "viewing");
    assert!(context["reason_user"]["ja"].as_str().unwrap().contains("視聴用の暗証番号を入力"));

    let wrong = ask(&doors, &token, &with(&json!("739146")));
    assert_eq!(wrong.body["context"]["findings"][0]["given"], "wrong");
    assert!(!wrong.body.to_string().contains("739146"), "what was typed is not repeated");
    let right = ask(&doors, &token, &with(&json!("2580")));
    assert_eq!(right.body["decision"], json!(true), "{}", right.body);
    let number = ask(&doors, &token, &with(&json!(2580)));
    assert_eq!(number.problem(), "400 json.malformed context");

    let alone = doors.post(MANY, &token, with(&json!("2580")).to_string());
    assert_eq!(alone.body["decision"], json!(true), "one question at the address for many");
    let mut many = with(&json!("2580"));
    many["evaluations"] = json!([{}, {}]);
    let many = doors.post(MANY, &token, many.to_string());
    for one in many.body["evaluations"].as_array().unwrap() {
        assert_eq!(one["context"]["findings"][0]["given"], "missing", "not looked at among many");
    }
}
