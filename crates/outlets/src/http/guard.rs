//! Which addresses may be called: public ones, and those on the list.
//!
//! Source: RFC 6890 and the IANA special-purpose address registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::Host;

/// Private destinations that may be called all the same. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    destinations: Vec<(String, u16)>,
    ranges: Vec<IpNet>,
}

impl Allowed {
    /// Reads `host:port`, `10.1.0.0/16` and single addresses.
    ///
    /// # Errors
    /// The first entry that is none of these, or that [`never_allowed`] refuses.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        let mut allowed = Self::default();
        for entry in entries {
            if never_allowed(entry).is_some() {
                return Err(entry.clone());
            }
            if let Ok(range) = entry.parse::<IpNet>() {
                allowed.ranges.push(range);
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                allowed.ranges.push(address.into());
            } else {
                let destination = destination(entry).ok_or_else(|| entry.clone())?;
                allowed.destinations.push(destination);
            }
        }
        Ok(allowed)
    }

    /// Whether `host:port` stands on the list by name.
    #[must_use]
    pub fn names(&self, host: &str, port: u16) -> bool {
        self.destinations.iter().any(|known| known.0 == host && known.1 == port)
    }

    /// Whether `address` may be called: it is public, or in a range on the list.
    #[must_use]
    pub fn may_call(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if is_never(address) {
            return false;
        }
        is_public(address) || self.ranges.iter().any(|range| range.contains(&address))
    }
}

/// Ranges on the list are this wide at most: an operator's own network, not half of the world.
const WIDEST_4: u8 = 8;
const WIDEST_6: u8 = 32;

/// Addresses that no list opens: they are this machine's neighbours (the metadata service of a cloud
/// is one), everybody, or nobody.
const NEVER: [IpNet; 7] = [
    IpNet::V4(v4(0, 0, 0, 8)),
    IpNet::V4(v4(169, 254, 0, 16)),
    IpNet::V4(v4(224, 0, 0, 4)),
    IpNet::V4(v4(240, 0, 0, 4)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8)),
];

pub(super) fn is_never(address: IpAddr) -> bool {
    let address = address.to_canonical();
    NEVER.iter().any(|range| range.contains(&address))
}

/// Why an entry may not stand on the list of private destinations, if it may not.
#[must_use]
pub fn never_allowed(entry: &str) -> Option<&'static str> {
    let single = |address: IpAddr| IpNet::from(address.to_canonical());
    let range = entry.parse::<IpNet>().ok().or_else(|| entry.parse().ok().map(single));
    let range = match (range, destination(entry)) {
        (Some(range), _) => range,
        (None, None) => return Some("is neither host:port nor a range"),
        (None, Some((host, _))) => single(host.trim_matches(['[', ']']).parse().ok()?),
    };
    let widest = if matches!(range, IpNet::V4(_)) { WIDEST_4 } else { WIDEST_6 };
    if range.prefix_len() < widest {
        return Some("is wider than any network of one's own");
    }
    let touches = |never: &IpNet| never.contains(&range.network()) || range.contains(&never.addr());
    NEVER.iter().any(touches).then_some("holds addresses that are never called")
}

fn destination(entry: &str) -> Option<(String, u16)> {
    let (host, port) = entry.rsplit_once(':')?;
    let host = Host::parse(host).ok()?;
    Some((host.to_string(), port.parse().ok()?))
}

/// The address, when the host is written as one.
pub(super) fn literal(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        Host::Domain(_) => None,
    }
}

const fn v4(a: u8, b: u8, c: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), bits)
}

/// This network, private, shared (carrier NAT), loopback, link-local, protocol assignments,
/// documentation, 6to4 relays, benchmarks, multicast and reserved.
const NOT_PUBLIC_4: &[Ipv4Net] = &[
    v4(0, 0, 0, 8),
    v4(10, 0, 0, 8),
    v4(100, 64, 0, 10),
    v4(127, 0, 0, 8),
    v4(169, 254, 0, 16),
    v4(172, 16, 0, 12),
    v4(192, 0, 0, 24),
    v4(192, 0, 2, 24),
    v4(192, 88, 99, 24),
    v4(192, 168, 0, 16),
    v4(198, 18, 0, 15),
    v4(198, 51, 100, 24),
    v4(203, 0, 113, 24),
    v4(224, 0, 0, 4),
    v4(240, 0, 0, 4),
];

/// What is handed out to machines; all the rest (loopback, local, multicast, NAT64) is not public.
const GLOBAL_6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Inside it: protocol assignments with Teredo, documentation, 6to4 (it holds an IPv4 address).
const NOT_PUBLIC_6: &[Ipv6Net] = &[
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    Ipv6Net::new_assert(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether `address` belongs to a machine anybody may reach.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !NOT_PUBLIC_4.iter().any(|range| range.contains(&v4)),
        IpAddr::V6(v6) => {
            GLOBAL_6.contains(&v6) && !NOT_PUBLIC_6.iter().any(|range| range.contains(&v6))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn only_addresses_anybody_may_reach_are_public() {
        for address in ["203.0.114.1", "8.8.8.8", "100.128.0.1", "2404:6800::1", "172.32.0.1"] {
            assert!(public(address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.31.255.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.19.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "2001::1",
            "fec0::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn the_list_names_destinations_and_ranges_and_refuses_anything_else() {
        let entries = ["partner.lan:8443", "10.1.0.0/16", "127.0.0.1", "[::1]:9000"];
        let allowed = Allowed::parse(&entries.map(str::to_owned)).unwrap();
        assert!(allowed.names("partner.lan", 8443) && !allowed.names("partner.lan", 443));
        assert!(allowed.names("[::1]", 9000));
        assert!(allowed.may_call("10.1.2.3".parse().unwrap()));
        assert!(allowed.may_call("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!allowed.may_call("10.2.0.1".parse().unwrap()));
        for bad in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/7",
            "fc00::/7",
            "169.254.169.254",
            "169.254.169.254:80",
            "0.0.0.0:80",
            "[::ffff:169.254.169.254]:80",
            "168.0.0.0/7",
            "fe80::/64",
            "ff02::1",
            "::",
            "224.0.0.1:9",
        ] {
            assert!(never_allowed(bad).is_some(), "{bad}");
            assert_eq!(Allowed::parse(&[bad.to_owned()]), Err(bad.to_owned()), "{bad}");
        }
        for bad in ["partner.lan", "10.1.0.0/40", "", "a b:1", "x:99999"] {
            assert_eq!(Allowed::parse(&[bad.to_owned()]), Err(bad.to_owned()));
        }
    }
}
