//! Examples in the form of the specification, and bodies that are wrong.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

const QUESTION: &str = r#"{
  "subject": {"type": "user", "id": "per_01J", "properties": {"device": {"model": "STB-7"}}},
  "action": {"name": "play", "properties": {"method": "GET"}},
  "resource": {"type": "title", "id": "T-\u9ad8"},
  "context": {"time": "2026-10-26T01:22-07:00", "deep": [[[1]]]},
  "extension": {"ignored": [true, null]}
}"#;

#[test]
fn a_question_is_read_without_copying() {
    let question = parse_evaluation(QUESTION.as_bytes()).unwrap();
    assert!(matches!(question.subject.id, Cow::Borrowed("per_01J")));
    assert!(matches!(question.resource.id, Cow::Owned(ref id) if id == "T-高"), "escaped");
    assert_eq!(question.subject.properties.unwrap().text(), r#"{"device": {"model": "STB-7"}}"#);

    #[derive(Deserialize)]
    struct Context<'a> {
        time: &'a str,
    }
    let context: Context<'_> = question.context.unwrap().read().unwrap();
    assert_eq!(context.time, "2026-10-26T01:22-07:00");
}

#[test]
fn what_is_wrong_is_named() {
    let named = |change: fn(&mut Value)| {
        let mut body: Value = serde_json::from_str(QUESTION).unwrap();
        change(&mut body);
        let fault = parse_evaluation(body.to_string().as_bytes()).unwrap_err();
        format!("{} {}", fault.code(), fault.field().unwrap_or("-"))
    };
    assert_eq!(named(|body| body["subject"] = Value::Null), "json.malformed -");
    assert_eq!(named(|body| *body = json!({})), "json.missing subject");
    assert_eq!(named(|body| body["action"] = json!({})), "json.missing name");
    assert_eq!(named(|body| body["subject"]["id"] = json!("")), "authzen.empty subject.id");
    assert_eq!(
        named(|body| body["resource"]["type"] = json!("x".repeat(257))),
        "authzen.too_long resource.type"
    );
    assert_eq!(
        named(|body| body["subject"]["id"] = json!("p\u{0}1")),
        "authzen.too_long subject.id",
        "no database keeps a NUL"
    );
    assert_eq!(named(|body| body["context"] = json!([])), "json.malformed -");
    assert_eq!(named(|body| body["subject"]["properties"] = json!("no")), "json.malformed -");
    assert_eq!(named(|body| body["x"] = json!("x".repeat(LONGEST_BODY))), "json.too_long -");
}

#[test]
fn nesting_of_100_000_levels_is_an_error_and_no_overflow() {
    let deep = |before: &str| format!("{before}{}", r#"{"a":["#.repeat(50_000));
    for body in [
        deep(""),
        deep(r#"{"subject":"#),
        deep(r#"{"subject":{"type":"user","id":"1","properties":"#),
        deep(r#"{"context":"#),
        deep(r#"{"unknown":"#),
    ] {
        let short = body.get(..LONGEST_BODY).unwrap();
        assert_eq!(parse_evaluation(short.as_bytes()).unwrap_err().code(), "json.too_deep");
        assert_eq!(parse_evaluations(body.as_bytes()).unwrap_err().code(), "json.too_deep");
    }
}

fn many(body: &Value) -> (Semantic, Vec<Result<String, String>>) {
    let text = body.to_string();
    let Batch::Many { semantic, questions } = parse_evaluations(text.as_bytes()).unwrap() else {
        panic!("one question");
    };
    let short = |question: Result<Evaluation<'_>, RequestFault>| {
        let context = |c: Option<Object<'_>>| c.map_or("-".into(), |c| c.text().to_owned());
        question.map_err(|fault| fault.to_string()).map(|q| {
            format!("{} {} {} {}", q.subject.id, q.action.name, q.resource.id, context(q.context))
        })
    };
    (semantic, questions.into_iter().map(short).collect())
}

#[test]
fn defaults_fill_what_a_question_leaves_out() {
    let (semantic, questions) = many(&json!({
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "play"},
        "context": {"a": 1},
        "options": {"evaluations_semantic": "deny_on_first_deny", "other": 7},
        "evaluations": [
            {"resource": {"type": "title", "id": "1"}},
            {"resource": {"type": "title", "id": "2"}, "action": {"name": "buy"}, "context": {}},
            {"subject": {"type": "user", "id": "bob"}},
            {"resource": {"type": "title", "id": ""}},
        ]
    }));
    assert_eq!(semantic, Semantic::DenyOnFirstDeny);
    assert_eq!(questions[0].as_deref(), Ok(r#"alice play 1 {"a":1}"#));
    assert_eq!(questions[1].as_deref(), Ok("alice buy 2 {}"), "replaced, not merged");
    assert_eq!(questions[2], Err("json.missing: resource".into()));
    assert_eq!(questions[3], Err("authzen.empty: resource.id".into()));
}

#[test]
fn a_body_without_evaluations_is_one_question() {
    for body in [QUESTION.to_owned(), QUESTION.replacen('{', r#"{"evaluations":[],"#, 1)] {
        let Batch::Single(question) = parse_evaluations(body.as_bytes()).unwrap() else {
            panic!("many questions");
        };
        assert_eq!(question.subject.id, "per_01J");
    }
    assert_eq!(parse_evaluations(b"{}").unwrap_err().field(), Some("subject"));
}

#[test]
fn an_unknown_semantic_and_too_many_questions_are_refused() {
    let fault = |body: Value| parse_evaluations(body.to_string().as_bytes()).unwrap_err().code();
    let unknown = json!({"options": {"evaluations_semantic": "any"}, "evaluations": [{}]});
    assert_eq!(fault(unknown), "authzen.semantic");
    let evaluations = vec![json!({}); MOST_EVALUATIONS + 1];
    assert_eq!(fault(json!({ "evaluations": evaluations })), "authzen.too_many");
}

#[test]
fn each_semantic_stops_where_the_specification_says() {
    let run = |semantic: Semantic, answers: &[bool]| {
        semantic.run(answers.iter().copied(), |answer| answer, |answer| *answer).len()
    };
    assert_eq!(run(Semantic::ExecuteAll, &[true, false, true]), 3);
    assert_eq!(run(Semantic::DenyOnFirstDeny, &[true, false, true]), 2);
    assert_eq!(run(Semantic::DenyOnFirstDeny, &[true, true]), 2);
    assert_eq!(run(Semantic::PermitOnFirstPermit, &[true, false, true]), 1);
    assert_eq!(run(Semantic::PermitOnFirstPermit, &[false, false]), 2);
}

#[test]
fn a_search_has_pages() {
    let body = json!({
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "play"},
        "resource": {"type": "title", "id": "ignored"},
        "page": {"token": "abc", "limit": 50}
    });
    let text = body.to_string();
    let search = parse_resource_search(text.as_bytes()).unwrap();
    assert_eq!(search.page, Some(Page { token: Some("abc".into()), limit: Some(50) }));
    let draft = text.replace(r#""token""#, r#""next_token""#);
    assert_eq!(parse_resource_search(draft.as_bytes()).unwrap().page, search.page);

    let answer = ResourceSearchResponse {
        results: vec![FoundResource { kind: "title".into(), id: "1".into() }],
        page: Some(PageResponse { next_token: String::new(), count: Some(1), total: None }),
    };
    assert_eq!(
        serde_json::to_string(&answer).unwrap(),
        r#"{"results":[{"type":"title","id":"1"}],"page":{"next_token":"","count":1}}"#
    );
}

#[test]
fn answers_leave_out_what_they_do_not_have() {
    let no: EvaluationResponse<Value> = EvaluationResponse { decision: false, context: None };
    assert_eq!(serde_json::to_string(&no).unwrap(), r#"{"decision":false}"#);
    let read: EvaluationsResponse<Value> =
        serde_json::from_str(r#"{"evaluations":[{"decision":true,"context":{"ttl":30}}]}"#)
            .unwrap();
    assert_eq!(read.evaluations[0].context, Some(json!({"ttl": 30})));
    let metadata = Metadata {
        policy_decision_point: "https://id.example.jp/o/kita".into(),
        access_evaluation_endpoint: "https://id.example.jp/o/kita/access/v1/evaluation".into(),
        access_evaluations_endpoint: None,
        search_resource_endpoint: None,
        supported_obligations: Vec::new(),
        capabilities: Vec::new(),
    };
    assert_eq!(serde_json::to_value(&metadata).unwrap().as_object().unwrap().len(), 2);
}
