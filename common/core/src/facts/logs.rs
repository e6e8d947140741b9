//! Facts from Amazon CloudWatch Logs.

use serde::{Deserialize, Serialize};

use super::cloudwatch::Metric;

/// The metric filters of a log group, source `DescribeMetricFilters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricFilters(pub Vec<MetricFilter>);

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricFilter {
    /// Its name.
    pub name: String,
    /// The pattern; an empty one matches everything.
    pub pattern: String,
    /// The metrics to which it publishes.
    pub metrics: Vec<FilterMetric>,
    /// What else limits the matched events: a field selection, or transformed logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed_by: Option<String>,
}

/// A metric to which a filter publishes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterMetric {
    /// The metric.
    #[serde(flatten)]
    pub metric: Metric,
    /// The metric value of a matching event: a number, or the selector of a number in the event.
    /// Absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The default value, which is reported while no event matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<f64>,
    /// The unit of its data points, `None` if they have none. Absent if it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl MetricFilter {
    /// The value of [`narrowed_by`](Self::narrowed_by) for a filter on transformed logs.
    pub const TRANSFORMED: &'static str = "it applies to transformed logs";

    /// Whether it matches transformed events instead of CloudTrail's.
    pub fn is_on_transformed_logs(&self) -> bool {
        self.narrowed_by.as_deref().is_some_and(|by| by.contains(Self::TRANSFORMED))
    }
}
