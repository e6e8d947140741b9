//! The memory limit of a run.

use std::fs;

/// The share of the memory that a run uses before it stops reading, in percent.
const USED_AT_MOST: u64 = 80;

/// The memory of the function before it reads anything, in bytes. This and the next two values were
/// measured with 20,000 to 100,000 buckets, see `docs/operate/performance.md`.
const AT_START: u64 = 24 * MEGABYTE;

/// The memory of a verdict and its publishing, in bytes.
const A_RESULT: u64 = 1_100;

/// The memory of a fact, in bytes. Some facts take more, so the memory of the process is also
/// measured.
const A_FACT: u64 = 1_024;

/// The growth since the start from which the measured memory counts, in bytes. A process that
/// served a large run before has memory that it can reuse, and that the system counts as used.
const GROWN: u64 = MEGABYTE;

/// The step in which more memory is recommended, in bytes.
const STEP: u64 = 256 * MEGABYTE;

const MEGABYTE: u64 = 1_048_576;

/// The memory that a process can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(u64);

impl MemoryLimit {
    /// A limit in MB, in the unit of AWS Lambda.
    pub const fn megabytes(megabytes: u64) -> Self {
        Self(megabytes.saturating_mul(MEGABYTE))
    }
}

/// The memory of a run that begins now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunMemory {
    limit: MemoryLimit,
    /// The memory of the process when the run began.
    at_start: Option<u64>,
}

impl RunMemory {
    pub(crate) fn new(limit: MemoryLimit) -> Self {
        Self { limit, at_start: resident() }
    }

    /// Whether the results of this number of resources, with this number of facts read, would take
    /// all remaining memory, by estimate or by measurement.
    pub(crate) fn is_reached(self, resources: usize, read: usize) -> bool {
        self.is_reached_with(resident(), resources, read)
    }

    fn is_reached_with(self, now: Option<u64>, resources: usize, read: usize) -> bool {
        let limit = self.limit.0 / 100 * USED_AT_MOST;
        let results = bytes(resources, A_RESULT);
        let estimate = AT_START.saturating_add(results).saturating_add(bytes(read, A_FACT));
        let is_used = self.at_start.zip(now).is_some_and(|(at_start, now)| {
            now > at_start.saturating_add(GROWN) && now.saturating_add(results) > limit
        });
        estimate > limit || is_used
    }

    /// The memory, in MB, that suffices for a number of resources.
    pub(crate) fn advice(self, resources: usize) -> u64 {
        let all = AT_START.saturating_add(bytes(resources, A_RESULT + 2 * A_FACT));
        let needed = (all / USED_AT_MOST).saturating_mul(100).max(self.limit.0.saturating_add(1));
        needed.div_ceil(STEP).saturating_mul(STEP / MEGABYTE)
    }
}

fn bytes(count: usize, of_each: u64) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(of_each)
}

/// The memory of the process, in bytes, without file pages, which the system can reclaim; `None` if
/// Linux does not report it.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(at_start: u64) -> RunMemory {
        RunMemory { limit: MemoryLimit::megabytes(256), at_start: Some(at_start * MEGABYTE) }
    }

    #[test]
    fn results_have_room_before_more_is_read() {
        let is_reached = |now: u64, resources, read| {
            run(16).is_reached_with(Some(now * MEGABYTE), resources, read)
        };
        assert!(!is_reached(50, 20_000, 20_000));
        assert!(is_reached(210, 0, 0), "large facts");
        assert!(is_reached(20, 200_000, 0), "results alone");
        assert!(!is_reached(60, 100_000, 40_000) && is_reached(60, 100_000, 80_000));
        assert!(run(16).is_reached_with(None, 0, 300_000), "where the system says nothing");
        assert!(run(16).is_reached_with(Some(u64::MAX), usize::MAX, usize::MAX));
    }

    #[test]
    fn memory_of_an_earlier_run_can_be_used_again() {
        let is_reached = |now: u64, read| run(220).is_reached_with(Some(now * MEGABYTE), 10, read);
        assert!(!is_reached(220, 10));
        assert!(is_reached(222, 10), "it grows beyond what there was");
    }

    #[test]
    fn advice_is_enough_and_more_than_there_is() {
        assert_eq!(run(16).advice(100_000), 512);
        assert_eq!(run(16).advice(10), 512);
        assert!(run(16).advice(usize::MAX) > 512);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_what_is_used() {
        assert!(resident().is_some_and(|used| used > MEGABYTE), "{:?}", resident());
    }
}
