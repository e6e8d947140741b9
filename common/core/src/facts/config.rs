//! Facts from AWS Config.

use serde::{Deserialize, Serialize};

/// What AWS Config records in a Region, sources `DescribeConfigurationRecorders`,
/// `DescribeConfigurationRecorderStatus` and `DescribeDeliveryChannels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The recorders. Service-linked recorders are omitted, because they deliver nothing to the
    /// account.
    pub recorders: Vec<Recorder>,
    /// The delivery channels.
    pub channels: Vec<DeliveryChannel>,
}

/// A recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    /// Its name.
    pub name: String,
    /// Whether it records all supported and future resource types, except global types.
    pub all_types: bool,
    /// Whether it records global types (IAM users, groups, roles and policies).
    pub global_types: bool,
    /// Whether it is recording.
    pub recording: bool,
    /// The status of its last delivery: `Success`, `Failure`, `Pending`; absent before the first
    /// delivery.
    pub last_status: Option<String>,
}

/// The destination of a recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChannel {
    /// The bucket.
    pub bucket: Option<String>,
    /// The SNS topic, an ARN.
    pub topic: Option<String>,
}
