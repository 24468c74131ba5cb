//! What each role of a station's staff may do at the console.

use base::kernel::{Error, Result, Scope};

use crate::operators::Role;

/// Something that is done at the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Look contracts up, and why somebody can not watch.
    Look,
    /// Help a member who calls: end a lock-out, sessions, a PIN; a letter.
    Help,
    /// The verbs for one contract or person, and keys.
    Command,
    /// Put in work on many contracts.
    Bulk,
    /// Say that a file that waits is meant, may go on, or is given up.
    Approve,
    /// See how the station is set up, and try a file of the SMS.
    Settings,
    /// Carry lines of the books away in a file.
    Export,
    /// Change what is sold and what the station decides, for everybody at once.
    Publish,
    /// Invite who works here, and take it back.
    ManageStaff,
    /// Bring a station on trial into service.
    Launch,
    /// See how all stations are, and enter one.
    Stations,
}

impl Permission {
    /// All, in the order of the list in `docs/console.md`.
    pub const ALL: [Self; 11] = [
        Self::Look,
        Self::Help,
        Self::Command,
        Self::Bulk,
        Self::Approve,
        Self::Settings,
        Self::Export,
        Self::Publish,
        Self::ManageStaff,
        Self::Launch,
        Self::Stations,
    ];

    /// Which roles may. Source: brief tve §11.2. The platform's own people set stations up, and look: households and four eyes stay with the station.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Look => &[
                Role::Viewer,
                Role::Desk,
                Role::Admin,
                Role::Accounting,
                Role::StationManager,
                Role::Platform,
            ],
            Self::Help => &[Role::Desk, Role::Admin, Role::StationManager],
            Self::Settings => &[Role::Admin, Role::StationManager, Role::Platform],
            Self::Command | Self::Bulk | Self::Approve | Self::Export => {
                &[Role::Admin, Role::StationManager]
            }
            Self::Publish | Self::Launch => &[Role::StationManager, Role::Platform],
            Self::ManageStaff => &[Role::StationManager],
            Self::Stations => &[Role::Platform],
        }
    }

    /// Whether somebody with these roles may.
    #[must_use]
    pub fn is_of(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles().contains(role))
    }

    /// Whether this is done at the console of `operator`: what is done at a station's is done nowhere else.
    fn is_at(self, operator: &str) -> bool {
        (self == Self::Stations) == (operator == Scope::PLATFORM)
    }

    /// # Errors
    /// `staff.not_allowed`
    pub(super) fn check(self, operator: &str, roles: &[Role]) -> Result<()> {
        let may = self.is_at(operator) && self.is_of(roles);
        if may { Ok(()) } else { Err(Error::Forbidden { code: "staff.not_allowed" }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_changes_nothing_and_who_keeps_the_books_neither() {
        for role in [Role::Viewer, Role::Accounting] {
            let may: Vec<_> = Permission::ALL.iter().filter(|what| what.is_of(&[role])).collect();
            assert_eq!(may, [&Permission::Look], "{role:?}");
        }
        let at_stations = Permission::ALL.iter().filter(|what| what.is_at("KITA01"));
        assert!(at_stations.clone().all(|what| what.is_of(&[Role::StationManager])));
        assert_eq!(at_stations.count() + 1, Permission::ALL.len());
        assert!(Permission::ALL.iter().all(|what| !what.is_of(&[])));
    }

    #[test]
    fn the_desk_helps_who_calls_and_gives_no_verbs() {
        let may: Vec<_> =
            Permission::ALL.into_iter().filter(|what| what.is_of(&[Role::Desk])).collect();
        assert_eq!(may, [Permission::Look, Permission::Help]);
    }

    #[test]
    fn the_platform_sets_stations_up_and_touches_no_household() {
        let may: Vec<_> =
            Permission::ALL.into_iter().filter(|what| what.is_of(&[Role::Platform])).collect();
        let wanted = [
            Permission::Look,
            Permission::Settings,
            Permission::Publish,
            Permission::Launch,
            Permission::Stations,
        ];
        assert_eq!(may, wanted);
    }
}
