//! Time limits and retries of operations.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

/// The time limits and retries of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RetryPolicy {
    attempts: u32,
    attempt: Duration,
}

impl RetryPolicy {
    const DEFAULT: Self = Self { attempts: 6, attempt: Duration::from_secs(15) };
    const CONNECT: Duration = Duration::from_secs(5);
    /// The time limit of an operation, with all its attempts and the waits between them.
    const OPERATION: Duration = Duration::from_secs(120);
    /// The SDK waits between 0 and this time before the second attempt, up to twice as long before
    /// the third, and so on ("full jitter").
    const FIRST_WAIT: Duration = Duration::from_millis(500);
    const LONGEST_WAIT: Duration = Duration::from_secs(20);

    /// From the environment: `AWS_MAX_ATTEMPTS` (at least 1) and `PLUMBLINE_ATTEMPT_TIMEOUT_MS`
    /// (milliseconds, at least 1).
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| {
            let text = variable(name)?;
            let number = text.trim().parse::<u32>().ok().filter(|number| *number > 0);
            if number.is_none() {
                tracing::warn!(
                    variable = name,
                    value = text,
                    "not a positive number: the default is used"
                );
            }
            number
        };
        Self {
            attempts: number("AWS_MAX_ATTEMPTS").unwrap_or(Self::DEFAULT.attempts),
            attempt: number("PLUMBLINE_ATTEMPT_TIMEOUT_MS")
                .map_or(Self::DEFAULT.attempt, |millis| Duration::from_millis(millis.into())),
        }
    }

    /// As timeout configuration of the SDK.
    pub(super) fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(Self::CONNECT.min(self.attempt))
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(Self::OPERATION.max(self.attempt))
            .build()
    }

    /// As retry configuration of the SDK.
    pub(super) fn retries(self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(Self::FIRST_WAIT)
            .with_max_backoff(Self::LONGEST_WAIT)
    }
}

/// The slowest network that an upload must get through: about 0.5 Mbit/s.
const UPLOAD_BYTES_PER_SECOND: u64 = 64 * 1024;

/// Extends time limits by the time that a slow network takes for the bytes.
pub(super) fn upload_timeouts(timeouts: &TimeoutConfig, bytes: usize) -> TimeoutConfig {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let more = Duration::from_secs(bytes / UPLOAD_BYTES_PER_SECOND);
    let longer = |limit: Option<Duration>| limit.map(|limit| limit.saturating_add(more));
    let mut builder = timeouts.to_builder();
    builder
        .set_operation_attempt_timeout(longer(timeouts.operation_attempt_timeout()))
        .set_operation_timeout(longer(timeouts.operation_timeout()));
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(attempts: Option<&str>, timeout: Option<&str>) -> RetryPolicy {
        RetryPolicy::from_environment(|name| {
            if name == "AWS_MAX_ATTEMPTS" { attempts } else { timeout }.map(str::to_owned)
        })
    }

    #[test]
    fn the_policy_comes_from_the_environment() {
        assert_eq!(policy(None, None), RetryPolicy::DEFAULT);
        assert_eq!(
            policy(Some("2"), Some("500")),
            RetryPolicy { attempts: 2, attempt: Duration::from_millis(500) }
        );
        assert_eq!(policy(Some("0"), Some("soon")), RetryPolicy::DEFAULT);
    }

    #[test]
    fn uploads_have_time_for_their_size() {
        let timeouts = RetryPolicy::DEFAULT.timeouts();
        assert_eq!(upload_timeouts(&timeouts, 1_000), timeouts);
        let longer = upload_timeouts(&timeouts, 64 * 1024 * 100);
        assert_eq!(longer.operation_attempt_timeout(), Some(Duration::from_secs(115)));
        assert_eq!(longer.operation_timeout(), Some(Duration::from_secs(220)));
        assert_eq!(longer.connect_timeout(), timeouts.connect_timeout());
    }
}
