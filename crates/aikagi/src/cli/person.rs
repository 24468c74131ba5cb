//! `aikagi person`: a member who calls the station.

use base::kernel::{Change, clock, ids};
use base::store::Tx;
use clap::{Args, Subcommand};
use domain::administration::{self, SignedIn};
use domain::commands::{self, Command, Op, ResultKind};
use domain::credentials;
use domain::subscribers::Reason as Why;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Members of households.
#[derive(Subcommand)]
pub(super) enum Person {
    /// End a member's lock-out after wrong passwords, and forget them; see first who is calling
    Unlock(Whose),
    /// Shut a member out until `resume`: no sign-in, no watching; sessions work again afterwards
    Suspend {
        /// Which member
        #[command(flatten)]
        whose: Whose,
        /// Why, by number: 10 unpaid, 20 pause, 30 work, 40 fraud, 50 the station's decision, 60 deceased, 90 other
        #[arg(long, default_value = "50")]
        reason: String,
    },
    /// Lift the station's holds on a member; those of the SMS and of the owner stay
    Resume(Whose),
    /// Where a member is signed in: browsers, and devices with a session of their own
    Sessions(Whose),
    /// End everything a member is signed in with, or one session; see first who is calling
    EndSessions {
        /// Which member
        #[command(flatten)]
        whose: Whose,
        /// Only this session
        #[arg(long)]
        session: Option<String>,
    },
}

/// Which member.
#[derive(Args)]
pub(super) struct Whose {
    /// The operator's code
    #[arg(long)]
    operator: String,
    /// The contract's number
    #[arg(long)]
    contract: String,
    /// The member's number
    #[arg(long, default_value_t = 1)]
    person: i64,
}

pub(super) fn run(context: &Context, command: Person) -> Result<(), Failure> {
    match command {
        Person::Unlock(whose) => unlock(context, whose),
        Person::Suspend { whose, reason } => {
            let why = Why::parse(&reason, "reason")?;
            hold(context, &whose, (Op::PersonSuspend, Some(why)))
        }
        Person::Resume(whose) => hold(context, &whose, (Op::PersonResume, None)),
        Person::Sessions(whose) => list(context, &whose),
        Person::EndSessions { whose, session } => end(context, whose, session),
    }
}

fn unlock(context: &Context, whose: Whose) -> Result<(), Failure> {
    let Whose { operator, contract, person } = whose;
    let scope = Context::scope(&operator);
    let change =
        context.db()?.transact(&scope, move |tx| credentials::unlock(tx, &contract, person))?;
    output::line(match change {
        Change::Made => "done",
        Change::Already => "was not locked out",
    });
    Ok(())
}

/// The same command an SMS gives, from the station.
fn hold(context: &Context, whose: &Whose, (op, why): (Op, Option<Why>)) -> Result<(), Failure> {
    let scope = Context::scope(&whose.operator);
    let mut command = Command::new(&ids::new_id("cli", clock::now()), op, &whose.contract);
    command.person_no = whose.person;
    command.reason = why;
    let report = context.db()?.transact(&scope, move |tx| commands::execute(tx, &command))?;
    match (report.result, report.code) {
        (ResultKind::Error, code) => Err(Failure::refused(code.unwrap_or_default())),
        (_, code) => {
            output::line(code.map_or_else(|| "done".to_owned(), |note| format!("done: {note}")));
            Ok(())
        }
    }
}

fn list(context: &Context, whose: &Whose) -> Result<(), Failure> {
    let scope = Context::scope(&whose.operator);
    let which = (whose.contract.as_str(), whose.person);
    let list = |tx: &mut Tx<'_>| administration::list_signed_in(tx, which);
    let SignedIn { sessions, devices } = context.db()?.read(&scope, list)?;
    let browsers = sessions.into_iter().map(|one| {
        let times = (one.auth.rfc3339_jst(), one.seen.rfc3339_jst());
        vec![one.id, times.0, times.1, one.clients.join(" ")]
    });
    let televisions = devices.into_iter().map(|one| {
        let name = if one.name.is_empty() { one.model } else { one.name };
        vec![format!("{} {name}", one.id), one.created.rfc3339_jst(), String::new(), one.client_id]
    });
    let rows: Vec<Vec<String>> = browsers.chain(televisions).collect();
    output::table(&["SESSION OR DEVICE", "SIGNED IN", "LAST SEEN", "SERVICES"], &rows);
    Ok(())
}

fn end(context: &Context, whose: Whose, session: Option<String>) -> Result<(), Failure> {
    let scope = Context::scope(&whose.operator);
    let ended = context.db()?.transact(&scope, move |tx| {
        let which = (whose.contract.as_str(), whose.person);
        administration::end_sessions(tx, which, session.as_deref())
    })?;
    let (sessions, given) = (ended.sessions, ended.authorizations);
    output::line(format!("ended: {sessions} sessions, {given} authorizations"));
    Ok(())
}
