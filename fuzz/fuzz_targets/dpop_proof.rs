//! Proofs of possession, whoever made them.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = formats::jose::open_dpop(text);
});
