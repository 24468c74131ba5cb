//! Who works at a console, asked by the southern operator about the northern one's people; and how the methods of such
//! rooms are found in the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base::kernel::clock;
use domain::credentials::Site;
use domain::staff::{Invited, Joining, Typed, Visit};

use crate::isolation_rooms::{Probe, said};
use crate::world::MINAMI;

/// Methods that ask about nothing of anybody's, and why.
pub const NOTHING_TO_ASK: &[(&str, &str)] = &[
    ("Desks::new", "makes the room"),
    ("Desks::seat", "a cookie proves itself whose it is, and is compared with the address"),
    ("Desks::act", "does something of its own seat's operator: the functions it is given"),
    ("Desks::look", "as `Desks::act`"),
    ("Desks::rehearse", "as `Desks::act`"),
    ("Desks::rehearse_sms", "as `Desks::act`"),
    ("Desks::sign_out", "ends its own seat"),
    ("Desks::ask_passkey", "asks about nobody: any passkey of the site may answer"),
    ("Desks::passkeys_of", "of its own seat"),
    ("Desks::ask_new_passkey", "for its own seat"),
    ("Desks::add_passkey", "for its own seat"),
    ("Desks::rename_passkey", "of its own seat"),
    ("Desks::remove_passkey", "of its own seat"),
];

pub const PROBES: &[(&str, Probe)] = &[
    ("Desks::sign_in", |two, names| {
        let typed = Typed { staff_id: &names.login, password: "x7Gp2vQm", code: "000000" };
        said(two.parts.desks.sign_in(MINAMI, &typed, clock::now()))
    }),
    ("Desks::sign_in_by_passkey", |two, names| {
        let site = std::sync::Arc::new(Site::of(crate::viewers::BASE).unwrap());
        let visit = Visit { operator: MINAMI, id: "stv_1", now: clock::now() };
        let answer = format!("{{\"id\":\"{}\"}}", names.login);
        said(two.parts.desks.sign_in_by_passkey(&visit, &site, &answer))
    }),
    ("Desks::enter", |two, _| {
        let seat = two.parts.desks.seat(&two.seats[MINAMI], (MINAMI, clock::now()));
        let reason = (crate::world::KITA, "見たい");
        said(two.parts.desks.enter(&seat.unwrap().unwrap(), reason, clock::now()))
    }),
    ("Desks::welcome", |two, names| {
        let invited = Invited { staff_id: &names.login, invitation: &names.letter };
        let welcome = two.parts.desks.welcome(MINAMI, &invited, clock::now());
        said(welcome.map(|(member, _)| member))
    }),
    ("Desks::join", |two, names| {
        let invited = Invited { staff_id: &names.login, invitation: &names.letter };
        let joining = Joining { invited, password: "x7Gp2vQm", code: "000000" };
        said(two.parts.desks.join(MINAMI, &joining, clock::now()))
    }),
];

/// `Type::method` of every public type of the domain that holds the database, itself or through
/// another that does.
pub fn methods() -> BTreeSet<String> {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
    let mut texts = Vec::new();
    for room in std::fs::read_dir(&domain).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(files) = std::fs::read_dir(&room) else { continue };
        texts.extend(files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()));
    }
    let mut fields = BTreeMap::new();
    for text in &texts {
        for part in text.split("\npub struct ").skip(1) {
            let name = part.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let body = part.split("\n}").next().unwrap_or_default();
            let said = body.lines().filter(|line| !line.trim_start().starts_with("//"));
            fields.insert(name.to_owned(), said.collect::<Vec<_>>().join("\n"));
        }
    }
    let mut holders: BTreeSet<String> = BTreeSet::from(["Db".to_owned()]);
    loop {
        let holds = |body: &str| {
            let mut words = body.split(|c: char| !c.is_alphanumeric());
            words.any(|word| holders.contains(word))
        };
        let more: Vec<String> = fields
            .iter()
            .filter(|(name, body)| !holders.contains(*name) && holds(body))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        holders.extend(more);
    }
    let mut found = BTreeSet::new();
    for text in &texts {
        for part in text.split("\nimpl ").skip(1) {
            let name = part.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let body = part.split("\n}\n").next().unwrap_or_default();
            for method in body.split("\n    pub ").skip(1).filter(|_| holders.contains(name)) {
                let words = method.trim_start_matches("const ");
                if let Some(rest) = words.strip_prefix("fn ") {
                    let end = rest.find(['(', '<']).unwrap_or(0);
                    found.insert(format!("{name}::{}", &rest[..end]));
                }
            }
        }
    }
    found
}
