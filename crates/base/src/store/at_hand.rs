//! Work that is tried where waiting is forbidden: with what memory knows, or not at all.
//!
//! An answer whose facts are all in memory takes microseconds; handing it to a thread that may wait costs as
//! much again. So such work is begun in place, and whatever would make it wait ends it there.

use std::cell::Cell;

use crate::kernel::{Error, Result};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Waiting is allowed.
    Anywhere,
    /// Waiting is forbidden; nobody wanted to so far.
    AtHand,
    /// Waiting is forbidden, and somebody wanted to.
    OutOfReach,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Anywhere) };
}

/// Puts back what was there, whatever the work did.
struct Before(Place);

impl Drop for Before {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// Runs `work`, which ends where it first wants to wait. `None`: it did want to, and what it answered is
/// worth nothing; run it again where waiting is allowed.
///
/// Consequence: `work` changes nothing outside of the database before it asks for it.
pub fn from_memory<T>(work: impl FnOnce() -> T) -> Option<T> {
    let _before = Before(PLACE.replace(Place::AtHand));
    let answer = work();
    (PLACE.get() == Place::AtHand).then_some(answer)
}

/// Says that what follows waits, or computes for long: inside of [`from_memory`] the work ends here.
/// The database says so by itself; say it before something dear is done for nothing.
///
/// # Errors
/// `unavailable` inside of [`from_memory`], which makes nothing of it.
pub fn needs_time() -> Result<()> {
    if PLACE.get() == Place::Anywhere {
        return Ok(());
    }
    PLACE.set(Place::OutOfReach);
    Err(Error::unavailable("database", "asked where waiting is forbidden"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wants_to_wait_is_not_answered_whatever_it_makes_of_the_refusal() {
        assert_eq!(from_memory(|| 7), Some(7));
        assert_eq!(from_memory(|| needs_time().is_err()), None);
        assert_eq!(from_memory(|| needs_time().map_or(1, |()| 2)), None);
        assert!(needs_time().is_ok(), "outside nothing is forbidden");
    }

    #[test]
    fn an_inner_try_says_nothing_about_the_outer_one() {
        let outer = from_memory(|| from_memory(|| needs_time().is_ok()));
        assert_eq!(outer, Some(None));
    }

    #[test]
    fn work_that_panics_leaves_the_thread_as_it_was() {
        let ran = std::panic::catch_unwind(|| from_memory(|| assert!(needs_time().is_ok())));
        assert!(ran.is_err() && needs_time().is_ok());
    }
}
