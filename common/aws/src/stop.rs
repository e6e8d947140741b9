//! Stops a scan before everything is read.

use std::future::pending;
use std::sync::Arc;

use plumbline_core::answer::{Cause, ReadError};
use tokio::sync::watch;

/// AWS's error codes for expired credentials.
const EXPIRED_CODES: [&str; 4] =
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// Why a scan ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// The process received a signal, with its number.
    Signal(u8),
    /// The credentials expired.
    Expired,
    /// The time limit of the scan is over.
    Deadline,
}

impl StopCause {
    /// The cause and the code of facts that were not read.
    pub fn unread(self) -> (Cause, &'static str) {
        match self {
            Self::Signal(_) => (Cause::Interrupted, "Interrupted"),
            Self::Expired => (Cause::Interrupted, "ExpiredToken"),
            Self::Deadline => (Cause::OutOfTime, "OutOfTime"),
        }
    }
}

/// Stops reading for all readers that share it. No further calls are sent, and facts that were not
/// read are not assessed.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<Option<StopCause>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Stops reading. Only the first cause counts.
    pub fn request(&self, cause: StopCause) {
        self.0.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(cause);
            is_first
        });
    }

    /// Why reading stopped; `None` while it continues.
    pub fn cause(&self) -> Option<StopCause> {
        *self.0.borrow()
    }

    /// Waits until reading stops.
    pub async fn wait(&self) -> StopCause {
        let mut receiver = self.0.subscribe();
        let found = receiver.wait_for(Option::is_some).await.map(|cause| *cause);
        match found {
            Ok(Some(cause)) => cause,
            // This object holds the sender.
            Ok(None) | Err(_) => pending().await,
        }
    }

    /// Stops reading if a call failed because the credentials expired. The call then counts as
    /// interrupted.
    pub fn note(&self, error: &mut ReadError) {
        if EXPIRED_CODES.contains(&error.code.as_str()) {
            error.cause = Cause::Interrupted;
            self.request(StopCause::Expired);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_cause_counts_for_all_readers() {
        let stop = Stop::default();
        assert_eq!(stop.cause(), None);
        let copy = stop.clone();
        let waiting = tokio::spawn(async move { copy.wait().await });
        stop.note(&mut ReadError::new("s3:ListBuckets", Cause::Denied, "AccessDenied"));
        assert_eq!(stop.cause(), None);
        let mut expired = ReadError::new("s3:ListBuckets", Cause::Failed, "ExpiredToken");
        stop.note(&mut expired);
        assert_eq!(expired.cause, Cause::Interrupted);
        stop.request(StopCause::Signal(2));
        assert_eq!(stop.cause(), Some(StopCause::Expired));
        assert_eq!(waiting.await.expect("no panic"), StopCause::Expired);
        assert_eq!(stop.wait().await, StopCause::Expired);
    }
}
