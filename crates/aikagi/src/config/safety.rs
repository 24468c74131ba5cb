//! What would be unsafe, and therefore does not start.

use std::net::{IpAddr, SocketAddr};

use base::store::{Reach, reach};
use domain::credentials::{Cost, Leaked};
use http::HeaderName;
use url::{Host, Url};

use super::{Config, Fault, mail, master_key, private, text};

/// Everything about `config` that refuses to start. Empty: it is safe.
#[must_use]
pub fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(base_url(config));
    faults.extend(public_listener(config));
    faults.extend(ops_listener(config));
    faults.extend(bounds(config));
    faults.extend(proxies(config));
    faults.extend(certificates(config));
    faults.extend(database(config));
    faults.extend(log(config));
    faults.extend(master_key(config).err());
    faults.extend(secret_files(config));
    faults.extend(outgoing(config));
    faults.extend(leaked(config).err());
    faults.extend(password_cost(config).err());
    faults.extend(mail::faults(config));
    faults.extend(text::faults(config));
    faults
}

/// `base_url` as an origin: scheme, host and port, nothing else.
///
/// # Errors
/// It is empty, malformed, or not written exactly as browsers write it.
pub fn origin(base_url: &str) -> Result<Url, Fault> {
    let wrong = |says: &str, advice: String| Fault::new("base_url", says, advice);
    if base_url.is_empty() {
        return Err(wrong("is missing", "write base_url = \"https://…\"".to_owned()));
    }
    let url = Url::parse(base_url).map_err(|error| {
        wrong(&error.to_string(), "write https://host or https://host:port".into())
    })?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(wrong("is no web address", "write https://host or https://host:port".into()));
    }
    let exact = url.origin().ascii_serialization();
    if exact != base_url {
        return Err(wrong("is not exact", format!("write \"{exact}\"")));
    }
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn base_url(config: &Config) -> Option<Fault> {
    match origin(&config.base_url) {
        Err(fault) => Some(fault),
        Ok(url) if url.scheme() == "http" && !is_loopback(&url) => {
            Some(Fault::new("base_url", "is plain http and not on loopback", "write https://…"))
        }
        Ok(url) if url.scheme() == "http" => plain_beyond_this_machine(config),
        Ok(_) => None,
    }
}

/// Plain `http` is for this machine only: then nobody else may reach the listener either, and no
/// proxy stands before it. Cookies and issuers are written for the scheme of `base_url`.
fn plain_beyond_this_machine(config: &Config) -> Option<Fault> {
    let listen = &config.listen;
    let address = listen.address.parse::<SocketAddr>().ok();
    let near = address.is_none_or(|address| address.ip().is_loopback());
    if near && !listen.behind_proxy {
        return None;
    }
    let reached = if near { "listen.behind_proxy" } else { "listen.address" };
    Some(Fault::new(
        "base_url",
        format!("is plain http on this machine, but {reached} is for others"),
        "write the https://… address that others use, or listen on 127.0.0.1 without a proxy",
    ))
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(key, "is not an address and port", "write for example 0.0.0.0:8443")
    })
}

fn public_listener(config: &Config) -> Option<Fault> {
    let listen = &config.listen;
    let address = match address("listen.address", &listen.address) {
        Ok(address) => address,
        Err(fault) => return Some(fault),
    };
    if listen.tls() && listen.tls_key_file.as_os_str().is_empty() {
        return Some(Fault::new(
            "listen.tls_key_file",
            "is missing beside tls_certificate_file",
            "name the certificate's private key",
        ));
    }
    if !listen.tls() && !listen.tls_key_file.as_os_str().is_empty() {
        return Some(Fault::new(
            "listen.tls_certificate_file",
            "is missing beside tls_key_file",
            "name the certificate chain",
        ));
    }
    if !listen.tls() && !listen.behind_proxy && !address.ip().is_loopback() {
        return Some(Fault::new(
            "listen.address",
            "speaks plain HTTP to other machines",
            "set tls_certificate_file and tls_key_file, listen on 127.0.0.1, or set \
             listen.behind_proxy = true when a proxy that ends TLS is the only one to reach it",
        ));
    }
    None
}

fn ops_listener(config: &Config) -> Option<Fault> {
    // Port 0 is whatever is free, a different one each time.
    let fixed = !config.listen.address.ends_with(":0");
    if fixed && config.listen.ops_address == config.listen.address {
        let advice = "give it a port of its own; it is never public";
        return Some(Fault::new("listen.ops_address", "is the public listener's", advice));
    }
    match address("listen.ops_address", &config.listen.ops_address) {
        Err(fault) => Some(fault),
        Ok(address) if !address.ip().is_loopback() && !config.listen.ops_trusted_network => {
            Some(Fault::new(
                "listen.ops_address",
                "tells other machines about this one, without asking who they are",
                "listen on 127.0.0.1, or set listen.ops_trusted_network = true when only your \
                 monitoring can reach it",
            ))
        }
        Ok(_) => None,
    }
}

/// Files that hold a secret are private, each of them.
fn secret_files(config: &Config) -> Vec<Fault> {
    let files = [
        ("database.url_file", &config.database.url_file),
        ("listen.tls_key_file", &config.listen.tls_key_file),
        ("mail.password_file", &config.mail.password_file),
        ("text.token_file", &config.text.token_file),
    ];
    files.into_iter().filter_map(|(key, file)| private(key, file).err()).collect()
}

/// Zero would serve nobody.
fn bounds(config: &Config) -> Option<Fault> {
    let listen = &config.listen;
    let all = [
        ("listen.calls_per_minute", listen.calls_per_minute),
        ("listen.connections", listen.connections),
        ("listen.patience_seconds", listen.patience_seconds),
    ];
    let (key, _) = all.into_iter().find(|(_, number)| *number == 0)?;
    Some(Fault::new(key, "is zero", "write a number above zero, or take it out"))
}

fn proxies(config: &Config) -> Option<Fault> {
    const KEY: &str = "listen.proxy_addresses";
    let listen = &config.listen;
    if let Some(wrong) = listen.proxy_addresses.iter().find(|text| text.parse::<IpAddr>().is_err())
    {
        let says = format!("`{wrong}` is no address");
        return Some(Fault::new(KEY, says, "write for example \"10.1.0.5\""));
    }
    if !listen.proxy_addresses.is_empty() && !listen.behind_proxy {
        let advice = "set listen.behind_proxy = true, or take it out";
        return Some(Fault::new(KEY, "is named, but nothing says that one is there", advice));
    }
    None
}

/// Whoever may write this header is any client.
fn certificates(config: &Config) -> Option<Fault> {
    const KEY: &str = "listen.client_certificate_header";
    let listen = &config.listen;
    let name = listen.client_certificate_header.as_str();
    if name.is_empty() {
        return None;
    }
    let ours = ["x-forwarded-for", "x-request-id"];
    let own = name == "client-cert" || (name.starts_with("x-") && !ours.contains(&name));
    if !own || name.parse::<HeaderName>().is_err() {
        let advice = "write \"client-cert\", or a name in small letters that begins with x-";
        return Some(Fault::new(KEY, "is no header of certificates", advice));
    }
    if !listen.behind_proxy || listen.proxy_addresses.is_empty() {
        let advice = "name the proxies in listen.proxy_addresses (with listen.behind_proxy = true), or \
                      take it out";
        return Some(Fault::new(KEY, "is believed from whoever reaches the listener", advice));
    }
    None
}

fn log(config: &Config) -> Option<Fault> {
    if matches!(config.log.format.as_str(), "json" | "human") {
        return None;
    }
    Some(Fault::new("log.format", "is neither json nor human", "write json"))
}

fn outgoing(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    for entry in &config.outgoing.allow {
        if let Some(why) = outlets::http::never_allowed(entry) {
            faults.push(Fault::new(
                "outgoing.allow",
                format!("`{entry}` {why}"),
                "write the one destination or the small network that is meant, like \
                 \"10.1.0.0/16\" or \"partner.lan:8443\"",
            ));
        }
    }
    if config.outgoing.timeout_seconds == 0 {
        faults.push(Fault::new("outgoing.timeout_seconds", "is zero", "write a number of seconds"));
    }
    faults
}

/// What new password hashes cost.
///
/// # Errors
/// Less than is safe, or more than a sign-in may.
pub fn password_cost(config: &Config) -> Result<Cost, Fault> {
    let passwords = &config.passwords;
    let usual = super::Passwords::default();
    let key =
        if passwords.passes < usual.passes { "passwords.passes" } else { "passwords.memory_kib" };
    Cost::new(passwords.memory_kib, passwords.passes).ok_or_else(|| {
        Fault::new(
            key,
            "makes hashes too weak or too costly",
            "write memory_kib = 19456 to 262144 and passes = 2 or more, their product at most 1048576; \
             `aikagi argon2 calibrate` measures",
        )
    })
}

/// The passwords nobody may choose; none where no file is named.
///
/// # Errors
/// The file can not be read, or is no such file.
pub fn leaked(config: &Config) -> Result<Option<Leaked>, Fault> {
    let file = &config.passwords.leaked_file;
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let wrong = |why: String| {
        let says = format!("{} {why}", file.display());
        Fault::new("passwords.leaked_file", says, "take the list that is ordered by hash")
    };
    Leaked::open(file).map(Some).map_err(wrong)
}

fn database(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    if config.database.relaxed {
        let says = "a power cut would lose what was answered";
        faults.push(Fault::new("database.relaxed", says, "take it out"));
    }
    if !config.database.url.starts_with("sqlite:") {
        faults.extend(postgres(config));
    }
    faults
}

/// The store speaks to PostgreSQL without TLS: the way there must be this machine, or trusted.
fn postgres(config: &Config) -> Option<Fault> {
    let wrong = |says: &str, advice: &str| Some(Fault::new("database.url", says, advice));
    // The address may hold a password: it is never shown.
    let Ok(url) = Url::parse(&config.database.url) else {
        return wrong(
            "is no address",
            "write sqlite:FILE or postgres://user:password@host/database",
        );
    };
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return wrong("is of no database we know", "write sqlite:FILE or postgres://…");
    }
    // `verify-full` and the like, which the driver does not know, say the same as `require`.
    let wants_tls = url.query_pairs().any(|(key, mode)| {
        key == "sslmode" && (mode.starts_with("require") || mode.starts_with("verify"))
    });
    let reached = if wants_tls { Some(Reach::Tls) } else { reach(&config.database.url) };
    match reached {
        None => wrong("can not be read", "write postgres://user:password@host:port/database"),
        Some(Reach::Tls) => wrong(
            "asks for TLS, which is not spoken to the database",
            "take sslmode out, and use a tunnel with database.trusted_network = true",
        ),
        Some(Reach::Elsewhere) if !config.database.trusted_network => wrong(
            "is another machine, reached without TLS",
            "use a tunnel or a network of your own, then set database.trusted_network = true",
        ),
        Some(_) => None,
    }
}
