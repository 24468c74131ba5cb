//! Who access tokens are about, as it is now; kept in memory until a commit touches it.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::{Db, LastTouched, Mark};
use quick_cache::sync::Cache;

use crate::clients::Client;
use crate::sessions;
use crate::tokens::AccessClaims;

use super::journeys::Journeys;
use super::tokens::{Given, given};

/// Holders kept: the tokens that are shown again and again, about a kilobyte each.
const KEPT: usize = 16_384;
/// Milliseconds for which one is relied on without asking, where other nodes write too: what they end
/// counts within a second, whether their news arrives or not.
const FRESH_SHARED_MS: i64 = 700;
/// The same where this node alone writes, which drops what it touches: days pass, and with them birthdays.
const FRESH_MS: i64 = 60_000;

/// A holder as it was read.
#[derive(Clone)]
struct Known {
    given: Arc<Given>,
    mark: Mark,
    read: Instant,
}

/// The holders of access tokens, by the token's own id.
pub(super) struct Holders {
    kept: Cache<String, Known>,
    touched: Arc<LastTouched>,
    fresh_ms: i64,
}

impl Holders {
    /// None yet; listens to the commits of `db`.
    pub(super) fn new(db: &Db) -> Self {
        let fresh_ms = if db.is_shared() { FRESH_SHARED_MS } else { FRESH_MS };
        Self { kept: Cache::new(KEPT), touched: LastTouched::watch(db), fresh_ms }
    }

    fn find(&self, claims: &AccessClaims, now: Instant) -> Option<Arc<Given>> {
        let known = self.kept.get(&claims.jti)?;
        let age = now.ms() - known.read.ms();
        let Given { authorization, operator, .. } = &*known.given;
        let keys = [
            authorization.key.number.as_str(),
            &authorization.person_id,
            authorization.session(),
            &authorization.id,
        ];
        let good = (0..self.fresh_ms).contains(&age)
            && authorization.is_alive(now)
            && self.touched.is_untouched(known.mark, operator, &keys);
        good.then_some(known.given)
    }
}

impl Journeys {
    /// Who the access token of a person is about now. What was read before is good until a commit touches the
    /// household, the person, the session, the authorization or the operator, for a minute at most;
    /// on a database shared by several nodes for 0.7 s.
    ///
    /// # Errors
    /// `token.invalid` — a client's own token, or its authorization is over; those of the guard
    pub fn holder(
        &self,
        claims: &AccessClaims,
        client: &Client,
        now: Instant,
    ) -> Result<Arc<Given>> {
        let invalid = Error::Unauthenticated { code: "token.invalid" };
        let (Some(operator), Some(grant)) = (&claims.operator, &claims.grant) else {
            return Err(invalid);
        };
        if let Some(known) = self.holders.find(claims, now) {
            return Ok(known);
        }
        let mark = self.holders.touched.mark();
        let scope = Scope::new(operator, Actor::Client(client.id.clone()), now);
        let given = self.db.read(&scope, |tx| {
            let found = sessions::find_authorization(tx, grant)?;
            let alive = found.filter(|found| found.is_alive(now) && found.client_id == client.id);
            let alive = alive.ok_or(invalid)?;
            let scope = client.narrow(&claims.scope);
            given(tx, self.signing.handles(), (client, alive), scope)
        })?;
        let known = Known { given: Arc::new(given), mark, read: now };
        self.holders.kept.insert(claims.jti.clone(), known.clone());
        Ok(known.given)
    }
}
