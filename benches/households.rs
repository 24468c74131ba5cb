//! Households, a service client and subjects for measuring doors over HTTP.

use base::store::Db;
use domain::clients::{
    self, AuthMethod, ClientKind, ClientTerms, Grant, Pkce, Profile, Proof, RefreshPolicy,
};
use domain::commands::{self, Command, Op};
use domain::sessions::{Subjects, note_subjects};
use domain::signing::{Handles, MasterKey};
use domain::subscribers::{self, By, Load, Source};

use crate::common::{OPERATOR, scope};

pub const CLIENT: &str = "bench-vod";
pub const SECTOR: &str = "vod.bench.example";
pub const CALLBACK: &str = "https://vod.bench.example/callback";

pub fn number(n: u64) -> String {
    format!("C{n:08}")
}

/// Adds the client and answers its secret.
pub fn given_client(db: &Db) -> String {
    let secret = clients::new_secret();
    let terms = ClientTerms {
        kind: ClientKind::Service,
        name_ja: "計測".to_owned(),
        name_en: "Bench".to_owned(),
        method: AuthMethod::ClientSecretBasic,
        proof: Proof::Secret(Some(clients::hash_secret(&secret).unwrap())),
        redirect_uris: vec![CALLBACK.to_owned()],
        grants: vec![Grant::AuthorizationCode, Grant::RefreshToken, Grant::ClientCredentials],
        scopes: ["openid", "offline_access", "decisions"].map(str::to_owned).to_vec(),
        sector: SECTOR.to_owned(),
        pkce: Pkce::ExemptWithNonce,
        profile: Profile {
            first_party: true,
            refresh: Some(RefreshPolicy::Rotated),
            ..Profile::default()
        },
        enabled: true,
    };
    db.transact(&scope("bench"), move |tx| clients::put(tx, CLIENT, &terms)).unwrap();
    secret
}

/// Starts contracts `from..to`, each with a key of BASIC.
pub fn given_contracts(db: &Db, from: u64, to: u64) {
    for first in (from..to).step_by(500) {
        let commands: Vec<Command> = (first..to.min(first + 500))
            .flat_map(|n| {
                let number = number(n);
                let start = Command::new(&format!("s{n}"), Op::Start, &number);
                let mut key = Command::new(&format!("k{n}"), Op::KeyOpen, &number);
                key.product = Some("BASIC".to_owned());
                [start, key]
            })
            .collect();
        db.transact(&scope("bench"), move |tx| commands::execute_many(tx, &commands).map(|_| ()))
            .unwrap();
    }
}

/// The owner's id of contract `n`.
pub fn owner(db: &Db, n: u64) -> (subscribers::Key, String) {
    let mut found =
        db.read(&scope("bench"), |tx| subscribers::load(tx, vec![number(n)], Load::Whole)).unwrap();
    let household = found.remove(0);
    (household.key(), household.persons[0].person_id.clone())
}

/// Registers the owners of contracts `0..count` and makes subjects of them, as sign-ins would.
pub fn given_subjects(db: &Db, master: &MasterKey, count: u64) -> Vec<String> {
    let handles = std::sync::Arc::new(Handles::new(master));
    let mut all = Vec::new();
    for first in (0..count).step_by(500) {
        let numbers: Vec<String> = (first..count.min(first + 500)).map(number).collect();
        let handles = std::sync::Arc::clone(&handles);
        let made = db
            .housekeep(&scope("bench"), "bench", move |tx| {
                let before = subscribers::load(tx, numbers.clone(), Load::ForChange)?;
                let mut households = before.clone();
                let cause = tx.cause().to_owned();
                let (source, at) = (Source::System, tx.now());
                for household in &mut households {
                    household.register(1, &By { source, at, now: at, cause: &cause })?;
                    household.contract.version += 1;
                }
                subscribers::save(tx, &before, &households)?;
                households
                    .iter()
                    .map(|household| {
                        let (key, person) = (household.key(), &household.persons[0].person_id);
                        let subjects = Subjects::of(&handles, OPERATOR, SECTOR, (person, &key));
                        note_subjects(tx, &subjects, SECTOR, (person, &key))?;
                        Ok(subjects.person)
                    })
                    .collect::<base::kernel::Result<Vec<_>>>()
            })
            .unwrap();
        all.extend(made);
    }
    all
}
