//! One node at a time works on an operator's files.

use base::kernel::{Error, Result};
use base::records;
use base::store::Tx;

use super::{Batch, Job};

/// The lease's name.
const NAME: &str = "sms-files";
/// `file.elsewhere` — another node works on this operator's files.
const ELSEWHERE: &str = "file.elsewhere";

/// Takes or renews the lease inside a transaction.
///
/// # Errors
/// `file.elsewhere`
pub(super) fn hold(tx: &mut Tx<'_>, node: &str, lease_ms: i64) -> Result<()> {
    let until = base::kernel::Instant::from_ms(tx.now().ms().saturating_add(lease_ms));
    match records::acquire_lease(tx, NAME, node, until)? {
        Some(_) => Ok(()),
        None => Err(Error::Conflict { code: ELSEWHERE }),
    }
}

impl Batch {
    /// Lets the operator's files go, for whoever comes next, if this node still has them.
    pub(super) fn let_go(&self, job: &Job<'_>) -> Result<()> {
        let (node, ms) = (self.node.clone(), self.lease_ms());
        self.db.housekeep(&self.scope(job), "sms-lease", move |tx| {
            let until = base::kernel::Instant::from_ms(tx.now().ms().saturating_add(ms));
            match records::acquire_lease(tx, NAME, &node, until)? {
                Some(lease) => records::release_lease(tx, &lease),
                None => Ok(()),
            }
        })
    }

    pub(super) fn lease_ms(&self) -> i64 {
        i64::try_from(self.timing.lease.as_millis()).unwrap_or(i64::MAX)
    }

    /// Whether this node may work on the operator's files now.
    pub(super) fn holds(&self, job: &Job<'_>) -> Result<bool> {
        let (node, ms) = (self.node.clone(), self.lease_ms());
        let held = self.db.housekeep(&self.scope(job), "sms-lease", move |tx| hold(tx, &node, ms));
        match held {
            Ok(()) => Ok(true),
            Err(Error::Conflict { code: ELSEWHERE }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
