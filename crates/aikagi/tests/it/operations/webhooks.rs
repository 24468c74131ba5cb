//! Telling a receiver over a real socket: in order, signed, again when it did not take it.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use aikagi::config::Config;
use aikagi::wiring::Parts;
use aikagi::workers::{Round, Workers, deliver_round};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base::kernel::{Actor, Scope, clock};
use base::records::{Entry, outbox, record};
use base::store::Settings;
use domain::commands::{Command, Op, execute_many};
use domain::sessions::Subjects;
use domain::subscribers::Key;
use formats::webhook::{Received, WebhookSecret};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::program::{Folder, PATIENCE};

const OPERATOR: &str = "OP0012";
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What arrived, and how the receiver answers next (the last answer stays).
#[derive(Default)]
struct Inbox {
    arrived: Vec<(HeaderMap, Bytes)>,
    answers: Vec<u16>,
    hang: bool,
}

type Shared = Arc<Mutex<Inbox>>;

async fn take(State(inbox): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let (answer, hang) = {
        let mut inbox = inbox.lock().unwrap();
        inbox.arrived.push((headers, body));
        let answer = if inbox.answers.is_empty() { 204 } else { inbox.answers.remove(0) };
        (answer, inbox.hang)
    };
    if hang {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}

struct Story {
    folder: Folder,
    parts: Parts,
    inbox: Shared,
    runtime: tokio::runtime::Runtime,
}

impl Story {
    /// An operator whose contract events go to a fake receiver.
    fn new() -> Self {
        Self::with("events = [\"contract.*\"]")
    }

    fn with(more: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let inbox = Shared::default();
        let address = runtime.block_on(receiver(Arc::clone(&inbox)));
        let folder = Folder::new();
        folder.write("secret", SECRET);
        let station = format!(
            "[[operators]]\ncode = \"{OPERATOR}\"\nname_ja = \"北浜\"\nname_en = \"Kita\"\n\
             [[operators.webhooks]]\nid = \"vod\"\nurl = \"http://{address}/hook\"\n\
             secret_file = \"secret\"\n{more}\n"
        );
        folder.write("station.toml", &station);
        folder.configure(&format!("outgoing.allow = [\"{address}\"]\n"));
        folder.run(&["apply", "station.toml"]).well();
        let mut config = Config::load(&folder.path("aikagi.toml"), Vec::new()).unwrap();
        config.database.relaxed = matches!(folder.world.settings, Settings::Sqlite { .. });
        let parts = Parts::open(&Arc::new(config)).unwrap();
        Self { folder, parts, inbox, runtime }
    }

    fn change(&self, number: &'static str, version: i64) {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        let act = move |tx: &mut base::store::Tx<'_>| {
            let entry = Entry::new("contract.suspended", number).version(version);
            record(tx, &entry.event(number, json!({ "contract": number, "version": version })))
        };
        self.parts.db.transact(&scope, act).unwrap();
    }

    fn round(&self) -> Round {
        self.runtime.block_on(deliver_round(&self.parts, OPERATOR, "vod")).unwrap()
    }

    /// The lease and the back-off of everything waiting are over.
    fn time_passes(&self) {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        self.parts
            .db
            .housekeep(&scope, "test", |tx| {
                let keys = [tx.operator().into(), tx.now().into()];
                tx.exec(
                    "UPDATE outbox SET next_ms = ?2 WHERE operator_id = ?1 AND state = 'PENDING'",
                    &keys,
                )
            })
            .unwrap();
    }

    fn waiting(&self) -> (i64, i64) {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        let backlog = self.parts.db.read(&scope, outbox::backlog).unwrap();
        backlog.first().map_or((0, 0), |one| (one.pending, one.dead))
    }

    fn answers(&self, answers: &[u16]) {
        self.inbox.lock().unwrap().answers = answers.to_vec();
    }

    /// Contract and version of what arrived, in order; every signature verified.
    fn arrived(&self) -> Vec<(String, i64)> {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let inbox = self.inbox.lock().unwrap();
        let verified = inbox.arrived.iter().map(|(headers, body)| {
            let text = |name: &str| headers.get(name).unwrap().to_str().unwrap();
            let received = Received {
                id: text("webhook-id"),
                timestamp: text("webhook-timestamp"),
                signature: text("webhook-signature"),
                body,
            };
            secret.verify(&received, clock::now().ms() / 1000).unwrap();
            let json: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(json["type"], "contract.suspended");
            assert!(json["timestamp"].as_str().unwrap().ends_with("+09:00"));
            let data = &json["data"];
            (data["contract"].as_str().unwrap().to_owned(), data["version"].as_i64().unwrap())
        });
        verified.collect()
    }

    fn ids(&self) -> Vec<String> {
        let inbox = self.inbox.lock().unwrap();
        let id =
            |headers: &HeaderMap| headers.get("webhook-id").unwrap().to_str().unwrap().to_owned();
        inbox.arrived.iter().map(|(headers, _)| id(headers)).collect()
    }
}

async fn receiver(inbox: Shared) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let router = Router::new().route("/hook", post(take)).with_state(inbox);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[test]
fn events_of_a_contract_arrive_signed_and_in_order_while_others_overtake() {
    let story = Story::new();
    for version in 1..=3 {
        story.change("C0000001", version);
    }
    story.change("C0000002", 7);
    // One event of a contract is on its way at a time; two contracts travel together.
    assert_eq!(story.round(), Round { claimed: 2, delivered: 2 });
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    assert_eq!(story.round(), Round::default());
    let of_first: Vec<i64> =
        story.arrived().into_iter().filter(|one| one.0 == "C0000001").map(|one| one.1).collect();
    assert_eq!((of_first, story.waiting()), (vec![1, 2, 3], (0, 0)));
}

#[test]
fn what_was_not_taken_is_sent_again_with_the_same_id_and_holds_back_what_follows() {
    let story = Story::new();
    story.answers(&[500, 302, 200]);
    story.change("C0000001", 1);
    story.change("C0000001", 2);
    for delivered in [0, 0, 1] {
        assert_eq!(story.round(), Round { claimed: 1, delivered });
        story.time_passes();
    }
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    let versions: Vec<i64> = story.arrived().into_iter().map(|one| one.1).collect();
    assert_eq!(versions, [1, 1, 1, 2]);
    let ids = story.ids();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
}

#[test]
fn a_receiver_that_is_gone_is_given_up_until_somebody_retries() {
    let story = Story::new();
    story.answers(&[410]);
    story.change("C0000001", 1);
    assert_eq!(story.round(), Round { claimed: 1, delivered: 0 });
    assert_eq!(story.waiting(), (0, 1), "dead, and visible");
    let status = story.folder.run(&["outbox", "status", OPERATOR]).well();
    assert!(status.contains("vod"), "{status}");
    assert!(story.folder.run(&["outbox", "retry", OPERATOR, "vod"]).well().contains("1 events"));
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
}

#[test]
fn a_worker_that_dies_in_the_middle_is_followed_by_another_that_sends_again() {
    let story = Story::new();
    story.inbox.lock().unwrap().hang = true;
    story.change("C0000001", 1);
    let parts = story.parts.clone();
    let dying = story.runtime.spawn(async move { deliver_round(&parts, OPERATOR, "vod").await });
    super::program::eventually("the event is on its way", || {
        (story.inbox.lock().unwrap().arrived.len() == 1).then_some(())
    });
    dying.abort();
    assert!(story.runtime.block_on(dying).is_err(), "it died before it could write anything down");
    assert_eq!(story.round(), Round::default(), "the lease still runs");

    story.time_passes();
    story.inbox.lock().unwrap().hang = false;
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    assert_eq!(story.arrived(), [("C0000001".to_owned(), 1), ("C0000001".to_owned(), 1)]);
    assert_eq!(story.ids()[0], story.ids()[1], "the receiver can tell a repetition");
}

#[test]
fn the_worker_tells_receivers_by_itself_soon_after_the_commit() {
    let story = Story::new();
    let workers = story.runtime.block_on(async { Workers::start(&story.parts) }).unwrap();
    for version in 1..=20 {
        story.change("C0000001", version);
    }
    super::program::eventually("everything is delivered", || {
        (story.waiting() == (0, 0)).then_some(())
    });
    let versions: Vec<i64> = story.arrived().into_iter().map(|one| one.1).collect();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    workers.tell_to_stop();
    assert!(workers.wait(PATIENCE), "the workers end");
}

/// What was told about a contract that started, gained a member, and lost them again.
fn told_about_a_member(more: &str) -> (Vec<Value>, Subjects) {
    let story = Story::with(more);
    let number = "C0000001";
    let wanted =
        [(Op::Start, 0), (Op::PersonAdd, 2), (Op::PersonStop, 2)].map(|(op, person_no)| {
            let mut command = Command::new(&format!("{op:?}"), op, number);
            command.person_no = person_no;
            command
        });
    let scope = Scope::new(OPERATOR, Actor::System, clock::now());
    story.parts.db.transact(&scope, move |tx| execute_many(tx, &wanted)).unwrap();
    while story.round() != Round::default() {}
    let key = Key { number: number.to_owned(), generation: 0 };
    let loaded = story.parts.db.read(&scope, |tx| {
        domain::subscribers::load(tx, vec![key.number.clone()], domain::subscribers::Load::Whole)
    });
    let person = loaded.unwrap()[0].person(2).unwrap().person_id.clone();
    let handles = story.parts.signing.handles();
    let names = Subjects::of(handles, OPERATOR, "vod.example.jp", (&person, &key));
    let inbox = story.inbox.lock().unwrap();
    let told = inbox.arrived.iter().map(|(_, body)| {
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("per_"), "the house's id of a person never leaves: {text}");
        serde_json::from_str(&text).unwrap()
    });
    (told.collect(), names)
}

#[test]
fn a_receiver_with_a_sector_hears_of_persons_and_households_by_the_names_it_knows() {
    let (told, names) = told_about_a_member("events = [\"*\"]\nsector = \"vod.example.jp\"");
    let short = |one: &Value| {
        let data = &one["data"];
        (one["type"].clone(), data["person_no"].clone(), data["sub"].clone())
    };
    assert_eq!(
        told.iter().map(short).collect::<Vec<_>>(),
        [
            (json!("contract.opened"), json!(0), Value::Null),
            (json!("person.invited"), json!(2), json!(names.person)),
            (json!("person.stopped"), json!(2), json!(names.person)),
        ]
    );
    assert!(told.iter().all(|one| one["data"]["household"] == json!(names.household)), "{told:?}");

    let (told, _) = told_about_a_member("events = [\"person.*\"]");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|one| one["data"].get("household").is_none()), "{told:?}");
    assert!(told.iter().all(|one| one["data"]["contract"] == "C0000001"), "{told:?}");
}
