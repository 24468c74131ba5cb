//! What a new password hash costs whoever computes it, us and those who guess.
//!
//! Source: RFC 9106 §4; OWASP Password Storage (m = 19 MiB, t = 2, p = 1 is the least).

use std::time::{Duration, Instant};

use base::kernel::Result;

use super::hashing::{Scratch, hash};
use super::stored::{MOST_KIB, MOST_KIB_PASSES};

/// Computations a figure is the median of.
const MEASURED: usize = 5;

/// Memory and passes of Argon2id; one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self::LEAST
    }
}

impl Cost {
    /// The least that is taken.
    pub const LEAST: Self = Self { memory_kib: 19_456, passes: 2 };

    /// KiB of memory.
    #[must_use]
    pub fn memory_kib(self) -> u64 {
        self.memory_kib.into()
    }

    /// How often it is gone through.
    #[must_use]
    pub fn passes(self) -> u64 {
        self.passes.into()
    }

    /// `memory_kib` KiB of memory, gone through `passes` times. `None`: under 19456 KiB or 2 passes, or more than
    /// a stored hash may cost (262144 KiB; memory times passes 1048576 KiB).
    #[must_use]
    pub fn new(memory_kib: u64, passes: u64) -> Option<Self> {
        let (memory_kib, passes) = (u32::try_from(memory_kib).ok()?, u32::try_from(passes).ok()?);
        let fits = (Self::LEAST.memory_kib..=MOST_KIB).contains(&memory_kib)
            && passes >= Self::LEAST.passes
            && u64::from(memory_kib) * u64::from(passes) <= MOST_KIB_PASSES;
        fits.then_some(Self { memory_kib, passes })
    }

    /// How long one takes on this machine now, alone on its core: the median of five.
    ///
    /// # Errors
    /// `internal` when it can not be computed.
    pub fn measure(self) -> Result<Duration> {
        let mut scratch = Scratch::new(self);
        hash("memory that was never used is slower", &mut scratch)?;
        let mut all = [Duration::ZERO; MEASURED];
        for one in &mut all {
            let started = Instant::now();
            hash("a password of usual length", &mut scratch)?;
            *one = started.elapsed();
        }
        all.sort_unstable();
        Ok(all.get(MEASURED / 2).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_weaker_than_the_least_nor_costlier_than_what_is_read_back() {
        assert_eq!(Cost::new(19_456, 2), Some(Cost::default()));
        assert!(Cost::new(262_144, 4).is_some() && Cost::new(65_536, 16).is_some());
        for (memory, passes) in [
            (19_455, 2),
            (19_456, 1),
            (262_145, 2),
            (262_144, 5),
            (0, 0),
            (u64::MAX, 2),
            (65_536, 17),
        ] {
            assert_eq!(Cost::new(memory, passes), None, "{memory} {passes}");
        }
    }
}
