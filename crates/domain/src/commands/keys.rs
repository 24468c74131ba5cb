//! The commands about keys: what is sold, to whom, and from when to when.
//!
//! Source: brief tve §5.4.

use base::kernel::{Change, Error, Result};

use crate::entitlements::{self, KeyTimes};
use crate::subscribers::{self, By, Key, Outcome, Standing, note};

use super::workbench::Workbench;
use super::{Command, End, Op};

/// Opens, closes or revokes a key.
pub(super) fn apply(
    bench: &mut Workbench,
    key: &Key,
    command: &Command,
    by: &By<'_>,
) -> Result<Outcome> {
    let product = command.product.as_deref().unwrap_or_default();
    let person = command.person_no;
    match command.op {
        Op::KeyOpen => open_key(bench, key, command, by),
        Op::KeyClose => {
            let from = command.effective_at.unwrap_or(by.at);
            let end = command.close_mode().instant(from);
            Ok(bench.get_mut(key)?.keyring.close(product, person, end, by))
        }
        _ => Ok(bench.get_mut(key)?.keyring.revoke(product, person, by)),
    }
}

fn open_key(bench: &mut Workbench, key: &Key, command: &Command, by: &By<'_>) -> Result<Outcome> {
    let code = command.product.as_deref().unwrap_or_default();
    let starts = command.effective_at.unwrap_or(by.at);
    let catalogue = std::sync::Arc::clone(&bench.catalogue);
    let product =
        catalogue.get(code).ok_or_else(|| Error::not_found(entitlements::PRODUCT_UNKNOWN, code))?;
    if starts < product.sold_from || starts >= product.sold_until {
        return Err(Error::refused(entitlements::NOT_SOLD));
    }
    let adult = product.adult
        || catalogue
            .contents(code)
            .iter()
            .any(|item| catalogue.get(item).is_some_and(|item| item.adult));
    let whole = bench.get_mut(key)?;
    let household = &whole.household;
    let standing = household.standing(by.now);
    if matches!(standing, Standing::Stopped | Standing::Purged) {
        return Err(Error::refused(subscribers::STOPPED));
    }
    if adult && household.contract.age_verified_by.is_none() {
        return Err(Error::refused(entitlements::NEEDS_ADULT_PROOF));
    }
    let person_gone = household.person(command.person_no).is_none_or(|p| p.is_gone());
    if command.person_no != 0 && person_gone {
        let id = format!("{:03}", command.person_no);
        return Err(Error::not_found(subscribers::PERSON_UNKNOWN, id));
    }
    let ends = match command.end_at {
        None => None,
        Some(End::At(instant)) => Some(instant),
        Some(End::Month) => Some(starts.month_jst().end()),
        Some(End::Day) => Some(starts.day_jst().end()),
    };
    let outcome = whole.keyring.open(product, command.person_no, KeyTimes { starts, ends }, by)?;
    Ok(match outcome {
        Outcome { change: Change::Made, note: None } if standing == Standing::Suspended => {
            Outcome::made(note::HELD)
        }
        other => other,
    })
}
