//! Who asks, for which operator, at what instant.

use std::sync::Arc;

use super::Instant;

/// Who does something. Written into every audit line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The operator's subscriber management system: the file (`file:…`) or client id that spoke.
    Sms(String),
    /// A member of the station's staff, by staff id.
    Staff(String),
    /// A subscriber, by person id.
    Person(String),
    /// A service client (relying party), by client id.
    Client(String),
    /// A program that administers for the station, by client id.
    Admin(String),
    /// Nobody yet: sign-in and registration before proof.
    Anonymous,
    /// Somebody at the machine's command line.
    Operations(String),
    /// The product itself: schedules, sweeps, expiry.
    System,
}

impl Actor {
    /// `sms:…`, `staff:…`, `system`: the form kept in the books.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Sms(id) => format!("sms:{id}"),
            Self::Staff(id) => format!("staff:{id}"),
            Self::Person(id) => format!("person:{id}"),
            Self::Client(id) => format!("client:{id}"),
            Self::Admin(id) => format!("admin:{id}"),
            Self::Operations(name) => format!("operations:{name}"),
            Self::Anonymous => "anonymous".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// Everything a transaction knows about its caller. Built by the door after authentication.
#[derive(Debug, Clone)]
pub struct Scope {
    operator: Arc<str>,
    actor: Actor,
    now: Instant,
    cause: Arc<str>,
}

impl Scope {
    /// The code of the platform itself, in place of an operator's.
    pub const PLATFORM: &'static str = "*";

    /// A scope for `actor` acting in `operator` at `now`.
    #[must_use]
    pub fn new(operator: &str, actor: Actor, now: Instant) -> Self {
        Self { operator: operator.into(), actor, now, cause: "".into() }
    }

    /// The same scope naming what caused it: `file:OP0012_CT01_…`, `call:01J…`, `job:…`.
    /// Kept in audit lines and with the facts, so that "why" can name its source.
    #[must_use]
    pub fn caused_by(mut self, cause: &str) -> Self {
        self.cause = cause.into();
        self
    }

    /// The same caller at another instant (jobs and tests).
    #[must_use]
    pub const fn at(mut self, now: Instant) -> Self {
        self.now = now;
        self
    }

    /// The operator's code; [`Scope::PLATFORM`] for the platform.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// Who asks.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The instant everything in this transaction happens at.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What caused this, empty when nothing was named.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }
}
