//! Forms are taken from our own pages only: where the request came from.
//!
//! The second guard, the proof inside the form, belongs to the door (`signing::Handles::form_proof`).

use base::kernel::{Error, Result};
use http::HeaderMap;
use http::header::ORIGIN;

/// Refuses a form that a page of another origin sent.
///
/// A browser names the origin of every POST; one that does not is held to what it says about the
/// relation of both sites. Without either it is an old set-top box: the proof in the form decides.
///
/// # Errors
/// `form.foreign`
///
/// Source: OWASP CSRF Prevention, “Verifying Origin”; Fetch Metadata §2.
pub fn check_origin(headers: &HeaderMap, base_url: &str) -> Result<()> {
    let foreign = Err(Error::Forbidden { code: "form.foreign" });
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if !matches!(site, None | Some("same-origin" | "none")) {
        return foreign;
    }
    match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        Some(origin) if origin != origin_of(base_url) => foreign,
        _ => Ok(()),
    }
}

/// `https://id.example.jp:8443` of an address below it.
fn origin_of(base_url: &str) -> &str {
    let after_scheme = base_url.find("://").map_or(0, |at| at + 3);
    let rest = base_url.get(after_scheme..).unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    base_url.get(..after_scheme + host.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_of_another_origin_is_refused() {
        let base = "https://id.example.jp:8443";
        let sent = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            check_origin(&headers, base).is_ok()
        };
        assert!(sent("origin", "https://id.example.jp:8443"));
        assert!(sent("sec-fetch-site", "same-origin"));
        assert!(check_origin(&HeaderMap::new(), base).is_ok());
        assert!(!sent("origin", "https://id.example.jp"));
        assert!(!sent("origin", "null"));
        assert!(!sent("sec-fetch-site", "same-site"));
        assert!(!sent("sec-fetch-site", "cross-site"));
    }
}
