//! What is known of a contract, its persons and its keys.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::kernel::{Error, Instant, Result};
use base::store::Tx;
use domain::credentials;
use domain::entitlements::{self, Grant, GrantState, Keyring};
use domain::operators;
use domain::subscribers::{
    self, Around, Hold, Household, Load, PersonStanding, Reason, Standing, Stored,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json as object};
use web::{Problem, blocking};

use crate::callers::json_answer;

use super::answers::{moment, tag};
use super::{Online, problem};

/// `?gen=`: the latest without it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    r#gen: Option<i64>,
}

type Asked = std::result::Result<Query<Which>, QueryRejection>;
type Place = Path<(String, String)>;

/// The contract — `docs/api/sms-online.md#reading`.
pub(super) async fn contract(
    State(online): State<Arc<Online>>,
    Path((operator, number)): Place,
    which: Asked,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    look(&online, (operator, number), which, &headers, |_, household, now| {
        Ok(contract_json(household, now))
    })
    .await
}

/// Its persons.
pub(super) async fn persons(
    State(online): State<Arc<Online>>,
    Path((operator, number)): Place,
    which: Asked,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    look(&online, (operator, number), which, &headers, |tx, household, now| {
        let operator_disabled = !tx.operator_fact(operators::find_operator)?.enabled();
        let ids = household.persons.iter().map(|one| one.person_id.clone()).collect();
        let locked = credentials::locked_out(tx, ids)?;
        let one = |one: &subscribers::Person| {
            let locked = locked.contains_key(&one.person_id);
            person_json(household, one, (Around { operator_disabled, locked }, now))
        };
        let persons: Vec<Json> = household.persons.iter().map(one).collect();
        Ok(object!({ "persons": persons }))
    })
    .await
}

/// Its keys.
pub(super) async fn keys(
    State(online): State<Arc<Online>>,
    Path((operator, number)): Place,
    which: Asked,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    look(&online, (operator, number), which, &headers, |tx, household, now| {
        let numbers = vec![household.contract.number.clone()];
        let keyring = entitlements::load(tx, numbers)?.remove(&household.key());
        let Keyring { grants } = keyring.unwrap_or_default();
        let keys: Vec<KeyJson> =
            grants.into_iter().map(|grant| KeyJson::of(household, grant, now)).collect();
        Ok(object!({ "keys": keys }))
    })
    .await
}

/// Loads the household and answers what `word` makes of it, tagged with its version.
async fn look(
    online: &Arc<Online>,
    (operator, number): (String, String),
    which: Asked,
    headers: &HeaderMap,
    word: impl Fn(&mut Tx<'_>, &Household, Instant) -> Result<Json> + Send + 'static,
) -> std::result::Result<Response, Problem> {
    let caller = online.caller(&operator, headers).await?;
    let Query(Which { r#gen }) =
        which.map_err(|_| problem(Error::invalid("field.malformed", "gen")))?;
    let (scope, acted, online) = (caller.scope(), caller.acted(), Arc::clone(online));
    let (version, body) = blocking(move || {
        online.check_pace(&caller, &scope)?;
        online.callers.db.read(&scope, |tx| {
            let household = find(tx, &number, r#gen)?;
            Ok((household.contract.version, word(tx, &household, scope.now())?))
        })
    })
    .await
    .map_err(|refused| problem(refused.into_error()))?;
    let mut response = json_answer(&body)?;
    tag(&mut response, version);
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn find(tx: &mut Tx<'_>, number: &str, generation: Option<i64>) -> Result<Household> {
    let wanted = |one: &Household| {
        one.contract.stored != Stored::Void
            && generation.is_none_or(|wanted| wanted == one.contract.generation)
    };
    let all = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?;
    let found = all.into_iter().rev().find(wanted);
    found.ok_or_else(|| Error::not_found(subscribers::UNKNOWN, number))
}

fn contract_json(household: &Household, now: Instant) -> Json {
    let contract = &household.contract;
    object!({
        "number": contract.number,
        "gen": contract.generation,
        "state": household.standing(now),
        "version": contract.version,
        "starts_at": contract.starts.rfc3339_jst(),
        "stopped_at": moment(contract.stopped),
        "stop_cause": contract.stop_cause,
        "replaced_by": contract.replaced_by,
        "unit": contract.unit.as_str(),
        "bulk_parent": contract.bulk_parent,
        "holds": holds_json(household, 0),
        "attributes": {
            "kana": contract.kana,
            "telephone": contract.telephone,
            "postal_code": contract.postal_code,
            "age_verified_by": contract.age_verified_by,
            "adult_allowed": contract.adult_allowed,
            "credit_rank": contract.credit_rank,
            "note": contract.note,
        },
        "updated_at": contract.updated.rfc3339_jst(),
        "cause": contract.cause,
    })
}

fn holds_json(household: &Household, person_no: i64) -> Vec<Json> {
    let one = |hold: &Hold| {
        object!({
            "source": hold.source.as_str(),
            "reason": hold.reason.number().to_string(),
            "since": hold.since.rfc3339_jst(),
            "ref": hold.reference,
            "cause": hold.cause,
        })
    };
    household.holds_of(person_no).map(one).collect()
}

fn person_json(
    household: &Household,
    person: &subscribers::Person,
    (around, now): (Around, Instant),
) -> Json {
    let standing = household.person_standing(person.person_no, around, now);
    object!({
        "person_no": person.person_no,
        "role": person.role,
        "state": person.state.as_str(),
        "effective": effective(&standing),
        "reasons": reasons(&standing),
        "kana": person.kana,
        "birth_on": person.birth_on,
        "max_rating": rating(person.max_rating_years),
        "adult_allowed": person.adult_allowed,
        "holds": holds_json(household, person.person_no),
        "stopped_at": moment(person.stopped),
        "updated_at": person.updated.rfc3339_jst(),
        "cause": person.cause,
    })
}

/// What the contract and the person's own state come to. Source: brief tve §5.3.
pub(crate) const fn effective(standing: &PersonStanding) -> &'static str {
    match standing {
        PersonStanding::OperatorDisabled => "OPERATOR_DISABLED",
        PersonStanding::ContractReserved => "CONTRACT_RESERVED",
        PersonStanding::ContractStopped => "CONTRACT_STOPPED",
        PersonStanding::ContractSuspended(_) => "CONTRACT_SUSPENDED",
        PersonStanding::PersonStopped => "PERSON_STOPPED",
        PersonStanding::PersonSuspended(_) => "PERSON_SUSPENDED",
        PersonStanding::Locked => "LOCKED",
        PersonStanding::Invited => "INVITED",
        PersonStanding::Active => "ACTIVE",
    }
}

/// By number, of who is suspended.
pub(crate) fn reasons(standing: &PersonStanding) -> Vec<String> {
    let numbers = |reasons: &[Reason]| reasons.iter().map(|one| one.number().to_string()).collect();
    match standing {
        PersonStanding::ContractSuspended(reasons) | PersonStanding::PersonSuspended(reasons) => {
            numbers(reasons)
        }
        _ => Vec::new(),
    }
}

fn rating(years: i64) -> String {
    match years {
        0 => "G".to_owned(),
        12 => "PG12".to_owned(),
        15 => "R15+".to_owned(),
        18 => "R18+".to_owned(),
        other => other.to_string(),
    }
}

#[derive(Serialize)]
struct KeyJson {
    product: String,
    person_no: i64,
    state: &'static str,
    starts_at: String,
    ends_at: Option<String>,
    first_play_at: Option<String>,
    revoked_at: Option<String>,
    closed_by: Option<String>,
    changed_at: String,
    cause: String,
}

impl KeyJson {
    fn of(household: &Household, grant: Grant, now: Instant) -> Self {
        // HELD is open, but nobody may use it: derived, never stored.
        let state = match grant.state_at(now) {
            GrantState::Open if household.standing(now) == Standing::Suspended => "HELD",
            state => state.as_str(),
        };
        Self {
            state,
            starts_at: grant.starts.rfc3339_jst(),
            ends_at: moment(grant.over()),
            first_play_at: moment(grant.first_play),
            revoked_at: moment(grant.revoked),
            closed_by: grant.closed_cause,
            changed_at: grant.changed.rfc3339_jst(),
            cause: grant.cause,
            product: grant.product,
            person_no: grant.person_no,
        }
    }
}
