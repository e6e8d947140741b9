//! Wait times for asynchronous operations of AWS.

use std::time::Duration;

/// The first and the longest wait before the next read.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The time without any change in all accounts of an organization after which waiting ends.
pub(crate) const STEADY: Duration = Duration::from_secs(600);

/// A wait time that increases.
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(FIRST_WAIT)
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(LONGEST_WAIT);
    }
}
