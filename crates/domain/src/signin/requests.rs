//! What a client asked for, and how far the person has come.

use base::kernel::{Instant, Scope};
use serde::{Deserialize, Serialize};

use crate::credentials::Letter;
use crate::sessions::Proven;

use super::wanted::Wanted;

/// An authorization request that passed all checks of the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The issuer it came to: an operator's code or `*`.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// Where the code goes; one of the client's, compared before.
    pub redirect_uri: String,
    /// What for, narrowed to what the client may have.
    pub scope: String,
    /// The client's `state`, given back as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The client's `nonce`, put into the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// PKCE S256 challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The key the code has to be redeemed with, as its thumbprint (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<Box<str>>,
    /// The login id the client expects, filled into the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The language the client asked for (`ui_locales`), a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// How the answer goes back (`response_mode`).
    #[serde(default, skip_serializing_if = "ResponseMode::is_query")]
    pub mode: ResponseMode,
    /// The client wants the person asked whether they allow it, also when they did before
    /// (`prompt=consent`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask_consent: bool,
    /// What the client wants to be sure of, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Box<Wanted>>,
}

/// How an answer goes back to the client through the browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect address. Source: OAuth 2.0 Multiple Response Types §2.1.
    #[default]
    Query,
    /// In a form the browser posts. Source: OAuth 2.0 Form Post Response Mode §2.
    FormPost,
}

impl ResponseMode {
    const fn is_query(&self) -> bool {
        matches!(self, Self::Query)
    }
}

/// A page of our own that a person signs in for. A list, not an address: nobody is ever led elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "snake_case")]
pub enum OwnPage {
    /// Where a television's code is confirmed.
    Device {
        /// The code the person came with, as it was typed or scanned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_code: Option<String>,
    },
    /// What a person is shown first.
    Home,
    /// What the person may watch, and why not.
    Watch,
    /// What the person watched or asked to watch.
    History,
    /// Where the person takes all that is kept of them.
    Data,
    /// The members of the household of the person, and their invitations.
    Family,
    /// What the person is in the household, and where they leave it.
    Household,
    /// Which services the person allows what, and where they take it back.
    Services,
    /// Where the person is told of changes.
    Contacts,
    /// The person's passkeys.
    Passkeys,
    /// The person's PINs.
    Pins,
    /// What the person proves themselves by beside the password.
    Security,
    /// Where the person is signed in.
    Sessions,
}

impl OwnPage {
    /// All pages a person comes to by a link: without what leads a television in.
    const LED_TO: [Self; 12] = [
        Self::Home,
        Self::Watch,
        Self::History,
        Self::Data,
        Self::Family,
        Self::Household,
        Self::Services,
        Self::Contacts,
        Self::Passkeys,
        Self::Pins,
        Self::Security,
        Self::Sessions,
    ];

    /// The page at `path`, if it is one a person comes to by a link.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::LED_TO.into_iter().find(|page| page.path() == path)
    }

    /// Where it lies, below its issuer.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Device { .. } => "device",
            Self::Home => "me",
            Self::Watch => "me/watch",
            Self::History => "me/history",
            Self::Data => "me/data",
            Self::Family => "family",
            Self::Household => "household",
            Self::Services => "services",
            Self::Contacts => "contacts",
            Self::Passkeys => "passkeys",
            Self::Pins => "pins",
            Self::Security => "security",
            Self::Sessions => "sessions",
        }
    }
}

/// A sign-in for a page of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The issuer the page belongs to: an operator's code or `*`.
    pub issuer: String,
    /// The page.
    pub own: OwnPage,
}

/// What a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Purpose {
    /// A code for a client.
    Code(Request),
    /// A page of our own.
    Own(Visit),
}

impl Purpose {
    /// The issuer it belongs to: an operator's code or `*`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self {
            Self::Code(request) => &request.issuer,
            Self::Own(visit) => &visit.issuer,
        }
    }

    /// Whether it came to the platform's issuer, so that the person names their operator first.
    #[must_use]
    pub fn is_for_platform(&self) -> bool {
        self.issuer() == Scope::PLATFORM
    }

    /// What a client asked for, if one did.
    #[must_use]
    pub const fn request(&self) -> Option<&Request> {
        match self {
            Self::Code(request) => Some(request),
            Self::Own(_) => None,
        }
    }
}

/// How far the person has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Step {
    /// Names their operator (platform issuer only).
    ChooseOperator,
    /// Login id and password.
    Password,
    /// Contract number and the code of the letter.
    Letter,
    /// The code a set-top box at home shows, and the owner's birth date.
    BoxCode {
        /// The code the person came with, as it was scanned; empty: they type it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        scanned: String,
    },
    /// The letter, or the box's code, was good: chooses login id and password.
    Account {
        /// Whose letter.
        person_id: String,
        /// When the code was found good; a newer letter ends this.
        checked: Instant,
        /// The box that showed the code; none: it was a letter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_box: Option<String>,
        /// Who made the letter to invite them; none: the station did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invited_by: Option<String>,
    },
    /// Forgot the password: names the login id.
    Recover,
    /// A code is under way to the contacts of who has that login id, if anybody does.
    RecoveryCode {
        /// What wrong codes are counted as: the person, or a name nobody has.
        counted_as: String,
    },
    /// The owner of the household of who has that login id is asked, if there is one.
    Approval {
        /// The two digits the owner types.
        number: String,
    },
    /// A set-top box at home shows a code, and who has that login id types it with a PIN.
    Television {
        /// What wrong codes are counted as: the person, or a name nobody has.
        counted_as: String,
        /// Whose login id it is; empty: nobody's, or of who has no password.
        person_id: String,
    },
    /// The code was right, or the owner approved: chooses a new password.
    NewPassword {
        /// Whose.
        person_id: String,
        /// By what it came here.
        #[serde(default)]
        by: RecoveredBy,
        /// When that was found good; a password set later ends this.
        checked: Instant,
        /// Whether the authenticator is asked for too. What counts is what there is at the end.
        second: bool,
    },
    /// The first proof was good and the person has an authenticator: a code of it, or a recovery code.
    SecondFactor {
        /// Who proved to be themselves.
        person_id: String,
        /// By what so far.
        proven: Proven,
        /// When; a password set later ends this.
        proved: Instant,
        /// The session that was proof enough so far, if it was one: when it ends, this does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// Somebody is signed in in this browser already: goes on as they, or signs in as somebody else.
    Choice {
        /// Who is signed in.
        person_id: String,
        /// Their login id, as the page shows it.
        name: String,
    },
    /// Everything is proved: whether the service may have what it asks for.
    Consent {
        /// Who is asked.
        person_id: String,
        /// What was proved in this sign-in; none: the person is signed in in this browser already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
}

impl Step {
    /// Where a letter leads that was found good now.
    pub(super) fn account(Letter { person_id, invited_by }: Letter, checked: Instant) -> Self {
        Self::Account { person_id, checked, at_box: None, invited_by }
    }

    /// Its word, for metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::ChooseOperator => "choose_operator",
            Self::Password => "password",
            Self::Letter => "letter",
            Self::BoxCode { .. } => "box_code",
            Self::Account { .. } => "account",
            Self::Recover => "recover",
            Self::RecoveryCode { .. } => "recovery_code",
            Self::Approval { .. } => "approval",
            Self::Television { .. } => "television",
            Self::NewPassword { .. } => "new_password",
            Self::SecondFactor { .. } => "second_factor",
            Self::Choice { .. } => "choice",
            Self::Consent { .. } => "consent",
        }
    }
}

/// What helped who forgot the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredBy {
    /// A code sent to a contact.
    #[default]
    Contact,
    /// The owner of the household approved.
    Owner,
    /// A code on the box at home, and a PIN.
    Television,
}

/// What a person proved themselves by, and when; a password set later ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// By what.
    pub proven: Proven,
    /// When.
    pub proved: Instant,
}
