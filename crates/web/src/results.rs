//! What a door that answers the SMS's files tells a door that shows the answers.
//!
//! Doors do not know each other; whoever wires them hands the opener ([`Opens`]) to the one that shows.

use std::fs;
use std::path::Path;

use base::kernel::Result;
use domain::files::File;
use formats::sms::Form;

/// What a file was answered so far.
#[derive(Debug)]
pub struct Answered {
    /// The result file, at its beginning.
    pub content: fs::File,
    /// How it is written.
    pub form: Form,
    /// Bytes of it that are answers for good: what stands behind them may be half a line yet.
    pub bytes: u64,
    /// Whether it is whole, as the SMS fetches it.
    pub whole: bool,
}

/// Opens what a file was answered so far, below the folder of its operator; none: nothing is kept there.
pub type Opens = fn(&Path, &File) -> Result<Option<Answered>>;
