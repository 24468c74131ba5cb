//! Decisions: may this person, or this household, do this to that resource now — and if not, why not.
//!
//! Owns the table `decision_log`; reads contracts, holds, persons, pins, grants, subjects and jobs in its
//! own statements, because a cold answer may cost no more than three. [`decide()`] is pure;
//! [`Decisions`] keeps the facts it needs in memory, never longer than they hold (house decision
//! 7), and writes each answer down under an eight-character trace that [`explain()`] replays.
//! Source: brief tve §5.8, §8.2, §11.3, §13.

mod about;
mod aggregate;
mod decide;
mod desk;
mod explain;
mod facts;
mod findings;
mod first_play;
mod gather;
mod history;
mod horizon;
mod kept;
mod keys;
mod listed;
mod log;
mod pins;
mod question;
mod ratings;
mod repo;
mod sayings;
mod search;
mod shelf;
mod titles;
mod trace;
mod why;

pub use about::{WhyAsked, why_about};
pub use aggregate::Aggregate;
pub use decide::decide;
pub use desk::{Answer, Ask, Capacity, Decisions, Subject};
pub use explain::{Explanation, SinceThen, Then, Verdict, explain};
pub use facts::Fact;
pub use findings::{AdultSwitch, Finding, PERMIT, PinFor, Refused};
pub use first_play::{RENTAL_UNKNOWN, record_first_play};
pub use history::{Asked, OwnHistory, hide_own_history, own_history};
pub use listed::{Decided, OfDecisions, page_of_decisions};
pub use log::{Answered, count_answers, sweep};
pub use question::{
    Action, Asker, Building, Decision, Guarded, PinGiven, Question, Station, Viewer,
};
pub use sayings::Saying;
pub use search::Found;
pub use shelf::{Shelf, Shelved};
pub use titles::{WatchedTitle, watched_by_child};
pub use why::{Why, is_known, why};
