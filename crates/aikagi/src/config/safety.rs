//! What would be unsafe, and therefore does not start.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::{Config, Fault, master_key};

/// Everything about `config` that refuses to start. Empty: it is safe.
#[must_use]
pub fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(base_url(config));
    faults.extend(public_listener(config));
    faults.extend(ops_listener(config));
    faults.extend(bounds(config));
    faults.extend(database(config));
    faults.extend(log(config));
    faults.extend(master_key(config).err());
    faults.extend(outgoing(config));
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

fn is_loopback(url: &Url) -> bool {
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
        Ok(_) => None,
    }
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
    address("listen.ops_address", &config.listen.ops_address).err()
}

/// Zero would serve nobody.
fn bounds(config: &Config) -> Option<Fault> {
    let listen = &config.listen;
    let all = [
        ("listen.connections", listen.connections),
        ("listen.patience_seconds", listen.patience_seconds),
    ];
    let (key, _) = all.into_iter().find(|(_, number)| *number == 0)?;
    Some(Fault::new(key, "is zero", "write a number above zero, or take it out"))
}

fn log(config: &Config) -> Option<Fault> {
    if matches!(config.log.format.as_str(), "json" | "human") {
        return None;
    }
    Some(Fault::new("log.format", "is neither json nor human", "write json"))
}

fn outgoing(config: &Config) -> Option<Fault> {
    outlets::http::Allowed::parse(&config.outgoing.allow)
        .err()
        .map(|entry| {
            Fault::new(
                "outgoing.allow",
                format!("`{entry}` is neither host:port nor a range"),
                "write for example \"10.1.0.0/16\" or \"partner.lan:8443\"",
            )
        })
        .or_else(|| {
            (config.outgoing.timeout_seconds == 0).then(|| {
                Fault::new("outgoing.timeout_seconds", "is zero", "write a number of seconds")
            })
        })
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
    let asked = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if asked("sslmode")
        .is_some_and(|mode| mode.starts_with("require") || mode.starts_with("verify"))
    {
        return wrong(
            "asks for TLS, which is not spoken to the database",
            "take sslmode out, and use a tunnel with database.trusted_network = true",
        );
    }
    let hosts = asked("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let near = hosts.split(',').all(is_this_machine);
    if near || config.database.trusted_network {
        return None;
    }
    wrong(
        "is another machine, reached without TLS",
        "use a tunnel or a network of your own, then set database.trusted_network = true",
    )
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.is_empty()
        || host.starts_with('/')
        || host.starts_with("%2F")
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
