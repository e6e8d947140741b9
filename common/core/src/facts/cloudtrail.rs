//! Facts from AWS CloudTrail.

use serde::{Deserialize, Serialize};

/// The trails that record this account, each once however many Regions show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trails(pub Vec<Trail>);

/// A trail's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trail {
    /// Its ARN; the account in it owns the trail.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The Region in which it was made and in which it can be read in full.
    pub home_region: String,
}

/// A trail's settings, source `DescribeTrails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSettings {
    /// Whether it records all Regions.
    pub multi_region: bool,
    /// Whether it records every account of an organization.
    pub organization: bool,
    /// Whether it records the global services.
    pub global_events: bool,
    /// Whether its log files are signed.
    pub log_file_validation: bool,
    /// The bucket it delivers to.
    pub bucket: Option<TrailBucket>,
    /// The log group it delivers to, an ARN.
    pub log_group: Option<String>,
    /// The KMS key that encrypts its log files.
    pub kms_key: Option<String>,
}

/// The name of a bucket that a trail delivers to. It need not exist, and need not be of this
/// account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrailBucket(pub String);

/// Whether a trail is at work, source `GetTrailStatus`.
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

/// Which events a trail records, source `GetEventSelectors`. A trail has selectors of one sort or
/// of the other.
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
    /// Services whose management events are left out.
    #[serde(default)]
    pub excluded_sources: Vec<String>,
    /// Recorded data events: the resource type and its ARN prefixes.
    #[serde(default)]
    pub data: Vec<(String, Vec<String>)>,
}

/// Which events a basic selector takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadWrite {
    /// Only those that read.
    ReadOnly,
    /// Only those that write.
    WriteOnly,
    /// Both.
    All,
}

impl ReadWrite {
    /// Whether reading events are among them.
    pub fn reads(self) -> bool {
        self != Self::WriteOnly
    }

    /// Whether writing events are among them.
    pub fn writes(self) -> bool {
        self != Self::ReadOnly
    }
}

/// An advanced event selector: an event is recorded when every field selector agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedSelector {
    /// Its name; may be empty.
    #[serde(default)]
    pub name: String,
    /// Its conditions.
    pub fields: Vec<FieldSelector>,
}

/// One condition of an advanced event selector. Operators AND together, the values of one operator
/// OR together (of a negated one, none may match).
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
    /// Values that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Prefixes that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Suffixes that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}
