//! How much memory the process uses, of what it may use.

use std::fs;

/// What of its memory a run uses before it reads nothing more, in percent.
const USED_AT_MOST: u64 = 80;

/// What the verdict on a resource and its publishing take, in bytes: measured with 20,000 buckets,
/// see `docs/performance.md`.
const A_RESULT: u64 = 1_600;

/// What a fact takes besides, in bytes.
const A_FACT: u64 = 1_024;

/// Memory is given out in steps of so many bytes when more is advised.
const STEP: u64 = 256 * MEGABYTE;

const MEGABYTE: u64 = 1_048_576;

/// The memory that a process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(u64);

impl MemoryLimit {
    /// A limit in MB, as AWS Lambda counts them.
    pub const fn megabytes(megabytes: u64) -> Self {
        Self(megabytes.saturating_mul(MEGABYTE))
    }

    /// Whether the results of so many resources would take all that is left. It is not, where the
    /// system does not say what is used.
    pub(crate) fn is_reached(self, resources: usize) -> bool {
        resident().is_some_and(|used| self.is_reached_with(used, resources))
    }

    fn is_reached_with(self, used: u64, resources: usize) -> bool {
        used.saturating_add(results(resources)) > self.0 / 100 * USED_AT_MOST
    }

    /// The memory, in MB, that would do where so many of the resources have not been read.
    pub(crate) fn advice(self, resources: usize, unread: usize) -> u64 {
        self.advice_with(resident().unwrap_or(self.0), resources, unread)
    }

    fn advice_with(self, used: u64, resources: usize, unread: usize) -> u64 {
        let unread = u64::try_from(unread).unwrap_or(u64::MAX).saturating_mul(A_FACT);
        let all = used.saturating_add(results(resources)).saturating_add(unread);
        let needed = all.saturating_mul(100) / USED_AT_MOST;
        needed.div_ceil(STEP).saturating_mul(STEP / MEGABYTE)
    }
}

fn results(resources: usize) -> u64 {
    u64::try_from(resources).unwrap_or(u64::MAX).saturating_mul(A_RESULT)
}

/// The memory that the process uses, in bytes, without the pages of its files, which the system can
/// take back; nothing where Linux does not say so.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_room_before_more_is_read() {
        let limit = MemoryLimit::megabytes(256);
        assert!(!limit.is_reached_with(50 * MEGABYTE, 20_000));
        assert!(limit.is_reached_with(210 * MEGABYTE, 0));
        assert!(limit.is_reached_with(50 * MEGABYTE, 120_000));
        assert!(limit.is_reached_with(u64::MAX, usize::MAX));
    }

    #[test]
    fn advice_is_enough_for_all() {
        let limit = MemoryLimit::megabytes(256);
        assert_eq!(limit.advice_with(60 * MEGABYTE, 100_000, 90_000), 512);
        assert!(limit.advice_with(50 * MEGABYTE, 1, 1) >= 256);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_what_is_used() {
        assert!(resident().is_some_and(|used| used > MEGABYTE), "{:?}", resident());
    }
}
