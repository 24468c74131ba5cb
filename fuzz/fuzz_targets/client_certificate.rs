//! Certificates that a proxy hands on, and the names clients are registered with.
#![no_main]

use formats::certificate::{Named, distinguished_name};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Named::of_header(text);
    if let Some(name) = distinguished_name(text) {
        assert_eq!(distinguished_name(&name).as_deref(), Some(name.as_str()), "one form");
    }
});
