//! What a sign-in leaves behind: the browser's session, and what was given to clients.
//!
//! Owns the tables `browser_sessions`, `authorizations`, `subjects`, `device_codes`, `devices`, `pushed_requests`, `consents`. Nothing here is ended when a
//! contract is suspended: whoever uses a session or an authorization asks the person's effective state
//! (`domain::signin`), so that a resumed household is as it was. What a stop, a removal or a reset ends
//! for good was given under an earlier access number than the person has (`docs/decisions/0026`).
//! Sources: RFC 6749 §4.1, §6; RFC 9700 §2.1, §4.14; OpenID Connect Core §8.1.

mod authorizations;
mod browsers;
mod consents;
mod device_codes;
mod devices;
mod ends;
mod lists;
mod notices;
mod proof;
mod pushed;
mod repo;
mod subjects;
mod whose;

pub use authorizations::{
    Authorization, CODE_SECONDS, Draft, GRACE_SECONDS, Holder, Lasting, REFRESH_DAYS, Redeemed,
    Redemption, Refresher, Rotated, find_authorization, grant, redeem, redeem_for_device, revoke,
    rotate, rotate_known,
};
pub(crate) use browsers::person_of_session;
pub use browsers::{BrowserSession, find_session, hold_session, note_seen, open_session};
pub use consents::{
    Allowed, Consent, find_allowed, forget_consents, give_consent, hold_allowed, list_consents,
    refuse_consent, withdraw_consent,
};
pub use device_codes::{
    Confirmed, DEVICE_CODE_SECONDS, DEVICE_INTERVAL_SECONDS, DeviceAsk, DeviceCode, Polled,
    ask_for_device, decide_device, find_user_code, plain_user_code, poll_device,
    sweep_device_codes, try_number,
};
pub use devices::{
    Device, NewDevice, bind_device, find_device, list_devices, list_household_devices,
    remove_device, rename_device,
};
pub use ends::{Ended, Reason, end_sessions};
pub use lists::{ListedSession, count_served, count_signed_in, end_session_of, list_sessions};
pub use notices::{BACKCHANNEL, READER, Told, listen_for_ends, read_end};
pub use proof::{Method, Proven, Strength};
pub use pushed::{PUSHED_SECONDS, push_request, sweep_pushed, take_pushed};
pub use repo::sweep;
pub use subjects::{
    Subjects, find_household, note_household, note_subjects, session_name, told_to,
};
pub use whose::Whose;
