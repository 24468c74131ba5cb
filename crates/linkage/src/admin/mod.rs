//! The admin API: what the command line does to clients, members and keys, for programs of the station.
//!
//! Below `/o/{operator}` each operator's, with its own audience; below `/` the platform's, over what is the
//! platform's own. One table makes routes and document (`/openapi.json`). Source: `docs/api/admin.md`,
//! `docs/decisions/0042`; RFC 8707, 9068; OpenAPI 3.1.

mod clients;
mod keys;
mod openapi;
mod operations;
mod persons;
mod schemas;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Tx;
use domain::administration;
use domain::clients::ClientKind;
use domain::signing::{Issuer, Signing};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use web::access::Acted;
use web::pace::{Paces, Rate};
use web::{Problem, act, blocking, current, look};

use crate::callers::{Callers, json_answer};
use crate::openapi::Operation;

pub use openapi::document;

/// Longest body read, in bytes.
const LONGEST: usize = 64 * 1024;

/// Programs whose pace is remembered.
const PACES: usize = 4096;

/// What the door stands on.
pub struct Admin {
    callers: Callers,
    signing: Arc<Signing>,
    paces: Paces<(String, String)>,
}

impl Admin {
    /// For these callers; signing keys are sealed, and secrets made, with `signing`.
    #[must_use]
    pub fn new(callers: Callers, signing: Arc<Signing>) -> Self {
        Self { callers, signing, paces: Paces::new(PACES) }
    }
}

type Row = (&'static str, MethodRouter<Arc<Admin>>, &'static [Operation]);

/// Every endpoint: its path below an issuer, who answers, and what the document says of it.
fn endpoints() -> [Row; 15] {
    use operations as says;
    [
        ("/admin/v1/clients", get(clients::list), &[says::LIST_CLIENTS]),
        (
            "/admin/v1/clients/{id}",
            get(clients::show).put(clients::create).patch(clients::change),
            &[says::SHOW_CLIENT, says::CREATE_CLIENT, says::CHANGE_CLIENT],
        ),
        ("/admin/v1/clients/{id}/disable", post(clients::disable), &[says::DISABLE_CLIENT]),
        ("/admin/v1/clients/{id}/enable", post(clients::enable), &[says::ENABLE_CLIENT]),
        ("/admin/v1/clients/{id}/secret", post(clients::renew_secret), &[says::RENEW_SECRET]),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}",
            get(persons::show),
            &[says::SHOW_PERSON],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/sessions",
            get(persons::sessions),
            &[says::LIST_SESSIONS],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/end-sessions",
            post(persons::end_sessions),
            &[says::END_SESSIONS],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/disable",
            post(persons::disable),
            &[says::DISABLE_PERSON],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/enable",
            post(persons::enable),
            &[says::ENABLE_PERSON],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/unlock",
            post(persons::unlock),
            &[says::UNLOCK_PERSON],
        ),
        (
            "/admin/v1/contracts/{number}/persons/{person_no}/registration-code",
            post(persons::hand_code),
            &[says::HAND_CODE],
        ),
        ("/admin/v1/keys", get(keys::list), &[says::LIST_KEYS]),
        ("/admin/v1/keys/rotate", post(keys::rotate), &[says::ROTATE_KEYS]),
        ("/admin/v1/keys/{kid}/withdraw", post(keys::withdraw), &[says::WITHDRAW_KEY]),
    ]
}

/// All routes of this door.
pub fn routes(admin: Admin) -> Router {
    let mut router = Router::new().route("/openapi.json", get(openapi::publish));
    for (path, endpoint, _) in endpoints() {
        router =
            router.route(path, endpoint.clone()).route(&format!("/o/{{operator}}{path}"), endpoint);
    }
    router.layer(DefaultBodyLimit::max(LONGEST)).with_state(Arc::new(admin))
}

/// What the address names.
type Named = Path<HashMap<String, String>>;
type Answer = std::result::Result<Response, Problem>;

fn name(named: &Named, of: &str) -> String {
    named.get(of).cloned().unwrap_or_default()
}

/// A program of the station, as it proved to be.
struct Caller {
    issuer: Issuer,
    client: String,
}

impl Caller {
    fn scope(&self) -> Scope {
        let cause = format!("call:{}", current::get().request_id);
        let actor = Actor::Admin(self.client.clone());
        Scope::new(self.issuer.operator(), actor, clock::now()).caused_by(&cause)
    }

    /// An answer to it.
    fn told(&self, body: &impl Serialize) -> Answer {
        let mut response = json_answer(body)?;
        let acted = Actor::Admin(self.client.clone()).label();
        response.extensions_mut().insert(Acted(acted.into()));
        Ok(response)
    }
}

impl Admin {
    /// Who calls, with a token that is good for `scope`, no faster than it may and while its station is in service.
    async fn caller(
        self: &Arc<Self>,
        named: &Named,
        headers: &HeaderMap,
        scope: &'static str,
    ) -> std::result::Result<Caller, Problem> {
        let issuer = self.callers.issuer(named.get("operator").map(String::as_str));
        let wanted = (ClientKind::Admin, scope);
        let verified = self.callers.client(&issuer, headers, wanted).await?;
        // A client of another operator can not get a token of this issuer; one of the platform could.
        if verified.client.operator != issuer.operator() {
            return Err(Error::Forbidden { code: "token.scope_missing" }.into());
        }
        let (admin, client) = (Arc::clone(self), Arc::clone(&verified.client));
        blocking(move || {
            let pace = administration::admit(&admin.callers.db, &client, clock::now())?;
            let caller = (client.operator.clone(), client.id.clone());
            admin.paces.take(&caller, Rate::per_second(pace.per_second, pace.burst))
        })
        .await?;
        Ok(Caller { issuer, client: verified.client.id.clone() })
    }

    /// Reads for a caller.
    async fn look<T: Send + 'static>(
        &self,
        caller: &Caller,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        look(&self.callers.db, caller.scope(), work).await
    }

    /// One transaction of a caller.
    async fn act<T: Send + 'static>(
        &self,
        caller: &Caller,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let work = move |tx: &mut Tx<'_>| {
            administration::check_in_service(tx)?;
            work(tx)
        };
        act(&self.callers.db, caller.scope(), work).await
    }
}

/// Where a list goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    after: String,
    limit: Option<i64>,
}

/// Most that is listed at once.
const PAGE: i64 = 200;

fn page_of(wanted: std::result::Result<Query<Wanted>, QueryRejection>) -> Result<(String, i64)> {
    let malformed = || Error::invalid("field.malformed", "limit");
    let Query(Wanted { after, limit }) = wanted.map_err(|_| malformed())?;
    let limit = limit.unwrap_or(PAGE);
    if (1..=PAGE).contains(&limit) { Ok((after, limit)) } else { Err(malformed()) }
}
