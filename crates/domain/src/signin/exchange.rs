//! Acting for somebody else: a service where two persons signed in gets a token in which the second acts for the
//! first, and that says so.
//!
//! Delegation only, never impersonation; one step, never a chain; and what it lasts by are the sign-ins of both.
//! Source: RFC 8693 §1.1, §2.1, §4.1.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use serde_json::json;

use crate::clients::Client;
use crate::operators;
use crate::signing::Issuer;
use crate::tokens::{AccessClaims, AccessTokens, Acting};

use super::journeys::Journeys;
use super::tokens::{Given, within};

/// What a service exchanges.
#[derive(Debug, Clone, Copy)]
pub struct Exchanging<'e> {
    /// The access token of the person somebody shall act for.
    pub subject: &'e str,
    /// The access token of who shall act.
    pub actor: &'e str,
    /// The scope of the new token, when it shall be narrower.
    pub wanted: Option<&'e str>,
    /// The key the service showed to hold, as its thumbprint.
    pub jkt: Option<&'e str>,
}

/// What it gets: an authorization in use, and who acts in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// The person somebody acts for, and what the token is good for.
    pub given: Given,
    /// Who acts.
    pub acting: Acting,
    /// Until when at most, in seconds since 1970: as long as both tokens live.
    pub until: i64,
}

const OFF: Error = Error::Forbidden { code: "exchange.off" };

impl Journeys {
    /// Exchanges the access tokens of two persons, both of `client` at this `issuer`. Recorded as an act of its
    /// own, with both.
    ///
    /// # Errors
    /// - `exchange.off` — the operator does not have it, or at the platform's issuer
    /// - `exchange.token_invalid` — naming the token: not alive, of another client or issuer, a client's own, or one
    ///   in which somebody acts for somebody already; bound to another key than the one shown
    /// - `exchange.same_person`; `request.scope_wider`; `client.scope_not_allowed` — nothing is left
    /// - those of the guard, about either person
    pub fn exchange(
        &self,
        tokens: &AccessTokens,
        (client, issuer): (&Arc<Client>, &Issuer),
        with: &Exchanging<'_>,
        now: Instant,
    ) -> Result<Delegated> {
        let scope = Scope::new(issuer.operator(), Actor::Client(client.id.clone()), now);
        if issuer.is_platform() {
            return Err(OFF);
        }
        let operator = self.db.operator_fact(&scope, operators::find_operator)?;
        if !operator.policies.token_exchange {
            return Err(OFF);
        }
        let find = |token, name: &'static str| {
            let invalid = || Error::invalid("exchange.token_invalid", name);
            let claims = self.own_access(tokens, (client, issuer), token)?.ok_or_else(invalid)?;
            let bound = claims.cnf.as_ref().map(|cnf| cnf.jkt());
            if claims.grant.is_none()
                || claims.act.is_some()
                || bound.is_some_and(|key| with.jkt != Some(key))
            {
                return Err(invalid());
            }
            let given = match self.holder(&claims, client, now) {
                Err(Error::Unauthenticated { .. }) => return Err(invalid()),
                other => other?,
            };
            // A household is nobody who could act, or be acted for.
            if given.member.is_none() {
                return Err(invalid());
            }
            Ok((claims, given))
        };
        let (subject_claims, given) = find(with.subject, "subject_token")?;
        let (actor_claims, actor) = find(with.actor, "actor_token")?;
        if given.authorization.person_id == actor.authorization.person_id {
            return Err(Error::invalid("exchange.same_person", "actor_token"));
        }
        let granted = within(client, given.scope.clone(), with.wanted)?;
        if granted.is_empty() {
            return Err(Error::invalid("client.scope_not_allowed", "scope"));
        }
        let until = subject_claims.exp.min(actor_claims.exp);
        let acting = acting(&actor_claims, &actor);
        let (person, detail) = (
            given.authorization.person_id.clone(),
            json!({"client": client.id, "actor": actor.authorization.person_id, "scope": granted}),
        );
        self.db.transact(&scope, move |tx| {
            record(tx, &Entry::new("token.exchanged", &person).detail(detail.clone()))
        })?;
        Ok(Delegated { given: Given { scope: granted, ..given }, acting, until })
    }
}

fn acting(claims: &AccessClaims, actor: &Given) -> Acting {
    Acting { sub: claims.sub.clone(), grant: actor.authorization.id.clone() }
}
