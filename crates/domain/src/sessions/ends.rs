//! The end of sessions: one table says what ends for which reason.
//!
//! What the household itself ends (a stop, a removal, a reset) is not here: it is over by the person's
//! access number, without a write (`docs/decisions/0026`). Holds end nothing: whoever uses a session or
//! an authorization asks the person's effective state. The table of all reasons stands in
//! `docs/api/logout.md`. Source: brief tve §3.4 rules (1), (2); RFC 9700 §4.14.

use base::kernel::Result;
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::notices::{Told, notify};
use super::repo;

/// Why sessions end, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'r> {
    /// The person logged out in the browser of this session.
    Logout(&'r str),
    /// Somebody signed in anew in the browser of this session.
    SignedInAgain(&'r str),
    /// This session was chosen from the list of its person.
    Chosen(&'r str),
    /// This person ended all but this session.
    Others(&'r str, &'r str),
    /// The station ended everything of this person, who called and proved who they are.
    ByStaff(&'r str),
    /// This person logged out everywhere.
    AllDevices(&'r str),
    /// This person's password was replaced.
    PasswordReplaced(&'r str),
    /// This person changed their password in this session.
    PasswordChanged(&'r str, &'r str),
    /// This person took back what they had allowed this client.
    ConsentWithdrawn(&'r str, &'r str),
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach<'r> {
    /// The session of one browser; what was given in it goes on.
    Browser(&'r str),
    /// The session of one browser with the authorizations given in it. A device that was let in
    /// otherwise (a television) goes on.
    Session(&'r str),
    /// Every session and every authorization of a person, devices too.
    Everything(&'r str),
    /// Every session and every authorization of a person, devices too, but for this session and what was given
    /// in it.
    AllBut(&'r str, &'r str),
    /// Every authorization of a person that this client has; the browser's session goes on.
    Client(&'r str, &'r str),
}

impl<'r> Reason<'r> {
    /// The table: the word of the books, and what ends.
    const fn means(self) -> (&'static str, Reach<'r>) {
        match self {
            Self::Logout(session) => ("logout", Reach::Session(session)),
            Self::SignedInAgain(session) => ("signed_in_again", Reach::Browser(session)),
            Self::Chosen(session) => ("chosen", Reach::Session(session)),
            Self::Others(person, session) => ("others", Reach::AllBut(person, session)),
            Self::ByStaff(person) => ("by_staff", Reach::Everything(person)),
            Self::AllDevices(person) => ("all_devices", Reach::Everything(person)),
            Self::PasswordReplaced(person) => ("password_replaced", Reach::Everything(person)),
            Self::PasswordChanged(person, session) => {
                ("password_changed", Reach::AllBut(person, session))
            }
            Self::ConsentWithdrawn(person, client) => {
                ("consent_withdrawn", Reach::Client(person, client))
            }
        }
    }
}

/// What has ended now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Browser sessions.
    pub sessions: u64,
    /// Authorizations: codes, refresh tokens and access tokens of them are worth nothing any more.
    pub authorizations: u64,
    /// Where the person may still be signed in although it has ended here: who got tokens, and in which
    /// session; by client.
    pub told: Vec<Told>,
}

impl Ended {
    /// The clients that got tokens, each once, by id.
    #[must_use]
    pub fn clients(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.told.iter().map(|one| one.client.clone()).collect();
        ids.dedup();
        ids
    }
}

/// Ends what the reason ends, at once, for every token that came from it, and tells the clients that want
/// to be told. At most four statements; what is over already stays as it was, and nothing is recorded when
/// nothing ended.
///
/// The sessions are ended first: who gives an authorization holds the session's row
/// ([`super::hold_session`]), so that nothing is given in between that stays.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn end_sessions(tx: &mut Tx<'_>, reason: Reason<'_>) -> Result<Ended> {
    let (cause, reach) = reason.means();
    let (act, subject, ended) = match reach {
        Reach::Browser(id) => {
            let sessions = repo::end_session(tx, id)?;
            ("session.ended", id, Ended { sessions, ..Ended::default() })
        }
        Reach::Session(id) => {
            let sessions = repo::end_session(tx, id)?;
            let told = repo::told_in(tx, id)?;
            let authorizations = repo::revoke_given_in(tx, id, cause)?;
            ("session.ended", id, Ended { sessions, authorizations, told })
        }
        Reach::Everything(person) => {
            let sessions = repo::end_sessions_of(tx, person)?;
            let told = repo::told_by(tx, person)?;
            let authorizations = repo::revoke_given_by(tx, person, cause)?;
            ("person.sessions_ended", person, Ended { sessions, authorizations, told })
        }
        Reach::AllBut(person, session) => {
            let sessions = repo::end_sessions_but(tx, (person, session))?;
            let mut told = repo::told_by(tx, person)?;
            told.retain(|one| one.session != session);
            let authorizations = repo::revoke_given_but(tx, (person, session), cause)?;
            ("person.sessions_ended", person, Ended { sessions, authorizations, told })
        }
        Reach::Client(person, client) => {
            let mut told = repo::told_by(tx, person)?;
            told.retain(|one| one.client == client);
            let authorizations = repo::revoke_given_to(tx, (person, client), cause)?;
            ("person.sessions_ended", person, Ended { sessions: 0, authorizations, told })
        }
    };
    if (ended.sessions, ended.authorizations) != (0, 0) {
        tx.touch(Some(subject));
        notify(tx, &ended.told)?;
        let detail = json!({
            "cause": cause, "sessions": ended.sessions, "authorizations": ended.authorizations,
        });
        record(tx, &Entry::new(act, subject).detail(detail))?;
    }
    Ok(ended)
}
