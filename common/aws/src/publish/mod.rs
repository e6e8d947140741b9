//! Publishers: where evaluations go.

pub mod config_rule;
pub mod security_hub;

use std::time::Duration;

use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::operation::Operation;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How often something that AWS accepted in part, or whose answer does not say what was taken, is
/// sent again.
const RESENDS: u32 = 4;
/// The longest wait before the first time, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait of all.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Waits before the `attempt`-th resending, counted from 0, and not beyond a moment. Functions that
/// were throttled together do not come again together.
async fn wait(attempt: u32, until: Option<Instant>) {
    let longest = FIRST_WAIT.saturating_mul(2u32.saturating_pow(attempt)).min(LONGEST_WAIT);
    let end = Instant::now() + longest.mul_f64(fastrand::f64());
    sleep_until(until.map_or(end, |until| end.min(until))).await;
}

/// Whether a call that failed for the `attempt`-th time, counted from 0, is sent again: AWS
/// throttled it beyond the attempts of the SDK, or its answer does not say what was taken. A result
/// that is lost costs more than a wait, so that a throttled call is sent again until a moment,
/// where there is one: a thousand changes within a minute take Security Hub over five minutes.
fn is_worth_another(unread: &ReadError, attempt: u32, until: Option<Instant>) -> bool {
    match unread.cause {
        Cause::Throttled => attempt < RESENDS || until.is_some_and(|until| Instant::now() < until),
        Cause::Malformed => attempt < RESENDS,
        _ => false,
    }
}

/// Waits for an answer until a moment.
async fn before<T>(
    until: Option<Instant>,
    operation: Operation,
    call: impl Future<Output = Answer<T>>,
) -> Answer<T> {
    let Some(until) = until else { return call.await };
    let out_of_time = || ReadError::new(operation.name, Cause::OutOfTime, "OutOfTime");
    if Instant::now() >= until {
        return Err(out_of_time());
    }
    timeout_at(until, call).await.unwrap_or_else(|_| Err(out_of_time()))
}
