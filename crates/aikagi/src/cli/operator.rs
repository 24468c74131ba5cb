//! `aikagi operator`: the stations of this installation.

use base::kernel::{Change, Scope};
use clap::Subcommand;
use domain::operators::{self, Operator as Station};
use domain::{administration, catalogue};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Look at operators, put them on trial, switch them off and on.
#[derive(Subcommand)]
pub(super) enum Operator {
    /// All operators
    List,
    /// One operator: issuer, policies, staff, products
    Show {
        /// Its code, e.g. OP0012
        code: String,
    },
    /// Take an operator out of service: nobody signs in, every decision is D01
    Disable {
        /// Its code
        code: String,
    },
    /// Put an operator without households on trial, until its manager takes it into service at the console
    Trial {
        /// Its code
        code: String,
    },
    /// Put it back into service; everything is as it was
    Enable {
        /// Its code
        code: String,
    },
}

const PAGE: i64 = 200;

pub(super) fn run(context: &Context, command: Operator) -> Result<(), Failure> {
    match command {
        Operator::List => list(context),
        Operator::Show { code } => show(context, &code),
        Operator::Disable { code } => switch(context, &code, operators::disable),
        Operator::Trial { code } => switch(context, &code, administration::begin_trial),
        Operator::Enable { code } => switch(context, &code, operators::enable),
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let db = context.db()?;
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = db.read(&Context::scope(Scope::PLATFORM), |tx| {
            operators::list_operators(tx, &after, PAGE)
        })?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.code);
        rows.extend(
            page.into_iter()
                .map(|one| vec![one.code, one.state.as_str().to_owned(), one.name_ja, one.name_en]),
        );
    }
    output::table(&["CODE", "STATE", "名称", "NAME"], &rows);
    Ok(())
}

fn show(context: &Context, code: &str) -> Result<(), Failure> {
    let (station, staff, book) = context.db()?.read(&Context::scope(code), |tx| {
        Ok((operators::find_operator(tx)?, operators::list_staff(tx)?, catalogue::load(tx)?))
    })?;
    facts(&station, &context.config()?.base_url);
    for member in staff {
        let roles: Vec<&str> = member.draft.roles.iter().map(|role| role.as_str()).collect();
        let off = if member.draft.enabled { "" } else { " (off)" };
        output::line(format!("staff      {}: {}{off}", member.id, roles.join(", ")));
    }
    let products: Vec<Vec<String>> = book
        .iter()
        .map(|one| {
            let opens = if one.items.is_empty() { &one.refs } else { &one.items };
            vec![
                one.code.clone(),
                one.kind.as_str().to_owned(),
                one.name_ja.clone(),
                opens.join(" "),
            ]
        })
        .collect();
    if !products.is_empty() {
        output::line("");
        output::table(&["PRODUCT", "KIND", "名称", "OPENS"], &products);
    }
    Ok(())
}

fn facts(station: &Station, base_url: &str) {
    output::line(format!("operator   {} {}", station.code, station.name_ja));
    output::line(format!("           {}", station.name_en));
    let trial = if station.trial { " (on trial)" } else { "" };
    output::line(format!("state      {}{trial}", station.state.as_str()));
    output::line(format!("issuer     {base_url}/o/{}", station.code));
    output::line(format!("since      {}", station.created.rfc3339_jst()));
    output::line(format!("version    {}", station.version));
    let policies = toml::to_string(&station.policies).unwrap_or_default();
    for line in policies.lines().filter(|line| !line.is_empty()) {
        output::line(format!("policy     {line}"));
    }
}

fn switch(
    context: &Context,
    code: &str,
    to: fn(&mut base::store::Tx<'_>) -> base::kernel::Result<Change>,
) -> Result<(), Failure> {
    let change = context.db()?.transact(&Context::scope(code), to)?;
    output::line(match change {
        Change::Made => "done",
        Change::Already => "it was so already",
    });
    Ok(())
}
