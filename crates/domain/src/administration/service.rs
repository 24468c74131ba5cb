//! A station that is out of service is not administered by its programs: whoever took it out decides, at the machine.
//!
//! Its services and its SMS go on: they are told of every person that the station is out of service, and what the SMS
//! says meanwhile has to be known when it is back.

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::{Db, Tx};

use crate::clients::{Client, ClientKind};
use crate::operators::{self, Operator, Pace};

/// Lets a program that administers in, as it was read, and says how fast it may call. Other clients pass.
///
/// # Errors
/// `operator.disabled`; `operator.unknown`
pub fn admit(db: &Db, client: &Client, now: Instant) -> Result<Pace> {
    if client.terms.kind != ClientKind::Admin || client.operator == Scope::PLATFORM {
        return Ok(Pace::default());
    }
    let scope = Scope::new(&client.operator, Actor::Admin(client.id.clone()), now);
    let operator = db.operator_fact(&scope, operators::find_operator)?;
    check(&operator)?;
    Ok(operator.policies.admin_pace)
}

/// The same where something is done: nothing is, once the operator of this transaction is out of service.
///
/// # Errors
/// `operator.disabled`; `operator.unknown`
pub fn check_in_service(tx: &mut Tx<'_>) -> Result<()> {
    if tx.operator() == Scope::PLATFORM {
        return Ok(());
    }
    let operator = tx.operator_fact(operators::find_operator)?;
    check(&operator)
}

fn check(operator: &Operator) -> Result<()> {
    if operator.enabled() { Ok(()) } else { Err(Error::refused("operator.disabled")) }
}
