//! The households of a station on trial: all of them are thrown away as often as it likes.
//!
//! They end as every household does, by a stop and by what erases it, so that services and memory hear of it.
//! Source: `docs/decisions/0065`.

use base::kernel::{Instant, Result, ids};
use base::records::inbox;
use base::store::{Tx, Value};

use crate::operators;
use crate::subscribers::{self, Key};

use super::bus::{INBOX, execute_many};
use super::purge::erase;
use super::undo_by_hand::forget_pictures;
use super::{Command, Op};

/// Stops and erases up to `limit` households of a station on trial. Answers how many are left.
///
/// # Errors
/// `launch.not_on_trial`; `launch.code_differs` — `code` is not the operator's
pub fn reset_trial(tx: &mut Tx<'_>, code: &str, limit: i64) -> Result<i64> {
    operators::confirmed_trial(tx, code)?;
    let due = some_households(tx, limit)?;
    let running = due.iter().filter(|(_, stopped)| !stopped);
    let stops: Vec<Command> = running
        .map(|(key, _)| Command::new(&ids::new_id("req", tx.now()), Op::Stop, &key.number))
        .collect();
    execute_many(tx, &stops)?;
    let keys: Vec<Key> = due.into_iter().map(|(key, _)| key).collect();
    let erased = erase(tx, (&keys, &[]), Instant::FOREVER)?;
    operators::note_reset(tx, erased)?;
    let left = subscribers::count_kept(tx)?;
    if left == 0 {
        // What was tried is done anew when it counts, under the request ids the SMS gave it; and pictures of households go with them.
        inbox::forget_all(tx, INBOX)?;
        forget_pictures(tx)?;
    }
    Ok(left)
}

/// Some households that are not erased, and whether they are stopped.
fn some_households(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(Key, bool)>> {
    let keys: [Value; 2] = [tx.operator().into(), limit.into()];
    tx.rows(
        "SELECT number, gen, state FROM contracts
          WHERE operator_id = ?1 AND state NOT IN ('PURGED', 'VOID') ORDER BY number, gen LIMIT ?2",
        &keys,
        |row| {
            let key = Key { number: row.text()?, generation: row.int()? };
            Ok((key, row.text()? == "STOPPED"))
        },
    )
}
