//! Subscribers: the household — its contract, the holds on it, its persons.
//!
//! Owns the tables `contracts`, `holds`, `persons`, `refused_lines`. A [`Household`] is loaded whole, changed by pure
//! verbs that refuse early, and saved by comparing with what was loaded. Effective states are
//! derived; nothing is cascaded. Source: brief tve §5.1–5.3, `docs/decisions/0004`, `0011`.

mod changes;
mod contracts;
mod folding;
mod holds;
mod home;
mod household;
mod lifecycle;
mod members;
mod outcome;
mod ownership;
mod persons;
mod refused;
mod replace;
mod repo;
mod texts;
mod unfolded;
mod unregistered;

pub use base::kernel::Change;
pub use contracts::{Attributes, Contract, Standing, Stored, Unit};
pub use folding::{fold_name, fold_telephone, is_telephone, shown_name};
pub use holds::{Hold, Reason, Source};
pub use home::{HomeSignIn, switch_home_sign_in, wish_home_sign_in};
pub use household::{Around, Household, Key, PersonStanding, next_version};
pub use lifecycle::{
    CANNOT_RESUME, NOT_PURGEABLE, NOTHING_TO_CANCEL, NUMBER_STOPPED, STOPPED, UNKNOWN,
};
pub use members::{
    Limits, MAJORITY, NUMBER_USED, NewPerson, PERSON_STOPPED, PERSON_UNKNOWN, SOLE_OWNER,
    SUSPENDED, TOO_MANY,
};
pub use outcome::{By, Outcome, cause_of, note};
pub use ownership::Age;
pub use persons::{Person, PersonState, Role};
pub use refused::{
    Refused, RefusedLine, forget_refused, keep_refused, list_refused, sweep_refused,
};
pub use replace::{MovedFor, TARGET_INVALID, is_movable, replace};
pub use repo::{
    Load, count_kept, count_open, key_of_person, keys_of_persons, list_open, load, save, versions,
};
pub use texts::{is_plain, plain};
pub use unfolded::fold_older;
pub use unregistered::{Unregistered, count_unregistered, list_unregistered};
