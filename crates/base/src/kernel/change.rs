//! Whether an act changed anything: a repeated request is answered like the first.

/// What an act that may be repeated did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The facts changed, and the books say so.
    Made,
    /// Everything stood so already; nothing was written.
    Already,
}
