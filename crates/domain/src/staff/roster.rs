//! Who works here, and how far each has come: for who leads the station's people.

use std::collections::HashMap;

use base::kernel::{Actor, Change, Error, Instant, Result};
use base::store::{Tx, Value};

use crate::credentials::{staff_holder, staff_who_joined};
use crate::operators::{self, Staff, StaffDraft};

/// A member of the staff as who leads them sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Id, name, roles.
    pub staff: Staff,
    /// Whether they have set a password and an authenticator.
    pub joined: bool,
    /// Until when an invitation is good that they have not used.
    pub invited_until: Option<Instant>,
    /// Whether they have passkeys.
    pub passkeys: bool,
    /// Sessions that are alive.
    pub sessions: i64,
    /// When one of these was last used.
    pub seen: Option<Instant>,
}

/// Everybody who works for the operator of this scope, by id, in five statements.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn roster(tx: &mut Tx<'_>) -> Result<Vec<Member>> {
    let all = operators::list_staff(tx)?;
    let holders = all.iter().map(|member| staff_holder(&member.id)).collect();
    let (joined, with_passkey) = staff_who_joined(tx, holders)?;
    let keys: [Value; 2] = [tx.operator().into(), tx.now().into()];
    let invited: HashMap<String, Instant> = tx
        .rows(
            "SELECT staff_id, expires_ms FROM staff_invitations
              WHERE operator_id = ?1 AND expires_ms > ?2",
            &keys,
            |row| Ok((row.text()?, row.instant()?)),
        )?
        .into_iter()
        .collect();
    let alive = super::sessions::alive(tx)?;
    let members = all.into_iter().map(|staff| {
        let in_use = alive.get(&staff.id);
        Member {
            joined: joined.contains(&staff_holder(&staff.id)),
            passkeys: with_passkey.contains(&staff_holder(&staff.id)),
            invited_until: invited.get(&staff.id).copied(),
            sessions: in_use.map_or(0, |(count, _)| *count),
            seen: in_use.map(|(_, seen)| *seen),
            staff,
        }
    });
    Ok(members.collect())
}

/// Adds a member of the staff, or changes name, roles and whether they work here. Nobody changes their own: who leads the
/// station's people can not lock themselves out, nor give themselves what another should.
///
/// # Errors
/// `staff.not_oneself`; those of [`operators::put_staff`]
pub fn change_member(tx: &mut Tx<'_>, id: &str, draft: &StaffDraft) -> Result<Change> {
    not_oneself(tx, id)?;
    operators::put_staff(tx, id, draft)
}

/// # Errors
/// `staff.not_oneself`
pub(super) fn not_oneself(tx: &Tx<'_>, id: &str) -> Result<()> {
    match tx.actor() {
        Actor::Staff(own) if own == id => Err(Error::refused("staff.not_oneself")),
        _ => Ok(()),
    }
}
