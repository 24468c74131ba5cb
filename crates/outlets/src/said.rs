//! Why a call came to nothing, as it is written down: in English. What is shown to people is worded from these.

/// Nothing came back in the time that a call may take.
pub const NO_ANSWER: &str = "no answer in time";
/// More came back than is read.
pub const TOO_LARGE: &str = "the answer is too large";
/// The other side was not reached, or went away.
pub const NO_CONNECTION: &str = "the connection failed";
/// The other side was reached, but could not be trusted.
pub const NO_TLS: &str = "TLS failed";
/// The name leads to addresses that are not called.
pub const NOT_PUBLIC: &str = "the name leads to no public address";
/// What was to be told is not so any more.
pub const NOTHING: &str = "there is nothing to be sent any more";
/// The installation sends no mail.
pub const NO_MAIL: &str = "no mail server is configured";
/// The installation sends no texts.
pub const NO_TEXTS: &str = "no provider of texts is configured";
