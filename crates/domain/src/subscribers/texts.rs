//! Texts that people typed, before they are kept.

use base::kernel::{Error, Result};

/// Refuses a text that is too long or holds control characters: no database keeps a NUL, no record of
/// an SMS a line end.
///
/// # Errors
/// `field.too_long` naming `field`.
pub fn plain(text: &Option<String>, field: &str, longest: usize) -> Result<()> {
    match text {
        Some(text) if !is_plain(text, longest) => Err(Error::invalid("field.too_long", field)),
        _ => Ok(()),
    }
}

/// Whether a text has at most `longest` characters and none that controls.
#[must_use]
pub fn is_plain(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}
