//! Where a sign-in begins: the cookies of a browser, and the way to the page of its sign-in.

use axum::response::Response;
use base::kernel::{Result, ids};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::signing::Issuer;
use http::HeaderMap;
use http::header::SET_COOKIE;

use crate::answers::see_other;
use crate::cookies::Cookies;

/// The cookie of a person's browser session.
pub const SESSION_COOKIE: &str = "aikagi-session";

/// The cookie that says which browser began a sign-in. Holds nothing about the person.
pub const BROWSER_COOKIE: &str = "aikagi-browser";

/// Sends the browser to the page of a sign-in at `issuer` that `begun` begins for it; the browser's own cookie comes
/// with the first.
///
/// # Errors
/// As `begun`.
pub fn begin(
    (cookies, headers): (Cookies, &HeaderMap),
    issuer: &Issuer,
    begun: impl FnOnce(&str) -> Result<String>,
) -> Result<Response> {
    let known = cookies.read(headers, BROWSER_COOKIE).filter(|known| known.len() == 43);
    let browser = known.clone().unwrap_or_else(|| URL_SAFE_NO_PAD.encode(ids::secret_bytes()));
    let ticket = begun(&browser)?;
    let mut response = see_other(&format!("{}/signin?ticket={ticket}", issuer.url()));
    if known.is_none()
        && let Some(cookie) = cookies.write(BROWSER_COOKIE, &browser, None)
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
