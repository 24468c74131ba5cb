//! The people who work for a station, or for the platform, and what they may do.

use base::kernel::{Change, Error, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::{find_operator, repo};

/// What the platform is called where its own people sign in.
const PLATFORM_NAME: &str = "Aikagi 運営会社";

/// Whose staff is meant: a station's, or the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employer {
    /// Name in Japanese.
    pub name_ja: String,
    /// Whether who works there may sign in: the platform is always in service.
    pub enabled: bool,
}

/// Whose staff this scope's is.
///
/// # Errors
/// `operator.unknown`
pub fn employer(tx: &mut Tx<'_>) -> Result<Employer> {
    if tx.operator() == Scope::PLATFORM {
        return Ok(Employer { name_ja: PLATFORM_NAME.to_owned(), enabled: true });
    }
    let operator = find_operator(tx)?;
    Ok(Employer { enabled: operator.enabled(), name_ja: operator.name_ja })
}

/// What a member of the staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks, changes nothing.
    Viewer,
    /// The telephone desk: the four verbs, letters, keys.
    Desk,
    /// Everything of the station but its staff and policies.
    Admin,
    /// Charges and exports.
    Accounting,
    /// Everything of the station.
    StationManager,
    /// The platform's own people: all stations.
    Platform,
}

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 6] = [
        Self::Viewer,
        Self::Desk,
        Self::Admin,
        Self::Accounting,
        Self::StationManager,
        Self::Platform,
    ];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Desk => "desk",
            Self::Admin => "admin",
            Self::Accounting => "accounting",
            Self::StationManager => "station_manager",
            Self::Platform => "platform",
        }
    }

    /// Reads a role's word.
    ///
    /// # Errors
    /// `staff.role_unknown`
    pub fn parse(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| Error::invalid("staff.role_unknown", "roles"))
    }

    pub(crate) fn parse_list(stored: &str) -> Result<Vec<Self>> {
        stored.split(' ').filter(|word| !word.is_empty()).map(Self::parse).collect()
    }

    pub(super) fn list_text(roles: &[Self]) -> String {
        roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What is said about a member of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffDraft {
    /// The name, shown on screens only.
    pub name: String,
    /// What they may do, in order, each once.
    pub roles: Vec<Role>,
    /// Whether they may work at all.
    pub enabled: bool,
}

/// A member of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// `sato`: small letters, digits, `.`, `_`, `-`.
    pub id: String,
    /// The rest.
    pub draft: StaffDraft,
}

/// Adds a member of the staff to the operator of this scope, or changes one. Roles are kept
/// sorted, each once.
///
/// # Errors
/// - `operator.unknown`
/// - `staff.id_malformed` — not 1 to 40 small letters, digits, `.`, `_`, `-`
/// - `staff.name_missing`
/// - `staff.role_not_here` — `platform` belongs to the platform's scope, the others to a station's
pub fn put_staff(tx: &mut Tx<'_>, id: &str, draft: &StaffDraft) -> Result<Change> {
    employer(tx)?;
    let at_platform = tx.operator() == Scope::PLATFORM;
    if id.is_empty() || id.len() > 40 || !id.bytes().all(is_id_letter) {
        return Err(Error::invalid("staff.id_malformed", "id"));
    }
    if draft.name.trim().is_empty() {
        return Err(Error::invalid("staff.name_missing", "name"));
    }
    if draft.roles.iter().any(|role| (*role == Role::Platform) != at_platform) {
        return Err(Error::invalid("staff.role_not_here", "roles"));
    }
    let mut draft = draft.clone();
    draft.roles.sort_unstable();
    draft.roles.dedup();
    if repo::staff(tx)?.iter().any(|known| known.id == id && known.draft == draft) {
        return Ok(Change::Already);
    }
    repo::put_staff(tx, id, &draft)?;
    let detail = json!({ "roles": Role::list_text(&draft.roles), "enabled": draft.enabled });
    record(tx, &Entry::new("staff.changed", id).detail(detail))?;
    Ok(Change::Made)
}

const fn is_id_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
}

/// Everybody who works for the operator of this scope.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_staff(tx: &mut Tx<'_>) -> Result<Vec<Staff>> {
    repo::staff(tx)
}

/// The member `id` of the staff of this scope's operator, if there is one.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_staff(tx: &mut Tx<'_>, id: &str) -> Result<Option<Staff>> {
    repo::staff_member(tx, id)
}
