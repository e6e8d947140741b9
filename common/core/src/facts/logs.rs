//! Facts from Amazon CloudWatch Logs.

use serde::{Deserialize, Serialize};

use crate::facts::Metric;

/// The metric filters of a log group, source `DescribeMetricFilters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricFilters(pub Vec<MetricFilter>);

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricFilter {
    /// Its name.
    pub name: String,
    /// The pattern; an empty one matches everything.
    pub pattern: String,
    /// The metrics that it feeds.
    pub metrics: Vec<Metric>,
    /// What else narrows what it sees: a selection of fields, or transformed logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed_by: Option<String>,
}
