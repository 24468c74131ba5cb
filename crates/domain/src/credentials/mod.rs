//! What a person proves to be themselves by: login id and password, the letter before that, authenticator
//! and recovery codes, passkeys, PINs, and the lock-out that stops guessing; the contacts at which they are told
//! when any of that changes.
//!
//! Owns the tables `logins`, `passwords`, `lockouts`, `registration_codes`, `totps`, `recovery_codes`,
//! `pins`, `passkeys`, `passkey_challenges`, `contacts`, `sent_codes`, `approvals`. Passwords are computed in a [`Passwords`] pool, never in a transaction. Codes and PINs are tried
//! through `domain::signin`, which has the guard of persons. Sources: brief tve §5.3, §12.2, §12.3, §13;
//! RFC 6238; NIST SP 800-63B §5.1.1, §5.2.2.

mod alerts;
mod approvals;
mod bounces;
mod contact_book;
mod contacts;
mod cost;
mod elsewhere;
mod factors;
mod guessable;
mod hashing;
mod home;
mod invitations;
mod leaked;
mod letters;
mod lockout;
mod logins;
mod lost;
mod own_password;
mod passkey_book;
pub(crate) mod passkeys;
mod phones;
mod pins;
mod pool;
mod post;
mod questions;
mod recovery;
mod sent_codes;
mod sites;
mod staff;
mod stored;
mod totp;
mod tv_codes;

pub(crate) use alerts::tell_person;
pub use alerts::{Alert, Message, POST_MAIL, POST_TEXT, Says, message_of};
pub use approvals::{
    APPROVAL_SECONDS, Approval, Approved, approvals_of, approve, refuse_approval, sweep_approvals,
};
pub(crate) use approvals::{APPROVAL_TRIES, approvals_in, ask_approval, spend_approval};
pub use bounces::{SentMail, note_returned};
pub use contact_book::sweep_contacts;
pub use contacts::{
    Contact, ContactKind, MOST_CONTACTS, Verified, add_contact, contacts_of, note_bounce,
    remove_contact, verify_contact,
};
pub use cost::Cost;
pub(crate) use factors::try_factor;
pub use factors::{FRESH_SECONDS, Factor, Factors, Fresh, Tried, factors_of};
pub use hashing::Compared;
pub(crate) use home::home_switch;
pub use home::{HomeSwitch, home_switch_of, switch_own_home};
pub use invitations::{
    INVITATION_DAYS, Invitation, Relative, Removed, family_of, invite, removed_of,
    withdraw_invitation,
};
pub(crate) use invitations::{forget_invitations_by, owned, relatives, removed_from, tell_inviter};
pub use leaked::Leaked;
pub use letters::{
    LETTER_DAYS, LETTER_LENGTH, Letter, LetterCheck, check_letter, issue_letter_code, kill_letters,
    spend_letter, sweep_letters,
};
pub(crate) use lockout::typing_of;
pub use lockout::{
    Try, begin_try, forgive, locked_out, note_failure, sweep, take_back_try, unlock,
};
pub use logins::{
    Login, forget_credentials, forget_passwords, is_current, login_name, login_of,
    replace_credentials,
};
pub(crate) use logins::{allow_short, nobody, password_is_of, renew_password};
pub use lost::{FORGOTTEN, WAIT_SECONDS, send_recovery};
pub(crate) use lost::{ask_recovery, forgive_recovery, spend_recovery, wait_after_recovery};
pub use own_password::OwnPassword;
pub(crate) use own_password::{change_password, note_unchosen, own_password};
pub(crate) use passkey_book::list as passkeys_of;
pub use passkey_book::{MOST_PASSKEYS, Passkey};
pub use phones::{PHONE_SECONDS, invite_phone, session_of_phone_code};
pub(crate) use pins::try_pin;
pub use pins::{PIN_RATINGS, Pin, PinKind, ask_pin_from, pins_of, remove_pin, reset_pin, set_pin};
pub(crate) use pool::is_short;
pub use pool::{Beside, Passwords, check_new_password, check_password_of};
pub use post::{
    HANDED_SECONDS, HandedAt, PrintedLetter, Waiting, hand_code, waiting_for_letter, write_letter,
};
pub use questions::sweep_questions;
pub use recovery::{RECOVERY_CODES, issue_recovery_codes};
pub use sent_codes::{SENT_CODE_SECONDS, sweep_sent_codes};
pub use sites::Site;
pub(crate) use staff::{
    forget_passkeys, hold_staff_password, is_staff_password, set_staff_password, staff_holder,
    staff_of, staff_password, staff_who_joined,
};
pub use stored::check_password_hash;
pub use totp::{NewTotp, confirm_totp, enrol_totp, remove_totp};
pub use tv_codes::{TV_CODE_SECONDS, TvCodeFor, sweep_tv_codes};
pub(crate) use tv_codes::{TvCode, find_tv_code, give_tv_code, spend_tv_code};
