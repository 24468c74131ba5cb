//! `aikagi apply`: operators, how their pages look, products, clients and webhooks as one file says they shall be.
//!
//! What the file names is added or changed; what it leaves out is left alone. One transaction an
//! operator, by the same functions every other door calls. Applied twice, the second time changes
//! nothing. A rehearsal does it all and takes it back.

mod clients;
mod diff;
mod file;
mod look;
mod products;
mod webhooks;

use std::path::Path;
use std::sync::Arc;

use base::kernel::{Actor, Change, Result, Scope, clock};
use base::store::{Db, Tx};
use domain::clients::ClientKind;
use domain::operators::{self, OperatorDraft, Role, StaffDraft};
use domain::signin;
use domain::signing::MasterKey;

use crate::failure::Failure;
use clients::PreparedClient;
use diff::{Facts, facts_of, put_with_diff};
use file::{ApplyFile, ClientEntry, OperatorEntry, StaffEntry};
use look::PreparedLook;
use webhooks::PreparedWebhook;

pub use diff::Difference;

/// Whether what a file says is done, or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Done.
    Apply,
    /// Tried and taken back.
    Rehearse,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// What changed, in the order of the file. Empty: everything stood so already.
    pub differences: Vec<Difference>,
    /// Secrets made now: who they belong to, and the secret. They are shown once.
    pub secrets: Vec<(String, String)>,
}

type Outcome<T> = std::result::Result<T, Failure>;

/// Everything of one operator (or of the platform), with its secrets read.
struct Prepared {
    code: String,
    entry: OperatorEntry,
    look: Option<PreparedLook>,
    clients: Vec<PreparedClient>,
    webhooks: Vec<PreparedWebhook>,
}

/// What one transaction did: differences, and the clients and webhooks whose new secret was used.
type Done = (Vec<Difference>, Vec<String>);

/// Applies the file at `path`.
///
/// # Errors
/// The file can not be read or names unknown keys; a secret can not be read; a rule refuses what it
/// says (the failure names the thing). Operators before the refused one are applied already.
pub fn apply(db: &Db, master: &MasterKey, path: &Path, mode: Mode) -> Outcome<Applied> {
    let file = file::read(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut applied = Applied::default();
    for part in prepare(file, folder)? {
        let part = Arc::new(part);
        let scope = Scope::new(&part.code, Actor::Operations("apply".to_owned()), clock::now())
            .caused_by("apply");
        let (ours, master) = (Arc::clone(&part), master.clone());
        let named = Arc::new(std::sync::Mutex::new(String::new()));
        let at = Arc::clone(&named);
        let work = move |tx: &mut Tx<'_>| apply_part(tx, &master, &ours, &at);
        let done = match mode {
            Mode::Apply => db.transact(&scope, work),
            Mode::Rehearse => db.rehearse(&scope, work),
        };
        let (differences, used) = done.map_err(|error| in_place(&named, error))?;
        applied.differences.extend(differences);
        applied.secrets.extend(part.new_secrets().filter(|(of, _)| used.contains(of)));
    }
    if mode == Mode::Rehearse {
        applied.secrets.clear();
    }
    Ok(applied)
}

/// The refusal, with the thing of the file it is about.
fn in_place(named: &std::sync::Mutex<String>, error: base::kernel::Error) -> Failure {
    about(&named.lock().unwrap_or_else(std::sync::PoisonError::into_inner), error)
}

fn about(named: &str, error: base::kernel::Error) -> Failure {
    match Failure::from(error) {
        Failure::Refused(text) => Failure::Refused(format!("{named}: {text}")),
        other => other,
    }
}

impl Prepared {
    fn new_secrets(&self) -> impl Iterator<Item = (String, String)> {
        let clients = self.clients.iter().filter_map(PreparedClient::new_secret);
        let webhooks = self.webhooks.iter().filter_map(PreparedWebhook::new_secret);
        let code = self.code.clone();
        clients.chain(webhooks).map(move |(of, secret)| (format!("{code} {of}"), secret))
    }
}

fn prepare(file: ApplyFile, folder: &Path) -> Outcome<Vec<Prepared>> {
    let mut parts = Vec::new();
    let prepared = |of: Vec<ClientEntry>, kind: ClientKind| {
        of.into_iter().map(|one| clients::prepare(one, kind, folder)).collect::<Outcome<Vec<_>>>()
    };
    for mut entry in file.operators {
        let mut clients = prepared(std::mem::take(&mut entry.clients), ClientKind::Service)?;
        clients.extend(prepared(std::mem::take(&mut entry.api_clients), ClientKind::Sms)?);
        clients.extend(prepared(std::mem::take(&mut entry.admin_clients), ClientKind::Admin)?);
        let webhooks = std::mem::take(&mut entry.webhooks).into_iter();
        let look = entry.look.take().map(|one| look::prepare(one, folder)).transpose()?;
        parts.push(Prepared {
            code: entry.code.clone(),
            look,
            clients,
            webhooks: webhooks.map(|one| webhooks::prepare(one, folder)).collect::<Outcome<_>>()?,
            entry,
        });
    }
    let mut clients = prepared(file.clients, ClientKind::Service)?;
    clients.extend(prepared(file.admin_clients, ClientKind::Admin)?);
    parts.push(Prepared {
        code: Scope::PLATFORM.to_owned(),
        look: None,
        clients,
        webhooks: Vec::new(),
        entry: OperatorEntry { staff: file.staff, ..OperatorEntry::default() },
    });
    Ok(parts)
}

fn apply_part(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    part: &Prepared,
    named: &std::sync::Mutex<String>,
) -> Result<Done> {
    let mut differences = Vec::new();
    let mut used = Vec::new();
    let at = |thing: &str| {
        let text = format!("{} {thing}", part.code);
        text.trim()
            .clone_into(&mut named.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    };
    if part.code != Scope::PLATFORM {
        at("operator");
        differences.extend(operator(tx, &part.entry)?);
    }
    if let Some(look) = &part.look {
        at("look");
        differences.extend(look.put(tx)?);
    }
    for member in &part.entry.staff {
        at(&format!("staff {}", member.id));
        differences.extend(staff(tx, member)?);
    }
    for product in products::in_order(&part.entry.products) {
        at(&format!("product {}", product.code));
        differences.extend(products::put(tx, product)?);
    }
    for login in &part.entry.logins {
        let thing = format!("login {}/{:03}", login.contract, login.person_no);
        at(&thing);
        let member = (login.contract.as_str(), login.person_no);
        let kept = (login.login_id.as_str(), login.password_hash.as_str());
        if signin::import_login(tx, member, kept)? == Change::Made {
            differences.push(Difference::added(tx.operator(), thing));
        }
    }
    for client in &part.clients {
        at(&format!("client {}", client.id()));
        let (difference, made) = client.put(tx)?;
        differences.extend(difference);
        used.extend(made.then(|| format!("{} client {}", part.code, client.id())));
    }
    for webhook in &part.webhooks {
        at(&format!("webhook {}", webhook.id()));
        let (difference, made) = webhook.put(tx, master)?;
        differences.extend(difference);
        used.extend(made.then(|| format!("{} webhook {}", part.code, webhook.id())));
    }
    Ok((differences, used))
}

fn operator(tx: &mut Tx<'_>, entry: &OperatorEntry) -> Result<Option<Difference>> {
    let draft = OperatorDraft {
        name_ja: entry.name_ja.clone(),
        name_en: entry.name_en.clone(),
        policies: entry.policies.clone(),
    };
    let facts = |tx: &mut Tx<'_>| -> Result<Option<Facts>> {
        let Some(known) = operators::operator_if_any(tx)? else { return Ok(None) };
        let mut facts = facts_of("policies", &known.policies);
        facts.insert("name_ja".to_owned(), known.name_ja);
        facts.insert("name_en".to_owned(), known.name_en);
        Ok(Some(facts))
    };
    put_with_diff(tx, "operator", facts, |tx| operators::put_operator(tx, &draft).map(|_| ()))
}

fn staff(tx: &mut Tx<'_>, entry: &StaffEntry) -> Result<Option<Difference>> {
    let roles = entry.roles.iter().map(|role| Role::parse(role)).collect::<Result<_>>()?;
    let draft = StaffDraft { name: entry.name.clone(), roles, enabled: entry.enabled };
    let facts = |tx: &mut Tx<'_>| -> Result<Option<Facts>> {
        let known = operators::list_staff(tx)?.into_iter().find(|known| known.id == entry.id);
        Ok(known.map(|known| {
            let roles: Vec<&str> = known.draft.roles.iter().map(|role| role.as_str()).collect();
            Facts::from([
                ("name".to_owned(), known.draft.name),
                ("roles".to_owned(), roles.join(", ")),
                ("enabled".to_owned(), known.draft.enabled.to_string()),
            ])
        }))
    };
    let name = format!("staff {}", entry.id);
    put_with_diff(tx, &name, facts, |tx| operators::put_staff(tx, &entry.id, &draft).map(|_| ()))
}
