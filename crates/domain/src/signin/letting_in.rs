//! The person who looked at a device decides: whether it comes in, and whom it stands for.
//!
//! A device stands for the person who lets it in, or, if its owner says so, for the whole household and nobody of it.
//! Source: RFC 8628 §3.3; brief tve §8.1; `docs/decisions/0047`.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;

use crate::clients::Client;
use crate::credentials::Fresh;
use crate::operators;
use crate::sessions::{
    self, Confirmed, DEVICE_CODE_SECONDS, DeviceCode, Draft, NewDevice, Strength, Subjects, Whose,
};
use crate::signing::Handles;
use crate::tokens::HOUSEHOLD;

use super::consent::hand_over;
use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::members::{Member, find_household, find_member};
use super::televisions::{LookedAt, UNKNOWN, may_be_households};

/// What a device of a household may have: to be known, and to stay signed in. Nothing that is about a person.
const OF_HOUSEHOLDS: [&str; 2] = ["openid", "offline_access"];

/// Whom a device shall stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandsFor {
    /// The person who lets it in.
    Person,
    /// Their whole household, and nobody of it.
    Household,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish<'w> {
    /// Let it in.
    Allow {
        /// The two digits on the screen.
        number: &'w str,
        /// What stood on the page about what the service may have; none: it was not to be asked for.
        shown: Option<&'w str>,
        /// Whose it shall be.
        stands_for: StandsFor,
    },
    /// Keep it out.
    Refuse,
}

impl Journeys {
    /// The person lets the device in, or keeps it out.
    ///
    /// The proof is held against the person as they are now, with the session they have now: who was
    /// shut out meanwhile lets nothing in. A session that only says that somebody is at home is not
    /// enough.
    ///
    /// # Errors
    /// `device.code_unknown`; `device.number_wrong`, `device.code_over` — the two digits; `signin.weak`;
    /// `consent.missing`; `device.household_not_offered` — they are not the owner, or the service has no devices of
    /// households; `proof.too_old`, `recovery.waits` — for a household; those of the guards of the person and of the
    /// household
    pub fn decide_device(
        &self,
        who: &SignedIn,
        (issuer, looked): (&str, &LookedAt),
        (wish, now): (Wish<'_>, Instant),
    ) -> Result<()> {
        if who.session.proven.strength() < Strength::Password {
            return Err(Error::Forbidden { code: "signin.weak" });
        }
        let actor = Actor::Person(who.member.person_id.clone());
        let at_issuer = Scope::new(issuer, actor.clone(), now);
        let given = match wish {
            Wish::Refuse => None,
            Wish::Allow { number, shown, stands_for } => {
                self.check_number(&at_issuer, (&looked.code, number))?;
                let own = Scope::new(&who.operator, actor, now);
                let grant = self.give_device(&own, (who, issuer), (looked, shown, stands_for))?;
                Some((who.operator.clone(), grant))
            }
        };
        let id = looked.code.id.clone();
        let decided = self.db.transact(&at_issuer, move |tx| {
            let given = given.as_ref().map(|(operator, grant)| (operator.as_str(), grant.as_str()));
            if !sessions::decide_device(tx, &id, given)? {
                return Ok(false);
            }
            let act = if given.is_some() { "device_code.approved" } else { "device_code.refused" };
            record(tx, &Entry::new(act, &id))?;
            Ok(true)
        })?;
        if decided { Ok(()) } else { Err(Error::not_found(UNKNOWN, "")) }
    }

    fn check_number(&self, scope: &Scope, (code, typed): (&DeviceCode, &str)) -> Result<()> {
        let typed = sessions::plain_user_code(typed);
        let code = code.clone();
        let tried = self
            .db
            .housekeep(scope, "device-number", move |tx| sessions::try_number(tx, &code, &typed))?;
        match tried {
            Confirmed::Right => Ok(()),
            Confirmed::Wrong => Err(Error::invalid("device.number_wrong", "number")),
            Confirmed::Over => Err(Error::refused("device.code_over")),
        }
    }

    /// The authorization of a device, waiting to be redeemed as long as its code is good.
    fn give_device(
        &self,
        scope: &Scope,
        (who, issuer): (&SignedIn, &str),
        (looked, shown, stands_for): (&LookedAt, Option<&str>, StandsFor),
    ) -> Result<String> {
        let (signing, shown) = (Arc::clone(&self.signing), shown.map(str::to_owned));
        let (who, issuer) = (who.clone(), issuer.to_owned());
        let (code, client) = (looked.code.clone(), Arc::clone(&looked.client));
        self.db.transact(scope, move |tx| {
            let operator = tx.operator_fact(operators::find_operator)?;
            let alive = sessions::find_session(tx, &who.session.id, &operator.policies)?;
            if alive.is_none() || !sessions::hold_session(tx, &who.session.id)? {
                return Err(Error::refused("person.suspended"));
            }
            let member = find_member(tx, (&who.session.key, who.session.person_no))?;
            let giving =
                Giving { issuer: &issuer, code: &code, client: &client, shown: shown.as_deref() };
            match stands_for {
                StandsFor::Person => giving.to_person(tx, signing.handles(), (&member, &who)),
                StandsFor::Household => giving.to_household(tx, signing.handles(), (&member, &who)),
            }
        })
    }
}

/// What is given to a device.
struct Giving<'g> {
    issuer: &'g str,
    code: &'g DeviceCode,
    client: &'g Client,
    /// What stood on the page about what the service may have, if it has to be asked for.
    shown: Option<&'g str>,
}

impl Giving<'_> {
    fn to_person(
        &self,
        tx: &mut Tx<'_>,
        handles: &Handles,
        (member, who): (&Member, &SignedIn),
    ) -> Result<String> {
        let (sector, proven) = (self.client.terms.sector.as_str(), &who.session.proven);
        let whose = (member.person_id.as_str(), &member.key);
        let subjects = Subjects::of(handles, tx.operator(), sector, whose);
        sessions::note_subjects(tx, &subjects, sector, whose)?;
        if let Some(shown) = self.shown {
            let allowed = (self.code.scope.as_str(), shown);
            sessions::give_consent(tx, (whose.0, self.client), allowed)?;
        }
        let amr = proven.amr();
        let draft = Draft {
            acr: proven.acr(),
            amr: &amr,
            auth: who.session.auth,
            ..self.draft((Whose::Person(whose.0), &self.code.scope), tx.now())
        };
        self.bind(tx, &draft)
    }

    /// Of what its owner proved nothing is told: it says nothing about who sits in front of it.
    fn to_household(
        &self,
        tx: &mut Tx<'_>,
        handles: &Handles,
        (member, who): (&Member, &SignedIn),
    ) -> Result<String> {
        if !may_be_households(self.client, member.role) {
            return Err(Error::Forbidden { code: "device.household_not_offered" });
        }
        // It outlives the owner's password: whoever came in by theirs, or by a recovery, could else come to stay.
        let fresh = Fresh { person_id: &member.person_id, proved: who.session.auth };
        fresh.check_settled(tx)?;
        let household = find_household(tx, &member.key)?;
        let sector = self.client.terms.sector.as_str();
        let names = Subjects::of_household(handles, tx.operator(), sector, &member.key);
        sessions::note_household(tx, (&names.household, sector), &member.key)?;
        let wanted = self.code.scope.split(' ').filter(|one| OF_HOUSEHOLDS.contains(one));
        let scope = wanted.collect::<Vec<_>>().join(" ");
        let whose = Whose::Household(&member.key, household.contract.access_no);
        let draft = Draft { auth: who.session.auth, ..self.draft((whose, &scope), tx.now()) };
        self.bind(tx, &draft)
    }

    fn draft<'d>(&'d self, (whose, scope): (Whose<'d>, &'d str), now: Instant) -> Draft<'d> {
        Draft {
            client_id: &self.code.client_id,
            sector: &self.client.terms.sector,
            issuer: self.issuer,
            whose,
            session_id: "",
            seconds: DEVICE_CODE_SECONDS,
            scope,
            acr: HOUSEHOLD,
            amr: "",
            auth: now,
            redirect_uri: "",
            challenge: None,
            nonce: None,
            jkt: None,
        }
    }

    fn bind(&self, tx: &mut Tx<'_>, draft: &Draft<'_>) -> Result<String> {
        let grant = hand_over(tx, self.client, draft)?;
        let device = NewDevice {
            whose: draft.whose,
            grant_id: &grant,
            client_id: &self.code.client_id,
            model: &self.code.model,
        };
        sessions::bind_device(tx, &device)?;
        Ok(grant)
    }
}
