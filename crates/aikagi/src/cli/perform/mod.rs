//! `aikagi perform`: a client of a running server, made from its discovery document alone. Nothing of this
//! installation's database or configuration is used, so it shows what any client library would see.
//!
//! Every step is said; codes, tokens and secrets are not. Sources: RFC 6749 §4.1, §4.4; RFC 7636; RFC 8252
//! §7.3; RFC 8628; RFC 9207; OpenID Connect Core 1.0 §3.1.3.7.

mod browser;
mod device;
mod provider;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::failure::Failure;
use crate::output;
use provider::{Provider, told_tokens};

/// The ways to tokens.
#[derive(Subcommand)]
pub(super) enum Perform {
    /// Sign somebody in by browser: prints the address to open, takes the code on this machine
    AuthorizationCode {
        /// Which client, where
        #[command(flatten)]
        caller: Caller,
        /// The port of this machine browsers come back to; any free one when 0. A client with a secret has
        /// to be registered with `http://127.0.0.1:PORT/callback`
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Sign somebody in as a television does: prints the code to type elsewhere
    DeviceCode {
        /// Which client, where
        #[command(flatten)]
        caller: Caller,
    },
    /// Get a token for the client itself
    ClientCredentials {
        /// Which client, where
        #[command(flatten)]
        caller: Caller,
    },
}

/// Which client, where.
#[derive(Args)]
pub(super) struct Caller {
    /// The issuer, e.g. `https://id.example.jp/o/OP0012`
    #[arg(long)]
    issuer: String,
    /// Its `client_id`
    #[arg(long)]
    client: String,
    /// The file of its secret; a client without one when left out
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// Sends the secret in the form instead of the header
    #[arg(long, requires = "secret_file")]
    post: bool,
    /// What for; as registered when left out
    #[arg(long)]
    scope: Option<String>,
    /// Certificate authorities trusted besides this machine's, PEM
    #[arg(long)]
    trust_roots_file: Option<PathBuf>,
    /// How long a person is waited for, in seconds
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
}

impl Caller {
    /// What to ask for when somebody signs in.
    fn personal_scope(&self) -> &str {
        self.scope.as_deref().unwrap_or("openid")
    }

    const fn patience(&self) -> Duration {
        Duration::from_secs(self.wait)
    }
}

pub(super) fn run(_context: &Context, command: &Perform) -> Result<(), Failure> {
    let unusable = |error: std::io::Error| Failure::unavailable("the runtime", error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(unusable)?.block_on(async {
        match command {
            Perform::AuthorizationCode { caller, port } => {
                let provider = Provider::discover(caller).await?;
                browser::perform(&provider, caller, *port).await
            }
            Perform::DeviceCode { caller } => {
                let provider = Provider::discover(caller).await?;
                device::perform(&provider, caller).await
            }
            Perform::ClientCredentials { caller } => for_itself(caller).await,
        }
    })
}

async fn for_itself(caller: &Caller) -> Result<(), Failure> {
    let provider = Provider::discover(caller).await?;
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(caller.scope.as_deref().map(|scope| ("scope", scope)));
    let tokens = provider.tokens(&form).await?;
    told_tokens(&tokens);
    step("done");
    Ok(())
}

/// Says what was just done.
fn step(text: impl std::fmt::Display) {
    output::line(format!("- {text}"));
}
