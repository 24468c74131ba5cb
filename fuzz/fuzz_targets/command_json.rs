//! Bodies of online SMS commands.
#![no_main]

use linkage::sms::online::read_command;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    match read_command("r-1", "A-001", body) {
        Ok(command) => {
            assert_eq!((command.request_id.as_str(), command.number.as_str()), ("r-1", "A-001"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
