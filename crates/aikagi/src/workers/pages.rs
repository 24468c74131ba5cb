//! Walking over all operators a page at a time, so that no round grows with their number.

use std::sync::Mutex;

use base::kernel::{Result, Scope};

use super::system;
use crate::wiring::Parts;

/// Where the walk stands. The platform's own scope is visited at the start of each walk.
pub(super) struct Walk {
    after: Mutex<String>,
    page: i64,
}

impl Walk {
    pub(super) const fn new(page: i64) -> Self {
        Self { after: Mutex::new(String::new()), page }
    }

    /// The next operators; behind the last one the walk starts again.
    pub(super) fn next(&self, parts: &Parts) -> Result<Vec<String>> {
        let mut after = self.after.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut codes = parts.db.read(&system(Scope::PLATFORM), |tx| {
            domain::operators::list_codes(tx, &after, self.page)
        })?;
        let whole_page = i64::try_from(codes.len()).is_ok_and(|count| count == self.page);
        let next = codes.last().filter(|_| whole_page).cloned().unwrap_or_default();
        if after.is_empty() {
            codes.insert(0, Scope::PLATFORM.to_owned());
        }
        *after = next;
        Ok(codes)
    }
}
