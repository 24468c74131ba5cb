//! Members who call the station: what is known of them, their lock-out, their sessions.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use base::kernel::{Change, Error, Result, clock, ids};
use base::store::Tx;
use domain::administration::{self, ListedPerson, SignedIn};
use domain::commands::{self, Command, Op, ResultKind};
use domain::credentials::{self, HandedAt};
use domain::subscribers::Reason;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::callers::{body_of, read_json};
use crate::sms::online::{effective, moment, reasons, refusal};

use super::{Admin, Answer, LONGEST, Named, name};

const SCOPE: &str = "admin.persons";
/// Whoever has a code can be its member: a scope of its own.
const REGISTRATIONS: &str = "admin.registrations";

/// Whom the address names: the contract's number and the member's.
fn which(named: &Named) -> Result<(String, i64)> {
    let malformed = || Error::invalid("field.malformed", "person_no");
    let person_no = name(named, "person_no").parse().map_err(|_| malformed())?;
    Ok((name(named, "number"), person_no))
}

/// A body that may be left out.
fn body<T: for<'b> Deserialize<'b>>(body: std::result::Result<Bytes, BytesRejection>) -> Result<T> {
    let body = body_of(body)?;
    read_json(if body.is_empty() { b"{}" } else { &body }, LONGEST)
}

fn told_of(person: &ListedPerson) -> Json {
    let hold = |hold: &domain::subscribers::Hold| {
        json!({
            "source": hold.source.as_str(),
            "reason": hold.reason.number().to_string(),
            "since": hold.since.rfc3339_jst(),
        })
    };
    json!({
        "contract": { "number": person.number, "gen": person.generation },
        "person_no": person.person_no,
        "role": person.role,
        "effective": effective(&person.standing),
        "reasons": reasons(&person.standing),
        "holds": person.holds.iter().map(hold).collect::<Vec<_>>(),
        "locked_until": moment(person.locked_until),
        "sessions": person.sessions,
        "devices": person.devices,
    })
}

/// What the station sees of a member.
pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    let find = move |tx: &mut Tx<'_>| administration::find_person(tx, (&number, person_no));
    let person = admin.look(&caller, find).await?;
    caller.told(&told_of(&person))
}

/// Where a member is signed in.
pub(super) async fn sessions(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    let list = move |tx: &mut Tx<'_>| administration::list_signed_in(tx, (&number, person_no));
    let SignedIn { sessions, devices } = admin.look(&caller, list).await?;
    let sessions = sessions.iter().map(|one| {
        json!({
            "id": one.id,
            "signed_in_at": one.auth.rfc3339_jst(),
            "last_seen_at": one.seen.rfc3339_jst(),
            "clients": one.clients,
        })
    });
    let devices = devices.iter().map(|one| {
        json!({
            "id": one.id,
            "signed_in_at": one.created.rfc3339_jst(),
            "model": one.model,
            "client": one.client_id,
        })
    });
    caller.told(&json!({
        "sessions": sessions.collect::<Vec<_>>(),
        "devices": devices.collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    session: Option<String>,
}

/// Ends everything a member is signed in with, or one session.
pub(super) async fn end_sessions(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
    given: std::result::Result<Bytes, BytesRejection>,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    let Ending { session } = body(given)?;
    let work = move |tx: &mut Tx<'_>| {
        administration::end_sessions(tx, (&number, person_no), session.as_deref())
    };
    let ended = admin.act(&caller, work).await?;
    caller.told(&json!({ "sessions": ended.sessions, "authorizations": ended.authorizations }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disabling {
    #[serde(default = "decided")]
    reason: String,
}

/// The station's decision.
fn decided() -> String {
    "50".to_owned()
}

/// Shuts a member out: the same command an SMS gives, from the station.
pub(super) async fn disable(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
    given: std::result::Result<Bytes, BytesRejection>,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    let Disabling { reason } = body(given)?;
    let mut command = new_command(Op::PersonSuspend, (&number, person_no));
    command.reason = Some(Reason::parse(&reason, "reason")?);
    command_of(&admin, &caller, command).await
}

/// Lifts the station's holds on a member.
pub(super) async fn enable(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    command_of(&admin, &caller, new_command(Op::PersonResume, (&number, person_no))).await
}

fn new_command(op: Op, (number, person_no): (&str, i64)) -> Command {
    let mut command = Command::new(&ids::new_id("adm", clock::now()), op, number);
    command.person_no = person_no;
    command
}

#[derive(Serialize)]
struct Held {
    result: ResultKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

async fn command_of(admin: &Admin, caller: &super::Caller, command: Command) -> Answer {
    let report = admin.act(caller, move |tx| commands::execute(tx, &command)).await?;
    if let Some(error) = refusal(&report) {
        return Err(error.into());
    }
    caller.told(&Held { result: report.result, note: report.code })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handing {
    at: String,
}

/// Makes a code that a member registers with at once, for the screen of whoever stands before them.
pub(super) async fn hand_code(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
    given: std::result::Result<Bytes, BytesRejection>,
) -> Answer {
    let caller = admin.caller(&named, &headers, REGISTRATIONS).await?;
    let (number, person_no) = which(&named)?;
    let Handing { at } = body(given)?;
    let at = HandedAt::parse(&at)?;
    let hand = move |tx: &mut Tx<'_>| credentials::hand_code(tx, (&number, person_no), at);
    let handed = admin.act(&caller, hand).await?;
    caller.told(&json!({
        "contract_number": handed.number,
        "registration_code": handed.code,
        "link": caller.issuer.invitation(&handed.number, &handed.code),
        "expires_at": handed.expires.rfc3339_jst(),
    }))
}

/// Ends a lock-out.
pub(super) async fn unlock(
    State(admin): State<Arc<Admin>>,
    named: Named,
    headers: HeaderMap,
) -> Answer {
    let caller = admin.caller(&named, &headers, SCOPE).await?;
    let (number, person_no) = which(&named)?;
    let change = admin.act(&caller, move |tx| credentials::unlock(tx, &number, person_no)).await?;
    caller.told(&json!({ "changed": change == Change::Made }))
}
