//! Conversion between the SDK's times and those of `chrono`.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, SubsecRound, Utc};

/// A time of the SDK, rounded to the millisecond; `None` if it is out of range.
///
/// The JSON services send times as floating-point seconds, which the SDK truncates: without
/// rounding, .678 becomes .677, and an item becomes older than its notification.
pub(crate) fn from_sdk(time: &SdkTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos()).map(|time| time.round_subsecs(3))
}

/// A time for the SDK.
pub(crate) fn to_sdk(time: DateTime<Utc>) -> SdkTime {
    SdkTime::from_secs_and_nanos(time.timestamp(), time.timestamp_subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back() {
        let time = DateTime::from_timestamp(1_767_268_800, 678_000_000).expect("a moment");
        assert_eq!(from_sdk(&to_sdk(time)), Some(time));
        assert_eq!(from_sdk(&SdkTime::from_secs_f64(1_767_268_800.678)), Some(time));
        assert_eq!(from_sdk(&SdkTime::from_secs(i64::MAX)), None);
    }
}
