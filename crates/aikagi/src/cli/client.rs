//! `aikagi client`: services and subscriber management systems that may ask us.

use base::kernel::{Change, Result, Scope};
use base::store::Tx;
use clap::{Args, Subcommand};
use domain::clients::{self, Client as Known, Proof};
use domain::operators;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Services and SMSs that may ask us.
#[derive(Subcommand)]
pub(super) enum Client {
    /// All clients of an operator, or those that serve all operators
    List(Owner),
    /// One client: what it is and may do
    Show(Which),
    /// Take a client out of service: it and all its tokens are refused at once
    Disable(Which),
    /// Put it back into service; everything is as it was
    Enable(Which),
    /// Give a client another secret, shown once; the old one is worthless at once
    NewSecret(Which),
    /// Make a token that services register themselves with, shown once
    RegistrationToken {
        /// The operator's code
        #[arg(long)]
        operator: String,
        /// How many clients it registers
        #[arg(long, default_value_t = 1)]
        uses: i64,
        /// For how many days it is good
        #[arg(long, default_value_t = 7)]
        days: i64,
    },
}

/// Whose clients.
#[derive(Args)]
pub(super) struct Owner {
    /// The operator's code; those that serve all operators when left out
    #[arg(long)]
    operator: Option<String>,
}

impl Owner {
    fn code(&self) -> &str {
        self.operator.as_deref().unwrap_or(Scope::PLATFORM)
    }
}

/// Which client.
#[derive(Args)]
pub(super) struct Which {
    /// Its `client_id`
    id: String,
    /// Whose it is
    #[command(flatten)]
    owner: Owner,
}

const PAGE: i64 = 200;

pub(super) fn run(context: &Context, command: Client) -> std::result::Result<(), Failure> {
    match command {
        Client::List(owner) => list(context, &owner),
        Client::Show(which) => show(context, &which),
        Client::Disable(which) => switch(context, which, clients::disable),
        Client::Enable(which) => switch(context, which, clients::enable),
        Client::NewSecret(which) => renew(context, which),
        Client::RegistrationToken { operator, uses, days } => {
            let scope = Context::scope(&operator);
            let issue = move |tx: &mut Tx<'_>| clients::issue_registration_token(tx, (uses, days));
            let token = context.db()?.transact(&scope, issue)?;
            output::line(format!("registration token, shown only now: {token}"));
            Ok(())
        }
    }
}

fn list(context: &Context, owner: &Owner) -> std::result::Result<(), Failure> {
    let db = context.db()?;
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = db.read(&Context::scope(owner.code()), |tx| {
            if tx.operator() != Scope::PLATFORM {
                operators::find_operator(tx)?;
            }
            clients::list(tx, &after, PAGE)
        })?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        rows.extend(page.into_iter().map(|one| {
            let (state, terms) = (state_of(&one), one.terms);
            let kind = terms.kind.as_str().to_owned();
            vec![one.id, kind, word(&terms.method), state.to_owned(), terms.name_ja, terms.name_en]
        }));
    }
    output::table(&["CLIENT", "KIND", "PROOF", "STATE", "名称", "NAME"], &rows);
    Ok(())
}

const fn state_of(client: &Known) -> &'static str {
    if client.terms.enabled { "enabled" } else { "disabled" }
}

/// As it is written in a file for `aikagi apply`.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => other.map(|json| json.to_string()).unwrap_or_default(),
    }
}

fn show(context: &Context, which: &Which) -> std::result::Result<(), Failure> {
    let scope = Context::scope(which.owner.code());
    let client = context.db()?.read(&scope, |tx| clients::find(tx, &which.id))?;
    let terms = &client.terms;
    let line = |name: &str, text: &str| output::line(format!("{name:<10} {text}").trim_end());
    line("client", &format!("{} {}", client.id, terms.name_ja));
    line("", &terms.name_en);
    line("state", state_of(&client));
    if let Some(registered) = client.registered {
        line("registered", &format!("itself, {}", registered.rfc3339_jst()));
    }
    line("kind", terms.kind.as_str());
    line("proof", &format!("{}{}", word(&terms.method), told_of(&terms.proof)));
    for uri in &terms.redirect_uris {
        line("redirect", uri);
    }
    let grants: Vec<String> = terms.grants.iter().map(word).collect();
    line("grants", &grants.join(" "));
    line("scopes", &terms.scopes.join(" "));
    line("sector", &terms.sector);
    line("pkce", &word(&terms.pkce));
    let profile = toml::to_string(&terms.profile).unwrap_or_default();
    for option in profile.lines().filter(|option| !option.is_empty()) {
        line("profile", option);
    }
    Ok(())
}

/// What there is to prove it by; of a secret nothing can be shown.
const fn told_of(proof: &Proof) -> &'static str {
    match proof {
        Proof::Secret(Some(_)) => " (a secret, kept as a hash)",
        Proof::Keys(_) => " (its public keys)",
        Proof::None | Proof::Secret(None) => "",
    }
}

fn switch(
    context: &Context,
    which: Which,
    to: fn(&mut Tx<'_>, &str) -> Result<Change>,
) -> std::result::Result<(), Failure> {
    let Which { id, owner } = which;
    let change = context.db()?.transact(&Context::scope(owner.code()), move |tx| to(tx, &id))?;
    output::line(match change {
        Change::Made => "done",
        Change::Already => "it was so already",
    });
    Ok(())
}

fn renew(context: &Context, which: Which) -> std::result::Result<(), Failure> {
    let Which { id, owner } = which;
    let name = id.clone();
    let scope = Context::scope(owner.code());
    let secret = context.db()?.transact(&scope, move |tx| clients::renew_secret(tx, &id))?;
    output::line(format!("secret of client {name}, shown only now: {secret}"));
    Ok(())
}
