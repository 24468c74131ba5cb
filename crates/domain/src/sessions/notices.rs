//! Telling services that a session has ended, by ourselves: what waits in the outbox until each of them took
//! it.
//!
//! One notice for each client and session, in the commit that ends it. The notice names rows; the token is
//! made when it is sent. Who ends a household (a stop, a removal, a reset, fraud) knows no sessions: its
//! event is read here afterwards (`docs/decisions/0026`). Source: OpenID Connect Back-Channel Logout 1.0
//! §2.3, §2.5; brief tve §3.4 rules (1), (5).

use base::kernel::Result;
use base::records::{News, Receiver, ensure_receiver, tell};
use base::store::Tx;
use serde::{Deserialize, Serialize};

use crate::clients;
use crate::subscribers::{Key, Reason};

use super::repo;

/// The kind of receiver that is a client told of ends.
pub const BACKCHANNEL: &str = "backchannel_logout";
/// The kind, and the id, of the one receiver of each operator that reads what happens to households. The colon
/// keeps it apart from names people give to webhooks.
pub const READER: &str = "session:ends";

/// What ends the sessions of a household or shuts its members out.
const ENDS: &str = "contract.stopped contract.suspended person.stopped person.suspended \
     person.credentials_reset";

/// A client that was told of a session, as it stands in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The client.
    pub client: String,
    /// Through which issuer: an operator's code or `*`.
    pub issuer: String,
    /// The browser session, or the authorization of a device.
    pub session: String,
    /// The person.
    pub person_id: String,
    /// The sector the client knew the person in.
    pub sector: String,
}

impl Told {
    /// Reads a notice; `None`: none of ours.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }
}

/// Puts a notice for each client that wants to be told into the outbox. One statement, and none when
/// nobody was told anything.
pub(super) fn notify(tx: &mut Tx<'_>, all: &[Told]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<String> = all.iter().map(|one| one.client.clone()).collect();
    ids.dedup();
    let wanting = clients::told_of_logouts(tx, ids)?;
    for one in all.iter().filter(|one| wanting.contains(&one.client)) {
        let receiver = receiver(&format!("logout:{}", one.client), BACKCHANNEL, "");
        ensure_receiver(tx, &receiver)?;
        let payload = serde_json::to_value(one).map_err(base::kernel::Error::internal)?;
        let news =
            News { stream: &one.session, version: 0, event: "session.ended", payload: &payload };
        tell(tx, &receiver.id, &news);
    }
    Ok(())
}

/// Sees to it that ends of households are heard of, once somebody may have to be told: when a client that
/// wants to be told is given something. Nothing is written when it is so already.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn listen_for_ends(tx: &mut Tx<'_>, client: &clients::Client) -> Result<()> {
    if client.terms.profile.backchannel_logout_uri.is_none() {
        return Ok(());
    }
    ensure_receiver(tx, &receiver(READER, READER, ENDS))
}

fn receiver(id: &str, kind: &str, events: &str) -> Receiver {
    Receiver {
        id: id.to_owned(),
        kind: kind.to_owned(),
        events: events.to_owned(),
        settings: "{}".to_owned(),
        secret_sealed: None,
        enabled: true,
    }
}

/// Reads one event of a household and puts the notices it makes necessary into the outbox. What is only
/// unpaid or paused shuts nobody out and is passed over.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn read_end(tx: &mut Tx<'_>, (event, payload): (&str, &str)) -> Result<()> {
    let Ok(happened) = serde_json::from_str::<Happened>(payload) else { return Ok(()) };
    let shutting = [Reason::Fraud.as_str(), Reason::Deceased.as_str()];
    let reason = happened.reason.unwrap_or_default();
    if event == "contract.suspended" && !shutting.contains(&reason.as_str()) {
        return Ok(());
    }
    let key = Key { number: happened.contract, generation: happened.generation };
    let person_no = if event.starts_with("person.") { happened.person_no } else { 0 };
    let told = repo::told_by_household(tx, (&key, person_no))?;
    notify(tx, &told)
}

/// What matters here of an event of a household.
#[derive(Deserialize)]
struct Happened {
    contract: String,
    generation: i64,
    reason: Option<String>,
    #[serde(default)]
    person_no: i64,
}
