//! `aikagi decide` and `aikagi explain`: the question a service asks, and why it was answered so.

use std::time::Duration;

use base::kernel::{Error, Scope, clock};
use base::store::Db;
use clap::Args;
use domain::decisions::{
    Action, Ask, Capacity, Decisions, Explanation, PinGiven, Question, Subject,
};
use domain::operators;
use web::{Language, reasons};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// A question.
#[derive(Args)]
pub(super) struct Decide {
    /// view, cast, download or purchase
    action: String,
    /// title:T0001, channel:101, product:PACK1
    resource: String,
    /// The operator's code
    #[arg(long)]
    operator: String,
    /// The contract's number
    #[arg(long)]
    contract: String,
    /// The member's number; the household as a whole when left out
    #[arg(long, default_value_t = 0)]
    person: i64,
    /// The age the service says the title asks for, in years
    #[arg(long)]
    least_age: Option<i64>,
    /// The service says the title is for adults
    #[arg(long)]
    adult: bool,
}

/// An answer that was given.
#[derive(Args)]
pub(super) struct Explain {
    /// The eight characters the viewer was shown
    trace: String,
    /// The operator's code; all are searched when left out
    #[arg(long)]
    operator: Option<String>,
}

/// A command asks once: hardly anything is kept.
const SMALL: Capacity = Capacity { household_bytes: 1 << 20, subjects: 100 };

pub(super) fn decide(context: &Context, command: &Decide) -> Result<(), Failure> {
    let decisions = Decisions::open(&context.db()?, SMALL)?;
    let ask = Ask {
        operator: &command.operator,
        client: "cli",
        subject: Subject::Member { number: &command.contract, person_no: command.person },
        question: Question {
            action: Action::parse(&command.action)?,
            resource: &command.resource,
            least_age: command.least_age,
            adult: command.adult,
            pin: PinGiven::Missing,
        },
    };
    let answer = decisions.answer(&ask, clock::now())?;
    decisions.flush();
    let decision = &answer.decision;
    output::line(if decision.permit() { "permit" } else { "deny" });
    output::line(reasons::for_admin(Language::English, &decision.findings, &answer.station));
    if let Some(first) = decision.findings.first() {
        let told = reasons::for_user(Language::Japanese, first, &answer.station, &answer.trace);
        output::line(format!("viewer reads: {told}"));
    }
    if !decision.offers.is_empty() {
        output::line(format!("would open it: {}", decision.offers.join(", ")));
    }
    output::line(format!("good for {} s, trace {}", decision.ttl_s, answer.trace));
    Ok(())
}

/// Answers are written behind, at most a second late; who was just refused may ask at once.
const WRITTEN_BEHIND: Duration = Duration::from_millis(1200);

pub(super) fn explain(context: &Context, command: &Explain) -> Result<(), Failure> {
    let db = context.db()?;
    let decisions = Decisions::open(&db, SMALL)?;
    match find(&db, &decisions, command) {
        Err(Error::NotFound { code: "decision.unknown", .. }) => {
            std::thread::sleep(WRITTEN_BEHIND);
            show(&find(&db, &decisions, command)?);
        }
        found => show(&found?),
    }
    Ok(())
}

/// The answer under the trace, at the operator named or at whichever has it.
fn find(db: &Db, decisions: &Decisions, command: &Explain) -> base::kernel::Result<Explanation> {
    if let Some(operator) = &command.operator {
        return decisions.explain(&Context::scope(operator), &command.trace);
    }
    let mut after = String::new();
    loop {
        let page = db.read(&Context::scope(Scope::PLATFORM), |tx| {
            operators::list_operators(tx, &after, 200)
        })?;
        let Some(last) = page.last() else {
            return Err(Error::not_found("decision.unknown", &command.trace));
        };
        after.clone_from(&last.code);
        for operator in &page {
            match decisions.explain(&Context::scope(&operator.code), &command.trace) {
                Err(Error::NotFound { .. }) => {}
                found => return found,
            }
        }
    }
}

fn show(found: &Explanation) {
    let then = &found.then;
    let subject = if then.subject.is_empty() { "an unknown subject" } else { &then.subject };
    output::line(format!("asked     {} by {}", then.at, then.client));
    output::line(format!("          may {subject} {} {}?", then.action, then.resource));
    output::line(format!(
        "answered  {} (contract version {})",
        then.codes.join(", "),
        then.version
    ));
    let now: Vec<&str> = found.findings_now.iter().map(|finding| finding.code()).collect();
    let now = if found.permit_now { "permit".to_owned() } else { now.join(", ") };
    output::line(format!("now       {now}"));
    let rows: Vec<Vec<String>> = found
        .facts
        .iter()
        .map(|fact| {
            vec![
                fact.kind.to_owned(),
                fact.of.clone(),
                fact.says.to_string(),
                fact.since.clone(),
                fact.cause.clone(),
            ]
        })
        .collect();
    output::line("");
    output::table(&["FACT", "OF", "SAYS", "SINCE", "CAME FROM"], &rows);
    if !found.since.is_empty() {
        output::line("\nchanged since:");
    }
    for change in &found.since {
        let (at, act, of) = (&change.at, &change.act, &change.subject);
        output::line(format!("  {at}  {act} {of} by {} ({})", change.actor, change.cause));
    }
}
