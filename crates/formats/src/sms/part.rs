//! What a file has at a place, or should have, as a [`super::FileFault`] says it: in English. What people read is worded from these.

/// What a file begins with.
pub const HEADER: &str = "a header";
/// More than a record may have.
pub const LONGER: &str = "a longer one";
/// A line between header and trailer.
pub const RECORD: &str = "a record";
/// What a file ends with.
pub const TRAILER: &str = "a trailer";
/// Three bytes that only UTF-8 has.
pub const MARK: &str = "a UTF-8 byte order mark";
/// What comes after the trailer.
pub const MORE: &str = "more bytes";
/// No character of the charset.
pub const BYTES: &str = "other bytes";
/// Characters of the charset.
pub const TEXT: &str = "plain text";
/// A value that is not one of those allowed.
pub const ELSE: &str = "something else";
/// Nothing more.
pub const END: &str = "the end of the file";
/// A line without anything in it.
pub const EMPTY: &str = "an empty line";
