//! Proof Key for Code Exchange, method S256. Source: RFC 7636 §4.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whether this can be a code verifier: 43–128 unreserved characters (§4.1).
#[must_use]
pub fn is_pkce_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

/// Whether this can be an S256 challenge: the base64url form of 32 bytes.
#[must_use]
pub fn is_pkce_challenge(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// The challenge of a verifier (§4.2).
#[must_use]
pub fn pkce_s256_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Whether `verifier` is well-formed and the one `challenge` was made from; compared in constant
/// time (§4.6).
#[must_use]
pub fn pkce_s256_matches(verifier: &str, challenge: &str) -> bool {
    is_pkce_verifier(verifier)
        && verify_slices_are_equal(pkce_s256_challenge(verifier).as_bytes(), challenge.as_bytes())
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_matches() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(pkce_s256_matches(verifier, challenge));
        assert!(is_pkce_challenge(challenge));
        assert!(!pkce_s256_matches(verifier, &challenge.replace('E', "F")));
        assert!(!pkce_s256_matches(verifier, verifier), "plain is not offered");
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        let accepted = |text: &str| pkce_s256_matches(text, &pkce_s256_challenge(text));
        assert!(accepted(&"a".repeat(43)) && accepted(&"~".repeat(128)));
        assert!(!accepted(&"a".repeat(42)) && !accepted(&"a".repeat(129)));
        assert!(!accepted(&"a+".repeat(30)) && !accepted(&"字".repeat(20)));
        assert!(!is_pkce_challenge(&"=".repeat(43)));
    }
}
