//! What the walker of `walker.rs` knows of televisions: which wait, and whom they are let in for.

use base::kernel::clock;
use domain::sessions::{DeviceAsk, DeviceCode};

use crate::viewers::House;
use crate::walker_model::Sent;
use crate::world::KITA;

/// The household whose owner is signed in, as the books name it.
pub const HOME: &str = "A-001/00";

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
    (sent.field("for") == Some("household")) == (subject == HOME)
}
