//! A television is let in: the device asks, a person confirms on their phone, the device is answered.
//!
//! The code stands at the issuer the service came to, the authorization at the person's operator; each
//! side is an act of its own, and the authorization leads nowhere until the code points at it.
//! Source: RFC 8628; brief tve §8.1.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;

use crate::boxes;
use crate::clients::{self, Client, Grant};
use crate::credentials::{self, Try};
use crate::operators;
use crate::sessions::{
    self, Confirmed, DEVICE_CODE_SECONDS, DeviceAsk, DeviceCode, Draft, Lasting, NewDevice, Polled,
    Redeemed, Strength, Subjects,
};
use crate::signing::{HandleKind, Handles};

use super::consent::hand_over;
use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::members::find_member;
use super::tokens::{Given, Holding, given, granted, turn_of};

/// A code nobody asked for, or that is over: nobody is told which.
const UNKNOWN: &str = "device.code_unknown";

/// A code for a device, with the handle it polls with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedByDevice {
    /// What the device polls with.
    pub device_code: String,
    /// The code.
    pub code: DeviceCode,
}

/// What a person sees of the device that wants in.
pub struct LookedAt {
    /// The code.
    pub code: DeviceCode,
    /// The service the device runs.
    pub client: Arc<Client>,
    /// The set-top box of the station it is, if it proved to be one.
    pub at_box: Option<KnownBox>,
}

/// What the station says of a box that wants in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBox {
    /// Where it stands, as coarse as the station likes; empty: not told. Never from an address of the network.
    pub area: String,
    /// Whose home it stands in.
    pub home: Home,
}

/// Whose home a box stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// That of the household of the person who looks.
    Own,
    /// Another one.
    Other,
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
    },
    /// Keep it out.
    Refuse,
}

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAnswer {
    /// Its tokens.
    Given(Box<Given>),
    /// Nobody confirmed it yet.
    Pending,
    /// It asks too often.
    SlowDown,
    /// The person refused it, or may not let anything in.
    Denied,
    /// It needs a new code.
    Expired,
}

impl Journeys {
    /// Gives a device of `client` a code, at the issuer it came to.
    ///
    /// # Errors
    /// `client.scope_not_allowed` — nothing is left of the scope
    ///
    /// Source: RFC 8628 §3.1, §3.2.
    pub fn ask_for_device(
        &self,
        (client, issuer): (&Client, &str),
        ask: &DeviceAsk<'_>,
        now: Instant,
    ) -> Result<AskedByDevice> {
        if ask.scope.is_empty() || !client.may_have(ask.scope) {
            return Err(Error::invalid("client.scope_not_allowed", "scope"));
        }
        let scope = Scope::new(issuer, Actor::Client(client.id.clone()), now);
        let [id, wanted, device_ref, model, line, box_id] =
            [ask.client_id, ask.scope, ask.device_ref, ask.model, ask.line, ask.box_id]
                .map(str::to_owned);
        let code = self.db.housekeep(&scope, "device-code", move |tx| {
            let ask = DeviceAsk {
                client_id: &id,
                scope: &wanted,
                device_ref: &device_ref,
                model: &model,
                line: &line,
                box_id: &box_id,
            };
            sessions::ask_for_device(tx, &ask)
        })?;
        let handles = self.signing.handles();
        Ok(AskedByDevice {
            device_code: handles.write(HandleKind::Device, issuer, (&code.id, 0)),
            code,
        })
    }

    /// The device behind a code that a signed-in person typed. Codes nobody gave count as bad tries of
    /// the person, as wrong passwords do.
    ///
    /// # Errors
    /// `device.code_unknown`; `signin.locked` with the time to wait
    pub fn look_at_device(
        &self,
        who: &SignedIn,
        (issuer, typed, now): (&str, &str, Instant),
    ) -> Result<LookedAt> {
        let own = Scope::new(&who.operator, Actor::Person(who.member.person_id.clone()), now);
        let counted_as = credentials::typing_of(&who.member.person_id);
        let subject = counted_as.clone();
        let tried = self
            .db
            .housekeep(&own, "device-code-try", move |tx| credentials::begin_try(tx, &subject))?;
        if let Try::Locked(wait) = tried {
            return Err(Error::TooMany { code: "signin.locked", wait });
        }
        let plain = sessions::plain_user_code(typed);
        let scope = Scope::new(issuer, own.actor().clone(), now);
        let found = self.db.read(&scope, |tx| sessions::find_user_code(tx, &plain))?;
        let client = match &found {
            Some(code) => self.clients.find(issuer, &code.client_id)?.map(|found| found.client),
            None => None,
        };
        let usable = client.filter(|client| client.may(Grant::DeviceCode));
        let (Some(code), Some(client)) = (found, usable) else {
            self.db.housekeep(&own, "device-code-try", move |tx| {
                credentials::note_failure(tx, &counted_as)
            })?;
            return Err(Error::not_found(UNKNOWN, ""));
        };
        self.db.housekeep(&own, "device-code-try", move |tx| {
            credentials::take_back_try(tx, &counted_as)
        })?;
        let at_box = self.box_behind(who, (&scope, &code))?;
        Ok(LookedAt { code, client, at_box })
    }

    /// The box that asked for a code, as it stands now.
    fn box_behind(
        &self,
        who: &SignedIn,
        (scope, code): (&Scope, &DeviceCode),
    ) -> Result<Option<KnownBox>> {
        if code.box_id.is_empty() {
            return Ok(None);
        }
        let found = self.db.read(scope, |tx| boxes::find_box(tx, &code.box_id))?;
        Ok(found.map(|(key, one)| {
            let own = scope.operator() == who.operator && key == who.session.key;
            KnownBox { area: one.area, home: if own { Home::Own } else { Home::Other } }
        }))
    }

    /// The person lets the device in, or keeps it out.
    ///
    /// The proof is held against the person as they are now, with the session they have now: who was
    /// shut out meanwhile lets nothing in. A session that only says that somebody is at home is not
    /// enough.
    ///
    /// # Errors
    /// `device.code_unknown`; `device.number_wrong`, `device.code_over` — the two digits; `signin.weak`;
    /// `consent.missing`; those of the guard
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
            Wish::Allow { number, shown } => {
                self.check_number(&at_issuer, (&looked.code, number))?;
                let own = Scope::new(&who.operator, actor, now);
                let grant = self.give_device(&own, (who, issuer), (looked, shown))?;
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
        (looked, shown): (&LookedAt, Option<&str>),
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
            let whose = (member.person_id.as_str(), &member.key);
            let giving =
                Giving { issuer: &issuer, code: &code, client: &client, shown: shown.as_deref() };
            giving.give(tx, signing.handles(), (whose, &who))
        })
    }

    /// Answers a device of `client` that asks for its tokens.
    ///
    /// # Errors
    /// `grant.invalid` — no code of this client at this issuer
    ///
    /// Source: RFC 8628 §3.4, §3.5.
    pub fn poll_device(
        &self,
        (client, issuer): (&Arc<Client>, &str),
        (device_code, holding): (&str, Holding<'_>),
        now: Instant,
    ) -> Result<DeviceAnswer> {
        let invalid = || Error::refused("grant.invalid");
        let handle = self.signing.handles().read(HandleKind::Device, device_code);
        let handle = handle.filter(|one| one.operator == issuer).ok_or_else(invalid)?;
        let actor = Actor::Client(client.id.clone());
        let scope = Scope::new(issuer, actor.clone(), now);
        let (id, asks) = (handle.id, client.id.clone());
        let polled = self
            .db
            .housekeep(&scope, "device-poll", move |tx| sessions::poll_device(tx, &id, &asks))?;
        match polled {
            Polled::Unknown => Err(invalid()),
            Polled::Pending => Ok(DeviceAnswer::Pending),
            Polled::TooSoon => Ok(DeviceAnswer::SlowDown),
            Polled::Denied => Ok(DeviceAnswer::Denied),
            Polled::Expired => Ok(DeviceAnswer::Expired),
            Polled::Approved { operator, grant } => {
                let own = Scope::new(&operator, actor, now);
                self.redeem_device(&own, (client, issuer), (grant, holding))
            }
        }
    }

    fn redeem_device(
        &self,
        scope: &Scope,
        (client, issuer): (&Arc<Client>, &str),
        (grant, holding): (String, Holding<'_>),
    ) -> Result<DeviceAnswer> {
        let (lasting, jkt) = (holding.lasting, holding.jkt.map(str::to_owned));
        let (client, issuer) = (Arc::clone(client), issuer.to_owned());
        let signing = Arc::clone(&self.signing);
        let given = self.db.transact(scope, move |tx| {
            let holder = Holding { lasting, jkt: jkt.as_deref() }.of(&client);
            let with = ((client.id.as_str(), issuer.as_str()), &holder);
            let Redeemed::Now(found) = sessions::redeem_for_device(tx, &grant, with)? else {
                return Ok(None);
            };
            let scope = granted(&client, &found, None)?;
            let given = given(tx, signing.handles(), (&client, *found), scope)?;
            clients::note_used(tx, &client)?;
            let refresh = (lasting == Lasting::Refreshed).then(|| turn_of(&signing, &given));
            Ok(Some(Box::new(Given { refresh, ..given })))
        });
        match given {
            Ok(Some(given)) => Ok(DeviceAnswer::Given(given)),
            Ok(None) => Err(Error::refused("grant.invalid")),
            // The person was shut out between their phone and the television.
            Err(Error::Refused { .. }) => Ok(DeviceAnswer::Denied),
            Err(error) => Err(error),
        }
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
    fn give(
        &self,
        tx: &mut Tx<'_>,
        handles: &Handles,
        (whose, who): ((&str, &crate::subscribers::Key), &SignedIn),
    ) -> Result<String> {
        let (sector, proven) = (self.client.terms.sector.as_str(), &who.session.proven);
        let subjects = Subjects::of(handles, tx.operator(), sector, whose);
        sessions::note_subjects(tx, &subjects, sector, whose)?;
        let amr = proven.amr();
        let draft = Draft {
            client_id: &self.code.client_id,
            sector,
            issuer: self.issuer,
            person_id: whose.0,
            session_id: "",
            seconds: DEVICE_CODE_SECONDS,
            scope: &self.code.scope,
            acr: proven.acr(),
            amr: &amr,
            auth: who.session.auth,
            redirect_uri: "",
            challenge: None,
            nonce: None,
            jkt: None,
        };
        if let Some(shown) = self.shown {
            let allowed = (self.code.scope.as_str(), shown);
            sessions::give_consent(tx, (whose.0, self.client), allowed)?;
        }
        let grant = hand_over(tx, self.client, &draft)?;
        let device = NewDevice {
            person_id: whose.0,
            grant_id: &grant,
            client_id: &self.code.client_id,
            model: &self.code.model,
        };
        sessions::bind_device(tx, &device)?;
        Ok(grant)
    }
}
