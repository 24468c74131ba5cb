//! Who may read a file as a whole: of the big ones, one at a time.
//!
//! Lines are applied in slices, and stations take turns between them. But before its first line is
//! applied a file is read from end to end (characters, counts, hash), and that can not be broken off and
//! gone on with: half a hash proves nothing. While one thread reads gigabytes the others stay free for
//! everybody else's files.

use std::sync::{Mutex, MutexGuard, TryLockError};

/// The turn of whoever reads a big file now.
#[derive(Debug, Default)]
pub(super) struct Turns {
    big: Mutex<()>,
}

/// Leave to read a file as a whole; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    _big: Option<MutexGuard<'t, ()>>,
}

impl Turns {
    /// Leave to read a file of `length` bytes; `None`: it has at least `big` of them, and another one
    /// that has is being read.
    pub(super) fn begin(&self, length: u64, big: u64) -> Option<Turn<'_>> {
        if length < big {
            return Some(Turn { _big: None });
        }
        match self.big.try_lock() {
            Ok(turn) => Some(Turn { _big: Some(turn) }),
            // Whoever read panicked; there is nothing to be left half done here.
            Err(TryLockError::Poisoned(turn)) => Some(Turn { _big: Some(turn.into_inner()) }),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_files_are_read_one_at_a_time_and_small_ones_whenever() {
        let turns = Turns::default();
        let first = turns.begin(100, 100);
        assert!(first.is_some());
        assert!(turns.begin(5_000, 100).is_none(), "the first is still being read");
        let small = [turns.begin(99, 100), turns.begin(0, 100)];
        assert!(small.iter().all(Option::is_some));
        drop(first);
        assert!(turns.begin(5_000, 100).is_some(), "the small ones take no turn");
    }
}
