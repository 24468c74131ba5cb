//! The directories of SMS files: a page of operators a round, and a slice of every file under way.
//!
//! Several threads share the walk, so that one operator's million lines do not hold up the others.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base::kernel::{Result, Scope};
use linkage::sms::batch::Polled;

use super::Stop;
use super::pages::Walk;
use crate::wiring::{Parts, bulk_folder};

/// What the threads of this walk share.
pub(super) struct Files {
    walk: Walk,
    /// Operators whose files are not done yet.
    under_way: Mutex<VecDeque<String>>,
}

impl Files {
    /// A hundred operators a round: two hundred are all looked at within a second.
    pub(super) const fn new() -> Self {
        Self { walk: Walk::new(100), under_way: Mutex::new(VecDeque::new()) }
    }

    pub(super) fn round(&self, parts: &Parts, stop: &Stop) -> Result<()> {
        if parts.config.sms.directory.as_os_str().is_empty() {
            return Ok(());
        }
        loop {
            for operator in self.walk.next(parts)? {
                if stop.told() {
                    return Ok(());
                }
                if operator != Scope::PLATFORM {
                    self.look(parts, operator);
                }
            }
            let next = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(operator) = next else { return Ok(()) };
            self.look(parts, operator);
        }
    }

    /// A slice of one operator's files. What fails is logged by the door, which tries again by itself.
    fn look(&self, parts: &Parts, operator: String) {
        let all = &parts.config.sms.directory;
        let done = [
            parts.batch.poll(&operator, &all.join(&operator)),
            parts.batch.poll_bulk(&operator, &bulk_folder(&parts.config).join(&operator)),
            parts.batch.poll_undo(&operator),
            parts.batch.poll_resend(&operator, &all.join(&operator)),
        ];
        if done.iter().any(|one| matches!(one, Ok(Polled::More))) {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if !under_way.contains(&operator) {
                under_way.push_back(operator);
            }
        }
    }
}
