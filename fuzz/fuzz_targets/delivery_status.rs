//! Reports of mail servers, whoever wrote them.
#![no_main]

libfuzzer_sys::fuzz_target!(|mail: &[u8]| {
    let _ = formats::dsn::read(mail);
});
