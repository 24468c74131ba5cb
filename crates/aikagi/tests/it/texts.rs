//! Texts to telephones through a provider that takes JSON by POST.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aikagi::workers::Round;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use domain::credentials::{ContactKind, Fresh, POST_TEXT, Verified, add_contact, contacts_of};
use http::{HeaderMap, StatusCode};
use serde_json::Value as Json;

use crate::post::Story;
use crate::smtp::Smtp;

const PHONE: &str = "+819012345678";

/// What arrived, and what is answered next (then 204).
#[derive(Default)]
struct Taken {
    arrived: Vec<(HeaderMap, Json)>,
    answers: Vec<u16>,
}

type Shared = Arc<Mutex<Taken>>;

async fn take(
    State(taken): State<Shared>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Json>,
) -> StatusCode {
    let mut taken = taken.lock().unwrap();
    taken.arrived.push((headers, body));
    let answer = if taken.answers.is_empty() { 204 } else { taken.answers.remove(0) };
    StatusCode::from_u16(answer).unwrap()
}

/// A station whose texts go through a provider on this machine; the runtime keeps that alive.
fn story() -> (Story, Shared, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let taken = Shared::default();
    let router = Router::new().route("/texts", post(take)).with_state(Arc::clone(&taken));
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "provider token\n").unwrap();
    let more = format!(
        "mail.tls = \"none\"\noutgoing.allow = [\"{address}\"]\ntext.url = \"http://{address}/texts\"\n\
         text.from = \"KITAHAMA\"\ntext.token_file = \"{}\"",
        token.path().display()
    );
    (Story::with(Smtp::new(), &more), taken, runtime)
}

fn given_number(story: &Story) -> String {
    let person = story.person.clone();
    let added = story.act(move |tx| {
        let fresh = Fresh { person_id: &person, proved: tx.now() };
        add_contact(tx, &fresh, (ContactKind::Phone, "090-1234-5678"), "ja")
    });
    added.unwrap().0
}

#[test]
fn a_text_says_the_code_in_one_line_and_is_sent_again_under_the_same_key_until_it_is_taken() {
    let (story, taken, _runtime) = story();
    taken.lock().unwrap().answers = vec![503, 401, 204];
    let id = given_number(&story);
    for delivered in [0, 0, 1] {
        assert_eq!(story.round_of(POST_TEXT), Round { claimed: 1, delivered });
        story.time_passes();
    }
    let arrived = taken.lock().unwrap().arrived.clone();
    let key = |at: usize| arrived[at].0["idempotency-key"].to_str().unwrap().to_owned();
    assert!(key(0) == key(1) && key(1) == key(2) && arrived[0].1 == arrived[2].1);
    let (headers, body) = &arrived[2];
    assert_eq!(headers["authorization"], "Bearer provider token");
    assert_eq!((&body["to"], &body["from"]), (&PHONE.into(), &"KITAHAMA".into()));
    assert_eq!(body["id"], key(2));
    let text = body["text"].as_str().unwrap();
    assert!(
        text.starts_with("【北浜ケーブル㈱】確認コード") && text.chars().count() < 70,
        "{text}"
    );
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    assert_eq!(story.verify(&id, &digits), Verified::Now);
}

#[test]
fn a_number_nobody_has_is_marked_and_what_is_about_us_marks_nobody() {
    for (answer, bounced) in [(422, true), (404, true), (410, true), (400, false), (429, false)] {
        let (story, taken, _runtime) = story();
        taken.lock().unwrap().answers = vec![answer];
        given_number(&story);
        assert_eq!(story.round_of(POST_TEXT), Round { claimed: 1, delivered: 0 });
        let contact = story.look(|tx| contacts_of(tx, &story.person)).remove(0);
        assert_eq!(contact.bounced.is_some(), bounced, "{answer}");
        story.time_passes();
        assert_eq!(story.round_of(POST_TEXT).claimed, usize::from(!bounced), "{answer}");
    }
}
