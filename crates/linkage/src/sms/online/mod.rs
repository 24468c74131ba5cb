//! The SMS online: commands one by one or up to a thousand at once, and what is known of a contract.
//!
//! Only translates: JSON to commands of `domain::commands`, which the files use too, and reports to
//! JSON. Source: brief tve §7.2; `docs/api/sms-online.md`.

mod answers;
mod batch;
mod body;
mod command;
mod openapi;
mod operations;
mod reads;
mod schemas;
mod why;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::records::{LinkageLine, WriteBehind, log_linkage};
use domain::clients::ClientKind;
use domain::commands::CommandGroups;
use domain::decisions::Decisions;
use domain::signing::Issuer;
use http::HeaderMap;
use web::access::Acted;
use web::pace::{Paces, Rate};
use web::{Problem, current};

use crate::callers::Callers;
use crate::openapi::Operation;

use super::codes;

pub(crate) use answers::{moment, refusal};
pub use command::read_command;
pub use openapi::document;
pub(crate) use reads::{effective, reasons};

/// Longest body read, in bytes.
const LONGEST: usize = 1024 * 1024;
/// Clients whose pace is remembered.
const PACES: usize = 4096;

/// What the door stands on.
pub struct Online {
    callers: Callers,
    decisions: Arc<Decisions>,
    linkage: Arc<WriteBehind>,
    paces: Paces<(String, String)>,
    groups: CommandGroups,
}

impl Online {
    /// With `linkage` as the book every message is written into.
    #[must_use]
    pub fn new(callers: Callers, decisions: Arc<Decisions>, linkage: Arc<WriteBehind>) -> Self {
        let groups = CommandGroups::new(callers.db.clone());
        Self { callers, decisions, linkage, paces: Paces::new(PACES), groups }
    }
}

type Row = (&'static str, MethodRouter<Arc<Online>>, &'static [Operation]);

/// Every endpoint, of operators only: its path, who answers, and what the document says of it.
fn endpoints() -> [Row; 6] {
    use operations as says;
    [
        (
            "/o/{operator}/sms/v1/contracts/{number}/commands",
            post(command::execute),
            &[says::GIVE_COMMAND],
        ),
        ("/o/{operator}/sms/v1/commands:batch", post(batch::execute), &[says::GIVE_COMMANDS]),
        ("/o/{operator}/sms/v1/contracts/{number}", get(reads::contract), &[says::SHOW_CONTRACT]),
        (
            "/o/{operator}/sms/v1/contracts/{number}/persons",
            get(reads::persons),
            &[says::LIST_PERSONS],
        ),
        ("/o/{operator}/sms/v1/contracts/{number}/keys", get(reads::keys), &[says::LIST_KEYS]),
        ("/o/{operator}/sms/v1/contracts/{number}/why", get(why::ask), &[says::ASK_WHY]),
    ]
}

/// All routes of this door.
pub fn routes(online: Online) -> Router {
    let mut router = Router::new().route("/openapi/sms.json", get(openapi::publish));
    for (path, endpoint, _) in endpoints() {
        router = router.route(path, endpoint);
    }
    router.layer(DefaultBodyLimit::max(LONGEST)).with_state(Arc::new(online))
}

/// The operator's SMS, as it proved to be.
struct Caller {
    issuer: Issuer,
    client: String,
}

impl Caller {
    /// What its acts are done as; `call:` and the request's id are kept with every fact.
    fn scope(&self) -> Scope {
        let cause = format!("call:{}", current::get().request_id);
        let actor = Actor::Sms(self.client.clone());
        Scope::new(self.issuer.operator(), actor, clock::now()).caused_by(&cause)
    }

    fn acted(&self) -> Acted {
        Acted(format!("sms:{}", self.client).into())
    }
}

impl Online {
    /// Who calls for `operator`.
    async fn caller(
        &self,
        operator: &str,
        headers: &HeaderMap,
    ) -> std::result::Result<Caller, Problem> {
        let issuer = self.callers.issuer(Some(operator));
        let verified = self.callers.client(&issuer, headers, (ClientKind::Sms, "sms")).await?;
        // A client of another operator can not get a token of this issuer; one of the platform could.
        if verified.client.operator != issuer.operator() {
            return Err(Error::Forbidden { code: "token.scope_missing" }.into());
        }
        Ok(Caller { issuer, client: verified.client.id.clone() })
    }

    /// Takes one call from the client's pace. To be called where waiting is allowed.
    fn check_pace(&self, caller: &Caller, scope: &Scope) -> Result<()> {
        let operator = self.callers.db.operator_fact(scope, domain::operators::find_operator)?;
        let pace = operator.policies.sms_pace;
        let client = (scope.operator().to_owned(), caller.client.clone());
        self.paces.take(&client, Rate::per_second(pace.per_second, pace.burst))
    }

    /// Writes a message into the linkage log.
    fn log(
        &self,
        scope: &Scope,
        (kind, reference): (&'static str, &str),
        body: &[u8],
        said: &Said,
    ) {
        let peer = match scope.actor() {
            Actor::Sms(client) => client.as_str(),
            _ => "sms",
        };
        let line = LinkageLine {
            operator: scope.operator(),
            direction: "in",
            peer,
            kind,
            reference,
            digest: hex::encode(base::records::inbox::digest(body)),
            result: said.result,
            detail: said.detail.clone(),
        };
        log_linkage(&self.linkage, scope.now(), &line);
    }
}

/// What a message was answered, for the linkage log.
struct Said {
    result: &'static str,
    detail: String,
}

/// An error in this door's words: with the four-character code of the SMS.
fn problem(error: Error) -> Problem {
    let code = codes::code(error.code());
    Problem::from(error).with_member("sms_code", code)
}
