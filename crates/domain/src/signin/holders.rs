//! Who tokens are about, as it is now; kept in memory until a commit touches it.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::{Db, LastTouched, Mark, Tx};
use quick_cache::sync::Cache;

use crate::clients::Client;
use crate::sessions::{self, Allowed, Authorization, Subjects};
use crate::signing::Handles;
use crate::tokens::AccessClaims;

use super::Member;
use super::journeys::Journeys;
use super::members::{find_household, find_member};
use super::tokens::{Given, INVALID};

/// Holders kept: those whose tokens are shown again and again, about a kilobyte each.
const KEPT: usize = 16_384;
/// Milliseconds for which one is relied on without asking, where other nodes write too: what they end
/// counts within a second, whether their news arrives or not.
const FRESH_SHARED_MS: i64 = 700;
/// The same where this node alone writes, which drops what it touches: days pass, and with them birthdays.
const FRESH_MS: i64 = 60_000;

/// Who an authorization is about: all that is read for its tokens.
pub(super) struct Holder {
    operator: String,
    pub(super) authorization: Authorization,
    /// None: a whole household, and nobody of it.
    pub(super) member: Option<Member>,
    subjects: Subjects,
    allowed: Allowed,
}

impl Holder {
    /// Whom `authorization` of `client` is about now, if they may be signed in; or which household, if a device may
    /// stand for it.
    ///
    /// # Errors
    /// `grant.invalid` — the client has become another; those of the guard
    pub(super) fn find(
        tx: &mut Tx<'_>,
        handles: &Handles,
        (client, authorization): (&Client, Authorization),
    ) -> Result<Self> {
        if !authorization.sector.is_empty() && authorization.sector != client.terms.sector {
            return Err(INVALID);
        }
        let allowed = sessions::find_allowed(tx, &authorization.person_id, client)?;
        let (sector, operator) = (client.terms.sector.as_str(), tx.operator().to_owned());
        if authorization.is_households() {
            if !client.may_stand_for_households() {
                return Err(INVALID);
            }
            find_household(tx, &authorization.key)?;
            let subjects = Subjects::of_household(handles, &operator, sector, &authorization.key);
            return Ok(Self { operator, authorization, member: None, subjects, allowed });
        }
        let member = find_member(tx, (&authorization.key, authorization.person_no))?;
        let whose = (member.person_id.as_str(), &member.key);
        let subjects = Subjects::of(handles, &operator, sector, whose);
        Ok(Self { operator, authorization, member: Some(member), subjects, allowed })
    }

    /// What the client gets of `authorization` (this one, at whatever turn) with `scope`.
    ///
    /// # Errors
    /// `grant.invalid` — a service that belonged to the house when it got this, and does no more, has to
    /// ask first
    pub(super) fn given(&self, authorization: Authorization, scope: String) -> Result<Given> {
        self.covers(&scope)?;
        Ok(Given {
            operator: self.operator.clone(),
            authorization,
            member: self.member.clone(),
            subjects: self.subjects.clone(),
            scope,
            refresh: None,
        })
    }

    /// What the person allowed covers `scope`.
    ///
    /// # Errors
    /// As of [`Holder::given`].
    fn covers(&self, scope: &str) -> Result<()> {
        if self.allowed.covers(scope) { Ok(()) } else { Err(INVALID) }
    }

    /// Whether the household got another number since: its client knows it by the earlier one.
    pub(super) fn has_new_number(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.has_new_number(&self.authorization))
    }

    /// Whose changes are changes of this.
    fn keys(&self) -> [&str; 4] {
        let one = &self.authorization;
        [&one.key.number, &one.person_id, one.session(), &one.id]
    }
}

/// A holder as it was read.
#[derive(Clone)]
struct Known {
    holder: Arc<Holder>,
    mark: Mark,
    read: Instant,
}

/// The holders in memory, by their authorizations.
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

    fn find(&self, (operator, grant): (&str, &str), now: Instant) -> Option<Arc<Holder>> {
        let Known { holder, mark, read } = self.kept.get(grant)?;
        let good = holder.operator == operator
            && (0..self.fresh_ms).contains(&(now.ms() - read.ms()))
            && holder.authorization.is_alive(now)
            && self.touched.is_untouched(mark, operator, &holder.keys());
        good.then_some(holder)
    }
}

const TOKEN_INVALID: Error = Error::Unauthenticated { code: "token.invalid" };

impl Journeys {
    /// Who the access token of a person is about now. What was read before is good until a commit touches the
    /// household, the person, the session, the authorization or the operator, for a minute at most;
    /// on a database shared by several nodes for 0.7 s.
    ///
    /// # Errors
    /// `token.invalid` — a client's own token, or its authorization is over, or that of who acts for the
    /// person; those of the guard, about either
    pub fn holder(&self, claims: &AccessClaims, client: &Client, now: Instant) -> Result<Given> {
        let (holder, scope) = self.held(claims, client, now)?;
        holder.given(holder.authorization.clone(), scope)
    }

    /// As [`Journeys::holder`], for who only has to know that there is one: with what the client may still know.
    pub(super) fn held(
        &self,
        claims: &AccessClaims,
        client: &Client,
        now: Instant,
    ) -> Result<(Arc<Holder>, String)> {
        let (Some(operator), Some(grant)) = (&claims.operator, &claims.grant) else {
            return Err(TOKEN_INVALID);
        };
        if let Some(acting) = &claims.act {
            self.alive_holder((operator, &acting.grant), client, now)?;
        }
        let holder = self.alive_holder((operator, grant), client, now)?;
        let scope = client.narrow(&claims.scope);
        holder.covers(&scope)?;
        Ok((holder, scope))
    }

    fn alive_holder(
        &self,
        which: (&str, &str),
        client: &Client,
        now: Instant,
    ) -> Result<Arc<Holder>> {
        let known = self.holders.find(which, now);
        match known.filter(|one| one.authorization.client_id == client.id) {
            Some(known) => Ok(known),
            None => self.read_holder(which, client, now)?.ok_or(TOKEN_INVALID),
        }
    }

    /// The holder of an authorization of this client at this issuer, from memory or the database; `None` when
    /// nothing good can be said of it.
    pub(super) fn good_holder(
        &self,
        which: (&str, &str),
        (client, issuer): (&Client, &str),
        now: Instant,
    ) -> Option<Arc<Holder>> {
        let known = self.holders.find(which, now);
        let holder = known.or_else(|| self.read_holder(which, client, now).ok().flatten())?;
        let Authorization { client_id, issuer: given_at, .. } = &holder.authorization;
        let theirs = (client_id.as_str(), given_at.as_str()) == (client.id.as_str(), issuer);
        theirs.then_some(holder)
    }

    fn read_holder(
        &self,
        (operator, grant): (&str, &str),
        client: &Client,
        now: Instant,
    ) -> Result<Option<Arc<Holder>>> {
        let mark = self.holders.touched.mark();
        let scope = Scope::new(operator, Actor::Client(client.id.clone()), now);
        let found = self.db.read(&scope, |tx| {
            let found = sessions::find_authorization(tx, grant)?;
            let alive = found.filter(|found| found.is_alive(now) && found.client_id == client.id);
            let holder = alive.map(|one| Holder::find(tx, self.signing.handles(), (client, one)));
            holder.transpose()
        })?;
        let Some(holder) = found.map(Arc::new) else { return Ok(None) };
        let known = Known { holder: Arc::clone(&holder), mark, read: now };
        self.holders.kept.insert(grant.to_owned(), known);
        Ok(Some(holder))
    }
}
