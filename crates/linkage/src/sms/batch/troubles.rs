//! Files that can not be worked on by themselves: each rests for a while, and no other one waits for it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base::kernel::Error;

/// Longest pause after repeated failures.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to do nothing after so many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
    let pause = Duration::from_millis(500) * 2_u32.saturating_pow(failures.min(8));
    pause.min(LONGEST_PAUSE)
}

/// What is known of the files of an operator that failed, by name.
#[derive(Default)]
pub(super) struct Troubles {
    of: HashMap<String, Trouble>,
}

struct Trouble {
    told: String,
    failures: u32,
    until: Instant,
    begun: bool,
}

/// Whether an error is of this file alone: others can be worked on meanwhile.
pub(super) fn is_of_one_file(error: &Error) -> bool {
    matches!(error, Error::Unavailable { source: "files", .. } | Error::Internal { .. })
}

impl Troubles {
    /// Whether the file is not to be touched now; if so, whether its lines were begun.
    pub(super) fn rests(&self, name: &str) -> Option<bool> {
        self.of.get(name).filter(|one| Instant::now() < one.until).map(|one| one.begun)
    }

    /// Notes that a file failed. It is told once, and again when it fails in another way.
    pub(super) fn note(&mut self, (operator, name): (&str, &str), error: &Error, begun: bool) {
        let words = error.to_string();
        let earlier = self.of.remove(name);
        if earlier.as_ref().is_none_or(|earlier| earlier.told != words) {
            tracing::error!(
                operator,
                file = name,
                error = words,
                "an SMS file can not be worked on; the others go on"
            );
        }
        let failures = earlier.map_or(0, |earlier| earlier.failures).saturating_add(1);
        let until = Instant::now() + pause(failures);
        self.of.insert(name.to_owned(), Trouble { told: words, failures, until, begun });
    }

    /// The file could be worked on.
    pub(super) fn over(&mut self, name: &str) {
        self.of.remove(name);
    }

    /// Forgets files that are gone: what is still there was tried again, and failed, within a pause.
    pub(super) fn forget_old(&mut self) {
        self.of.retain(|_, one| one.until.elapsed() < 2 * LONGEST_PAUSE);
    }
}
