//! What `isolation.rs` asks about second factors and PINs.

use domain::credentials::{self, Factor, Fresh, PinKind};
use domain::signin;
use domain::signing::MasterKey;

use crate::isolation::{Known, Probe, said};

fn fresh<'k>(tx: &base::store::Tx<'_>, known: &'k Known) -> Fresh<'k> {
    Fresh { person_id: &known.person_id, proved: tx.now() }
}

pub const PROBES: &[(&str, Probe)] = &[
    ("credentials::factors_of", |tx, known| said(credentials::factors_of(tx, &known.person_id))),
    ("credentials::enrol_totp", |tx, known| {
        let (master, who) = (MasterKey::random(), fresh(tx, known));
        said(credentials::enrol_totp(tx, &master, &who, ("南野", "spy")).map(|new| new.uri.len()))
    }),
    ("credentials::confirm_totp", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::confirm_totp(tx, &MasterKey::random(), &who, "123456"))
    }),
    ("credentials::remove_totp", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::remove_totp(tx, &who))
    }),
    ("credentials::issue_recovery_codes", |tx, known| {
        let (master, who) = (MasterKey::random(), fresh(tx, known));
        said(credentials::issue_recovery_codes(tx, &master, &who).map(|codes| codes.len()))
    }),
    ("credentials::set_pin", |tx, known| {
        let (master, who) = (MasterKey::random(), fresh(tx, known));
        said(credentials::set_pin(tx, &master, &who, (PinKind::Viewing, "2580")))
    }),
    ("credentials::reset_pin", |tx, known| {
        said(credentials::reset_pin(tx, &known.person_id, PinKind::Viewing))
    }),
    ("credentials::pins_of", |tx, known| said(credentials::pins_of(tx, &known.person_id))),
    ("signin::try_factor", |tx, known| {
        let master = MasterKey::random();
        said(signin::try_factor(tx, &master, &known.person_id, Factor::Totp("123456")))
    }),
    ("signin::try_pin", |tx, known| {
        let master = MasterKey::random();
        said(signin::try_pin(tx, &master, &known.person_id, (PinKind::Viewing, "2580")))
    }),
];
