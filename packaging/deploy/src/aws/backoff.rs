//! How long to wait for what AWS does on its own time.

use std::time::Duration;

/// How long to wait before something is read again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long something may stay as it is in all accounts of an organization before waiting for it
/// ends.
pub(crate) const STEADY: Duration = Duration::from_secs(600);

/// Waits longer each time.
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
