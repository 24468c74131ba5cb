//! One command on the workbench: find the household, call its verb, say what happened.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{self, Entry};
use base::store::Tx;
use serde_json::json;

use crate::boxes;
use crate::entitlements;
use crate::operators::Policies;
use crate::subscribers::{
    self, By, Household, Key, Limits, NewPerson, Outcome, Source, Stored, note,
};

use super::workbench::{Ended, Ending, Whole, Workbench};
use super::{Command, Op, Report, ResultKind};

/// Performs `command` from `at` on; on a refusal nothing has changed.
pub(super) fn perform(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    command: &Command,
    (source, at): (Source, Instant),
) -> Result<Report> {
    let cause = format!("{}#{}", subscribers::cause_of(tx), command.request_id);
    let by = By { source, at, now: tx.now(), cause: &cause };
    let (key, outcome) = match command.op {
        Op::Start => start(tx, bench, command, &by)?,
        Op::Replace => replace(tx, bench, command, &by)?,
        _ => {
            let key = bench
                .key(&command.number, command.generation)
                .ok_or_else(|| Error::not_found(subscribers::UNKNOWN, &command.number))?;
            (key.clone(), apply(tx, bench, &key, command, &by)?)
        }
    };
    if outcome.change == Change::Made {
        end_access(bench, &key, (command, outcome));
        bench.mark_changed(tx, &key, by.cause);
        record(tx, bench, &key, command)?;
    }
    Ok(report(bench, &key, command, (outcome, tx.now())))
}

/// What ends at once and can not be derived: letters and sessions of a stopped contract or a removed
/// person, the old letter of who is invited again, the password of who is reset.
fn end_access(bench: &mut Workbench, key: &Key, (command, outcome): (&Command, Outcome)) {
    let what = match command.op {
        Op::Stop | Op::PersonStop => Ending::Access,
        Op::PersonReset => Ending::Password,
        _ if outcome.note == Some(note::REISSUED) => Ending::Letter,
        _ => return,
    };
    let whole = command.op == Op::Stop;
    let household = bench.get(key).map(|whole| &whole.household);
    let persons = household.into_iter().flat_map(|household| &household.persons);
    let persons = persons
        .filter(|person| whole || person.person_no == command.person_no)
        .map(|person| person.person_id.clone())
        .collect();
    bench.end(Ended { persons, what });
    if whole {
        bench.end_household(key);
    }
}

fn start(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    command: &Command,
    by: &By<'_>,
) -> Result<(Key, Outcome)> {
    let starts = command.effective_at.unwrap_or(by.now);
    let newest = bench.newest(&command.number).map(|whole| &whole.household.contract);
    let generation = match newest.map(|known| (known.stored, known.generation)) {
        None => bench.first_generation(&command.number, command.generation),
        Some((Stored::Open, known)) if command.generation == Some(known + 1) => {
            return Err(Error::refused("contract.generation_in_use"));
        }
        Some((_, known)) if command.generation == Some(known + 1) => known + 1,
        Some((Stored::Purged, known)) if command.generation.is_none() => known + 1,
        Some((_, known)) => {
            if command.generation.is_some_and(|wanted| wanted != known) {
                return Err(Error::refused(subscribers::NUMBER_STOPPED));
            }
            let key = Key { number: command.number.clone(), generation: known };
            let whole = bench.get_mut(&key)?;
            let outcome = whole.household.start_again(starts, &command.attributes, by)?;
            return Ok((key, outcome));
        }
    };
    let key = Key { number: command.number.clone(), generation };
    let owner = tx.next_id("per");
    let mut household = Household::start(key.clone(), starts, &command.attributes, owner, by);
    household.contract.access_no = bench.next_access(&key);
    let (keyring, boxes) = (entitlements::Keyring::default(), Some(Vec::new()));
    bench.insert(Whole { household, keyring, boxes, complete: true });
    Ok((key, Outcome::MADE))
}

fn replace(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    command: &Command,
    by: &By<'_>,
) -> Result<(Key, Outcome)> {
    let key = bench
        .key(&command.number, command.generation)
        .ok_or_else(|| Error::not_found(subscribers::UNKNOWN, &command.number))?;
    let target = command.new_number.clone().unwrap_or_default();
    let free = bench.free_generation(&target);
    let whole = bench.get_mut(&key)?;
    let mut household = subscribers::replace(&mut whole.household, &target, free, by)?;
    let keyring = whole.keyring.moved(by);
    let new_key = household.key();
    // The boxes stay where they stand: in the home of those who move to the new number.
    let boxes = whole.boxes.as_mut().map(std::mem::take);
    household.contract.has_boxes = std::mem::take(&mut whole.household.contract.has_boxes);
    if boxes.is_none() && household.contract.has_boxes {
        bench.move_boxes(key.clone(), new_key.clone());
    }
    bench.end_household(&key);
    household.contract.access_no = bench.next_access(&new_key);
    bench.insert(Whole { household, keyring, boxes, complete: true });
    bench.mark_changed(tx, &new_key, by.cause);
    Ok((key, Outcome::MADE))
}

fn apply(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    key: &Key,
    command: &Command,
    by: &By<'_>,
) -> Result<Outcome> {
    if command.op.is_for_keys() {
        return super::keys::apply(bench, key, command, by);
    }
    if command.op == Op::DeviceReplace {
        return replace_box(bench, key, command, by);
    }
    let policies = bench.operator.policies.clone();
    let came_back = bench.newest(&key.number).is_some_and(|whole| whole.household.key() != *key);
    let whole = bench.get_mut(key)?;
    let household = &mut whole.household;
    let (reason, reference) = (command.reason, command.reference.clone());
    let person = command.person_no;
    match command.op {
        Op::Stop => {
            let outcome = household.stop(by)?;
            if outcome.change == Change::Made {
                whole.keyring.stop(by);
            }
            Ok(outcome)
        }
        // Who came back as the next generation is not there twice.
        Op::StopCancel if came_back => Err(Error::refused(subscribers::NOTHING_TO_CANCEL)),
        Op::StopCancel => {
            let outcome = household.stop_cancel(policies.stop_cancel_days, by)?;
            whole.keyring.stop_cancel(by);
            Ok(outcome)
        }
        Op::Suspend => household.suspend(required(reason)?, reference, by),
        Op::Resume => household.resume(reason, by),
        Op::Attr if person == 0 => household.change_attributes(&command.attributes, by),
        Op::Attr => household.change_person(person, &command.attributes),
        Op::CreditSet => household.change_attributes(&command.attributes, by),
        Op::PersonAdd => {
            let fresh = NewPerson {
                person_no: person,
                person_id: tx.next_id("per"),
                attributes: &command.attributes,
            };
            household.add_person(&fresh, &limits(&policies), by)
        }
        Op::PersonStop => household.stop_person(person, by),
        Op::PersonSuspend => household.suspend_person(person, required(reason)?, reference, by),
        Op::PersonResume => household.resume_person(person, reason, by),
        Op::PersonReset => household.reset_person(person),
        Op::CancelScheduled => {
            let cancels = command.cancels.as_deref().unwrap_or_default();
            records::jobs::cancel(tx, &command.number, cancels)?;
            Ok(Outcome::MADE)
        }
        Op::Start
        | Op::Replace
        | Op::KeyOpen
        | Op::KeyClose
        | Op::KeyRevoke
        | Op::DeviceReplace => Err(Error::internal("handled before")),
    }
}

fn replace_box(
    bench: &mut Workbench,
    key: &Key,
    command: &Command,
    by: &By<'_>,
) -> Result<Outcome> {
    let old = command.reference.as_deref().unwrap_or_default();
    let new = command.new_device.as_deref().unwrap_or_default();
    let taken = bench.holder(new).is_some();
    let whole = bench.get_mut(key)?;
    if whole.household.contract.stored != Stored::Open {
        return Err(Error::refused(subscribers::STOPPED));
    }
    boxes::swap(whole.boxes.as_deref_mut().unwrap_or_default(), (old, new, taken), by.now)
}

const fn limits(policies: &Policies) -> Limits {
    Limits { most: policies.max_persons, restore_days: policies.restore_days }
}

fn required<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::invalid("field.required", "reason"))
}

/// `noun.past` of what a command did, for audit and events.
const fn act(op: Op) -> &'static str {
    match op {
        Op::Start => "contract.opened",
        Op::Stop => "contract.stopped",
        Op::Suspend => "contract.suspended",
        Op::Resume => "contract.resumed",
        Op::Replace => "contract.replaced",
        Op::StopCancel => "contract.stop_cancelled",
        Op::Attr => "contract.attributes_changed",
        Op::CreditSet => "contract.credit_set",
        Op::PersonAdd => "person.invited",
        Op::PersonStop => "person.stopped",
        Op::PersonSuspend => "person.suspended",
        Op::PersonResume => "person.resumed",
        Op::PersonReset => "person.credentials_reset",
        Op::KeyOpen => "key.opened",
        Op::KeyClose => "key.closed",
        Op::KeyRevoke => "key.revoked",
        Op::DeviceReplace => "device.replaced",
        Op::CancelScheduled => "command.cancelled",
    }
}

fn record(tx: &mut Tx<'_>, bench: &Workbench, key: &Key, command: &Command) -> Result<()> {
    let Some(whole) = bench.get(key) else { return Ok(()) };
    let contract = &whole.household.contract;
    let state = whole.household.standing(tx.now()).as_str();
    let person = whole.household.person(command.person_no);
    let payload = json!({
        "contract": contract.number,
        "generation": contract.generation,
        "version": contract.version,
        "state": state,
        "person_no": command.person_no,
        "person_id": person.map(|person| &person.person_id),
        "product": command.product,
        "reason": command.reason.map(crate::subscribers::Reason::as_str),
        "replaced_by": contract.replaced_by,
        "at": tx.now().rfc3339_jst(),
    });
    let mut detail = json!({
        "request_id": command.request_id,
        "state": state,
        "product": command.product,
        "reason": command.reason.map(crate::subscribers::Reason::as_str),
        "effective_at": command.effective_at.map(Instant::rfc3339_jst),
    });
    if let (Some(why), Some(said)) = (command.moved_for, detail.as_object_mut()) {
        said.insert("moved_for".to_owned(), why.as_str().into());
    }
    let subject = command.subject(key.generation);
    let entry = Entry::new(act(command.op), &subject)
        .version(contract.version)
        .detail(detail)
        .event(&contract.number, payload);
    records::record(tx, &entry)
}

/// The answer to a command that was not refused.
pub(super) fn report(
    bench: &Workbench,
    key: &Key,
    command: &Command,
    (outcome, now): (Outcome, Instant),
) -> Report {
    let contract = bench.get(key).map(|whole| &whole.household);
    Report {
        request_id: command.request_id.clone(),
        op: command.op,
        number: command.number.clone(),
        generation: Some(key.generation),
        person_no: command.person_no,
        result: if outcome.note.is_some() { ResultKind::Warning } else { ResultKind::Ok },
        code: outcome.note.map(str::to_owned),
        field: None,
        applied_at: now,
        state: contract.map(|household| household.standing(now)),
        version: contract.map_or(0, |household| household.contract.version),
    }
}
