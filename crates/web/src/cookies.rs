//! Cookies: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/.
//!
//! On plain HTTP (a developer's machine, the demo) the prefix and `Secure` are left out, because
//! browsers refuse them there; the configuration refuses plain HTTP anywhere else.

use formats::oauth;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// How cookies are written at this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookies {
    /// Over https: with `__Host-` and `Secure`.
    Secure,
    /// Over http on this machine only.
    Plain,
}

impl Cookies {
    /// How to write them under `base_url`.
    #[must_use]
    pub fn for_base(base_url: &str) -> Self {
        if base_url.starts_with("https://") { Self::Secure } else { Self::Plain }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Secure => format!("__Host-{name}"),
            Self::Plain => name.to_owned(),
        }
    }

    /// The value of the cookie `name`, as the browser sent it.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, name: &str) -> Option<String> {
        read(headers, &self.name(name)).map(str::to_owned)
    }

    /// A `Set-Cookie` for `name`; `seconds`: how long, or until the browser closes.
    ///
    /// `value` must be of cookie characters; ours are base64url, letters, digits and dots.
    #[must_use]
    pub fn write(self, name: &str, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self == Self::Secure { "; Secure" } else { "" };
        let name = self.name(name);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::from_str(&text).ok()
    }

    /// A `Set-Cookie` that removes `name`.
    #[must_use]
    pub fn clear(self, name: &str) -> Option<HeaderValue> {
        self.write(name, "", Some(0))
    }
}

/// The value of the cookie called exactly `name`. Sent twice (a cookie of another path or domain
/// beside ours): the first.
#[must_use]
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get_all(COOKIE).iter().find_map(|header| oauth::cookie(header.as_bytes(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_a_cookie_is_bound_to_the_host() {
        let cookies = Cookies::for_base("https://id.example.jp");
        assert_eq!(
            cookies.write("aikagi-session", "v", Some(60)).unwrap(),
            "__Host-aikagi-session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        let sent = HeaderMap::from_iter([(
            COOKIE,
            HeaderValue::from_static("a=1; __Host-aikagi-session=v; aikagi-session=forged"),
        )]);
        assert_eq!(cookies.read(&sent, "aikagi-session").as_deref(), Some("v"));
        assert_eq!(cookies.read(&sent, "other"), None);
    }

    #[test]
    fn a_value_that_would_break_the_header_is_not_written() {
        assert_eq!(Cookies::Plain.write("a", "b\r\nSet-Cookie: c=d", None), None);
    }
}
