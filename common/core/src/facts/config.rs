//! Facts from AWS Config.

use serde::{Deserialize, Serialize};

/// What AWS Config records in a Region, sources `DescribeConfigurationRecorders`,
/// `DescribeConfigurationRecorderStatus` and `DescribeDeliveryChannels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The recorders. Those that AWS services keep for themselves are left out: they deliver
    /// nothing to the account.
    pub recorders: Vec<Recorder>,
    /// The delivery channels.
    pub channels: Vec<DeliveryChannel>,
}

/// A recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    /// Its name.
    pub name: String,
    /// Whether it records all supported types of resources, and those to come, apart from global
    /// types.
    pub all_types: bool,
    /// Whether global types (users, groups, roles and policies of IAM) are among them.
    pub global_types: bool,
    /// Whether it is recording.
    pub recording: bool,
    /// How its last delivery went: `Success`, `Failure`, `Pending`; absent before the first one.
    pub last_status: Option<String>,
}

/// Where a recorder delivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChannel {
    /// The bucket.
    pub bucket: Option<String>,
    /// The SNS topic, an ARN.
    pub topic: Option<String>,
}
