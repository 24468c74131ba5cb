//! Whether a redirect URI is the registered one.

/// The rule for all clients: the same characters. No case folding, no normalising, no prefix.
///
/// Source: RFC 9700 §2.1, §4.1.3.
#[must_use]
pub fn is_same_redirect(registered: &str, requested: &str) -> bool {
    registered == requested
}

/// The rule for native clients with a loopback redirect: the port may be any, all else is the same
/// characters. Only `http://127.0.0.1` and `http://[::1]`; `localhost` may be someone else.
///
/// Source: RFC 8252 §7.3, §8.3.
#[must_use]
pub fn is_same_loopback_redirect(registered: &str, requested: &str) -> bool {
    match (loopback_parts(registered), loopback_parts(requested)) {
        (Some(registered), Some(requested)) => registered == requested,
        _ => false,
    }
}

/// Host and all that follows the port; `None` when it is no loopback redirect.
fn loopback_parts(uri: &str) -> Option<(&'static str, &str)> {
    let (host, rest) = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find_map(|host| uri.strip_prefix(host).map(|rest| (host, rest)))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (port, path) = rest.split_at(end);
    let port_fits = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port > 0)
        }
    };
    (port_fits && !path.contains('#')).then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_makes_another_redirect() {
        let registered = "https://vod.example.jp/callback";
        assert!(is_same_redirect(registered, registered));
        for requested in [
            "https://vod.example.jp/callback/",
            "https://vod.example.jp/Callback",
            "https://VOD.example.jp/callback",
            "https://vod.example.jp:443/callback",
            "https://vod.example.jp/callback?x=1",
            "https://vod.example.jp/%63allback",
            "http://vod.example.jp/callback",
            "",
        ] {
            assert!(!is_same_redirect(registered, requested), "{requested}");
            assert!(!is_same_loopback_redirect(registered, requested), "{requested}");
        }
        assert!(!is_same_loopback_redirect(registered, registered), "not a loopback redirect");
    }

    #[test]
    fn a_native_client_may_choose_its_port() {
        let registered = "http://127.0.0.1/cb?app=tv";
        for requested in ["http://127.0.0.1:51004/cb?app=tv", registered] {
            assert!(is_same_loopback_redirect(registered, requested), "{requested}");
        }
        assert!(is_same_loopback_redirect("http://[::1]:80/", "http://[::1]:61023/"));
        for requested in [
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1:/cb?app=tv",
            "http://127.0.0.1:0/cb?app=tv",
            "http://127.0.0.1:65536/cb?app=tv",
            "http://127.0.0.1:+80/cb?app=tv",
            "http://127.0.0.1:80@evil.example/cb?app=tv",
            "http://127.0.0.1.evil.example/cb?app=tv",
            "http://localhost:80/cb?app=tv",
            "http://[::1]:80/cb?app=tv",
            "https://127.0.0.1:80/cb?app=tv",
            "http://127.0.0.1:80/cb?app=tv#x",
        ] {
            assert!(!is_same_loopback_redirect(registered, requested), "{requested}");
        }
    }
}
