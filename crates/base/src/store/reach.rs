//! Where a PostgreSQL address leads, as the driver itself reads it.

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// Where the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On this machine, whichever of the named hosts and addresses is taken.
    ThisMachine,
    /// Some of them lead elsewhere.
    Elsewhere,
    /// It asks for TLS, which is not spoken to the database.
    Tls,
}

/// Where `url` leads; `None` when the driver can not read it. Looks at every `host` and every
/// `hostaddr`: an address given beside a name is where the connection goes.
#[must_use]
pub fn reach(url: &str) -> Option<Reach> {
    let config: Config = url.parse().ok()?;
    if config.get_ssl_mode() == SslMode::Require {
        return Some(Reach::Tls);
    }
    let hosts = config.get_hosts().iter().all(is_this_machine);
    let near = hosts && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
    Some(if near { Reach::ThisMachine } else { Reach::Elsewhere })
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            let address = name.parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_or_address_elsewhere_is_elsewhere() {
        for near in [
            "postgres://u@localhost/x",
            "postgres://u@127.0.0.1:5433/x",
            "postgres://u@[::1]/x",
            "postgres://u@%2Frun%2Fpostgresql/x",
            "postgres:///x?host=/run/postgresql",
            "postgres://u@localhost/x?hostaddr=127.0.0.1",
        ] {
            assert_eq!(reach(near), Some(Reach::ThisMachine), "{near}");
        }
        for far in [
            "postgres://u@db.example.jp/x",
            "postgres://u@localhost/x?hostaddr=10.0.0.9",
            "postgres://u@localhost,db.example.jp/x",
            "postgres://u@db.example.jp/x?host=/run/postgresql",
            "postgres://u@localhost/x?host=db.example.jp",
            "postgres://u@127.0.0.1.example.jp/x",
        ] {
            assert_eq!(reach(far), Some(Reach::Elsewhere), "{far}");
        }
        assert_eq!(reach("postgres://u@localhost/x?sslmode=require"), Some(Reach::Tls));
        assert_eq!(reach("postgres://u@localhost/x?nonsense=1"), None);
    }
}
