//! The directories of SMS files: a page of operators a round, and a slice of every file under way.
//!
//! Several threads share the walk, so that one operator's million lines do not hold up the others.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base::kernel::{Result, Scope};
use linkage::sms::batch::Polled;

use super::Stop;
use super::pages::Walk;
use crate::wiring::Parts;

/// Two hundred operators are all looked at within a second.
static WALK: Walk = Walk::new(100);
/// Operators whose files are not done yet.
static UNDER_WAY: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

pub(super) fn round(parts: &Parts, stop: &Stop) -> Result<()> {
    if parts.config.sms.directory.as_os_str().is_empty() {
        return Ok(());
    }
    loop {
        for operator in WALK.next(parts)? {
            if stop.told() {
                return Ok(());
            }
            if operator != Scope::PLATFORM {
                look(parts, operator);
            }
        }
        let next = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(operator) = next else { return Ok(()) };
        look(parts, operator);
    }
}

/// A slice of one operator's files. What fails is logged by the door, which tries again by itself.
fn look(parts: &Parts, operator: String) {
    let folder = parts.config.sms.directory.join(&operator);
    if matches!(parts.batch.poll(&operator, &folder), Ok(Polled::More)) {
        let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
        if !under_way.contains(&operator) {
            under_way.push_back(operator);
        }
    }
}
