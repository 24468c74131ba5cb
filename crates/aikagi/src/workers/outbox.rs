//! Telling receivers: each has a task of its own while it has something due, so that one that does
//! not answer delays nobody else.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::kernel::{Error, Result, Scope, clock};
use base::records::outbox::{self, Delivery, Due, Outcome};
use base::records::{LinkageLine, Receiver, list_receivers, log_linkage};
use domain::credentials::{FORGOTTEN, POST_MAIL, POST_TEXT};
use domain::sessions::{BACKCHANNEL, READER, told_to};
use formats::webhook::WebhookSecret;
use outlets::webhook;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use url::Url;

use super::{Stop, logouts, post, system};
use crate::wiring::Parts;

/// Receivers spoken to at once, and events on their way to each.
const RECEIVERS: usize = 64;
const EVENTS: i64 = 16;
/// The longest between two looks; a commit makes for an earlier one.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest between two looks.
const CALM: Duration = Duration::from_millis(30);

/// A receiver that took nothing is left alone for this long, however much is committed meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// The purpose a webhook's secret is sealed for.
pub const WEBHOOK_SECRET: &str = "webhook";

/// How a round with one receiver went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Events taken from the outbox.
    pub claimed: usize,
    /// Of them, those the receiver took.
    pub delivered: usize,
}

pub(super) async fn run(parts: Parts, stop: Stop) {
    let committed = Arc::new(Notify::new());
    let bell = Arc::clone(&committed);
    parts.db.on_commit(Box::new(move |_| bell.notify_one()));
    let busy: Arc<Mutex<HashSet<(String, String)>>> = Arc::default();
    let places = Arc::new(Semaphore::new(RECEIVERS));
    let mut tasks = JoinSet::new();
    while !stop.told() {
        match due(&parts).await {
            Ok(due) => {
                parts.health.round_done("outbox", clock::now());
                for one in due {
                    let key = (one.operator.clone(), one.receiver_id.clone());
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { break };
                    if !lock(&busy).insert(key.clone()) {
                        continue;
                    }
                    let (parts, stop, busy) = (parts.clone(), stop.clone(), Arc::clone(&busy));
                    tasks.spawn(async move {
                        let took = serve(&parts, &stop, &one).await;
                        drop(place);
                        if !took {
                            tokio::select! {
                                () = stop.wait_told() => {}
                                () = tokio::time::sleep(PAUSE) => {}
                            }
                        }
                        lock(&busy).remove(&key);
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox can not be read"),
        }
        while tasks.try_join_next().is_some() {}
        tokio::select! {
            () = stop.wait_told() => break,
            () = tokio::time::sleep(LOOK) => {}
            () = async { committed.notified().await; tokio::time::sleep(CALM).await } => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn due(parts: &Parts) -> Result<Vec<Due>> {
    let db = parts.db.clone();
    blocking(move || {
        db.read(&system(Scope::PLATFORM), |tx| outbox::receivers_due(tx, RECEIVERS as i64))
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// Rounds until nothing is due, or the receiver took nothing: whether it took all there was.
async fn serve(parts: &Parts, stop: &Stop, due: &Due) -> bool {
    while !stop.told() {
        match deliver_round(parts, &due.operator, &due.receiver_id).await {
            Ok(round) if round.delivered > 0 => {}
            Ok(round) => return round.claimed == 0,
            Err(error) => {
                let (operator, receiver) = (&due.operator, &due.receiver_id);
                tracing::warn!(operator, receiver, %error, "a delivery round failed");
                return false;
            }
        }
    }
    true
}

/// Claims what is due for one receiver, sends it, writes down how it went.
///
/// A process that dies in between leaves the lease: after it ends, another sends the same events
/// again, under the same ids.
///
/// # Errors
/// `unavailable` when the database fails.
pub async fn deliver_round(parts: &Parts, operator: &str, receiver_id: &str) -> Result<Round> {
    let (db, scope, id) = (parts.db.clone(), system(operator), receiver_id.to_owned());
    // Longer than a call may take, so that nobody else sends what we still try.
    let lease = i64::try_from(parts.config.outgoing.timeout_seconds).unwrap_or(60) * 2 + 30;
    let (receiver, claimed) = blocking(move || {
        db.housekeep(&scope, "outbox-claim", move |tx| {
            let receiver = list_receivers(tx)?.into_iter().find(|one| one.id == id);
            let until = tx.now().plus_seconds(lease);
            Ok((receiver, outbox::claim(tx, &id, until, EVENTS)?))
        })
    })
    .await?;
    let target = target(parts, operator, receiver);
    let mut calls = JoinSet::new();
    let count = claimed.len();
    for delivery in claimed {
        let (parts, operator, target) = (parts.clone(), operator.to_owned(), target.clone());
        calls.spawn(async move {
            let outcome = send(&parts, &operator, (&target, &delivery)).await;
            (delivery, outcome)
        });
    }
    let settled = calls.join_all().await;
    let delivered = settled.iter().filter(|one| one.1 == Outcome::Delivered).count();
    settle(parts, operator, settled).await?;
    Ok(Round { claimed: count, delivered })
}

/// The outlet of a receiver.
enum Outlet {
    Webhook(Box<To>),
    /// A client that is told of ends of sessions.
    Logout,
    /// Persons, at their contacts.
    Post,
    /// Nobody: who forgot a password is looked up.
    Forgotten,
    /// Nobody: events of households are read for ends of sessions.
    Reader,
}

/// Where events go, signed with what, in whose names.
struct To {
    url: Url,
    secret: WebhookSecret,
    sector: Option<String>,
}

type Target = Arc<Result<Outlet>>;

async fn send(parts: &Parts, operator: &str, (target, delivery): (&Target, &Delivery)) -> Outcome {
    let to = match target.as_ref() {
        Ok(Outlet::Webhook(to)) => to,
        Ok(Outlet::Logout) => return logouts::deliver(parts, operator, delivery).await,
        Ok(Outlet::Post) => return post::deliver(parts, operator, delivery).await,
        Ok(Outlet::Forgotten) => return post::read(parts, operator, delivery).await,
        Ok(Outlet::Reader) => return logouts::read(parts, operator, delivery).await,
        Err(error) => return Outcome::Failed(error.code().to_owned()),
    };
    // In the words of its receiver.
    let names = (parts.signing.handles(), operator);
    let Some(data) = told_to(to.sector.as_deref(), names, &delivery.payload) else {
        return Outcome::Refused("the payload is not JSON".to_owned());
    };
    webhook::deliver(&parts.http, (&to.url, &to.secret), (delivery, &data), clock::now()).await
}

fn target(parts: &Parts, operator: &str, receiver: Option<Receiver>) -> Target {
    Arc::new((|| {
        let receiver = receiver.ok_or_else(|| Error::refused("webhook.receiver_gone"))?;
        match receiver.kind.as_str() {
            webhook::KIND => {}
            BACKCHANNEL => return Ok(Outlet::Logout),
            POST_MAIL | POST_TEXT => return Ok(Outlet::Post),
            FORGOTTEN => return Ok(Outlet::Forgotten),
            READER => return Ok(Outlet::Reader),
            _ => return Err(Error::refused("webhook.receiver_gone")),
        }
        let sealed = receiver.secret_sealed.as_deref().unwrap_or_default();
        let secret = parts.signing.master().open(operator, WEBHOOK_SECRET, sealed)?;
        let text = String::from_utf8(secret).map_err(Error::internal)?;
        let secret = WebhookSecret::parse(&text).map_err(Error::internal)?;
        let settings = webhook::Settings::parse(&receiver.settings)?;
        Ok(Outlet::Webhook(Box::new(To {
            url: settings.address()?,
            secret,
            sector: settings.sector,
        })))
    })())
}

async fn settle(parts: &Parts, operator: &str, settled: Vec<(Delivery, Outcome)>) -> Result<()> {
    for (delivery, outcome) in &settled {
        let result = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Failed(_) => "failed",
            Outcome::Refused(_) => "refused",
        };
        metrics::counter!("aikagi_deliveries_total", "result" => result).increment(1);
        if let Outcome::Failed(why) | Outcome::Refused(why) = outcome {
            let (id, receiver) = (&delivery.id, &delivery.receiver_id);
            tracing::info!(operator, receiver, id, why, "not delivered");
        }
    }
    let (db, scope) = (parts.db.clone(), system(operator));
    blocking(move || {
        db.housekeep(&scope, "outbox-settle", move |tx| {
            for (delivery, outcome) in &settled {
                outbox::settle(tx, delivery, outcome)?;
            }
            Ok(())
        })
    })
    .await
}

/// Writes into the linkage log how a call went whose body is not ours to keep.
pub(super) fn note_call(
    parts: &Parts,
    (operator, kind): (&str, &'static str),
    (delivery, outcome): (&Delivery, &Outcome),
) {
    let (result, why) = match outcome {
        Outcome::Delivered => ("delivered", ""),
        Outcome::Failed(why) => ("failed", why.as_str()),
        Outcome::Refused(why) => ("refused", why.as_str()),
    };
    let line = LinkageLine {
        operator,
        direction: "out",
        peer: &delivery.receiver_id,
        kind,
        reference: &delivery.id,
        digest: String::new(),
        result,
        detail: json!({"attempt": delivery.attempts + 1, "why": why}).to_string(),
    };
    log_linkage(&parts.books.linkage, clock::now(), &line);
}
