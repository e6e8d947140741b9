//! Facts from Amazon CloudWatch.

use serde::{Deserialize, Serialize};

/// A Region's alarms on metrics that are not AWS's own, source `DescribeAlarms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarms(pub Vec<Alarm>);

/// A metric alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// The metrics on which its state depends, directly or by metric math. Metrics of AWS's own namespaces are left out.
    pub metrics: Vec<Metric>,
    /// Whether its actions are carried out.
    pub actions_enabled: bool,
    /// What it does when it goes off, ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// What has to happen, in words, when more than one event is needed: `more than 1000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_threshold: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether it has dimensions. Metrics with and without dimensions are different ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dimensions: bool,
}
