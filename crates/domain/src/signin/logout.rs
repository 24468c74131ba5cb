//! Logging out: the browser's session ends, with everything that was given to services in it.
//!
//! A television is a session of its own and goes on, unless the person says that everything shall end.
//! Source: OpenID Connect RP-Initiated Logout 1.0 §2; brief tve §3.4 rules (1)–(3).

use base::kernel::{Instant, Result};

use crate::operators;
use crate::sessions::{self, Reason};
use crate::signing::HandleKind;

use super::journeys::Journeys;

/// How much a person logs out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// This browser.
    Browser,
    /// Everything they are signed in with.
    AllDevices,
}

/// Where a browser was signed in, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The operator of the session.
    pub operator: String,
    /// The clients where the person may still be signed in, by id.
    pub clients: Vec<String>,
    /// Those of them that got tokens in this browser.
    pub here: Vec<SignedInAt>,
}

/// A client that knows the session of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInAt {
    /// The client.
    pub client: String,
    /// Through which issuer: an operator's code or `*`.
    pub issuer: String,
    /// How it knows the session.
    pub sid: String,
}

impl Journeys {
    /// The operator of the browser's session, and the name `client_id` knows it by (`sid`); `None` when
    /// the browser has none that `issuer` (an operator's code or `*`) may end. Reads nothing: whether
    /// it is still alive makes no difference to who may end it.
    #[must_use]
    pub fn session_at(
        &self,
        session: &str,
        (issuer, now): (&str, Instant),
        client_id: &str,
    ) -> Option<(String, String)> {
        let scope = self.scope_of(session, (issuer, now))?;
        let handles = self.signing.handles();
        let id = handles.read(HandleKind::Session, session)?.id;
        let operator = scope.operator().to_owned();
        let name = sessions::session_name(handles, (&operator, client_id), &id);
        Some((operator, name))
    }

    /// Ends the session of the browser that holds the cookie `session`, with everything given in it; or
    /// everything of its person, when the session is alive. Repeated, it ends nothing more. `None`: no
    /// session that `issuer` may end.
    ///
    /// # Errors
    /// `operator.unknown`; `unavailable` when the database fails.
    pub fn log_out(
        &self,
        session: &str,
        (issuer, now): (&str, Instant),
        extent: Extent,
    ) -> Result<Option<LoggedOut>> {
        let Some(scope) = self.scope_of(session, (issuer, now)) else { return Ok(None) };
        let read = self.signing.handles().read(HandleKind::Session, session);
        let Some(handle) = read else { return Ok(None) };
        let operator = handle.operator.clone();
        let id = handle.id.clone();
        let ended = self.db.transact(&scope, move |tx| {
            let policies = tx.operator_fact(operators::find_operator)?.policies.clone();
            let alive = match extent {
                Extent::AllDevices => sessions::find_session(tx, &handle.id, &policies)?,
                Extent::Browser => None,
            };
            match alive {
                Some(found) => sessions::end_sessions(tx, Reason::AllDevices(&found.person_id)),
                None => sessions::end_sessions(tx, Reason::Logout(&handle.id)),
            }
        })?;
        let name =
            |client: &str| sessions::session_name(self.signing.handles(), (&operator, client), &id);
        let mut here: Vec<SignedInAt> = Vec::new();
        for one in ended.told.iter().filter(|one| one.session == id) {
            let (client, issuer) = (one.client.clone(), one.issuer.clone());
            here.push(SignedInAt { sid: name(&client), client, issuer });
        }
        here.dedup();
        let clients = ended.clients();
        Ok(Some(LoggedOut { operator, clients, here }))
    }
}
