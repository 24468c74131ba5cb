//! What a person proves to be themselves by: login id and password, the letter before that, and the
//! lock-out that stops guessing.
//!
//! Owns the tables `logins`, `passwords`, `lockouts`, `registration_codes`. Passwords are computed in
//! a [`Passwords`] pool, never in a transaction. Sources: brief tve §5.3, §12.2, §12.3;
//! NIST SP 800-63B §5.1.1, §5.2.2.

mod hashing;
mod letters;
mod lockout;
mod logins;
mod pool;
mod post;

pub use letters::{
    LETTER_DAYS, LETTER_LENGTH, LetterCheck, check_letter, issue_letter_code, kill_letters,
    spend_letter, sweep_letters,
};
pub use lockout::{
    Try, begin_try, forgive, locked_out, note_failure, sweep, take_back_try, unlock,
};
pub use logins::{
    Login, forget_credentials, forget_passwords, is_current, login_name, replace_credentials,
};
pub use pool::{Passwords, check_new_password};
pub use post::{PrintedLetter, Waiting, waiting_for_letter, write_letter};
