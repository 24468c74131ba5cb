//! Cookie headers, and the other small texts every request carries.
#![no_main]

use formats::jose::unverified_header;
use formats::oauth::{BasicCredentials, Parameters, cookie};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let header = [bytes, b"; __Host-unlikely=v1; ", bytes].concat();
    if !bytes.windows(10).any(|window| window == b"__Host-unl") {
        assert_eq!(cookie(&header, "__Host-unlikely"), Some("v1"));
    }
    let _ = Parameters::parse(bytes).map(|read| read.iter().count());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = BasicCredentials::parse(text);
        let _ = unverified_header(text);
    }
});
