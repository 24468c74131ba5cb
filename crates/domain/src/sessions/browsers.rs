//! Sessions of browsers: they spare a person who signed in the next password.

use base::kernel::{Instant, Result};
use base::store::Tx;

use crate::operators::Policies;
use crate::subscribers::Key;

use super::proof::Proven;
use super::repo;

/// A session is noted as seen at most this often, in seconds: not every page is a write.
const SEEN_SECONDS: i64 = 300;

/// A session that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    /// Its id.
    pub id: String,
    /// Who signed in.
    pub person_id: String,
    /// Where that person is a member now.
    pub key: Key,
    /// And under which number.
    pub person_no: i64,
    /// What they proved themselves by.
    pub proven: Proven,
    /// When they did.
    pub auth: Instant,
    /// When the session was last used, to within five minutes.
    pub seen: Instant,
}

impl BrowserSession {
    /// Whether using it at `now` is worth writing down.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.seen.plus_seconds(SEEN_SECONDS) <= now
    }
}

/// Opens a new session for a person who has just signed in and answers its id. A session is never
/// taken over from before a sign-in: its id is always new.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn open_session(
    tx: &mut Tx<'_>,
    person_id: &str,
    proven: &Proven,
    policies: &Policies,
) -> Result<String> {
    let id = tx.next_id("ses");
    let expires = tx.now().plus_seconds(policies.session_absolute_hours * 3600);
    repo::insert_session(tx, &id, person_id, (proven, expires))?;
    Ok(id)
}

/// The session `id` if it is alive: not ended, not too old, not unused for too long.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_session(
    tx: &mut Tx<'_>,
    id: &str,
    policies: &Policies,
) -> Result<Option<BrowserSession>> {
    let idle_since = tx.now().plus_seconds(-policies.session_idle_minutes * 60);
    repo::find_session(tx, id, idle_since)
}

/// Whose a session is or was; none when nothing is kept of it any more.
pub(crate) fn person_of_session(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>> {
    repo::person_of_session(tx, id)
}

/// Keeps a session from being ended before this transaction is: `false` when it has just been ended.
/// Whoever ends everything of a person finds what was given in it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn hold_session(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    repo::hold_session(tx, id)
}

/// Notes that a session is in use. Housekeeping: nothing anybody may do changes.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_seen(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    repo::update_seen(tx, id)
}
