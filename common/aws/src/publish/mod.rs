//! Publishers: the destinations of evaluations.

pub mod config_rule;
pub mod security_hub;

use std::time::Duration;

use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::operation::Operation;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The number of times that a request is resent if AWS accepted it in part, or if the response does
/// not show what was accepted.
const RESENDS: u32 = 4;
/// The maximum wait before the first resend. It doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The maximum wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Waits before a resend. `attempt` counts from 0. The wait ends at a time at the latest. A random
/// part keeps functions that were throttled together from returning together.
async fn wait(attempt: u32, until: Option<Instant>) {
    let longest = FIRST_WAIT.saturating_mul(2u32.saturating_pow(attempt)).min(LONGEST_WAIT);
    let end = Instant::now() + longest.mul_f64(fastrand::f64());
    sleep_until(until.map_or(end, |until| end.min(until))).await;
}

/// Whether a failed call is sent again. `attempt` counts from 0. It is sent again if AWS throttled
/// it beyond the attempts of the SDK, or if the response does not show what was accepted. A lost
/// result costs more than a wait, so a throttled call is resent until a time, if there is one: a
/// thousand changes within a minute take Security Hub more than five minutes.
fn is_worth_another(unread: &ReadError, attempt: u32, until: Option<Instant>) -> bool {
    match unread.cause {
        Cause::Throttled => attempt < RESENDS || until.is_some_and(|until| Instant::now() < until),
        Cause::Malformed => attempt < RESENDS,
        _ => false,
    }
}

/// Waits for a response until a time.
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
