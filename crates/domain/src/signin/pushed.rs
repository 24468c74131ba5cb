//! Authorization requests that come from the client itself, and the names browsers bring them by.
//!
//! Source: RFC 9126; `docs/decisions/0019-handles.md`.

use base::kernel::{Actor, Instant, Result, Scope};

use crate::clients::Client;
use crate::sessions;
use crate::signing::HandleKind;

use super::journeys::Journeys;

/// What every name of a pushed request begins with. Source: RFC 9126 §2.2.
pub const PUSHED_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

impl Journeys {
    /// Keeps a request that `client` pushed at `issuer` and passed all checks of the door; returns its
    /// `request_uri`, good for [`sessions::PUSHED_SECONDS`].
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    ///
    /// Source: RFC 9126 §2.2.
    pub fn push(
        &self,
        (client, issuer): (&Client, &str),
        (parameters, now): (String, Instant),
    ) -> Result<String> {
        let scope = Scope::new(issuer, Actor::Client(client.id.clone()), now);
        let client_id = client.id.clone();
        let id = self.db.housekeep(&scope, "pushed-request", move |tx| {
            sessions::push_request(tx, &client_id, &parameters)
        })?;
        let handle = self.signing.handles().write(HandleKind::Pushed, issuer, (&id, 0));
        Ok(format!("{PUSHED_PREFIX}{handle}"))
    }

    /// Takes what was pushed under `request_uri` by `client_id` at `issuer`, once. `None`: nothing was,
    /// or it is over, or somebody took it.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    ///
    /// Source: RFC 9126 §4.
    pub fn take_pushed(
        &self,
        (request_uri, client_id): (&str, &str),
        (issuer, now): (&str, Instant),
    ) -> Result<Option<String>> {
        let text = request_uri.strip_prefix(PUSHED_PREFIX).unwrap_or_default();
        let handle = self.signing.handles().read(HandleKind::Pushed, text);
        let Some(handle) = handle.filter(|one| one.operator == issuer) else { return Ok(None) };
        let scope = Scope::new(issuer, Actor::Anonymous, now);
        let client_id = client_id.to_owned();
        self.db.housekeep(&scope, "pushed-request", move |tx| {
            sessions::take_pushed(tx, &handle.id, &client_id)
        })
    }
}
