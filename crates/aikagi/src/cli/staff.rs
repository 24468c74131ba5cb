//! `aikagi staff`: who works at a station's console, or at the platform's.

use base::kernel::{Error, Scope};
use clap::{Args, Subcommand};
use console::letters::grouped;
use domain::{operators, staff};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Who works at a station's console, or at the platform's.
#[derive(Subcommand)]
pub(super) enum Staff {
    /// Everybody of the station or the platform, and what they may do
    List(Station),
    /// Invite a member to set password and authenticator; what they had before is over
    Invite(Whose),
    /// End everything a member is signed in with at the console
    EndSessions(Whose),
}

/// Which station.
#[derive(Args)]
pub(super) struct Station {
    /// The operator's code; the platform's own people when left out
    #[arg(long)]
    operator: Option<String>,
}

/// Which member.
#[derive(Args)]
pub(super) struct Whose {
    /// The operator's code; the platform's own people when left out
    #[arg(long)]
    operator: Option<String>,
    /// The member's id, as `aikagi apply` made it
    #[arg(long)]
    staff: String,
}

pub(super) fn run(context: &Context, command: Staff) -> Result<(), Failure> {
    match command {
        Staff::List(station) => list(context, &station),
        Staff::Invite(whose) => invite(context, whose),
        Staff::EndSessions(whose) => end(context, whose),
    }
}

fn scope(operator: Option<&str>) -> Scope {
    Context::scope(operator.unwrap_or(Scope::PLATFORM))
}

fn list(context: &Context, station: &Station) -> Result<(), Failure> {
    let scope = scope(station.operator.as_deref());
    let all = context.db()?.read(&scope, |tx| {
        operators::employer(tx)?;
        operators::list_staff(tx)
    })?;
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|member| {
            let roles: Vec<&str> = member.draft.roles.iter().map(|role| role.as_str()).collect();
            let state = if member.draft.enabled { "enabled" } else { "off" };
            vec![member.id, roles.join(" "), state.to_owned()]
        })
        .collect();
    output::table(&["STAFF", "ROLES", "STATE"], &rows);
    Ok(())
}

fn invite(context: &Context, whose: Whose) -> Result<(), Failure> {
    let Whose { operator, staff: id } = whose;
    let scope = scope(operator.as_deref());
    let invited = id.clone();
    let code = context.db()?.transact(&scope, move |tx| staff::invite(tx, &invited))?;
    let base = &context.config()?.base_url;
    let console = operator.as_deref().unwrap_or(console::PLATFORM);
    output::line(format!("open        {base}/console/{console}/join?staff={id}"));
    output::line(format!("invitation  {}", grouped(&code)));
    output::line(format!("good once, for {} days", staff::INVITATION_DAYS));
    Ok(())
}

fn end(context: &Context, whose: Whose) -> Result<(), Failure> {
    let Whose { operator, staff: id } = whose;
    let ended = context.db()?.transact(&scope(operator.as_deref()), move |tx| {
        let known = operators::find_staff(tx, &id)?;
        known.ok_or_else(|| Error::not_found("staff.unknown", &id))?;
        staff::end_sessions(tx, &id)
    })?;
    output::line(format!("ended: {ended} sessions"));
    Ok(())
}
