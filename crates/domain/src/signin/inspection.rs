//! Tokens in the hands of their client: what one is still good for, and giving it back.
//!
//! A client asks about its own tokens only; everything else is as unknown as what nobody gave.
//! Sources: RFC 7009, RFC 7662.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};

use crate::clients::Client;
use crate::sessions::{self, Authorization};
use crate::signing::{HandleKind, Issuer};
use crate::tokens::{AccessClaims, AccessTokens};

use super::journeys::Journeys;
use super::tokens::{Given, given, granted};

/// What became of a token that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Everything of its authorization has ended, or it was nothing of this client's: it is good for
    /// nothing.
    Over,
    /// It is the client's own token, one in which somebody acts for somebody else, or that of a household at home,
    /// good until it expires: there is nothing to end.
    OwnToken,
}

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspected {
    /// Nothing, for this client.
    Inactive,
    /// An access token: what it says; for a person's, it was held against its authorization.
    Access(Arc<AccessClaims>),
    /// A refresh token: the authorization, and who it is about now.
    Refresh(Box<Given>),
}

impl Journeys {
    /// Ends the authorization a token of `client` belongs to, with all its tokens.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    ///
    /// Source: RFC 7009 §2.1, §2.2 (a token nobody knows is no error).
    pub fn give_back(
        &self,
        tokens: &AccessTokens,
        (client, issuer): (&Client, &Issuer),
        (token, now): (&str, Instant),
    ) -> Result<Taken> {
        let named = match self.refresh_handle(token, issuer) {
            Some(named) => Some(named),
            None => match self.own_access(tokens, (client, issuer), token)? {
                // Somebody acted for the person: their own sign-in at the client goes on.
                Some(claims)
                    if claims.grant.is_none() || claims.act.is_some() || claims.is_home() =>
                {
                    return Ok(Taken::OwnToken);
                }
                Some(claims) => claims.operator.clone().zip(claims.grant.clone()),
                None => None,
            },
        };
        let Some((operator, grant)) = named else { return Ok(Taken::Over) };
        let scope = Scope::new(&operator, Actor::Client(client.id.clone()), now);
        let (id, at) = (client.id.clone(), issuer.operator().to_owned());
        self.db.transact(&scope, move |tx| {
            let found = sessions::find_authorization(tx, &grant)?;
            if let Some(found) = found.filter(|found| is_theirs(found, (&id, &at))) {
                sessions::revoke(tx, &found, "given_back")?;
            }
            Ok(())
        })?;
        Ok(Taken::Over)
    }

    /// What a token of `client` is good for now.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    ///
    /// Source: RFC 7662 §2.2 (whatever is wrong with it, it is not active).
    pub fn inspect(
        &self,
        tokens: &AccessTokens,
        (client, issuer): (&Arc<Client>, &Issuer),
        (token, now): (&str, Instant),
    ) -> Result<Inspected> {
        if let Some((operator, grant)) = self.refresh_handle(token, issuer) {
            let turn = self.signing.handles().read(HandleKind::Refresh, token).map(|one| one.turn);
            let scope = Scope::new(&operator, Actor::Client(client.id.clone()), now);
            let found = self.db.read(&scope, |tx| {
                let found = sessions::find_authorization(tx, &grant)?;
                let theirs = |found: &Authorization| {
                    is_theirs(found, (&client.id, issuer.operator())) && Some(found.turn) == turn
                };
                let Some(found) = found.filter(|one| one.is_alive(now) && theirs(one)) else {
                    return Ok(None);
                };
                let scope = granted(client, &found, None)?;
                given(tx, self.signing.handles(), (client, found), scope).map(Some)
            });
            return Ok(or_inactive(found)?
                .map_or(Inspected::Inactive, |given| Inspected::Refresh(Box::new(given))));
        }
        let Some(claims) = self.own_access(tokens, (client, issuer), token)? else {
            return Ok(Inspected::Inactive);
        };
        if claims.grant.is_some() && !self.is_alive((&claims, client), now)? {
            return Ok(Inspected::Inactive);
        }
        Ok(Inspected::Access(claims))
    }

    fn is_alive(&self, (claims, client): (&AccessClaims, &Client), now: Instant) -> Result<bool> {
        let found = if claims.is_home() {
            self.holder_at_home(claims, client, now).map(|_| Some(()))
        } else {
            self.held(claims, client, now).map(|_| Some(()))
        };
        Ok(or_inactive(found)?.is_some())
    }

    /// The operator and authorization a refresh token names, at this issuer.
    fn refresh_handle(&self, token: &str, issuer: &Issuer) -> Option<(String, String)> {
        let handle = self.signing.handles().read(HandleKind::Refresh, token)?;
        let here = issuer.is_platform() || issuer.operator() == handle.operator;
        here.then_some((handle.operator, handle.id))
    }

    /// What an access token says, if it is one of this client's.
    pub(super) fn own_access(
        &self,
        tokens: &AccessTokens,
        (client, issuer): (&Client, &Issuer),
        token: &str,
    ) -> Result<Option<Arc<AccessClaims>>> {
        match tokens.verify(issuer, token) {
            Ok(verified) if verified.client.id == client.id => Ok(Some(verified.claims)),
            Ok(_) | Err(Error::Unauthenticated { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_theirs(found: &Authorization, (client, issuer): (&str, &str)) -> bool {
    (found.client_id.as_str(), found.issuer.as_str()) == (client, issuer)
}

/// A refusal means that the token is good for nothing; what is no refusal is an error.
fn or_inactive<T>(found: Result<Option<T>>) -> Result<Option<T>> {
    match found {
        Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => Err(error),
        Err(_) => Ok(None),
        Ok(found) => Ok(found),
    }
}
