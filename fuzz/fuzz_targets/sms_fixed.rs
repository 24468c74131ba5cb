//! Fixed-width SMS files.
#![no_main]

mod sms;

libfuzzer_sys::fuzz_target!(|file: &[u8]| sms::read_any(file, formats::sms::Layout::Fixed));
