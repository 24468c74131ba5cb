//! Whose something is that was given to a client: a person's, or a whole household's (`docs/decisions/0047`).

use crate::subscribers::Key;

/// Whose an authorization and its device are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'w> {
    /// This person's.
    Person(&'w str),
    /// A whole household's, and no person's, under this access number of it: the one by which its guard was asked.
    Household(&'w Key, i64),
}

impl<'w> Whose<'w> {
    /// The person; empty: nobody.
    #[must_use]
    pub const fn person_id(self) -> &'w str {
        match self {
            Self::Person(id) => id,
            Self::Household(..) => "",
        }
    }

    pub(super) const fn household(self) -> Option<(&'w Key, i64)> {
        match self {
            Self::Person(_) => None,
            Self::Household(key, access) => Some((key, access)),
        }
    }

    /// Where the household is: its number, empty for a person, and generation.
    pub(super) fn place(self) -> (&'w str, i64) {
        self.household().map_or(("", 0), |(key, _)| (key.number.as_str(), key.generation))
    }

    /// Whom the books name.
    pub(super) fn label(self) -> String {
        match self {
            Self::Person(id) => id.to_owned(),
            Self::Household(key, _) => key.label(),
        }
    }
}
