//! Bodies of AuthZEN requests.
#![no_main]

use formats::authzen::{parse_evaluation, parse_evaluations, parse_resource_search};

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    if let Ok(question) = parse_evaluation(body) {
        assert!(!question.subject.id.is_empty() && !question.resource.id.is_empty());
    }
    let _ = parse_evaluations(body).map_err(|fault| fault.to_string());
    let _ = parse_resource_search(body).map_err(|fault| fault.to_string());
});
