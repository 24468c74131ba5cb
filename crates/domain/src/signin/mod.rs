//! Sign-in and registration: one persisted record, one dispatcher, and what clients get from it.
//!
//! Owns the table `sign_ins`. A step never jumps to another one: it changes the record, and who asks
//! next is shown the step the record is at. Sources: brief tve §5.3, §12.2; house.md §9.

mod approvals;
mod consent;
mod contacts;
mod continuing;
mod exchange;
mod factors;
mod family;
mod finish;
mod first_at_home;
mod forgotten;
mod holders;
mod home;
mod imports;
mod inspection;
mod journeys;
mod letting_in;
mod logout;
mod members;
mod no_password;
mod own_data;
mod own_home;
mod own_password;
mod own_sessions;
mod passkeys;
mod passwords;
mod pins;
mod pushed;
mod registration;
mod repo;
mod requests;
mod security;
mod televisions;
mod tokens;
mod tv_codes;
mod wanted;

pub use continuing::{Asked, Conditions, Continued, SignedIn};
pub use exchange::{Delegated, Exchanging};
pub use factors::{try_factor, try_pin};
pub use finish::{Destination, Finish, Moved};
pub use home::AtHome;
pub use imports::import_login;
pub use inspection::{Inspected, Taken};
pub use journeys::{Caller, Journeys, SIGN_IN_SECONDS, SignIn};
pub use letting_in::{StandsFor, Wish};
pub use logout::{Extent, LoggedOut, SignedInAt};
pub use members::Member;
pub use own_data::{
    OwnAnswer, OwnConsent, OwnContact, OwnData, OwnDevice, OwnLine, OwnPasskey, OwnPerson, OwnPin,
    OwnProofs, OwnSession, own_data,
};
pub use own_home::{NOTICE_DAYS, OwnHome};
pub use own_password::PasswordChange;
pub use own_sessions::SignedInBy;
pub use pushed::PUSHED_PREFIX;
pub use repo::sweep;
pub use requests::{OwnPage, Proof, Purpose, RecoveredBy, Request, ResponseMode, Step, Visit};
pub use televisions::{AskedByDevice, DeviceAnswer, Home, KnownBox, LookedAt};
pub use tokens::{Given, Holding, Redeeming, Refreshing};
pub use wanted::Wanted;
