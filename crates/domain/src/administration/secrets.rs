//! Another secret for a client, for who may have to ask twice.

use base::kernel::Result;
use base::records::inbox::{self, Seen};
use base::store::Tx;

use crate::clients;
use crate::signing::Handles;

/// Gives the client `id` another secret, as [`clients::renew_secret`], once for each `key` of this caller: asked
/// again, the answer is the same secret, and nothing changes. The secret follows from a word in the inbox and the
/// master key, and is itself kept nowhere.
///
/// # Errors
/// Those of [`clients::renew_secret`]; `request.reused` — the key was used for another client
pub fn renew_secret(tx: &mut Tx<'_>, handles: &Handles, (id, key): (&str, &str)) -> Result<String> {
    let source = tx.actor().label();
    let digest = inbox::digest(format!("client-secret:{id}").as_bytes());
    let operator = tx.operator().to_owned();
    let secret = |turn: &str| handles.secret(&operator, &format!("client:{id}"), turn);
    if let Some(seen) = inbox::find(tx, &source, vec![key.to_owned()])?.first() {
        return seen.answer_for(&digest).map(secret);
    }
    let turn = tx.next_id("turn");
    let secret = secret(&turn);
    clients::set_secret(tx, id, &secret)?;
    inbox::keep(tx, &source, &Seen::new(key, digest, turn));
    Ok(secret)
}
