//! The keys the issuer signs with.

use std::sync::Arc;

use axum::extract::State;
use base::kernel::Change;
use base::store::Tx;
use domain::signing::{self, ListedKey, Rotation};
use http::HeaderMap;
use serde_json::{Value as Json, json};

use crate::sms::online::moment;

use super::{Admin, Answer, Named, name};

const SCOPE: &str = "admin.keys";

fn told_of(key: &ListedKey) -> Json {
    json!({
        "kid": key.kid,
        "algorithm": key.algorithm.name(),
        "signs_from": key.signs_from.rfc3339_jst(),
        "signs_until": moment(key.signs_until),
    })
}

/// The keys that are published.
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let keys = admin.look(&caller, signing::list_keys).await?;
    caller.told(&json!({ "keys": keys.iter().map(told_of).collect::<Vec<_>>() }))
}

/// Announces the next keys.
pub(super) async fn rotate(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let master = admin.signing.master().clone();
    let work = move |tx: &mut Tx<'_>| signing::rotate(tx, &master, Rotation::Planned);
    let change = admin.act(&caller, work).await?;
    caller.told(&json!({ "changed": change == Change::Made }))
}

/// Withdraws the keys, because one is known to others. The caller's own token is worth nothing afterwards.
pub(super) async fn withdraw(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (master, kid) = (admin.signing.master().clone(), name(&named, "kid"));
    let work = move |tx: &mut Tx<'_>| signing::withdraw(tx, &master, &kid);
    let change = admin.act(&caller, work).await?;
    caller.told(&json!({ "changed": change == Change::Made }))
}
