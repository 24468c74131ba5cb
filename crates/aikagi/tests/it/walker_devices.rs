//! What the walker of `walker.rs` knows of televisions: which wait, and whom they are let in for; and of the box before
//! which an owner registers.

use std::collections::BTreeSet;

use base::kernel::clock;
use domain::sessions::{DeviceAsk, DeviceCode, plain_user_code};

use crate::first_at_home::{BORN, code_of, given_born};
use crate::home::given_box;
use crate::viewers::House;
use crate::walker_model::Sent;
use crate::world::KITA;

/// The box at a household nobody of which registered, and what it shows.
pub struct First {
    /// The code.
    pub code: String,
    /// Sign-ins in which it was typed with the owner's birth date.
    proved: BTreeSet<String>,
}

impl First {
    /// At the household `number`.
    pub fn new(house: &House, number: &str) -> Self {
        given_born(&house.world, number, BORN);
        let there = given_box(&house.world, number, "STB-FIRST");
        Self { code: code_of(house, &there.assertion("first")), proved: BTreeSet::new() }
    }

    /// Whether this is a proof of its owner.
    pub fn is_it(&self, sent: &Sent) -> bool {
        let typed = |name| sent.field(name).unwrap_or_default().trim();
        let code = plain_user_code(typed("box_code")) == self.code.replace('-', "");
        sent.form() == "box" && code && typed("birth_on") == BORN
    }

    /// It was typed in this sign-in, as it can be once.
    pub fn note(&mut self, ticket: &str) {
        assert!(self.proved.is_empty(), "a code was good twice");
        self.proved.insert(ticket.to_owned());
    }

    /// Whether this sign-in goes on by it.
    pub fn has(&self, ticket: &str) -> bool {
        self.proved.contains(ticket)
    }
}

/// The contract whose whole household the books name, if it is one.
pub fn home_of(subject: &str) -> Option<&str> {
    subject.strip_suffix("/00")
}

/// Televisions that wait.
pub fn waiting(house: &House) -> Vec<DeviceCode> {
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let ask = |name| {
        let ask = DeviceAsk {
            client_id: "vod",
            scope: "openid",
            device_ref: name,
            model: "STB",
            line: "",
            box_id: "",
        };
        let journeys = &house.provider.journeys;
        journeys.ask_for_device((&client, KITA), &ask, clock::now()).unwrap().code
    };
    ["one", "two", "three", "four"].map(ask).to_vec()
}

/// Whether this lets a television in for that person, or for that household as a whole.
pub fn is_for(sent: &Sent, subject: &str) -> bool {
    (sent.field("for") == Some("household")) == home_of(subject).is_some()
}
