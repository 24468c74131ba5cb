//! What the walker of `walker.rs` knows of boxes at home: which codes they show, whose PINs are whose, and when both
//! together are a proof.

use std::collections::{BTreeMap, BTreeSet};

use base::kernel::clock;
use base::store::Tx;
use domain::clients::Grant;
use domain::credentials::PinKind;
use http::Method;

use crate::home::{Box, given_box, switch_home};
use crate::tv_codes::{code_of, given_pin};
use crate::viewers::House;
use crate::walker_model::Sent;
use crate::world::{KITA, sato};

/// The households with a box, and the PIN for watching of their owners when the walk begins: the same, so that
/// who has the one stands before the other's box too.
const HOMES: [&str; 2] = ["A-001", "A-002"];
const PIN: &str = "2580";

/// Boxes, and what stands between a code of theirs and a new password.
pub struct Boxes {
    boxes: BTreeMap<&'static str, Box>,
    /// How often a box signed.
    signed: usize,
    /// Codes that are good: by household.
    codes: BTreeMap<&'static str, String>,
    /// Codes that were.
    over: Vec<String>,
    /// By person and kind, as forms call it.
    pins: BTreeMap<(String, String), String>,
    /// Households whose owners do not want it.
    off: BTreeSet<String>,
    /// The login id typed in the sign-ins that ask for a box's code.
    asked: BTreeMap<String, String>,
}

impl Boxes {
    /// The boxes of two households, whose owners have a PIN each.
    pub fn new(house: &House) -> Self {
        switch_home(house, KITA, true);
        let kinds = [Grant::DeviceCode, Grant::JwtBearer];
        house.given_client(KITA, "vod", |terms| {
            terms.grants.extend(kinds);
            terms.profile.household_devices = true;
        });
        let boxes = HOMES.map(|number| (number, given_box(&house.world, number, number)));
        let pins = HOMES.map(|number| {
            given_pin(house, number, PinKind::Viewing, PIN);
            ((owner(house, number), "viewing".to_owned()), PIN.to_owned())
        });
        Self {
            boxes: BTreeMap::from(boxes),
            signed: 0,
            codes: BTreeMap::new(),
            over: Vec::new(),
            pins: BTreeMap::from(pins),
            off: BTreeSet::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Has the boxes show a code where they show none, or another one.
    pub fn show(&mut self, house: &House, anew: bool) {
        for (number, one) in &self.boxes {
            let wanted = anew || !self.codes.contains_key(number);
            if wanted && !self.off.contains(*number) {
                self.signed += 1;
                let code = code_of(house, &one.assertion(&format!("walk {}", self.signed)));
                self.over.extend(self.codes.insert(number, code));
            }
        }
    }

    /// Codes somebody may have read or overheard: those that are good first, then a few that are over.
    pub fn known(&self) -> Vec<String> {
        self.codes.values().chain(self.over.iter().rev().take(2)).cloned().collect()
    }

    /// What whoever stands before the box of a household and is its owner would type.
    pub fn right(&self, house: &House, number: &str) -> Option<(String, String)> {
        let pin = self.pin_of(&owner(house, number))?;
        Some((self.codes.get(number)?.clone(), pin.1.clone()))
    }

    /// The PIN of the owner that does not count, because they have a stronger one.
    pub fn weaker(&self, house: &House, number: &str) -> Option<String> {
        let person = owner(house, number);
        let (kind, _) = self.pin_of(&person)?;
        let viewing = self.pins.get(&(person.clone(), "viewing".to_owned()));
        viewing.filter(|_| kind == "purchase").cloned()
    }

    /// Whether an answer tells a code that is good.
    pub fn is_told(&self, body: &str, sent: &Sent) -> bool {
        let typed = |code: &str| sent.fields.iter().any(|(_, value)| value == code);
        self.codes.values().any(|code| body.contains(code.as_str()) && !typed(code))
    }

    /// A sign-in that goes on to asking for the code of a box: whose it says to be.
    pub fn note_asked(&mut self, sent: &Sent, went_on: bool) {
        let asks = sent.form() == "forgotten" && sent.field("ask") == Some("television");
        if asks && went_on && sent.method == Method::POST {
            let name = sent.field("username").unwrap_or_default().trim().to_lowercase();
            self.asked.insert(sent.ticket().to_owned(), name);
        }
    }

    /// A PIN that somebody set or took away on the page for it.
    pub fn note_pin(&mut self, act: &str, (person, sent): (&str, &Sent)) {
        let typed = |name| sent.field(name).unwrap_or_default().to_owned();
        let key = (person.to_owned(), typed("kind"));
        match act {
            "person.pin_set" => drop(self.pins.insert(key, typed("pin"))),
            "person.pin_removed" => drop(self.pins.remove(&key)),
            _ => {}
        }
    }

    /// Whether the boxes of a household sign nobody in, nor help anybody.
    pub fn is_off(&self, number: &str) -> bool {
        self.off.contains(number)
    }

    /// The switch of a household was set: whether its owner may have done it by this.
    pub fn note_switch(
        &mut self,
        house: &House,
        (act, household): (&str, &str),
        (sent, session): (&Sent, Option<&str>),
    ) -> bool {
        let (number, _) = household.split_once('/').unwrap();
        let wish = match act {
            "home.allowed" => self.off.remove(number).then_some("home_on"),
            _ => self.off.insert(number.to_owned()).then_some("home_off"),
        };
        let is_owner = session == Some(owner(house, number).as_str());
        sent.form() == "family" && is_owner && wish.is_some() && sent.field("do") == wish
    }

    /// Whether a PIN of the person may be tried by this, beside the code the box of their home shows now, in a sign-in
    /// that says to be theirs (whose login id this is); and whether it is the right one, the stronger they have.
    pub fn tries(
        &self,
        house: &House,
        (person, name): (&str, &str),
        sent: &Sent,
    ) -> Option<(&'static str, bool)> {
        let says = self.asked.get(sent.ticket())?;
        let lives = |number: &&str| {
            house.world.household(number).persons.iter().any(|one| one.person_id == person)
        };
        let number = HOMES.into_iter().find(lives).filter(|number| !self.is_off(number))?;
        let code = self.codes.get(number)? == sent.field("code")?.trim();
        let is_it = sent.form() == "television" && *says == name.to_lowercase() && code;
        let pin = self.pin_of(person).map(|(_, pin)| pin.as_str());
        is_it.then_some((number, pin.is_some() && pin == sent.field("pin").map(str::trim)))
    }

    /// Whether this is a proof of the person, whose login id this is: the kind of PIN, if so. It is one once.
    pub fn proves(
        &mut self,
        house: &House,
        (person, name): (&str, &str),
        sent: &Sent,
    ) -> Option<String> {
        let (number, right) = self.tries(house, (person, name), sent)?;
        let kind = self.pin_of(person)?.0.clone();
        self.asked.remove(sent.ticket());
        self.over.extend(self.codes.remove(number));
        right.then_some(kind)
    }

    /// The PIN that counts of a person, and its kind.
    fn pin_of(&self, person: &str) -> Option<(&String, &String)> {
        let find = |kind: &str| self.pins.get_key_value(&(person.to_owned(), kind.to_owned()));
        find("purchase").or_else(|| find("viewing")).map(|((_, kind), pin)| (kind, pin))
    }
}

/// A day goes by: no PIN is locked any more, and nobody waits after a recovery.
pub fn pass_a_day(house: &House) {
    let scope = base::kernel::Scope::new(KITA, sato(), clock::now());
    let age = |tx: &mut Tx<'_>| {
        let operator = [KITA.into()];
        let waits = "UPDATE passwords SET waits_until_ms = 0 WHERE operator_id = ?1";
        tx.exec(waits, &operator)?;
        let locked = "DELETE FROM lockouts WHERE operator_id = ?1 AND subject LIKE 'pin:%'";
        tx.exec(locked, &operator)
    };
    house.world.db.housekeep(&scope, "test", age).unwrap();
}

fn owner(house: &House, number: &str) -> String {
    house.world.household(number).persons[0].person_id.clone()
}
