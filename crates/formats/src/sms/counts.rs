//! How many lines of each operation a file has: the trailer's columns as numbers.

use super::records::Trailer;

/// Lines per operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// 101.
    pub starts: u32,
    /// 102.
    pub stops: u32,
    /// 103.
    pub suspensions: u32,
    /// 104.
    pub resumptions: u32,
    /// 301.
    pub key_opens: u32,
    /// 302.
    pub key_closes: u32,
    /// All others, also unknown ones.
    pub others: u32,
}

impl Counts {
    /// Counts one line of `operation`, the three digits of the column.
    pub(super) fn add(&mut self, operation: &[u8]) {
        let count = match operation {
            b"101" => &mut self.starts,
            b"102" => &mut self.stops,
            b"103" => &mut self.suspensions,
            b"104" => &mut self.resumptions,
            b"301" => &mut self.key_opens,
            b"302" => &mut self.key_closes,
            _ => &mut self.others,
        };
        *count = count.saturating_add(1);
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.each().into_iter().fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Lines that take something away: stops, suspensions, key closings. The mass-change guard
    /// looks at these.
    #[must_use]
    pub fn mass_change_lines(&self) -> u32 {
        self.stops.saturating_add(self.suspensions).saturating_add(self.key_closes)
    }

    /// Each count with its column of the trailer, in order.
    pub(super) fn each(&self) -> [(&'static str, u32); 7] {
        [
            ("starts", self.starts),
            ("stops", self.stops),
            ("suspensions", self.suspensions),
            ("resumptions", self.resumptions),
            ("key_opens", self.key_opens),
            ("key_closes", self.key_closes),
            ("others", self.others),
        ]
    }

    /// The trailer with these counts.
    pub(super) fn trailer(&self, sha256: String) -> Trailer {
        let digits = |count: u32| format!("{count:08}");
        Trailer {
            count: digits(self.lines()),
            starts: digits(self.starts),
            stops: digits(self.stops),
            suspensions: digits(self.suspensions),
            resumptions: digits(self.resumptions),
            key_opens: digits(self.key_opens),
            key_closes: digits(self.key_closes),
            others: digits(self.others),
            sha256,
        }
    }
}
