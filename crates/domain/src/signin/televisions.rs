//! A television is let in: the device asks, a person looks at it on their phone and decides (`letting_in`), the device
//! is answered.
//!
//! The code stands at the issuer the service came to, the authorization at the person's operator; each
//! side is an act of its own, and the authorization leads nowhere until the code points at it.
//! Source: RFC 8628; brief tve §8.1.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};

use crate::boxes;
use crate::clients::{self, Client, Grant};
use crate::credentials::{self, Try};
use crate::sessions::{self, DeviceAsk, DeviceCode, Lasting, Polled, Redeemed};
use crate::signing::HandleKind;
use crate::subscribers::Role;

use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::tokens::{Given, Holding, given, granted, turn_of};

/// A code nobody asked for, or that is over: nobody is told which.
pub(super) const UNKNOWN: &str = "device.code_unknown";

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
    /// Whether the person may choose that it stands for the whole household: its owner, where the service has that.
    pub may_be_households: bool,
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
        let may_be_households = may_be_households(&client, who.member.role);
        Ok(LookedAt { code, client, at_box, may_be_households })
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

/// Whether who has this role may let a device of `client` in for the whole household.
pub(super) fn may_be_households(client: &Client, role: Role) -> bool {
    role == Role::Owner && client.may_stand_for_households()
}
