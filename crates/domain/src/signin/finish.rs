//! The end of a sign-in: a session for the browser, a code for the client.

use base::kernel::{Error, Instant, Result};
use base::store::Tx;

use crate::clients::Client;
use crate::sessions::{self, Draft, Proven, Subjects};
use crate::signing::{HandleKind, Handles};

use super::members::Member;
use super::requests::Request;

/// Where the browser goes with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// What the client asked for: its address and `state`.
    pub request: Request,
    /// The code.
    pub code: String,
    /// The person, for the access log.
    pub person_id: String,
    /// The browser's new session cookie and how many seconds it may be kept; `None`: as before.
    pub session: Option<(String, i64)>,
}

/// Who gives, in which session, proven how.
pub(super) struct Giver<'g> {
    pub(super) member: &'g Member,
    pub(super) session_id: &'g str,
    pub(super) acr: &'g str,
    pub(super) amr: &'g str,
    pub(super) auth: Instant,
}

impl<'g> Giver<'g> {
    pub(super) const fn now(
        member: &'g Member,
        session_id: &'g str,
        proven: Proven,
        auth: Instant,
    ) -> Self {
        Self { member, session_id, acr: proven.acr, amr: proven.amr, auth }
    }
}

/// Gives the client of `request` a code: two statements and an audit line. What was asked for when
/// the sign-in began is held against the client's terms again: they are what counts.
///
/// # Errors
/// `client.terms_changed`
pub(super) fn give_code(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (request, client): (&Request, &Client),
    giver: &Giver<'_>,
) -> Result<String> {
    let proof = (request.challenge.as_deref(), request.nonce.as_deref());
    let same = client.id == request.client_id
        && client.may_be_sent_to(&request.redirect_uri)
        && client.may_have(&request.scope)
        && client.may_ask_with(proof);
    if !same {
        return Err(Error::Forbidden { code: "client.terms_changed" });
    }
    let (member, sector) = (giver.member, client.terms.sector.as_str());
    let whose = (member.person_id.as_str(), &member.key);
    let subjects = Subjects::of(handles, tx.operator(), sector, whose);
    sessions::note_subjects(tx, &subjects, sector, whose)?;
    let draft = Draft {
        client_id: &request.client_id,
        sector,
        issuer: &request.issuer,
        person_id: &member.person_id,
        session_id: giver.session_id,
        scope: &request.scope,
        acr: giver.acr,
        amr: giver.amr,
        auth: giver.auth,
        redirect_uri: &request.redirect_uri,
        challenge: request.challenge.as_deref(),
        nonce: request.nonce.as_deref(),
    };
    let grant = sessions::grant(tx, &draft)?;
    Ok(handles.write(HandleKind::Code, tx.operator(), (&grant, 0)))
}
