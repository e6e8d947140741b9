//! Moments in the SDK's form and in ours.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

/// A moment of the SDK; nothing when it lies outside of what the calendar knows.
pub(crate) fn from_sdk(time: &SdkTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
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
        assert_eq!(from_sdk(&SdkTime::from_secs(i64::MAX)), None);
    }
}
