//! Facts from AWS CloudTrail.

use serde::{Deserialize, Serialize};

/// The trails that record this account. A trail that several Regions show is listed once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trails(pub Vec<Trail>);

/// A trail's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trail {
    /// Its ARN. The account in the ARN owns the trail.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The Region in which the trail was created, and in which all its properties can be read.
    pub home_region: String,
}

/// A trail's settings, source `DescribeTrails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSettings {
    /// Whether it is a multi-Region trail.
    pub multi_region: bool,
    /// Whether it is an organization trail.
    pub organization: bool,
    /// Whether it records global service events.
    pub global_events: bool,
    /// Whether log file validation is enabled.
    pub log_file_validation: bool,
    /// The S3 bucket of the trail.
    pub bucket: Option<TrailBucket>,
    /// The ARN of the trail's log group.
    pub log_group: Option<String>,
    /// The KMS key that encrypts its log files.
    pub kms_key: Option<String>,
}

/// The name of a trail's S3 bucket. The bucket may not exist, and may belong to another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrailBucket(pub String);

/// The status of a trail, source `GetTrailStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailStatus {
    /// Whether it is logging.
    pub logging: bool,
    /// When it last delivered to its log group.
    pub log_group_delivery: Option<chrono::DateTime<chrono::Utc>>,
    /// When it last started logging. Absent where that is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<chrono::DateTime<chrono::Utc>>,
}

/// The event selectors of a trail, source `GetEventSelectors`. A trail has either basic or advanced
/// selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSelectors {
    /// Basic selectors.
    #[serde(default)]
    pub basic: Vec<BasicSelector>,
    /// Advanced selectors.
    #[serde(default)]
    pub advanced: Vec<AdvancedSelector>,
}

/// A basic event selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicSelector {
    /// Reads, writes or both.
    pub read_write: ReadWrite,
    /// Whether management events are recorded.
    pub management: bool,
    /// The services whose management events are excluded.
    #[serde(default)]
    pub excluded_sources: Vec<String>,
    /// Recorded data events: the resource type and its ARN prefixes.
    #[serde(default)]
    pub data: Vec<(String, Vec<String>)>,
}

/// The events that a basic selector records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadWrite {
    /// Read events only.
    ReadOnly,
    /// Write events only.
    WriteOnly,
    /// Both.
    All,
}

impl ReadWrite {
    /// Whether read events are included.
    pub fn reads(self) -> bool {
        self != Self::WriteOnly
    }

    /// Whether write events are included.
    pub fn writes(self) -> bool {
        self != Self::ReadOnly
    }
}

/// An advanced event selector: an event is recorded when all field selectors match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedSelector {
    /// Its name; may be empty.
    #[serde(default)]
    pub name: String,
    /// Its conditions.
    pub fields: Vec<FieldSelector>,
}

/// One condition of an advanced event selector. All operators must match. One value of an operator
/// must match; of a negated operator, none may match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `eventSource`, `eventName`, `resources.type`, `resources.ARN`,
    /// …
    pub field: String,
    /// Exact values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Prefixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Suffixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// Excluded exact values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Excluded prefixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Excluded suffixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}
