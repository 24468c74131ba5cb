//! Clients that registered themselves: what the southern operator asks about the northern one's.

use std::sync::Arc;

use base::kernel::{Actor, Scope};
use domain::clients;
use domain::operators::{self, OperatorDraft, Policies, Registration};

use crate::isolation::{Known, Probe, said};
use crate::viewers::service;
use crate::world::{KITA, MINAMI, World, sato};

/// The id of a client that registered itself, what it manages that with, and what one registers with.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub id: String,
    pub management: String,
    pub initial: String,
}

/// A client that registered itself in the north, and what somebody stole of it.
#[derive(Clone)]
pub struct Stolen {
    pub client: Arc<clients::Client>,
    pub tokens: Tokens,
}

/// What such a client may say of itself.
fn draft() -> clients::ClientTerms {
    let mut terms = service();
    terms.proof = clients::Proof::Secret(None);
    terms.grants = vec![clients::Grant::AuthorizationCode];
    terms.scopes = vec!["openid".to_owned()];
    terms.profile = clients::Profile::default();
    terms
}

/// Both operators let clients register themselves; one did in the north.
pub fn given_registered(world: &World) -> Stolen {
    for (operator, ja, en) in
        [(KITA, "北浜ケーブル", "Kitahama Cable"), (MINAMI, "南野テレビ", "Minamino TV")]
    {
        let registration = Registration { enabled: true, ..Registration::default() };
        let policies = Policies { adult_sold: true, registration, ..Policies::default() };
        let draft = OperatorDraft { name_ja: ja.to_owned(), name_en: en.to_owned(), policies };
        world.at(operator, sato(), move |tx| operators::put_operator(tx, &draft)).unwrap();
    }
    let scope: Scope = world.scope(KITA, Actor::System);
    let register = |tx: &mut base::store::Tx<'_>| {
        let initial = clients::issue_registration_token(tx, (9, 30))?;
        let (registered, management) = clients::register(tx, &initial, &draft())?;
        let client = Arc::new(registered.client);
        Ok(Stolen { tokens: Tokens { id: client.id.clone(), management, initial }, client })
    };
    world.db.transact(&scope, register).unwrap()
}

fn which(known: &Known) -> (&str, &str) {
    (&known.registered.tokens.id, &known.registered.tokens.management)
}

pub const PROBES: &[(&str, Probe)] = &[
    ("clients::register", |tx, known| {
        let registered = clients::register(tx, &known.registered.tokens.initial, &draft());
        said(registered.map(|(registered, _)| registered.client.id))
    }),
    ("clients::find_registered", |tx, known| {
        said(clients::find_registered(tx, which(known)).map(|client| client.id))
    }),
    ("clients::change_registered", |tx, known| {
        let changed = clients::change_registered(tx, which(known), (&draft(), None));
        said(changed.map(|registered| registered.client.id))
    }),
    ("clients::remove_registered", |tx, known| said(clients::remove_registered(tx, which(known)))),
    ("clients::note_used", |tx, known| said(clients::note_used(tx, &known.registered.client))),
];
