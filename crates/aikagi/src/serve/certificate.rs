//! When a certificate is valid, read from its DER; nothing else of X.509 is needed here.
//!
//! Source: RFC 5280 §4.1 (`Certificate` → `tbsCertificate` → `validity`), X.690 §8.1.

use base::kernel::Instant;

/// From when until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: Instant,
    /// Not after.
    pub until: Instant,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of a certificate, or `None` when it is none.
#[must_use]
pub fn validity(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut body, _) = element(certificate, SEQUENCE)?;
    if let Some((_, rest)) = element(body, VERSION) {
        body = rest;
    }
    // serialNumber, signature, issuer
    for _ in 0..3 {
        body = any(body)?.2;
    }
    let (times, _) = element(body, SEQUENCE)?;
    let (from, rest) = time(times)?;
    let (until, _) = time(rest)?;
    Some(Validity { from, until })
}

/// Tag, content and what follows.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn element(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    any(der).filter(|found| found.0 == wanted).map(|(_, content, rest)| (content, rest))
}

/// `YYMMDDhhmmssZ` (50 to 99 are the 20th century) or `YYYYMMDDhhmmssZ`.
fn time(der: &[u8]) -> Option<(Instant, &[u8])> {
    let (tag, content, rest) = any(der)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME if digits.get(..2)? >= "50" => format!("19{digits}"),
        UTC_TIME => format!("20{digits}"),
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    let (day, clock) = (full.get(..8)?, full.get(8..14)?);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        day.get(..4)?,
        day.get(4..6)?,
        day.get(6..)?,
        clock.get(..2)?,
        clock.get(2..4)?,
        clock.get(4..)?
    );
    Some((Instant::parse_rfc3339(&text, "validity").ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validity_stands_where_the_certificate_says() {
        let mut parameters =
            rcgen::CertificateParams::new(vec!["id.example.jp".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2024, 2, 29);
        parameters.not_after = rcgen::date_time_ymd(2051, 1, 2);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let found = validity(certificate.der()).unwrap();
        assert_eq!(found.from.rfc3339_jst(), "2024-02-29T09:00:00+09:00");
        assert_eq!(found.until.rfc3339_jst(), "2051-01-02T09:00:00+09:00");
    }

    #[test]
    fn what_is_no_certificate_has_no_validity() {
        for bad in
            [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x02", b"hello"]
        {
            assert_eq!(validity(bad), None);
        }
    }
}
