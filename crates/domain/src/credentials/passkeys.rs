//! Passkeys: key pairs in a person's telephone or computer, which sign what we ask once they know their owner.
//!
//! Two ceremonies: a passkey is made, a passkey is used; each is a question and an answer. The library checks
//! them (docs/decisions/0030); this room says whose they are, that each question is answered once
//! (`questions.rs`), and what is kept (`passkey_book.rs`). A passkey stands beside a password and falls with
//! it: while a password is taken away nothing is signed in with, and whoever chooses a new one by letter begins
//! without passkeys. Sources: Web Authentication Level 3 §7.1 (registering), §7.2 (verifying an assertion).

use base::kernel::{Error, Result};
use base::records::record;
use base::store::Tx;
use serde_json::json;
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::PublicKeyCredentialDescriptor;
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle64,
    Username,
};
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::register::error::RegCeremonyErr;
use webauthn_rp::response::register::{DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

use super::alerts::{self, Alert};
use super::factors::Fresh;
use super::passkey_book::{self as book, Kept, Learnt, MOST_PASSKEYS};
pub(crate) use super::passkey_book::{is_of, list, remove, rename};
use super::questions::{self, Kind};
use super::sites::Site;
use super::staff::{PasskeyAct, passkey_entry, staff_of};

/// Bytes of a user handle: as many as there may be. Source: Web Authentication Level 3 §14.6.1.
const HANDLE_BYTES: usize = 64;

/// How an enrolment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Enrolled {
    /// It is a passkey now, with this id.
    Added(String),
    /// Not with this answer; why is in the audit.
    Refused,
}

/// How an answer at a sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answered {
    /// It is the passkey `passkey_id` of this person, and they are there.
    Proved {
        /// Whose.
        person_id: String,
        /// Which.
        passkey_id: String,
    },
    /// Nobody is told why; the audit is.
    Refused,
}

/// Asks for a new passkey of this person: what `navigator.credentials.create` is called with, as JSON.
/// `asked_by`: the session it is asked in.
///
/// # Errors
/// `proof.too_old`; `passkey.too_many`; `person.not_registered` — nobody who has a login id
pub(crate) fn ask_new(
    tx: &mut Tx<'_>,
    site: &Site,
    fresh: &Fresh<'_>,
    asked_by: &str,
) -> Result<String> {
    fresh.check(tx)?;
    let known = book::credentials_of(tx, fresh.person_id)?;
    check_room(known.len())?;
    let login = match staff_of(fresh.person_id) {
        Some(id) => Some(id.to_owned()),
        None => book::login_of(tx, fresh.person_id)?,
    };
    let login = login.ok_or_else(|| Error::refused("person.not_registered"))?;
    let handle = match known.first() {
        Some((handle, _)) => read_handle(handle)?,
        None => UserHandle64::new(),
    };
    let user = PublicKeyCredentialUserEntity {
        name: Username::try_from(login).map_err(Error::internal)?,
        id: &handle,
        display_name: None,
    };
    let anyhow = AuthTransports::decode(0).map_err(Error::internal)?;
    let mut excluded = Vec::with_capacity(known.len());
    for (_, credential) in known {
        let id = CredentialId::<Vec<u8>>::decode(credential).map_err(Error::internal)?;
        excluded.push(PublicKeyCredentialDescriptor { id, transports: anyhow });
    }
    let mut options = PublicKeyCredentialCreationOptions::passkey(&site.rp_id, user, excluded);
    // Not every device knows this extension, and browsers refuse those that do not when it is enforced. The
    // owner is asked for at each use anyway.
    options.extensions.cred_protect = CredProtect::None;
    let (server, client) = options.start_ceremony().map_err(Error::internal)?;
    let question = server.encode().map_err(Error::internal)?;
    questions::keep(tx, (Kind::Enrol, asked_by), question)?;
    serde_json::to_string(&client).map_err(Error::internal)
}

/// Takes the answer to [`ask_new`], as the browser gave it: the passkey counts from now on.
///
/// The transaction commits either way: a question that was answered wrongly is used up too, and why stands
/// in the audit.
///
/// # Errors
/// `proof.too_old`; `passkey.name_malformed`; `passkey.too_many`
pub(crate) fn enrol(
    tx: &mut Tx<'_>,
    site: &Site,
    fresh: &Fresh<'_>,
    asked_by: &str,
    (answer, typed_name): (&str, &str),
) -> Result<Enrolled> {
    fresh.check(tx)?;
    let name = book::name(typed_name)?;
    check_room(book::credentials_of(tx, fresh.person_id)?.len())?;
    let reason = match verify_new(tx, site, asked_by, answer)? {
        Err(reason) => reason,
        Ok(new) => {
            let learnt = Learnt {
                person_id: fresh.person_id,
                credential: &new.credential,
                user_handle: &new.user_handle,
                name: &name,
                key: new.key,
                state: new.state,
            };
            match book::insert(tx, learnt)? {
                None => "known_already",
                Some(id) => {
                    alerts::tell_person(tx, fresh.person_id, Alert::PasskeyAdded)?;
                    let detail = json!({"passkey": id});
                    let entry = passkey_entry(fresh.person_id, PasskeyAct::Added);
                    record(tx, &entry.detail(detail))?;
                    return Ok(Enrolled::Added(id));
                }
            }
        }
    };
    let detail = json!({"reason": reason, "at": "enrolment"});
    record(tx, &passkey_entry(fresh.person_id, PasskeyAct::Refused).detail(detail))?;
    Ok(Enrolled::Refused)
}

/// Asks for any passkey of this site: what `navigator.credentials.get` is called with, as JSON.
/// `asked_by`: the sign-in it is asked in.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn ask(tx: &mut Tx<'_>, site: &Site, asked_by: &str) -> Result<String> {
    let options = DiscoverableCredentialRequestOptions::passkey(&site.rp_id);
    let (server, client) = options.start_ceremony().map_err(Error::internal)?;
    let question = server.encode().map_err(Error::internal)?;
    questions::keep(tx, (Kind::SignIn, asked_by), question)?;
    serde_json::to_string(&client).map_err(Error::internal)
}

/// Takes the answer to [`ask`], as the browser gave it. As housekeeping, like every try: the question is used
/// up whatever the answer was.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn check(
    tx: &mut Tx<'_>,
    site: &Site,
    asked_by: &str,
    answer: &str,
) -> Result<Answered> {
    let question = questions::take(tx, (Kind::SignIn, asked_by))?;
    let Ok(answer) = DiscoverableAuthentication64::from_json_relaxed(answer.as_bytes()) else {
        return refuse(tx, asked_by, "malformed");
    };
    let Some(question) = question else { return refuse(tx, asked_by, "not_asked") };
    let Some(kept) = book::find(tx, answer.raw_id().as_ref())? else {
        return refuse(tx, asked_by, "unknown");
    };
    // Who works here does not sign in as a person, nor a person as who works here.
    if staff_of(&kept.person_id).is_some() != staff_of(asked_by).is_some() {
        return refuse(tx, asked_by, "of_another_kind");
    }
    if !kept.stands {
        return refuse(tx, &kept.person_id, "password_taken_away");
    }
    let state = match verify(site, &question, &answer, &kept)? {
        Ok(state) => state,
        Err(reason) => return refuse(tx, &kept.person_id, reason),
    };
    if !book::note_use(tx, &kept, state)? {
        return refuse(tx, &kept.person_id, "counter");
    }
    Ok(Answered::Proved { person_id: kept.person_id, passkey_id: kept.id })
}

fn refuse(tx: &mut Tx<'_>, subject: &str, reason: &'static str) -> Result<Answered> {
    let detail = json!({"reason": reason, "at": "signin"});
    record(tx, &passkey_entry(subject, PasskeyAct::Refused).detail(detail))?;
    Ok(Answered::Refused)
}

fn check_room(known: usize) -> Result<()> {
    if i64::try_from(known).is_ok_and(|known| known < MOST_PASSKEYS) {
        return Ok(());
    }
    Err(Error::refused("passkey.too_many"))
}

fn read_handle(stored: &[u8]) -> Result<UserHandle64> {
    let bytes: [u8; HANDLE_BYTES] = stored.try_into().map_err(Error::internal)?;
    let Ok(handle) = UserHandle64::decode(bytes);
    Ok(handle)
}

/// What a new passkey is known by afterwards.
struct New {
    credential: Vec<u8>,
    user_handle: Vec<u8>,
    key: Vec<u8>,
    state: Vec<u8>,
}

fn verify_new(
    tx: &mut Tx<'_>,
    site: &Site,
    asked_by: &str,
    answer: &str,
) -> Result<std::result::Result<New, &'static str>> {
    let question = questions::take(tx, (Kind::Enrol, asked_by))?;
    let Ok(answer) = Registration::from_json_relaxed(answer.as_bytes()) else {
        return Ok(Err("malformed"));
    };
    let Some(question) = question else { return Ok(Err("not_asked")) };
    let state = RegistrationServerState::<HANDLE_BYTES>::decode(&question);
    let state = state.map_err(Error::internal)?;
    let origins: Vec<&str> = site.origins.iter().map(String::as_str).collect();
    let options = RegistrationVerificationOptions::<'_, '_, &str, &str> {
        allowed_origins: &origins,
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    Ok(match state.verify(&site.rp_id, &answer, &options) {
        Err(error) => Err(why_not_new(&error)),
        Ok(new) => {
            let Ok(key) = new.static_state().encode();
            let Ok(state) = new.dynamic_state().encode();
            Ok(New {
                credential: new.id().as_ref().to_vec(),
                user_handle: new.user_id().as_ref().to_vec(),
                key,
                state: state.to_vec(),
            })
        }
    })
}

/// Holds an answer against the question and the passkey; answers the passkey's new state, or why not.
fn verify(
    site: &Site,
    question: &[u8],
    answer: &DiscoverableAuthentication64,
    kept: &Kept,
) -> Result<std::result::Result<Vec<u8>, &'static str>> {
    let asked = DiscoverableAuthenticationServerState::decode(question).map_err(Error::internal)?;
    let handle = read_handle(&kept.user_handle)?;
    let key = StaticState::decode(&kept.key).map_err(Error::internal)?;
    let state: [u8; 7] = kept.state.as_slice().try_into().map_err(Error::internal)?;
    let state = DynamicState::decode(state).map_err(Error::internal)?;
    let known = AuthenticatedCredential::new(answer.raw_id(), &handle, key, state);
    let mut known = known.map_err(Error::internal)?;
    let origins: Vec<&str> = site.origins.iter().map(String::as_str).collect();
    let options = AuthenticationVerificationOptions::<'_, '_, &str, &str> {
        allowed_origins: &origins,
        error_on_unsolicited_extensions: false,
        ..AuthenticationVerificationOptions::default()
    };
    Ok(match asked.verify(&site.rp_id, answer, &mut known, &options) {
        Err(error) => Err(why_not(&error)),
        Ok(_) => {
            let Ok(state) = known.dynamic_state().encode();
            Ok(state.to_vec())
        }
    })
}

/// As the audit calls it.
const fn why_not_new(error: &RegCeremonyErr) -> &'static str {
    match error {
        RegCeremonyErr::Timeout => "expired",
        RegCeremonyErr::OriginMismatch
        | RegCeremonyErr::CrossOrigin
        | RegCeremonyErr::TopOriginMismatch => "origin",
        RegCeremonyErr::ChallengeMismatch => "challenge",
        RegCeremonyErr::RpIdHashMismatch => "rp_id",
        RegCeremonyErr::UserNotPresent | RegCeremonyErr::UserNotVerified => "not_verified",
        RegCeremonyErr::AttestationSignature => "signature",
        _ => "malformed",
    }
}

/// As the audit calls it.
const fn why_not(error: &AuthCeremonyErr) -> &'static str {
    match error {
        AuthCeremonyErr::Timeout => "expired",
        AuthCeremonyErr::OriginMismatch
        | AuthCeremonyErr::CrossOrigin
        | AuthCeremonyErr::TopOriginMismatch => "origin",
        AuthCeremonyErr::ChallengeMismatch => "challenge",
        AuthCeremonyErr::RpIdHashMismatch => "rp_id",
        AuthCeremonyErr::UserNotVerified => "not_verified",
        AuthCeremonyErr::AssertionSignature => "signature",
        AuthCeremonyErr::SignatureCounter => "counter",
        AuthCeremonyErr::UserHandleMismatch | AuthCeremonyErr::MissingUserHandle => "person",
        _ => "malformed",
    }
}
