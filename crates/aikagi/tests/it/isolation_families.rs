//! What `isolation.rs` asks about households, as somebody who learned the id of a member elsewhere.

use base::store::Tx;
use domain::commands::{self, AdultTitles};
use domain::credentials::{self, Fresh};
use domain::decisions;
use domain::subscribers::Role;

use crate::households::child;
use crate::isolation::{Known, Probe, said};

fn fresh<'k>(tx: &Tx<'_>, known: &'k Known) -> Fresh<'k> {
    Fresh { person_id: &known.person_id, proved: tx.now() }
}

pub const PROBES: &[(&str, Probe)] = &[
    ("credentials::removed_of", |tx, known| said(credentials::removed_of(tx, &known.person_id))),
    ("commands::household_adult_of", |tx, known| {
        said(commands::household_adult_of(tx, &known.person_id))
    }),
    ("commands::overview_of", |tx, known| said(commands::overview_of(tx, &known.person_id))),
    ("commands::membership_of", |tx, known| said(commands::membership_of(tx, &known.person_id))),
    ("commands::offer_of", |tx, known| said(commands::offer_of(tx, &known.person_id))),
    ("decisions::own_history", |tx, known| {
        said(decisions::own_history(tx, &known.person_id, None))
    }),
    ("decisions::watched_by_child", |tx, known| {
        said(decisions::watched_by_child(tx, (&known.person_id, 1)))
    }),
    ("commands::add_member", |tx, known| {
        let who = fresh(tx, known);
        said(commands::add_member(tx, &who, (&child(), "stolen")).map(|made| made.is_some()))
    }),
    ("commands::suspend_member", |tx, known| {
        let who = fresh(tx, known);
        said(commands::suspend_member(tx, &who, 1))
    }),
    ("commands::resume_member", |tx, known| {
        let who = fresh(tx, known);
        said(commands::resume_member(tx, &who, 1))
    }),
    ("commands::remove_member", |tx, known| {
        let who = fresh(tx, known);
        said(commands::remove_member(tx, &who, 1))
    }),
    ("commands::restore_member", |tx, known| {
        let who = fresh(tx, known);
        said(commands::restore_member(tx, &who, 1))
    }),
    ("commands::leave_household", |tx, known| {
        let who = fresh(tx, known);
        said(commands::leave_household(tx, &who))
    }),
    ("commands::set_member_rating", |tx, known| {
        let who = fresh(tx, known);
        said(commands::set_member_rating(tx, &who, (1, 0)))
    }),
    ("commands::switch_member_adult", |tx, known| {
        let who = fresh(tx, known);
        said(commands::switch_member_adult(tx, &who, (1, AdultTitles::Off)))
    }),
    ("commands::switch_household_adult", |tx, known| {
        let who = fresh(tx, known);
        said(commands::switch_household_adult(tx, &who, AdultTitles::Off))
    }),
    ("commands::set_member_role", |tx, known| {
        let who = fresh(tx, known);
        said(commands::set_member_role(tx, &who, (1, Role::Child)))
    }),
    ("commands::offer_household", |tx, known| {
        let who = fresh(tx, known);
        said(commands::offer_household(tx, &who, 1))
    }),
    ("commands::end_offer", |tx, known| {
        let who = fresh(tx, known);
        said(commands::end_offer(tx, &who))
    }),
    ("commands::accept_household", |tx, known| {
        let who = fresh(tx, known);
        said(commands::accept_household(tx, &who))
    }),
];
