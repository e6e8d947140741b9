//! Moments in the SDK's form and in ours.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, SubsecRound, Utc};

/// A moment of the SDK to the millisecond; nothing when it lies outside of what the calendar knows.
///
/// The JSON services send moments as floating-point seconds, from which the SDK cuts: without
/// rounding, .678 becomes .677 and an item older than its notification.
pub(crate) fn from_sdk(time: &SdkTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos()).map(|time| time.round_subsecs(3))
}

/// A moment for the SDK.
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
