//! Ages and their notation. The current time is always an input.

use chrono::{DateTime, SecondsFormat, Utc};

/// Whole days from `then` to `now`: `floor((now − then) / 24 h)`, negative when `then` is in the
/// future.
pub fn age_days(now: DateTime<Utc>, then: DateTime<Utc>) -> i64 {
    (now - then).num_seconds().div_euclid(86_400)
}

/// `2026-01-02T03:04:05Z`, for reasons.
pub fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-01-02T03:04:05.678Z`, for findings.
pub fn milliseconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `1 day`, `45 days`.
pub fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn days_are_floored() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(age_days(now, now - TimeDelta::hours(24 * 45) + TimeDelta::seconds(1)), 44);
        assert_eq!(age_days(now, now - TimeDelta::hours(24 * 45)), 45);
        assert_eq!(age_days(now, now + TimeDelta::seconds(1)), -1);
    }
}
