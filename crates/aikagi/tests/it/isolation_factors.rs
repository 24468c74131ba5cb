//! What `isolation.rs` asks about second factors and PINs.

use domain::credentials::{self, ContactKind, Factor, Fresh, PinKind};
use domain::signin;
use domain::signing::MasterKey;

use crate::isolation::{Known, Probe, said};
use crate::world::KITA;

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
    ("credentials::session_of_phone_code", |tx, known| {
        said(credentials::session_of_phone_code(tx, fresh(tx, known).person_id))
    }),
    ("credentials::invite_phone", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::invite_phone(tx, &who, "ses_x").map(drop))
    }),
    ("credentials::set_pin", |tx, known| {
        let (master, who) = (MasterKey::random(), fresh(tx, known));
        said(credentials::set_pin(tx, &master, &who, (PinKind::Viewing, "2580")))
    }),
    ("credentials::reset_pin", |tx, known| {
        said(credentials::reset_pin(tx, &known.person_id, PinKind::Viewing))
    }),
    ("credentials::ask_pin_from", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::ask_pin_from(tx, &who, 15))
    }),
    ("credentials::remove_pin", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::remove_pin(tx, &who, PinKind::Viewing))
    }),
    ("credentials::pins_of", |tx, known| said(credentials::pins_of(tx, &known.person_id))),
    ("signin::own_data", |tx, known| {
        let who = fresh(tx, known);
        said(signin::own_data(tx, &who, (&crate::isolation::key(), 1)))
    }),
    ("credentials::contacts_of", |tx, known| said(credentials::contacts_of(tx, &known.person_id))),
    ("credentials::add_contact", |tx, known| {
        let (who, to) = (fresh(tx, known), (ContactKind::Mail, "himitsu@example.jp"));
        said(credentials::add_contact(tx, &who, to, "ja").map(|(id, change)| (id.len(), change)))
    }),
    ("credentials::verify_contact", |tx, known| {
        let (master, who) = (MasterKey::random(), fresh(tx, known));
        said(credentials::verify_contact(tx, &master, &who, (&known.contact, "12345678")))
    }),
    ("credentials::remove_contact", |tx, known| {
        let who = fresh(tx, known);
        said(credentials::remove_contact(tx, &who, &known.contact))
    }),
    ("credentials::note_returned", |tx, known| {
        let status = formats::dsn::Status { class: 5, subject: 1, detail: 1 };
        let recipients = [formats::dsn::Recipient { failed: true, status }];
        let contact_id = known.contact.clone();
        let mail = credentials::SentMail { operator: KITA.to_owned(), contact_id, sent: tx.now() };
        said(credentials::note_returned(tx, &mail, &recipients))
    }),
    ("credentials::note_bounce", |tx, known| said(credentials::note_bounce(tx, &known.contact))),
    ("credentials::message_of", |tx, known| {
        let payload = format!("{{\"what\": \"code\", \"contact\": \"{}\"}}", known.contact);
        let message = credentials::message_of(tx, &MasterKey::random(), &payload);
        said(message.map(|message| message.map(|message| message.address)))
    }),
    ("credentials::send_recovery", |tx, known| {
        let payload = format!("{{\"sign_in\": \"{}\"}}", known.contact);
        said(credentials::send_recovery(tx, &payload))
    }),
    ("signin::import_login", |tx, _| {
        let hash = "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE";
        said(signin::import_login(tx, (crate::isolation::NUMBER, 1), ("minamino", hash)))
    }),
    ("signin::try_factor", |tx, known| {
        let master = MasterKey::random();
        said(signin::try_factor(tx, &master, &known.person_id, Factor::Totp("123456")))
    }),
    ("signin::try_pin", |tx, known| {
        let master = MasterKey::random();
        said(signin::try_pin(tx, &master, &known.person_id, (PinKind::Viewing, "2580")))
    }),
];

/// A contact of the northern person, with its code under way.
pub fn given_contact(world: &crate::world::World, person_id: &str) -> String {
    let person = person_id.to_owned();
    let added = world.act(base::kernel::Actor::System, move |tx| {
        let fresh = Fresh { person_id: &person, proved: tx.now() };
        credentials::add_contact(tx, &fresh, (ContactKind::Mail, "himitsu@example.jp"), "ja")
    });
    added.unwrap().0
}
