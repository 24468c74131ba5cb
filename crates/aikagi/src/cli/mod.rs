//! The command line. Every command opens what it needs, calls one function of the house, prints.
//!
//! Exit codes: 0 done · 1 refused by a rule · 2 wrong command or configuration · 3 something it
//! depends on does not answer.

mod apply;
mod argon2;
mod audit;
mod boxes;
mod client;
mod configuration;
mod context;
mod decide;
mod demo;
mod doctor;
mod generate;
mod keys;
mod letter;
mod letter_pages;
mod mail;
mod migrate;
mod operator;
mod outbox;
mod perform;
mod person;
mod sms;
mod staff;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::{output, serve};
use context::Context;

/// Identity provider for cable television households.
#[derive(Parser)]
#[command(name = "aikagi", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 refused by a rule, 2 wrong command or configuration, \
    3 something it depends on does not answer."
)]
struct Arguments {
    /// The configuration file
    #[arg(long, global = true, env = "AIKAGI_CONFIG", default_value = "aikagi.toml")]
    config: std::path::PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM; missing migrations are applied first
    Serve,
    /// Two invented stations, households and a VOD site, all on this machine
    Demo(demo::Demo),
    /// Make operators, products, staff, clients and webhooks as a file says
    Apply(apply::Apply),
    /// See or apply the migrations of the database
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Look at operators, switch them off and on
    #[command(subcommand)]
    Operator(operator::Operator),
    /// Services and SMSs that may ask us: look at them, switch them off and on, new secrets
    #[command(subcommand)]
    Client(client::Client),
    /// Prove the audit
    #[command(subcommand)]
    Audit(audit::Audit),
    /// What receivers must still be told
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// Check or explain the configuration
    #[command(subcommand)]
    Config(configuration::Configuration),
    /// Keys: the master key, and the keys we sign with
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What passwords cost on this machine
    #[command(subcommand)]
    Argon2(argon2::Argon2),
    /// Letters with a registration code
    #[command(subcommand)]
    Letter(letter::Letter),
    /// Mails of ours that came back
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Members of households
    #[command(subcommand)]
    Person(person::Person),
    /// Set-top boxes in the homes of subscribers
    #[command(subcommand)]
    Box(boxes::SetTop),
    /// Who works at a station's console
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Files of the operators' SMS
    #[command(subcommand)]
    Sms(sms::Sms),
    /// Ask what a service asks: may this person do this to that?
    Decide(decide::Decide),
    /// Why a question was answered so: the facts, how old they are, where they came from
    Explain(decide::Explain),
    /// Be a client of a running server, to see whether it works: from its discovery document alone
    #[command(subcommand)]
    Perform(perform::Perform),
    /// Invent data
    #[command(subcommand)]
    Generate(generate::Generate),
    /// Look at everything this installation needs, and say what to do
    Doctor,
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let context = Context::new(arguments.config);
    match dispatch(&context, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::fault(format!("aikagi: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(context: &Context, command: Command) -> Result<(), Failure> {
    if !matches!(command, Command::Serve | Command::Demo(_)) {
        serve::logs::start(&context::quiet())?;
    }
    match command {
        Command::Serve => serve(context),
        Command::Demo(command) => demo::run(&command),
        Command::Staff(command) => staff::run(context, command),
        Command::Sms(command) => sms::run(context, command),
        Command::Person(command) => person::run(context, command),
        Command::Box(command) => boxes::run(context, command),
        Command::Letter(command) => letter::run(context, command),
        Command::Mail(command) => mail::run(context, command),
        Command::Apply(command) => apply::run(context, &command),
        Command::Migrate(command) => migrate::run(context, &command),
        Command::Operator(command) => operator::run(context, command),
        Command::Client(command) => client::run(context, command),
        Command::Perform(command) => perform::run(context, &command),
        Command::Audit(command) => audit::run(context, command),
        Command::Outbox(command) => outbox::run(context, command),
        Command::Config(command) => configuration::run(context, &command),
        Command::Argon2(command) => argon2::run(&command),
        Command::Keys(command) => keys::run(context, command),
        Command::Decide(command) => decide::decide(context, &command),
        Command::Explain(command) => decide::explain(context, &command),
        Command::Generate(command) => generate::run(command),
        Command::Doctor => doctor::run(context),
    }
}

fn serve(context: &Context) -> Result<(), Failure> {
    let config = Arc::new(context.safe_config()?);
    serve::logs::start(&config.log)?;
    serve::run(&config, |bound, _| {
        tracing::info!(public = %bound.public, ops = %bound.ops, "serving");
        Ok(())
    })
}
